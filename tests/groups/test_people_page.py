"""Groups on the people page: made, filled with people and led."""

import re
import threading

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from gallery.models import Group, Image, ImageModel, Membership, User
from gallery.models.people import Role
from gallery.services import groups, people
from tests import factories
from tests.groups.members import add, text

LINK = re.compile(r"https?://testserver(/accounts/[\w/:-]+)")
ACCOUNT = {"name": "Dan Brown", "username": "dan", "password": "salt pans at sunrise"}


def test_an_administrator_makes_a_group_and_invites_a_lead_into_it(as_ada: Client) -> None:
    made = as_ada.post("/people/groups/new/", {"name": "Acme", "default_visibility": "group", "scope": "every"})
    group = Group.objects.get()
    assert made["Location"] == f"/people/groups/{group.pk}/"
    page = as_ada.post(f"/people/groups/{group.pk}/invite/", {"role": "lead", "note": "Dan"}).content.decode()
    found = LINK.search(page)
    assert found
    client = Client()
    client.post(found[1], ACCOUNT)
    dan = User.objects.get(username="dan")
    assert (dan.role, dan.led_group_ids) == (Role.LEAD, [group.pk])
    assert "Acme" in text(client, "/people/")


def test_two_groups_have_two_names_and_two_short_names(as_ada: Client) -> None:
    for _ in range(2):
        answer = as_ada.post("/people/groups/new/", {"name": " Acme  GmbH ", "scope": "every"})
    assert answer.status_code == 422
    assert "There is a group “Acme GmbH” already" in answer.content.decode()
    groups.create_group(name="Acme, GmbH", default_visibility="group", model_ids=[])
    assert set(Group.objects.values_list("slug", flat=True)) == {"acme-gmbh", "acme-gmbh-2"}


@pytest.mark.django_db(transaction=True)
def test_of_two_who_name_a_group_alike_at_the_same_moment_one_is_told_so(ada: User) -> None:
    crowd, answers = 4, []
    together = threading.Barrier(crowd)

    def make() -> None:
        client = factories.signed_in(ada)
        together.wait(60)
        answers.append(client.post("/people/groups/new/", {"name": "Acme", "scope": "every"}))
        connection.close()

    threads = [threading.Thread(target=make) for _ in range(crowd)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert sorted(answer.status_code for answer in answers) == [302] + [422] * (crowd - 1)
    refused = next(answer.content.decode() for answer in answers if answer.status_code == 422)
    assert "There is a group “Acme” already" in refused
    assert Group.objects.count() == 1


def test_a_lead_invites_and_adds_but_hands_on_no_more_than_they_have(acme: Group, chi: User, as_bea: Client) -> None:
    page = reverse("group", args=[acme.pk])
    for role in ("lead", "admin"):
        as_bea.post(f"{page}invite/", {"role": role})
    assert "Nobody" not in text(as_bea, page)
    assert not acme.memberships.exclude(user__username="bea").exists()
    invited = as_bea.post(f"{page}invite/", {"role": "viewer", "note": "Dan"}).content.decode()
    assert LINK.search(invited)
    as_bea.post(f"{page}members/", {"person": chi.pk})
    assert Membership.objects.filter(group=acme, user=chi, is_lead=False).exists()
    as_bea.post(f"{page}members/{chi.pk}/remove/")
    assert not Membership.objects.filter(user=chi).exists()


def test_a_viewer_leads_no_group(acme: Group, bea: User, chi: User, as_ada: Client, as_bea: Client) -> None:
    people.set_role(chi, Role.VIEWER)
    groups.add_member(group=acme, user=chi)
    page = as_ada.post(reverse("group-lead", args=[acme.pk, chi.pk]), {"lead": "yes"}, follow=True).content.decode()
    assert "is a viewer. Make them a designer or a lead first." in page
    people.set_role(bea, Role.VIEWER)
    assert as_bea.get("/people/").status_code == 403


def test_whoever_is_switched_off_keeps_their_name_on_everything(
    picture: Image, acme: Group, bea: User, chi: User, as_bea: Client
) -> None:
    as_chi = add(acme, chi)
    people.set_active(bea, is_active=False)
    assert as_bea.get("/library/").status_code == 302
    assert "Bea Arthur" in text(as_chi, picture.get_absolute_url())
    assert picture.owner == bea
    assert Membership.objects.filter(user=bea).exists()


def test_a_refusal_names_who_can_help(bea: User, ada: User, as_bea: Client) -> None:
    people.set_role(bea, Role.VIEWER)
    answer = as_bea.post("/boards/new/", {"name": "Spring"})
    assert answer.status_code == 403
    assert "You are here as a viewer" in answer.content.decode()
    assert "Ada Lovelace can make you a designer." in answer.content.decode()


def test_a_viewer_finds_no_button_that_would_be_refused(
    ada: User, bea: User, chi: User, flux_kontext: ImageModel
) -> None:
    picture = factories.create_picture(chi, flux_kontext)
    people.set_role(bea, Role.VIEWER)
    as_viewer = factories.signed_in(bea)
    pages = ("/library/", "/boards/", "/history/", "/queue/", picture.get_absolute_url(), "/tags/", "/access-tokens/")
    refused = ("generation-run-again", "generation-vary", "image-tags", "image-boards", "share-new", "bulk-choose-tag")
    addresses = [reverse(name, args=[picture.generation_id]) for name in refused[:2]]
    addresses += [reverse(name, args=[picture.pk]) for name in refused[2:4]] + [reverse(name) for name in refused[4:]]
    addresses += [reverse("import"), reverse("board-create"), reverse("analysis"), f"{reverse('studio')}?"]
    for page in (*pages[:6], reverse("access-tokens")):
        found = text(as_viewer, page)
        assert [address for address in addresses if f'"{address}' in found] == [], page
    assert as_viewer.get("/")["Location"] == "/library/"


def test_a_group_that_nobody_leads_says_how_somebody_would(acme: Group, as_ada: Client, bea: User) -> None:
    hint, page = "Nobody leads it yet.", f"/people/groups/{acme.pk}/"
    assert hint not in text(as_ada, page)
    as_ada.post(f"{page}members/{bea.pk}/lead/", {"lead": "no"})
    assert hint in text(as_ada, page)
