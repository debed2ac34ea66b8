"""Whoever works for a group, and what they are shown."""

from typing import Any

from django.test import Client

from gallery.models import Group, User
from gallery.services import groups
from tests import factories
from tests.endpoint.script import FLUX


def fresh(person: User) -> User:
    """As the next request reads it."""
    return User.objects.get(pk=person.pk)


def add(group: Group, person: User, **options: Any) -> Client:
    groups.add_member(group=group, user=person, **options)
    return factories.signed_in(person)


def text(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, address
    return response.content.decode()


def submit(client: Client, **values: str) -> Any:
    return client.post("/", {"model": FLUX, "prompt": "a red chair", **values})
