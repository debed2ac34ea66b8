"""Fields that no form has do nothing: nobody makes themselves an administrator, an owner, or rich.

LiteLLM CVE-2026-47101 (a token with more than its owner's rights), CVE-2026-47102 (a role in the form of a profile), Open WebUI
CVE-2026-44562 (an import that took the place of what was there).
"""

from typing import Any

import pytest
from django.apps import apps
from django.db.models import QuerySet
from django.test import Client

from gallery.models import AccessToken, Generation, Image, ImageModel, User
from gallery.services import groups, tokens
from tests import factories
from tests.security.house import body_of, everything_asked, undone
from tests.test_permissions import World

pytestmark = pytest.mark.django_db

# Everything that a row has and a form does not.
MORE: dict[str, Any] = {
    "is_staff": "on", "is_superuser": "on", "is_admin": "1", "user_role": "admin", "role": "admin",
    "password": "x", "is_active": "no",
    "owner": "1", "owner_id": "1", "user": "1", "user_id": "1", "author": "1", "created_by": "1", "id": "1", "pk": "1",
    "team": "1", "groups": "1", "user_permissions": "1", "scopes": "admin", "models_allowed": "*",
    "cost": "0", "cost_unit": "usd", "quote": "0", "status": "succeeded", "is_simulated": "1", "error_kind": "x",
    "sha256": "0" * 64, "file_name": "../../etc/passwd", "token_hash": "0" * 64, "prefix": "ps_00000000", "request_count": "0",
    "api_key": "x", "base_url": "http://127.0.0.1", "gateway_slug": "x", "deleted_at": "2020-01-01", "purged_at": "2020-01-01",
    "created_at": "2020-01-01", "last_login": "2020-01-01", "is_for_all": "1", "is_default": "1", "used_at": "", "is_lead": "on",
}  # fmt: skip
# Of whoever asks, and of what is theirs; a password or a role changes by the forms that are made for it alone.
GUARDED = {
    "User": ("role", "is_staff", "is_superuser", "is_active", "password", "username"),
    "Generation": ("owner_id", "cost", "status", "is_simulated", "quote", "gateway_slug"),
    "Image": ("owner_id", "sha256", "is_simulated", "purged_at"),
    "Board": ("owner_id", "created_at"),
    "Preset": ("owner_id", "is_for_all"),
    "Snippet": ("owner_id", "kind"),
    "Comment": ("author_id", "created_at"),
    "AccessToken": ("owner_id", "token_hash", "prefix", "request_count"),
    "Share": ("owner_id", "token_hash"),
    "Membership": ("user_id", "group_id", "is_lead"),
    "Gateway": ("slug", "base_url", "dialect"),
}
# What these are for.
MADE_FOR = {
    "person-role": {"User"},
    "person-active": {"User"},
    "group-lead": {"Membership"},
    "preset-for-all": {"Preset"},
    "queue-cancel": {"Generation"},
    "generation-cancel": {"Generation"},
    "batch-stop": {"Generation"},
    "batch-pause": {"Generation"},
    "group-add": {"Membership"},
    "group-remove": {"Membership"},
}


def guarded() -> dict[str, dict[int, tuple[Any, ...]]]:
    found: dict[str, dict[int, tuple[Any, ...]]] = {}
    for name, columns in GUARDED.items():
        rows: Any = QuerySet(apps.get_model("gallery", name))
        found[name] = {pk: tuple(values) for pk, *values in rows.values_list("pk", *columns)}
    return found


def test_no_form_takes_what_it_does_not_ask_for(world: World) -> None:
    before, changed = guarded(), {}
    for asked in everything_asked(world, "post"):
        with undone():
            body_of(asked.client.post(asked.path, MORE | asked.told))
            after = guarded()
        for name in before.keys() - MADE_FOR.get(asked.row.name, set()):
            wrong = {pk: row for pk, row in before[name].items() if after[name].get(pk, row) != row}
            if wrong:
                changed[f"{asked.label}: {name}"] = {pk: (row, after[name][pk]) for pk, row in wrong.items()}
    assert changed == {}


def test_a_token_has_no_more_than_its_owner(as_bea: Client, bea: User, ada: User, flux_kontext: ImageModel) -> None:
    """Neither of another's group, nor another's, nor with rights that there are not."""
    other = groups.create_group(name="Other", default_visibility="group", model_ids=[])
    fields = {"name": "Script", "scope": "every", "expires": "never"}
    assert as_bea.post("/tokens/create/", fields | {"group": other.pk}).status_code == 422
    assert (
        as_bea.post("/tokens/create/", fields | {"owner": ada.pk, "scopes": "admin", "role": "admin"}).status_code
        == 200
    )
    row = AccessToken.objects.get()
    assert (row.owner, row.group) == (bea, None)
    assert as_bea.post(f"/tokens/{row.pk}/", fields | {"group": other.pk}).status_code == 422
    of_ada, _ = tokens.create_token(owner=ada, name="Ada's")
    assert as_bea.post(f"/tokens/{of_ada.pk}/", fields).status_code == 404


def test_a_form_made_by_a_spec_takes_what_the_spec_has_alone(
    as_bea: Client, bea: User, flux_kontext: ImageModel
) -> None:
    form = {"model": flux_kontext.full_id, "prompt": "a red chair", "mode": "pro"}
    more = {"n": "1000", "cost": "0", "api_base": "http://127.0.0.1", "extra_headers": "x", "temperature": "9"}
    assert as_bea.post("/", form | more | {"owner": "1", "status": "succeeded", "is_simulated": ""}).status_code == 302
    row = Generation.objects.get()
    assert (row.owner, row.is_simulated) == (bea, True)
    assert set(row.parameters) <= {parameter.name for parameter in flux_kontext.spec}
    assert not [name for name in ("api_base", "extra_headers", "owner", "1000") if name in str(row.request)]
    wrong: dict[str, Any]
    for wrong in (
        {"mode": "admin"},
        {"mode": "pro\x00"},
        {"num_images": "1000"},
        {"num_images": "NaN"},
        {"num_images": "1e999"},
    ):
        refused = as_bea.post("/", form | wrong)
        assert refused.status_code == 422, wrong
        assert "field-error" in refused.content.decode()
    many = as_bea.post("/", form | {"mode": ["admin"] * 900, "image_prompt_images": [str(pk) for pk in range(1, 90)]})
    assert many.status_code == 422
    assert Generation.objects.count() == 1


def test_a_file_that_names_what_is_there_takes_the_place_of_nothing(
    as_chi: Client, bea: User, flux_kontext: ImageModel
) -> None:
    """Imports bring neither ids nor owners."""
    mine = factories.create_picture(bea, flux_kontext)
    before = Image.objects.values().get(pk=mine.pk)
    upload = factories.upload(f"{mine.pk}.png", colour="plum")
    response = as_chi.post(
        "/import/", {"files": [upload], "id": mine.pk, "pk": mine.pk, "owner": bea.pk, "generation": mine.generation_id}
    )
    assert response.status_code == 200
    assert Image.objects.values().get(pk=mine.pk) == before
    assert Image.objects.latest("pk").owner.username == "chi"  # type: ignore[union-attr]
