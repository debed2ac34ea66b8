"""The prompt box: prompts that stand for many, styles, lists, prompts there were, and what a model made of one."""

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client

from gallery.models import Batch, Board, Gateway, Generation, ImageModel, Snippet, User
from gallery.services import batches, boards
from tests import factories
from tests.fake_gateway import FakeGateway, image_reply

FORM = {"model": "routellm/flux_kontext", "prompt": "a {red|blue} chair", "mode": "pro"}
HTMX = {"HX-Request": "true"}


def keep(owner: User, kind: str, name: str, text: str, visibility: str = "team") -> Snippet:
    return Snippet.objects.create(owner=owner, kind=kind, name=name, text=text, visibility=visibility)


def sent(gateway: FakeGateway) -> list[str]:
    return [request.json["messages"][-1]["content"] for request in gateway.requests]


def earlier(client: Client, words: str = "") -> list[dict[str, Any]]:
    prompts: list[dict[str, Any]] = client.get("/studio/earlier/", {"q": words}).json()["prompts"]
    return prompts


def former_in(page: str) -> str:
    """The form before, which travels with the page."""
    found = re.search(r'name="former"[^>]* value="([^"]*)"', page)
    assert found
    return unescape(found[1])


# Many --------------------------------------------------------------------------------------------------------------


def test_many_prompts_run_only_once_their_count_was_seen(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    for seen in ({}, {"prompts_shown": "3"}):
        response = as_bea.post("/", {**FORM, **seen})
        page = response.content.decode()
        assert response.status_code == 422
        assert "This prompt stands for 2. Press “Generate 2” to run them all." in page
        assert 'name="prompts_shown" value="2"' in page
        assert not Generation.objects.exists()
    assert as_bea.post("/", {**FORM, "prompts_shown": "2"}).status_code == 302
    assert sorted(sent(fake_gateway)) == ["a blue chair", "a red chair"]


def test_many_prompts_are_one_batch_on_the_chosen_board(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client, bea: User
) -> None:
    board = boards.create_board(owner=bea, name="Chairs", visibility="team")
    answer = as_bea.post(
        "/",
        {**FORM, "prompts_shown": "2", "board": board.pk, "visibility": "private", "submission": "0123456789"},
        headers=HTMX,
    )
    batch = Batch.objects.get()
    page = answer.content.decode()
    assert answer.status_code == 200
    assert f'id="batch-{batch.pk}"' in page
    assert "2 prompts" in page
    runs = Generation.objects.filter(batch=batch)
    assert {(run.status, run.visibility, run.board_id) for run in runs} == {("succeeded", "private", board.pk)}
    assert Board.objects.get(pk=board.pk).items.count() == 2
    as_bea.post("/", {**FORM, "prompts_shown": "2", "submission": "0123456789"})
    assert Batch.objects.count() == 1


def test_a_run_of_a_batch_that_failed_keeps_its_board_and_its_words_when_run_again(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client, bea: User
) -> None:
    board = boards.create_board(owner=bea, name="Chairs", visibility="team")
    fake_gateway.will_fail(400)
    as_bea.post("/", {**FORM, "prompts_shown": "2", "board": board.pk})
    batches.retry_failed(Batch.objects.get(), bea)
    again = Generation.objects.exclude(made_from=None).get()
    assert (again.board_id, again.written) == (board.pk, {"prompt": FORM["prompt"], "styles": []})


def test_the_count_and_the_prompts_are_told_while_one_writes(as_bea: Client, shipped: None) -> None:
    page = as_bea.post("/studio/expansion/", {**FORM, "num_images": "3"}).content.decode()
    for words in ("2 prompts", "6 pictures", "a <strong>red</strong> chair"):
        assert words in page
    many = as_bea.post("/studio/expansion/", {**FORM, "prompt": "{1..200} chairs"}).content.decode()
    assert "200 prompts" in many
    assert "and 140 more" in many
    price = as_bea.post("/studio/price/", {**FORM, "num_images": "3"}).content.decode()
    assert "simulated" in price
    plain = as_bea.post("/studio/expansion/", {**FORM, "prompt": "a chair"}).content.decode()
    assert 'data-count="1"' in plain
    assert "<p" not in plain
    assert as_bea.post("/studio/expansion/", {"model": "nowhere/none"}).status_code == 404


@pytest.mark.parametrize(
    ("prompt", "sentence"),
    [
        ("a {red|blue chair", "“{red|blue chair” is not closed"),
        ("{1..30} x {1..20}", "This stands for 600 prompts; at most 400 go together."),
        ("x" * 32_001, "The prompt has 32,001 characters; at most 32,000 can be sent. Take 1 away."),
        ("{a|" + "x" * 31_990 + "}" + "y" * 20, "The prompt has 32,014 characters"),
    ],
)
def test_what_cannot_be_sent_is_refused_in_a_sentence(
    shipped: None, as_bea: Client, prompt: str, sentence: str
) -> None:
    response = as_bea.post("/", {**FORM, "prompt": prompt, "prompts_shown": "2"})
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert not Generation.objects.exists()


def test_a_literal_brace_is_sent_without_its_backslash_and_recalled_with_it(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    as_bea.post("/", {**FORM, "prompt": r"a sign that says \{a|b\}"})
    run = Generation.objects.get()
    assert sent(fake_gateway) == [run.prompt] == ["a sign that says {a|b}"]
    for page in (f"/?generation={run.pk}", f"/?generation={run.pk}&only=prompt"):
        assert r"a sign that says \{a|b\}</textarea>" in as_bea.get(page).content.decode()


def test_a_model_that_answers_in_words_takes_braces_as_they_are(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    ImageModel.objects.filter(model_id="flux_kontext").update(output="text")
    fake_gateway.will_send_text("A choice.")
    assert as_bea.post("/", {**FORM, "prompt": "what is {a|b}, {c|?"}).status_code == 302
    assert sent(fake_gateway) == ["what is {a|b}, {c|?"]


def test_a_list_used_within_an_alternative_and_outside_is_counted_and_run_as_it_is_written(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client, bea: User
) -> None:
    keep(bea, "list", "colour", "red\nblue")
    form = {**FORM, "prompt": "{{colour}|x} and {colour}"}
    assert "4 prompts" in as_bea.post("/studio/expansion/", form).content.decode()
    assert as_bea.post("/", {**form, "prompts_shown": "4"}).status_code == 302
    assert sorted(sent(fake_gateway)) == ["blue and blue", "red and red", "x and blue", "x and red"]
    assert as_bea.post("/matrix/", form).status_code == 200


def test_hundreds_of_places_are_refused_in_a_sentence(shipped: None, as_bea: Client, bea: User) -> None:
    keep(bea, "list", "colour", "red\nblue")
    form = {**FORM, "prompt": "{colour} " * 600}
    assert as_bea.post("/studio/price/", form).status_code == 200
    for address, status in (("/studio/expansion/", 200), ("/", 422)):
        response = as_bea.post(address, form)
        assert response.status_code == status
        assert "600 places are filled in turn; at most 60 go." in response.content.decode()


def test_what_a_model_cannot_take_is_looked_for_in_the_finished_prompts(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    ImageModel.objects.filter(model_id="ideogram").update(prompt_forbids=["flags"])
    models = ["routellm/flux_kontext", "routellm/ideogram"]
    form = {**FORM, "previous_model": FORM["model"], "models": models}
    assert as_bea.post("/batches/new/", {**form, "prompt": "a chair {red|--raw}"}).status_code == 422
    assert as_bea.post("/batches/new/", {**form, "prompt": "a chair {--|-}raw"}).status_code == 422
    assert not fake_gateway.requests
    assert as_bea.post("/batches/new/", {**form, "prompt": "a chair {red|blue}"}).status_code == 302


# Lists and styles --------------------------------------------------------------------------------------------------


def test_the_teams_lists_fill_prompts_and_private_ones_those_of_their_owner(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client, chi: User
) -> None:
    keep(chi, "list", "material", "oak\nsteel")
    keep(chi, "list", "secret", "one\ntwo", visibility="private")
    page = as_bea.post("/studio/expansion/", {**FORM, "prompt": "{material} {secret} {materal}"}).content.decode()
    assert "2 prompts" in page
    assert "There is no list “secret”. {secret} is sent as it stands." in page
    assert "Did you mean {material}?" in page
    as_bea.post("/", {**FORM, "prompt": "a {Material} cup", "prompts_shown": "2"})
    assert sorted(sent(fake_gateway)) == ["a oak cup", "a steel cup"]


def test_styles_are_laid_around_what_is_sent_and_the_record_keeps_their_names(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client, bea: User
) -> None:
    film = keep(bea, "style", "Film", "{prompt}, on film")
    print_ = keep(bea, "style", "Print", "print of {prompt}")
    form = {**FORM, "prompt": "a chair", "prompt_styles": [film.pk, print_.pk]}
    assert as_bea.post("/", form).status_code == 302
    run = Generation.objects.get()
    assert sent(fake_gateway) == [run.prompt] == ["print of a chair, on film"]
    page = as_bea.get(f"/generations/{run.pk}/").content.decode()
    assert "written as “<bdi>a chair</bdi>”" in page
    assert "style <bdi>Film</bdi>" in page
    changed = {**form, "model": "routellm/ideogram", "previous_model": FORM["model"]}
    other = as_bea.post("/studio/form/", changed).content.decode()
    assert other.index(f'name="prompt_styles" value="{film.pk}"') < other.index(f'value="{print_.pk}"')
    back = as_bea.post(
        "/studio/form/undo/", {"model": "routellm/ideogram", "former": former_in(other)}
    ).content.decode()
    assert f'name="prompt_styles" value="{print_.pk}"' in back
    setup = as_bea.post("/compare/models/", form).content.decode()
    assert f'name="prompt_styles" value="{print_.pk}"' in setup
    code = as_bea.post("/studio/code/", form).content.decode()
    assert "print of a chair, on film" in code


def test_a_style_that_is_gone_or_somebody_elses_is_told_and_left_out(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client, chi: User
) -> None:
    private = keep(chi, "style", "Hers", "{prompt}, her way", visibility="private")
    response = as_bea.post("/", {**FORM, "prompt": "a chair", "prompt_styles": [private.pk]})
    page = response.content.decode()
    assert response.status_code == 422
    assert "A style you had chosen is no longer there" in page
    assert 'name="prompt_styles" value' not in page
    assert not fake_gateway.requests


@pytest.mark.parametrize("name", ["99999999999999999999999", "²", "-1", "x"])
def test_an_id_that_no_style_has_is_a_style_that_is_gone(shipped: None, as_bea: Client, name: str) -> None:
    response = as_bea.post("/", {**FORM, "prompt": "a chair", "prompt_styles": [name]})
    assert response.status_code == 422
    assert "A style you had chosen is no longer there" in response.content.decode()


def test_more_styles_than_go_are_refused_and_all_still_shown(shipped: None, as_bea: Client, bea: User) -> None:
    rows = [keep(bea, "style", f"Style {number}", "{prompt}, on film") for number in range(13)]
    response = as_bea.post("/", {**FORM, "prompt": "a chair", "prompt_styles": [row.pk for row in rows]})
    page = response.content.decode()
    assert response.status_code == 422
    assert "At most 12 styles go around a prompt; these are 13. Take 1 away." in page
    assert page.count('name="prompt_styles" value') == 13


def test_styles_that_make_a_prompt_too_long_are_laid_no_further(shipped: None, as_bea: Client, bea: User) -> None:
    rows = [keep(bea, "style", f"Style {number}", "{prompt}" * 1000) for number in range(12)]
    form = {**FORM, "prompt": "a {red|blue} chair", "prompt_styles": [row.pk for row in rows]}
    for address, status in (("/studio/expansion/", 200), ("/studio/price/", 200), ("/", 422)):
        assert as_bea.post(address, form).status_code == status
    assert "can be sent. Take" in as_bea.post("/", form).content.decode()


@pytest.mark.parametrize(
    ("visibility", "words", "is_written_shown", "is_style_shown"),
    [
        ("team", "{prompt}, on film", True, True),
        ("private", "{prompt}, on film", False, False),
    ],
)
def test_the_record_shows_others_only_the_words_that_they_see(
    routellm: Gateway,
    as_bea: Client,
    as_chi: Client,
    chi: User,
    visibility: str,
    words: str,
    is_written_shown: bool,
    is_style_shown: bool,
) -> None:
    keep(chi, "list", "wood", "oak", visibility=visibility)
    style = keep(chi, "style", "Film noir", words, visibility=visibility)
    as_chi.post("/", {**FORM, "prompt": "a {wood} cup", "prompt_styles": [style.pk]})
    run = Generation.objects.get()
    for address in (f"/generations/{run.pk}/", f"/images/{run.images.get().pk}/"):
        own, others = (client.get(address).content.decode() for client in (as_chi, as_bea))
        assert "written as “<bdi>a {wood} cup</bdi>”" in own
        assert "style <bdi>Film noir</bdi>" in own
        assert ("a {wood} cup" in others) == is_written_shown
        assert ("Film noir" in others) == is_style_shown


def test_a_matrix_knows_lists_and_styles(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client, bea: User
) -> None:
    keep(bea, "list", "material", "oak\nsteel")
    film = keep(bea, "style", "Film", "{prompt}, on film")
    form = {
        "model": "routellm/flux_kontext",
        "previous_model": "routellm/flux_kontext",
        "models": ["routellm/flux_kontext"],
        "prompt": "a {material} cup",
        "prompt_styles": [film.pk],
    }
    assert as_bea.post("/batches/new/", form).status_code == 302
    assert sorted(sent(fake_gateway)) == ["a oak cup, on film", "a steel cup, on film"]


# Earlier prompts ---------------------------------------------------------------------------------------------------


def test_earlier_prompts_are_ones_own_then_the_teams_each_once_as_they_were_written(
    routellm: Gateway, as_bea: Client, as_chi: Client, bea: User
) -> None:
    film = keep(bea, "style", "Film", "{prompt}, on film")
    as_chi.post("/", {**FORM, "prompt": "her lamp"})
    as_chi.post("/", {**FORM, "prompt": "her secret", "visibility": "private"})
    as_bea.post("/", {**FORM, "prompt": "a chair", "prompt_styles": [film.pk]})
    as_bea.post("/", {**FORM, "prompts_shown": "2"})
    as_bea.post("/", {**FORM, "prompt": r"plain \{a|b\}"})
    for _ in range(2):
        as_bea.post("/", {**FORM, "prompt": "a stool"})
    found = [(entry["text"], entry["who"]) for entry in earlier(as_bea)]
    assert found == [
        ("a stool", ""),
        (r"plain \{a|b\}", ""),
        ("a {red|blue} chair", ""),
        ("a chair", ""),
        ("her lamp", "Chi Ma"),
    ]
    chair = earlier(as_bea, "film")[0]
    assert (chair["text"], chair["styles"]) == ("a chair", [{"id": film.pk, "name": "Film"}])
    assert chair["model"] == "FLUX Kontext"
    film.delete()
    assert earlier(as_bea, "film")[0]["text"] == "a chair, on film"


def test_an_earlier_prompt_with_a_list_of_somebodys_own_is_offered_to_others_as_it_was_sent(
    routellm: Gateway, as_bea: Client, as_chi: Client, chi: User
) -> None:
    keep(chi, "list", "secret", "oak\nsteel", visibility="private")
    as_chi.post("/", {**FORM, "prompt": "a {secret} cup", "prompts_shown": "2"})
    assert [entry["text"] for entry in earlier(as_chi)] == ["a {secret} cup"]
    assert {entry["text"] for entry in earlier(as_bea)} == {"a oak cup", "a steel cup"}


def test_an_earlier_prompt_with_a_private_list_of_any_name_is_offered_as_it_was_sent(
    routellm: Gateway, as_bea: Client, as_chi: Client, chi: User
) -> None:
    for name in ("2 woods", "secret"):
        keep(chi, "list", name, "oak", visibility="private")
        as_chi.post("/", {**FORM, "prompt": f"a {{{name}}} cup"})
    assert [entry["text"] for entry in earlier(as_bea)] == ["a oak cup"]


def test_earlier_prompts_of_imports_and_scripts_are_left_out(
    routellm: Gateway, as_bea: Client, bea: User, flux_kontext: Any
) -> None:
    imported = factories.create_picture(bea, flux_kontext, "an import").generation
    script = factories.create_picture(bea, flux_kontext, "a script's").generation
    assert imported
    assert script
    Generation.objects.filter(pk=imported.pk).update(client=Generation.IMPORT)
    Generation.objects.filter(pk=script.pk).update(request_hash="x" * 64)
    assert earlier(as_bea) == []


# What the model made of it -----------------------------------------------------------------------------------------


def test_a_rewritten_prompt_is_shown_as_sent_and_as_it_came_back(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    sent, came_back = "a red chair on a stone floor", "a red chair on a polished stone floor"
    entry = {**factories.image_entry(), "revised_prompt": came_back}
    fake_gateway.will_send(json=image_reply([entry]))
    as_bea.post("/", {**FORM, "prompt": sent})
    run = Generation.objects.get()
    assert (run.prompt, run.revised_prompt) == (sent, came_back)
    for address in ("/", f"/images/{run.images.get().pk}/", f"/generations/{run.pk}/"):
        page = as_bea.get(address).content.decode()
        assert page.count("rewritten by the model") == 1
        assert "<ins>polished </ins>" in page or "<ins> polished</ins>" in page
    run.revised_prompt = "Something else entirely"
    run.save()
    page = as_bea.get("/").content.decode()
    assert "Something else entirely" in page
    assert "What changed" not in page
    run.revised_prompt = sent
    run.save()
    assert "rewritten by the model" not in as_bea.get("/").content.decode()


def test_a_way_back_with_numbers_that_are_none_leads_nowhere(shipped: None, as_bea: Client) -> None:
    former = '[{"model_key": "routellm/ideogram", "values": {}, "inputs": {"a": [1e999]}}]'
    assert as_bea.post("/studio/form/undo/", {"model": FORM["model"], "former": former}).status_code < 500


def test_the_negative_prompt_stands_beside_the_prompt_of_models_that_have_one(shipped: None, as_bea: Client) -> None:
    without = as_bea.get("/?model=routellm/flux_kontext").content.decode()
    page = as_bea.get("/?model=routellm/imagen").content.decode()
    assert 'name="negative_prompt"' not in without
    assert page.count('name="negative_prompt"') == 1
    assert page.index('name="negative_prompt"') < page.index('data-knob="aspect_ratio"')
    assert as_bea.get("/matrix/?model=routellm/imagen").content.decode().count('name="negative_prompt"') == 1
