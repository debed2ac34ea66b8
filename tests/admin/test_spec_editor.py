"""The editor of a spec: refusals with their place, the form beside it, a try against the sandbox, two editors at once."""

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from gallery.models import AuditEntry, Generation, ImageModel, SpecVersion, User
from gallery.services import catalogue
from tests import factories
from tests.admin import pages

SEED = {"name": "seed", "type": "integer", "minimum": 0, "maximum": 10}
HTMX = {"HX-Request": "true"}


def save(client: Client, image_model: ImageModel, text: str, **fields: Any) -> Any:
    response = client.post(pages.spec_page(image_model), pages.spec_post(image_model, text, **fields))
    image_model.refresh_from_db()
    return response


def test_the_spec_is_shown_readable_and_saving_it_unchanged_makes_no_version(
    as_ada: Client, flux_kontext: ImageModel
) -> None:
    flux_kontext.parameters = [{"name": "style", "type": "string", "label": "Стиль — スタイル"}]
    flux_kontext.save()
    text = as_ada.get(pages.spec_page(flux_kontext)).context["text"]
    assert text == json.dumps(flux_kontext.parameters, indent=2, ensure_ascii=False)
    assert save(as_ada, flux_kontext, text).status_code == 302
    assert (flux_kontext.version, SpecVersion.objects.count()) == (1, 0)


def test_a_changed_spec_is_saved_marked_and_outlives_the_catalogue(as_ada: Client, flux_kontext: ImageModel) -> None:
    assert save(as_ada, flux_kontext, json.dumps([SEED]), **{"spec-note": "Seeds alone"}).status_code == 302
    assert (flux_kontext.parameters, flux_kontext.version) == ([SEED], 2)
    page = as_ada.get(pages.list_page("imagemodel")).content.decode()
    assert '<td class="field-origin">parameter spec</td>' in page
    catalogue.load_catalogue()
    flux_kontext.refresh_from_db()
    assert (flux_kontext.parameters, flux_kontext.version) == ([SEED], 2)


@pytest.mark.parametrize(
    ("typed", "line", "sentence"),
    [
        ('[{"name": "a", "type": "text"},\n {"type": "text"}]', 2, "parameters[1].name: is missing"),
        ('[{"name": "a", "type": "text"},\n {"name": "a",\n  "type": "text"}]', 2, "“a” is there twice"),
        (json.dumps([SEED | {"default": 11}], indent=1), 7, "“seed”. parameters[0].default:"),
        (json.dumps([SEED | {"minimum": 11}], indent=1), 5, "parameters[0].minimum: is above the maximum"),
        ('[{"name": "a", "type": "text",\n "lable": "A"}]', 2, "parameters[0].lable: is not a word of the spec"),
        ('[\n  {"name": "a",}\n]', 2, "This is not JSON yet"),
        ('[{"name": "a",\n\n "name": "b", "type": "text"}]', 3, "“name” stands twice in one table"),
        ('[{"name": "a", "type": "number",\n "default": NaN}]', 2, "NaN is not a number in JSON"),
        ('[{"name": "a", "type": "number", "default":\n 1e999}]', 2, "1e999 is too large a number"),
        ('[{"name": "a", "type": "text",\n "label": "\\ud800"}]', 2, "half of a character"),
        ('[{"name": "a", "type": "text",\n "label": "\\u0000"}]', 2, "cannot be stored"),
        ("[" * 100_000, 0, "nested too deeply"),
        ("[" * 90 + "]" * 90, 1, "parameters[0]: must be a table"),
        (f"[{'9' * 5000}]", 0, "a number that is too long"),
        ('[{"name": "a", "type": "text", "forbids": [["url"]]}]', 1, "parameters[0].forbids:"),
        (f'[{{"name": "a", "type": "number", "step": {"9" * 400}}}]', 1, "parameters[0].step: must be a finite number"),
        (
            '[{"name": "a", "type": "text", "choices": ["b",\n {"value": 1, "cost_factor": "NaN"}]}]',
            2,
            "parameters[0].choices[1].cost_factor: must be a number above 0",
        ),
        ("{}", 1, "parameters: must be a list of parameters"),
        ("null", 1, "parameters: must be a list of parameters"),
        ('\n""', 2, "parameters: must be a list of parameters"),
        ("[null]", 1, "parameters[0]: must be a table"),
        ("midjourney", 1, "This is not JSON yet"),
    ],
)
def test_a_spec_that_does_not_parse_is_refused_with_its_line_and_place(
    as_ada: Client, flux_kontext: ImageModel, typed: str, line: int, sentence: str
) -> None:
    before = flux_kontext.parameters
    response = save(as_ada, flux_kontext, typed, **{"spec-note": "Kept"})
    assert response.status_code == 422
    fault = response.context["fault"]
    assert (fault.line, sentence in str(fault)) == (line, True), str(fault)
    assert (response.context["text"], response.context["note"]) == (typed, "Kept")
    assert (flux_kontext.parameters, flux_kontext.version) == (before, 1)


def test_no_spec_at_all_means_no_parameters(as_ada: Client, flux_kontext: ImageModel) -> None:
    save(as_ada, flux_kontext, " ")
    assert flux_kontext.parameters == []


def test_the_preview_is_the_form_that_designers_will_see_and_saves_nothing(
    as_ada: Client, flux_kontext: ImageModel
) -> None:
    look = {
        "name": "look",
        "type": "string",
        "label": "Look",
        "choices": ["dry", "wet"],
        "default": "dry",
        "basic": True,
    }
    fields = pages.spec_post(flux_kontext, json.dumps([look, SEED]))
    page = as_ada.post(pages.spec_page(flux_kontext, "spec_preview"), fields, headers=HTMX).content.decode()
    assert '<input type="radio" name="look" value="dry" data-label="dry" checked>' in page
    assert 'data-knob="seed"' in page
    assert "Not saved yet" in page
    assert "<html" not in page
    whole = as_ada.post(pages.spec_page(flux_kontext, "spec_preview"), fields).content.decode()
    assert "<html" in whole and 'data-knob="look"' in whole
    flux_kontext.refresh_from_db()
    assert flux_kontext.version == 1


def test_what_was_set_in_the_preview_stays_and_a_default_is_followed(as_ada: Client, flux_kontext: ImageModel) -> None:
    look = {"name": "look", "type": "string", "choices": ["dry", "wet", "raw"], "default": "wet"}
    address = pages.spec_page(flux_kontext, "spec_preview")
    shown = {"spec-shown": json.dumps({"look": "dry"})}
    fields = pages.spec_post(flux_kontext, json.dumps([look]), **shown)
    followed = as_ada.post(address, fields | {"look": "dry"}, headers=HTMX).context["form"]
    kept = as_ada.post(address, fields | {"look": "raw"}, headers=HTMX).context["form"]
    dropped = as_ada.post(address, fields | {"look": "gone"}, headers=HTMX).context["form"]
    assert [form.rows[0].value for form in (followed, kept, dropped)] == ["wet", "raw", "wet"]


def test_a_fault_is_told_as_one_types_and_the_last_form_stays(as_ada: Client, flux_kontext: ImageModel) -> None:
    fields = pages.spec_post(flux_kontext, "[\n{]")
    response = as_ada.post(pages.spec_page(flux_kontext, "spec_preview"), fields, headers=HTMX)
    page = response.content.decode()
    assert (response.status_code, response["HX-Reswap"]) == (200, "none")
    assert 'data-fault-line="2"' in page
    assert "spec-preview" not in page


def test_a_test_run_says_that_its_pictures_found_no_room(
    as_ada: Client, flux_kontext: ImageModel, settings: Any, tmp_path: Path
) -> None:
    (tmp_path / "full").write_text("a disk on which no folder can be made")
    settings.INCOMING_DIR = tmp_path / "full" / "incoming"
    fields = pages.spec_post(flux_kontext, json.dumps([SEED]), seed="7", prompt="a red chair")
    trial = as_ada.post(pages.spec_page(flux_kontext, "spec_try"), fields).context["trial"]
    assert "could not be stored" in trial["problem"]


def test_a_test_run_shows_what_is_sent_and_a_simulated_picture(as_ada: Client, flux_kontext: ImageModel) -> None:
    needed = {"name": "image_prompt", "type": "image", "required": True, "transport": "message"}
    fields = pages.spec_post(flux_kontext, json.dumps([SEED, needed]), seed="7", prompt="a red chair")
    trial = as_ada.post(pages.spec_page(flux_kontext, "spec_try"), fields).context["trial"]
    assert trial["problem"] == "", trial
    sent = json.loads(trial["request"])
    assert (sent["model"], sent["image_config"]) == ("flux_kontext", {"seed": 7})
    assert "data:image/png" in json.dumps(sent["messages"])
    page = as_ada.post(pages.spec_page(flux_kontext, "spec_try"), fields, headers=HTMX).content.decode()
    assert "<html" not in page
    assert '<span class="badge">simulated</span>' in page
    assert '<img src="data:image/' in page
    assert not Generation.objects.exists()


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"seed": "11"}, "Seed takes 0 to 10."),
        ({"prompt": " "}, "Write a prompt first."),
        ({"prompt": "sandbox:refuse"}, "refused"),
    ],
)
def test_a_test_run_that_cannot_be_says_why(
    as_ada: Client, flux_kontext: ImageModel, fields: dict[str, str], sentence: str
) -> None:
    posted = pages.spec_post(flux_kontext, json.dumps([SEED]), **fields)
    response = as_ada.post(pages.spec_page(flux_kontext, "spec_try"), posted)
    assert sentence in response.context["trial"]["problem"]
    assert "<html" in response.content.decode()


def test_a_test_run_never_reaches_the_gateway_even_where_there_is_a_key(
    as_ada: Client, routellm: Any, fake_gateway: Any, flux_kontext: ImageModel
) -> None:
    fields = pages.spec_post(flux_kontext, json.dumps([SEED]))
    assert as_ada.post(pages.spec_page(flux_kontext, "spec_try"), fields).context["trial"]["pictures"]
    assert not fake_gateway.requests


def test_a_second_editors_save_meets_both_texts_and_loses_nothing(as_ada: Client, flux_kontext: ImageModel) -> None:
    first, second = json.dumps([SEED]), json.dumps([SEED | {"maximum": 99}])
    opened = pages.spec_post(flux_kontext, second, **{"spec-note": "Wider"})
    save(as_ada, flux_kontext, first, **{"spec-note": "Narrower"})
    response = as_ada.post(pages.spec_page(flux_kontext), opened)
    assert response.status_code == 409
    page = response.content.decode()
    assert "Ada Lovelace saved this spec meanwhile" in page
    assert "Narrower" in page
    assert (response.context["mine"], response.context["note"]) == (second, "Wider")
    assert "seed, maximum: none → 99" in [str(change) for change in response.context["changed_by_me"]]
    assert "seed, maximum: none → 10" in [str(change) for change in response.context["changed_by_them"]]
    assert "seed, maximum" in response.context["overlaps"]
    flux_kontext.refresh_from_db()
    assert flux_kontext.parameters == [SEED]
    chosen = opened | {"spec-seen": response.context["image_model"].version}
    assert as_ada.post(pages.spec_page(flux_kontext), chosen).status_code == 302
    flux_kontext.refresh_from_db()
    assert (flux_kontext.parameters, flux_kontext.version) == ([SEED | {"maximum": 99}], 3)


@pytest.mark.parametrize("page", ["spec", "spec_preview", "spec_try", "versions", "restore_shipped", "correct"])
def test_the_pages_of_a_spec_are_for_administrators_alone(as_bea: Client, flux_kontext: ImageModel, page: str) -> None:
    address = pages.spec_page(flux_kontext, page)
    for ask in (as_bea.get, as_bea.post):
        assert ask(address).status_code == 403
    assert Client().get(address).status_code == 302
    assert SpecVersion.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_of_many_saves_at_once_one_is_kept_and_the_others_are_told(ada: User, flux_kontext: ImageModel) -> None:
    clients = [factories.signed_in(ada) for _ in range(6)]
    statuses: list[int] = []
    gate = threading.Barrier(len(clients))

    def post(client: Client, largest: int) -> None:
        gate.wait()
        try:
            fields = pages.spec_post(flux_kontext, json.dumps([SEED | {"maximum": largest}]))
            statuses.append(client.post(pages.spec_page(flux_kontext), fields).status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=post, args=(client, 20 + at)) for at, client in enumerate(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [302] + [409] * (len(clients) - 1)
    flux_kontext.refresh_from_db()
    assert (flux_kontext.version, SpecVersion.objects.count()) == (2, 2)


def test_two_changes_that_do_not_touch_are_saved_together(as_ada: Client, flux_kontext: ImageModel) -> None:
    look = {"name": "look", "type": "string", "choices": ["dry", "wet"]}
    save(as_ada, flux_kontext, json.dumps([SEED, look]))
    opened = pages.spec_post(flux_kontext, json.dumps([SEED | {"maximum": 99}, look]))
    save(as_ada, flux_kontext, json.dumps([SEED, look | {"choices": ["dry", "wet", "raw"]}]))
    response = as_ada.post(pages.spec_page(flux_kontext), opened)
    assert response.context["overlaps"] == []
    assert "Save both changes together" in response.content.decode()
    save(as_ada, flux_kontext, response.context["together"])
    seed, kept = flux_kontext.spec
    assert (seed.maximum, [choice.value for choice in kept.choices]) == (99, ["dry", "wet", "raw"])


# The history -------------------------------------------------------------------------------------------------------


def test_every_change_is_in_the_history_with_who_when_why_and_what(as_ada: Client, flux_kontext: ImageModel) -> None:
    save(as_ada, flux_kontext, json.dumps([SEED]), **{"spec-note": "Seeds alone"})
    save(as_ada, flux_kontext, json.dumps([SEED | {"maximum": 99}]))
    lines = as_ada.get(pages.spec_page(flux_kontext, "versions")).context["lines"]
    told = [(line.version.number, line.version.who, line.version.note, line.is_present) for line in lines]
    assert told == [(3, "Ada Lovelace", "", True), (2, "Ada Lovelace", "Seeds alone", False), (1, "", "", False)]
    assert lines[0].summary == ["seed, maximum: 10 → 99"]
    assert lines[1].more > 0


def test_any_version_can_be_looked_at_and_brought_back_as_a_new_one(as_ada: Client, flux_kontext: ImageModel) -> None:
    first = flux_kontext.parameters
    save(as_ada, flux_kontext, json.dumps([SEED]))
    page = as_ada.get(pages.spec_page(flux_kontext, "version", 1))
    assert page.context["changed_then"] is None
    assert "Back to this version" in page.content.decode()
    later = as_ada.get(pages.spec_page(flux_kontext, "version", 2)).content.decode()
    assert "What it changed" in later and "Back to this version" not in later
    assert as_ada.post(pages.spec_page(flux_kontext, "version_restore", 1)).status_code == 302
    flux_kontext.refresh_from_db()
    assert (flux_kontext.parameters, flux_kontext.version) == (first, 3)
    newest = SpecVersion.objects.for_page(flux_kontext)[0]
    assert (newest.reason, newest.note, newest.who) == ("restored", "Version 1.", "Ada Lovelace")
    assert as_ada.get(pages.spec_page(flux_kontext, "version", 9)).status_code == 404


def test_back_to_shipped_is_a_version_too(as_ada: Client, flux_kontext: ImageModel) -> None:
    save(as_ada, flux_kontext, "[]")
    as_ada.post(pages.spec_page(flux_kontext, "restore_shipped"))
    flux_kontext.refresh_from_db()
    assert flux_kontext.shipped is not None
    assert (flux_kontext.parameters, flux_kontext.version) == (flux_kontext.shipped["parameters"], 3)
    page = as_ada.get(pages.spec_page(flux_kontext, "versions")).content.decode()
    assert "As it was shipped." in page
    assert "Back to shipped" not in page


def test_plain_changes_are_in_the_history_as_well(as_ada: Client, flux_kontext: ImageModel) -> None:
    as_ada.post(pages.change_page(flux_kontext), pages.image_model_post(flux_kontext, name="Kontext", price=None))
    chosen = {"action": "withdraw_selected", "_selected_action": [flux_kontext.pk]}
    as_ada.post(pages.list_page("imagemodel"), chosen)
    lines = as_ada.get(pages.spec_page(flux_kontext, "versions")).context["lines"]
    assert [list(line.summary) for line in lines] == [["Offered: yes → no"], ["Name: FLUX Kontext → Kontext"], []]


def test_each_change_stands_in_the_audit_log_once_with_fields_and_reason(
    as_ada: Client, flux_kontext: ImageModel
) -> None:
    save(as_ada, flux_kontext, json.dumps([SEED]), **{"spec-note": "Seeds alone"})
    as_ada.post(pages.change_page(flux_kontext), pages.image_model_post(flux_kontext, name="Kontext", price=None))
    entries = AuditEntry.objects.filter(act="model.changed").order_by("pk")
    told = [(entry.subject, entry.actor_name, entry.detail["change"], entry.detail.get("why")) for entry in entries]
    assert told == [
        ("routellm/flux_kontext", "Ada Lovelace", "Edited: parameters", "Seeds alone"),
        ("routellm/flux_kontext", "Ada Lovelace", "Edited: name", None),
    ]
    assert entries[0].detail["version"] == 2
