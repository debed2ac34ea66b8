"""The audit log: what the team's pages do stands in it, with who and from where; nobody changes it, no secret is in it."""

import csv
import io
import re
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client

from gallery.models import AccessToken, AuditEntry, Batch, Gateway, ImageModel, Invitation, Share, User
from gallery.models.people import Role
from gallery.services import gateways, groups, images, people
from tests import factories
from tests.admin import pages

EXPORT = "/admin/gallery/auditentry/export/"


def acts() -> list[tuple[str, str, str]]:
    """Act, who, what: oldest first."""
    return list(AuditEntry.objects.order_by("id").values_list("act", "actor_name", "subject"))


def test_an_invitation_a_role_and_a_closed_account_are_written_down(as_ada: Client, ada: User, bea: User) -> None:
    as_ada.post("/people/invite/", {"role": "designer", "note": "Chi from the print shop"})
    as_ada.post(f"/people/{bea.pk}/role/", {"role": "admin"})
    as_ada.post(f"/people/{bea.pk}/role/", {"role": "designer"})
    as_ada.post(f"/people/{bea.pk}/active/", {})
    assert acts() == [
        ("person.invited", "Ada Lovelace", "Chi from the print shop"),
        ("person.role", "Ada Lovelace", "Bea Arthur"),
        ("person.role", "Ada Lovelace", "Bea Arthur"),
        ("person.closed", "Ada Lovelace", "Bea Arthur"),
    ]
    entry = AuditEntry.objects.filter(act="person.role").earliest("id")
    assert entry.detail == {"before": "designer", "now": "admin"}
    assert entry.address == "127.0.0.1"


def test_an_invitation_that_is_taken_back_and_a_contact_sheet_are_written_down(
    as_ada: Client, ada: User, shipped: None
) -> None:
    as_ada.post("/people/invite/", {"role": "designer", "note": "Chi"})
    invitation = Invitation.objects.get()
    for _ in range(2):
        as_ada.post(f"/people/invitations/{invitation.pk}/revoke/")
    setup = {"model": "routellm/flux_kontext", "previous_model": "routellm/flux_kontext"}
    as_ada.post("/batches/new/", setup | {"models": "routellm/flux_kontext", "prompt": "a {red|blue} chair"})
    batch = Batch.objects.get()
    assert as_ada.get(f"/batches/{batch.pk}/sheet.png").status_code == 200
    assert acts() == [
        ("person.invited", "Ada Lovelace", "Chi"),
        ("person.uninvited", "Ada Lovelace", "Chi"),
        ("export", "Ada Lovelace", f"Contact sheet of batch {batch.pk}"),
    ]


def test_tokens_and_share_links_are_written_down_without_their_secrets(
    as_bea: Client, bea: User, flux_kontext: ImageModel
) -> None:
    image = factories.create_picture(bea, flux_kontext)
    as_bea.post("/tokens/create/", {"name": "Nightly"})
    token = AccessToken.objects.get()
    as_bea.post(f"/tokens/{token.pk}/revoke/")
    as_bea.post("/shares/", {"ids": str(image.pk), "query": "", "password": "sunflower", "lasts": "30"})
    share = Share.objects.get()
    as_bea.post(f"/shares/{share.pk}/revoke/")
    assert [(act, what) for act, _, what in acts()] == [
        ("token.made", "Nightly"),
        ("token.revoked", "Nightly"),
        ("share.made", f"Link {share.pk}"),
        ("share.ended", f"Link {share.pk}"),
    ]
    everything = str(list(AuditEntry.objects.values()))
    for secret in ("sunflower", share.token.reveal(), token.token_hash):
        assert secret not in everything


def test_a_download_of_many_and_an_emptied_trash_are_written_down(
    as_ada: Client, ada: User, flux_kontext: ImageModel
) -> None:
    kept, thrown = (factories.create_picture(ada, flux_kontext, colour=colour) for colour in ("#102030", "#203040"))
    images.trash_image(thrown, by=ada)
    response: Any = as_ada.post("/library/download/", {"ids": str(kept.pk)})
    assert response.status_code == 200
    factories.read_stream(response)
    as_ada.post("/trash/empty/", {"whose": "mine"})
    assert [(act, what) for act, _, what in acts()] == [("export", "A ZIP of pictures"), ("deletion", "Pictures")]


def test_changes_in_the_admin_name_the_field_and_never_the_value(as_ada: Client, routellm: Gateway) -> None:
    before = AuditEntry.objects.count()
    as_ada.post(pages.change_page(routellm), pages.gateway_post(routellm, api_key=pages.CANARY, max_running="3"))
    entries = AuditEntry.objects.order_by("id")[before:]
    assert any(entry.act == "gateway.changed" and "runs at once" in str(entry.detail).lower() for entry in entries)
    assert pages.CANARY not in str([vars(entry) for entry in AuditEntry.objects.all()])


BY_HAND = ["UPDATE gallery_auditentry SET subject = 'else'", "DELETE FROM gallery_auditentry"]
if connection.vendor == "sqlite":
    BY_HAND.append("REPLACE INTO gallery_auditentry SELECT * FROM gallery_auditentry")


def test_nobody_changes_or_removes_an_entry(as_ada: Client, ada: User) -> None:
    as_ada.post("/people/invite/", {"role": "designer", "note": ""})
    entry = AuditEntry.objects.get()
    assert as_ada.get(pages.add_page("auditentry")).status_code == 403
    assert as_ada.post(pages.delete_page(entry), {"post": "yes"}).status_code == 403
    assert as_ada.post(pages.change_page(entry), {"subject": "else"}).status_code == 403
    for statement in BY_HAND:
        with (
            pytest.raises(DatabaseError, match="only ever added to"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
    with pytest.raises(TypeError, match="only ever added to"):
        entry.delete()
    with pytest.raises(TypeError, match="only ever added to"):
        AuditEntry.objects.all().delete()
    assert AuditEntry.objects.get().subject == entry.subject


def test_only_administrators_read_and_export_it(as_ada: Client, as_bea: Client) -> None:
    as_ada.post("/people/invite/", {"role": "designer", "note": "=HYPERLINK(1)"})
    assert "=HYPERLINK(1)" in as_ada.get(pages.list_page("auditentry")).content.decode()
    for path in (pages.list_page("auditentry"), EXPORT):
        assert as_bea.get(path).status_code == 403
        assert Client().get(path).status_code == 302
    rows = list(csv.reader(io.StringIO(b"".join(as_ada.get(EXPORT).streaming_content).decode())))  # type: ignore[attr-defined]
    assert rows[0] == ["at", "act", "who", "what", "detail", "address"]
    assert rows[-1][1:4] == ["Invitation made", "Ada Lovelace", "'=HYPERLINK(1)"]


def test_the_log_is_narrowed_by_kind_person_and_words(as_ada: Client, bea: User) -> None:
    as_ada.post("/people/invite/", {"role": "designer", "note": "Chi"})
    as_ada.post(f"/people/{bea.pk}/active/", {})
    page = pages.list_page("auditentry")
    assert "Chi" in as_ada.get(page, {"kind": "person", "q": "Chi"}).content.decode()
    assert "Nothing here is like that." in as_ada.get(page, {"kind": "share"}).content.decode()


def test_the_names_stay_when_rows_go(as_ada: Client, ada: User) -> None:
    as_ada.post("/people/invite/", {"role": "designer", "note": "Chi"})
    ada.name = "Somebody else"
    ada.save()
    assert acts()[0][1] == "Ada Lovelace"


def test_ways_in_are_written_down_and_failed_ones_tell_no_typed_word(bea: User) -> None:
    client = Client(REMOTE_ADDR="192.0.2.7")
    client.post("/accounts/login/", {"username": "bea", "password": "not it"})
    client.post("/accounts/login/", {"username": "my secret password", "password": "bea"})
    client.post("/accounts/login/", {"username": "bea", "password": factories.PASSWORD})
    client.post("/accounts/logout/")
    assert acts() == [
        ("sign-in.failed", "", "Bea Arthur"),
        ("sign-in.failed", "", "An unknown name"),
        ("sign-in", "Bea Arthur", "Bea Arthur"),
        ("sign-in.out", "Bea Arthur", ""),
    ]
    assert set(AuditEntry.objects.values_list("address", flat=True)) == {"192.0.2.7"}


def test_groups_keys_and_an_exported_usage_are_written_down(as_ada: Client, bea: User, shipped: None) -> None:
    group = groups.create_group(name="Acme", default_visibility="group", model_ids=())
    as_ada.post(f"/people/groups/{group.pk}/members/", {"user": str(bea.pk)})
    gateway = Gateway.objects.get(slug="openrouter")
    gateways.save_api_key(
        gateway=gateway, secret=pages.CANARY, label="Main", position=0, is_enabled=True, created_by=None
    )
    as_ada.get("/usage/usage.csv")
    kinds = [act for act, _, _ in acts()]
    assert "group.changed" in kinds
    assert "key.added" in kinds
    assert "export" in kinds
    assert pages.CANARY not in str(list(AuditEntry.objects.values()))


def test_the_first_page_leads_everywhere_and_tells_what_happened_last(as_ada: Client, bea: User) -> None:
    people.create_invitation(created_by=None, role=Role.ADMIN, is_setup=True)
    as_ada.post("/people/invite/", {"role": "designer", "note": "Chi, brand team"})
    page = as_ada.get("/admin/").content.decode()
    assert "Invitation made · <bdi>The first administrator</bdi>" in page
    assert re.search("Invitation made · <bdi>Chi, brand team</bdi></span><small><bdi>Ada Lovelace</bdi>", page)
    places = re.findall(r'<li><a href="([^"]+)">', page)
    assert len(places) == 12
    for place in places:
        assert as_ada.get(place, follow=True).status_code == 200, place
    budget = {"scope": "person", "person": bea.pk, "period": "day", "unit": "usd", "stop_at": "5"}
    as_ada.post("/usage/budgets/new/", budget)
    assert "Budget changed · <bdi>Bea Arthur, a day</bdi>" in as_ada.get("/admin/").content.decode()
    assert "stop at: $5.00; not strict" in as_ada.get("/admin/gallery/auditentry/").content.decode()
