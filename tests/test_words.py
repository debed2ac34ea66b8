"""Snippets, styles and lists: who makes, sees and changes them, and what the prompt box is offered."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from gallery.models import Snippet, User
from gallery.services import snippets, trash

LIST = {"kind": "list", "name": "Material", "text": "oak\r\n\r\n steel \r\n", "visibility": "team"}


def keep(client: Client, **fields: str) -> Any:
    return client.post("/words/", {**LIST, **fields})


def offered(client: Client, **query: str) -> list[str]:
    return [option["label"] for option in client.get("/words/complete/", query).json()["options"]]


def test_words_are_kept_shown_changed_and_thrown_away_and_come_back(as_bea: Client) -> None:
    assert keep(as_bea).status_code == 302
    row = Snippet.objects.get()
    assert (row.kind, row.words, row.visibility) == ("list", ["oak", "steel"], "team")
    page = as_bea.get("/words/").content.decode()
    assert "{Material}" in page
    assert "2: oak, steel" in page

    as_bea.post(f"/words/{row.pk}/", {"name": "Wood", "text": "oak", "visibility": "private"})
    row.refresh_from_db()
    assert (row.kind, row.name, row.words, row.visibility) == ("list", "Wood", ["oak"], "private")

    gone = as_bea.post(f"/words/{row.pk}/trash/", follow=True).content.decode()
    assert "{Wood}" not in gone.split('id="removed"')[0]
    assert f'action="/words/{row.pk}/restore/"' in gone
    assert "{Wood}" in as_bea.post(f"/words/{row.pk}/restore/", follow=True).content.decode()


def test_a_change_that_races_with_the_trash_does_not_bring_it_back(as_bea: Client, bea: User) -> None:
    keep(as_bea)
    read_before = Snippet.objects.get()
    as_bea.post(f"/words/{read_before.pk}/trash/")
    snippets.change_snippet(snippet=read_before, name="Wood", text="oak", visibility="team", user=bea)
    row = Snippet.objects.get()
    assert (row.name, row.deleted_at is not None) == ("Wood", True)
    assert row.changed_at > row.created_at


def test_what_is_written_in_the_prompt_can_be_kept(as_bea: Client) -> None:
    page = as_bea.get("/words/", {"text": "in <soft> light"}).content.decode()
    assert ">in &lt;soft&gt; light</textarea>" in page
    assert '<details class="words-new" id="new" open>' in page
    assert '<details class="words-new" id="new">' in as_bea.get("/words/").content.decode()


def test_private_words_are_their_owners_alone_and_shared_ones_the_teams(
    as_ada: Client, as_bea: Client, as_chi: Client
) -> None:
    keep(as_bea, visibility="private", name="Secret")
    keep(as_bea, name="Shared")
    secret, shared = Snippet.objects.order_by("name")
    for client in (as_chi, as_ada):
        assert "Secret" not in client.get("/words/").content.decode()
        assert offered(client, at="{") == ["{Shared}"]
        assert client.post(f"/words/{secret.pk}/", LIST).status_code == 404
        assert client.post(f"/words/{secret.pk}/trash/").status_code == 404
    assert as_chi.post(f"/words/{shared.pk}/", LIST).status_code == 403
    assert as_chi.post(f"/words/{shared.pk}/trash/").status_code == 403
    assert as_ada.post(f"/words/{shared.pk}/trash/").status_code == 302
    assert as_chi.post(f"/words/{shared.pk}/restore/").status_code == 404
    assert offered(as_bea) == ["{Secret}"]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"name": "  "}, "Give it a name"),
        ({"name": "x" * 61}, "A name has at most 60 characters."),
        ({"text": " \n "}, "Write the words it stands for."),
        ({"text": "x" * 8001}, "That is 8,001 characters; at most 8,000 are kept."),
        ({"name": "a|b"}, "use letters, digits and spaces alone"),
        ({"name": "1..4"}, "use letters, digits and spaces alone"),
        ({"name": "prompt"}, "Prompts use this name for something else."),
        ({"name": "12"}, "Prompts use this name for something else."),
        ({"name": "Colour"}, "There is a list “Colour” already."),
        ({"name": "COLOUR"}, "There is a list “COLOUR” already."),
        ({"kind": "style", "text": "{prompt} and {prompt}"}, "A style says once where the prompt goes"),
        ({"text": "word\n" * 401}, "A list has at most 400 lines; this one has 401."),
    ],
)
def test_what_cannot_be_kept_comes_back_with_the_sentence_beside_its_field(
    as_bea: Client, fields: dict[str, str], sentence: str
) -> None:
    keep(as_bea, name="Colour")
    response = keep(as_bea, **{"text": "red\nmy own words", **fields})
    page = response.content.decode()
    assert response.status_code == 422
    assert sentence in page
    assert fields.get("name", "Material").strip() in page
    assert "my own words" in page or "text" in fields
    assert Snippet.objects.count() == 1


def test_a_change_that_cannot_be_kept_stands_in_its_row_and_loses_nothing(as_bea: Client) -> None:
    keep(as_bea)
    row = Snippet.objects.get()
    response = as_bea.post(f"/words/{row.pk}/", {"name": "{}", "text": "my own words", "visibility": "team"})
    assert response.status_code == 422
    assert "my own words" in response.content.decode()
    row.refresh_from_db()
    assert row.name == "Material"


def test_a_list_does_not_come_back_where_another_has_its_name(as_bea: Client) -> None:
    keep(as_bea)
    first = Snippet.objects.get()
    as_bea.post(f"/words/{first.pk}/trash/")
    keep(as_bea, name="material")
    page = as_bea.post(f"/words/{first.pk}/restore/", follow=True).content.decode()
    assert "There is a list “Material” already." in page
    assert offered(as_bea) == ["{material}"]


def test_removed_words_are_listed_with_a_way_back_and_leave_with_the_trash(as_bea: Client, as_chi: Client) -> None:
    keep(as_bea)
    row = Snippet.objects.get()
    as_bea.post(f"/words/{row.pk}/trash/")
    assert f'action="/words/{row.pk}/restore/"' in as_bea.get("/words/").content.decode().split('id="removed"')[1]
    assert 'id="removed"' not in as_chi.get("/words/").content.decode()
    as_bea.post(f"/words/{row.pk}/restore/")
    assert 'id="removed"' not in as_bea.get("/words/").content.decode()
    as_bea.post(f"/words/{row.pk}/trash/")
    Snippet.objects.update(deleted_at=timezone.now() - timedelta(days=31))
    trash.purge_expired()
    assert not Snippet.objects.exists()


def test_words_are_completed_by_how_they_begin_then_by_what_they_hold(as_bea: Client) -> None:
    for kind, name in (("list", "season"), ("snippet", "Sea light"), ("style", "Overseas"), ("snippet", "Fog")):
        keep(as_bea, kind=kind, name=name, text="{prompt} words")
    assert offered(as_bea, q="sea", at="/") == ["Sea light", "{season}", "Overseas"]
    assert offered(as_bea, q="sea", at="{") == ["{season}"]
    assert offered(as_bea, q="zebra") == []
    options = as_bea.get("/words/complete/", {"all": "1"}).json()["options"]
    assert [option["value"] for option in options] == ["{prompt} words", "{prompt} words", "", "{season}"]
