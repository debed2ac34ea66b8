"""Comparisons and matrices over HTTP: set up, run, paused, stopped at a sum, run again, looked at by others."""

import io
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone
from PIL import Image as PillowImage
from PIL import ImageChops, ImageColor

from gallery import tasks
from gallery.models import Batch, Gateway, Generation, Image, ImageModel, Mark, Selection, Snippet, User, WallQuery
from tests import factories
from tests.fake_gateway import FakeGateway

MODELS = ["routellm/flux_kontext", "routellm/flux_pro", "routellm/flux_pro_ultra"]
FORM = {"model": MODELS[0], "previous_model": MODELS[0], "prompt": "a red chair", "mode": "pro"}
SWEEP = {"models": MODELS[:1], "axis": "guidance_scale", "axis_values": "1, 2, .., 5"}
SEEDS = {"models": MODELS[:1], "axis": "seed", "axis_values": "1, 2, .., 6"}


def create(client: Client, **changes: Any) -> Batch:
    response = client.post("/batches/new/", {**FORM, "models": MODELS, **changes})
    assert response.status_code == 302, response.content.decode()
    return Batch.objects.get(pk=int(response["Location"].strip("/").split("/")[-1]))


def words_of(response: Any) -> str:
    """What is read on the page, without its tags."""
    text = re.sub(r"<(script|style)[\s\S]*?</\1>", " ", response.content.decode())
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def page_of(client: Client, batch: Batch, query: str = "") -> str:
    return words_of(client.get(f"/batches/{batch.pk}/{query}"))


def statuses(batch: Batch) -> list[str]:
    return list(Generation.objects.filter(batch=batch).order_by("id").values_list("status", flat=True))


# Comparing ---------------------------------------------------------------------------------------------------------


def test_the_studios_form_opens_a_set_up_with_models_beside_its_own(shipped: None, as_bea: Client) -> None:
    words = words_of(as_bea.post("/compare/models/", {**FORM, "aspect_ratio": "21:9"}))
    assert "3 models" in words and "FLUX Kontext" in words and "a red chair" in words
    assert "Run 3 models" in words


def test_a_set_up_without_values_yet_promises_no_run(shipped: None, as_bea: Client) -> None:
    words = words_of(as_bea.post("/compare/models/", {**FORM, "models": MODELS[:1], "axis": "seed", "axis_values": ""}))
    assert "0 runs" in words and "Run 1" not in words


def test_the_set_up_tells_what_each_model_takes_differently(shipped: None, as_bea: Client) -> None:
    words = words_of(as_bea.post("/compare/models/", {**FORM, "models": MODELS, "aspect_ratio": "21:9"}))
    assert "Aspect ratio 21:9 → 1440 × 768 , the nearest offered" in words
    assert "Left out: Mode" not in words


def test_a_model_is_added_and_another_taken_out(shipped: None, as_bea: Client) -> None:
    added = as_bea.post("/compare/models/", {**FORM, "models": MODELS[:2], "model": MODELS[2]}).content.decode()
    assert re.findall(r'name="models" value="([^"]+)"', added) == MODELS
    without = as_bea.post("/compare/models/", {**FORM, "models": MODELS, "take_out": MODELS[0]}).content.decode()
    assert re.findall(r'name="models" value="([^"]+)"', without) == MODELS[1:]
    assert f'name="previous_model" value="{MODELS[1]}"' in without


def test_nine_models_are_no_more_than_eight(shipped: None, as_bea: Client) -> None:
    many = [row.full_id for row in ImageModel.objects.offered().exclude(output="text")[:9]]
    page = as_bea.post("/compare/models/", {**FORM, "models": many}).content.decode()
    assert re.findall(r'name="models" value="([^"]+)"', page) == many[:8]


def test_a_comparison_runs_every_model_in_its_own_settings(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client, bea: User
) -> None:
    batch = create(as_bea, aspect_ratio="21:9")
    assert (batch.kind, batch.owner) == ("compare", bea)
    assert [request.json["model"] for request in fake_gateway.requests] == [key.split("/")[1] for key in MODELS]
    assert fake_gateway.requests[0].json["image_config"]["aspect_ratio"] == "21:9"
    assert "aspect_ratio" not in fake_gateway.requests[1].json["image_config"]
    assert statuses(batch) == ["succeeded"] * 3
    words = page_of(as_bea, batch)
    for expected in ("a red chair", "FLUX Kontext", "FLUX Pro", "150 points", "450 points"):
        assert expected in words


def test_the_cost_of_a_batch_is_told_once_there_is_one(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    tasks.queue.immediate = False
    batch = create(as_bea, spend_limit="500", spend_unit="points")
    words = page_of(as_bea, batch)
    assert "stops at 500 points" in words and "nothing" not in words
    assert "nothing" not in words_of(as_bea.get("/"))
    tasks.queue.immediate = True
    tasks.run_next()
    assert "450 points of 500 points" in page_of(as_bea, batch)


def test_references_go_in_up_to_each_models_limit(routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client) -> None:
    files = [factories.upload(colour=colour) for colour in ("olive", "navy", "plum")]
    response = as_bea.post("/compare/models/", {**FORM, "models": MODELS, "image_prompt": files})
    ids = re.findall(r'name="(image_prompt)_images" value="(\d+)"', response.content.decode())
    assert len(ids) == 3 and "2 pictures" in words_of(response)


def test_a_failure_is_told_in_its_column_and_run_again_alone(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    fake_gateway.will_send_image()
    fake_gateway.will_fail(400, error="The size 640x480 is not supported.")
    batch = create(as_bea)
    assert statuses(batch) == ["succeeded", "failed", "succeeded"]
    failed = Generation.objects.get(batch=batch, status="failed")
    words = page_of(as_bea, batch)
    assert failed.error_sentence in words and "Run the 1 that failed again" in words
    as_bea.post(f"/batches/{batch.pk}/retry/", {"run": failed.pk})
    assert statuses(batch) == ["succeeded", "failed", "succeeded", "succeeded"]
    assert len(fake_gateway.requests) == 4
    again = Generation.objects.filter(batch=batch).latest("pk")
    assert (again.made_from, again.cell) == (failed, failed.cell)
    assert failed.error_sentence not in page_of(as_bea, batch)


def test_only_the_failed_run_again(routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client) -> None:
    fake_gateway.will_fail(400)
    fake_gateway.will_send_image()
    fake_gateway.will_fail(400)
    batch = create(as_bea)
    as_bea.post(f"/batches/{batch.pk}/retry/")
    assert statuses(batch) == ["failed", "succeeded", "failed", "succeeded", "succeeded"]
    as_bea.post(f"/batches/{batch.pk}/retry/")
    assert len(fake_gateway.requests) == 5


def test_a_model_switched_off_meanwhile_is_not_run_again(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    fake_gateway.will_fail(400)
    batch = create(as_bea, models=MODELS[:2])
    ImageModel.objects.filter(model_id="flux_kontext").update(is_enabled=False)
    response = as_bea.post(f"/batches/{batch.pk}/retry/", follow=True)
    assert "No longer offered: FLUX Kontext." in words_of(response)
    assert len(fake_gateway.requests) == 2


def test_of_two_that_failed_the_one_whose_model_is_gone_is_named(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    fake_gateway.will_fail(400)
    fake_gateway.will_fail(400)
    batch = create(as_bea, models=MODELS[:2])
    ImageModel.objects.filter(model_id="flux_kontext").update(is_enabled=False)
    response = as_bea.post(f"/batches/{batch.pk}/retry/", follow=True)
    assert "The rest runs again. No longer offered, and left out: FLUX Kontext." in words_of(response)
    assert len(fake_gateway.requests) == 3


def test_a_model_switched_off_before_the_start_is_left_out_of_the_set_up(shipped: None, as_bea: Client) -> None:
    ImageModel.objects.filter(model_id="flux_pro").update(is_enabled=False)
    page = as_bea.post("/compare/models/", {**FORM, "models": MODELS}).content.decode()
    assert re.findall(r'name="models" value="([^"]+)"', page) == [MODELS[0], MODELS[2]]


def test_the_same_submission_is_one_batch(routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client) -> None:
    first, second = create(as_bea, submission="once"), create(as_bea, submission="once")
    assert first == second and len(fake_gateway.requests) == 3


def test_an_empty_prompt_comes_back_with_its_sentence(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    response = as_bea.post("/batches/new/", {**FORM, "models": MODELS, "prompt": " "})
    assert response.status_code == 422 and "Write a prompt first" in words_of(response)
    assert not Batch.objects.exists() and not fake_gateway.requests


# Winners and blindness ---------------------------------------------------------------------------------------------


def test_the_winner_is_circled(routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client, bea: User) -> None:
    batch = create(as_bea)
    picture = Generation.objects.filter(batch=batch)[1].images.get()
    as_bea.post(f"/batches/{batch.pk}/winner/", {"image": picture.pk})
    batch.refresh_from_db()
    assert batch.winner == picture
    assert Mark.objects.get(user=bea, image=picture).is_favourite
    assert "Winner" in page_of(as_bea, batch)


def test_a_picture_of_another_batch_cannot_win(routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client) -> None:
    batch, other = create(as_bea), create(as_bea)
    picture = Generation.objects.filter(batch=other)[0].images.get()
    as_bea.post(f"/batches/{batch.pk}/winner/", {"image": picture.pk})
    batch.refresh_from_db()
    assert batch.winner is None


def test_a_blind_comparison_sends_no_name_and_no_figure_before_a_winner_is_chosen(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    fake_gateway.will_send_image()
    fake_gateway.will_fail(400, error="The size is not supported by flux_pro.")
    batch = create(as_bea, is_blind="true")
    since = "2020-01-01T00:00:00Z"
    Batch.objects.update(changed_at="2019-01-01T00:00:00Z")
    poll = as_bea.get(f"/batches/{batch.pk}/live/?since={since}").content.decode()
    page = as_bea.get(f"/batches/{batch.pk}/").content.decode()
    for html in (page, poll, *(group_of(as_bea, batch, address) for address in RESULTS)):
        assert "cell-" in html or "group-head" in html
        for hidden in ("FLUX", "flux", "RouteLLM", "150 points", "/images/", "/generations/"):
            assert hidden not in html
    picture = Generation.objects.filter(batch=batch, status="succeeded")[0].images.get()
    as_bea.post(f"/batches/{batch.pk}/winner/", {"image": picture.pk})
    assert "FLUX Kontext" in page_of(as_bea, batch)


RESULTS = ("/", "/studio/live/?since=2020-01-01T00:00:00Z")


def group_of(client: Client, batch: Batch, address: str) -> str:
    """A batch among the studio's results."""
    html = client.get(address).content.decode()
    found = re.search(rf'<section class="group is-batch"[^>]* id="batch-{batch.pk}"[\s\S]*?</section>', html)
    assert found, html
    return found[0]


def test_a_blind_comparison_lies_among_the_results_as_on_its_page(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    colours = ("red", "lime", "blue", "yellow", "cyan", "magenta")
    for colour in colours:
        fake_gateway.will_send(json=factories.reply([factories.image_entry(colour)]))
    more = [f"routellm/{name}" for name in ("imagen", "ideogram", "recraft")]
    batch = create(as_bea, is_blind="true", models=[*MODELS, *more])
    on_its_page = pictures_in(as_bea.get(f"/batches/{batch.pk}/").content.decode())
    assert len(on_its_page) == 6
    for address in RESULTS:
        assert pictures_in(group_of(as_bea, batch, address)) == on_its_page
    picture = Image.objects.filter(generation__batch=batch).latest("pk")
    as_bea.post(f"/batches/{batch.pk}/winner/", {"image": picture.pk})
    as_set_up = [image.thumbnail_of(640) for image in Image.objects.filter(generation__batch=batch).order_by("pk")]
    assert pictures_in(group_of(as_bea, batch, "/")) == as_set_up


def pictures_in(html: str) -> list[str]:
    return re.findall(r'<img src="([^"]+)" srcset', html)


def test_a_blind_comparison_under_way_tells_no_usual_time(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    create(as_bea)
    now = timezone.now()
    Generation.objects.update(started_at=now - timedelta(seconds=30), finished_at=now)
    tasks.queue.immediate = False
    batch = create(as_bea, is_blind="true")
    first = Generation.objects.filter(batch=batch).earliest("pk")
    Generation.objects.filter(pk=first.pk).update(status="running", started_at=now)
    for address in RESULTS:
        html = group_of(as_bea, batch, address)
        assert "data-waiting" in html and "data-median" not in html and "data-started" not in html
    Batch.objects.filter(pk=batch.pk).update(is_blind=False)
    assert 'data-median="30.0"' in group_of(as_bea, batch, "/")


# A matrix ----------------------------------------------------------------------------------------------------------


def test_a_matrix_runs_every_value_with_one_seed(routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client) -> None:
    batch = create(as_bea, **SWEEP)
    sent = [request.json["image_config"] for request in fake_gateway.requests]
    assert [config["guidance_scale"] for config in sent] == [1, 2, 3, 4, 5]
    assert len({config["seed"] for config in sent}) == 1
    assert batch.kind == "matrix"
    assert [value["label"] for value in batch.axes[0]["values"]] == ["1", "2", "3", "4", "5"]


def test_axes_multiply_and_are_turned_by_the_address(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    batch = create(as_bea, models=MODELS[:2], prompt="a {red|blue} chair", axis="num_images", axis_values="1, 2")
    assert [axis["label"] for axis in batch.axes] == ["Model", "Words", "Images"]
    assert len(fake_gateway.requests) == 8
    assert {request.json["messages"][0]["content"] for request in fake_gateway.requests} == {
        "a red chair",
        "a blue chair",
    }
    html = as_bea.get(f"/batches/{batch.pk}/?columns=1&rows=0&page=1").content.decode()
    assert re.findall(r'<th scope="col" dir="auto">([^<]+)', html) == ["red", "blue"]
    assert re.findall(r'<th scope="row" dir="auto">([^<]+)', html) == ["FLUX Kontext", "FLUX Pro"]
    assert sorted(re.findall(r'id="cell-([\d-]+)"', html)) == ["0-0-1", "0-1-1", "1-0-1", "1-1-1"]
    assert len(fake_gateway.requests) == 8


SENTENCES: list[tuple[dict[str, Any], str]] = [
    # what is posted, words of the sentence
    ({"axis": "guidance_scale", "axis_values": "1, 999"}, "Guidance scale"),
    ({"axis": "aspect_ratio", "axis_values": "1:1, 5:1"}, "Aspect ratio"),
    ({"axis": "seed", "axis_values": "1..500"}, "More than 400 values"),
    ({"axis": "seed", "axis_values": ""}, "Write the values of Seed"),
    ({"axis": "nonsense", "axis_values": "1, 2"}, "has no such setting"),
    ({"axis": "inputs:image_prompt", "axis_values": ""}, "Give the pictures"),
    ({"axis": ["seed", "seed"], "axis_values": ["1, 2", "3, 4"]}, "Seed varies already."),
    ({"prompt": "{1..30} x {1..30}"}, "This prompt stands for 900 prompts"),
    ({"prompt": "{1..20}", "axis": "seed", "axis_values": "1..30"}, "This makes 600 runs; at most 400 go together."),
    ({"prompt": "{a|b} {a|b} {a|b}", "axis": "seed", "axis_values": "1, 2"}, "4 things vary"),
    ({"spend_limit": "a lot"}, "Write a sum like 2.50"),
    ({"models": "routellm/flux_pro_fill"}, "works from a picture"),
]


@pytest.mark.parametrize(("posted", "words"), SENTENCES, ids=[words for _, words in SENTENCES])
def test_what_cannot_run_is_refused_with_a_sentence(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client, posted: dict[str, Any], words: str
) -> None:
    response = as_bea.post("/batches/new/", {**FORM, "models": MODELS[:1], **posted})
    assert response.status_code == 422 and words in words_of(response)
    assert not Batch.objects.exists() and not fake_gateway.requests


# Pause, resume, the stop at a sum ----------------------------------------------------------------------------------


def test_a_paused_batch_sends_nothing_until_it_is_resumed(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    tasks.queue.immediate = False
    batch = create(as_bea, **SEEDS)
    assert statuses(batch) == ["queued"] * 6
    as_bea.post(f"/batches/{batch.pk}/pause/")
    tasks.queue.immediate = True
    tasks.run_next()
    assert statuses(batch) == ["held"] * 6 and not fake_gateway.requests
    assert "Paused: 6 runs held back." in page_of(as_bea, batch)
    as_bea.post(f"/batches/{batch.pk}/resume/")
    assert statuses(batch) == ["succeeded"] * 6


def test_what_is_left_is_cancelled_at_a_word(routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client) -> None:
    tasks.queue.immediate = False
    batch = create(as_bea, **SEEDS)
    as_bea.post(f"/batches/{batch.pk}/stop/")
    assert statuses(batch) == ["cancelled"] * 6


LIMITS: list[tuple[str, list[int], int | None, str, int]] = [
    # name, what the runs cost, price an administrator entered, the limit, how many run
    ("as quoted", [100] * 6, 100, "350", 3),
    ("dearer than quoted", [140] * 6, 100, "350", 2),
    ("much dearer than quoted", [300] * 6, 100, "350", 1),
    ("cheaper than quoted", [50] * 6, 100, "300", 5),
    ("dearer from the third on", [100, 100, 150, 150], 100, "350", 3),
    ("unknown before", [100] * 6, None, "350", 3),
    ("unknown and dear", [200] * 6, None, "350", 1),
    ("exactly met", [100] * 6, 100, "300", 3),
    ("room for all", [100] * 6, 100, "600", 6),
    ("nothing allowed", [100] * 6, 100, "0", 0),
]


@pytest.mark.parametrize(
    ("costs", "price", "limit", "count"), [row[1:] for row in LIMITS], ids=[row[0] for row in LIMITS]
)
def test_the_limit_is_never_passed(
    routellm: Gateway,
    fake_gateway: FakeGateway,
    as_bea: Client,
    costs: list[int],
    price: int | None,
    limit: str,
    count: int,
) -> None:
    ImageModel.objects.filter(model_id="flux_kontext").update(price=price, price_unit="points")
    for cost in costs:
        fake_gateway.will_send_image(cost=cost)
    batch = create(as_bea, **SEEDS, spend_limit=limit, spend_unit="points")
    assert len(fake_gateway.requests) == count
    assert sum(costs[:count]) <= int(limit)
    batch.refresh_from_db()
    assert batch.state == ("spent" if count < 6 else "open")
    if count < 6:
        assert f"Stopped at {limit} points. {6 - count} run" in page_of(as_bea, batch)


def test_a_higher_limit_lets_the_rest_go(routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client) -> None:
    batch = create(as_bea, **SEEDS, spend_limit="300", spend_unit="points")
    assert len(fake_gateway.requests) == 2
    refused = as_bea.post(f"/batches/{batch.pk}/limit/", {"spend_limit": "more", "spend_unit": "points"})
    assert refused.status_code == 422
    as_bea.post(f"/batches/{batch.pk}/limit/", {"spend_limit": "450", "spend_unit": "points"})
    assert len(fake_gateway.requests) == 3
    as_bea.post(f"/batches/{batch.pk}/limit/", {"spend_limit": "", "spend_unit": "points"})
    assert statuses(batch) == ["succeeded"] * 6


# Who may -----------------------------------------------------------------------------------------------------------

ACTIONS = ("pause", "resume", "stop", "limit", "retry", "winner")
PERMISSIONS: list[tuple[str, str, str, tuple[int, int, int, int]]] = [
    # visibility, method, page, (anonymous, owner, teammate, admin)
    ("team", "get", "", (302, 200, 200, 200)),
    ("team", "get", "live/", (302, 204, 204, 204)),
    ("private", "get", "", (302, 200, 404, 404)),
    ("private", "get", "live/", (302, 204, 404, 404)),
    ("private", "get", "sheet.png", (302, 200, 404, 404)),
    *(("team", "post", f"{action}/", (302, 302, 403, 302)) for action in ACTIONS),
    *(("private", "post", f"{action}/", (302, 302, 404, 404)) for action in ACTIONS),
]


@pytest.mark.parametrize(
    ("visibility", "method", "page", "expected"), PERMISSIONS, ids=[f"{row[0]} {row[2]}" for row in PERMISSIONS]
)
def test_who_sees_and_changes_a_batch(
    routellm: Gateway,
    fake_gateway: FakeGateway,
    ada: User,
    bea: User,
    chi: User,
    visibility: str,
    method: str,
    page: str,
    expected: tuple[int, int, int, int],
) -> None:
    batch = create(factories.signed_in(bea), models=MODELS[:2], visibility=visibility)
    clients: dict[str, Callable[[], Client]] = {
        "anonymous": Client,
        "owner": lambda: factories.signed_in(bea),
        "teammate": lambda: factories.signed_in(chi),
        "admin": lambda: factories.signed_in(ada),
    }
    found = tuple(getattr(make(), method)(f"/batches/{batch.pk}/{page}").status_code for make in clients.values())
    assert found == expected


# The contact sheet -------------------------------------------------------------------------------------------------


def open_sheet(client: Client, batch: Batch, query: str = "") -> Any:
    response = client.get(f"/batches/{batch.pk}/sheet.png{query}")
    assert (response.status_code, response["Content-Type"]) == (200, "image/png")
    return PillowImage.open(io.BytesIO(response.content))


def test_the_contact_sheet_holds_every_cell_in_its_place(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    colours = ["red", "lime", "blue", "yellow", "cyan", "magenta"]
    for colour in colours:
        fake_gateway.will_send(json=factories.reply([factories.image_entry(colour, size=(640, 640))]))
    batch = create(as_bea, models=MODELS[:2], prompt="a {red|blue|青} chair")
    for query, across, down in (("?columns=0&rows=1", 2, 3), ("?columns=1&rows=0", 3, 2)):
        sheet = open_sheet(as_bea, batch, query).convert("RGB")
        places = {sheet.getpixel((x, y)) for x in range(0, sheet.width, 12) for y in range(0, sheet.height, 12)}
        assert sum(any(near(found, wanted) for found in places) for wanted in colours) == 6
        assert (sheet.width > sheet.height) == (across > down)


def near(found: tuple[int, int, int], wanted: str) -> bool:
    return max(abs(one - other) for one, other in zip(found, ImageColor.getrgb(wanted), strict=True)) < 12


def test_the_cells_of_a_contact_sheet_have_their_pictures_own_shape(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    for colour in ("red", "lime", "blue", "yellow"):
        fake_gateway.will_send(json=factories.reply([factories.image_entry(colour, size=(960, 540))]))
    batch = create(as_bea, models=MODELS[:2], prompt="a {red|blue} chair")
    sheet = open_sheet(as_bea, batch, "?columns=0&rows=1").convert("RGB")
    cells = [box_of(sheet, colour) for colour in ("red", "lime", "blue", "yellow")]
    for left, top, right, bottom in cells:
        assert abs((right - left) / (bottom - top) - 16 / 9) < 0.05
    rows = sorted({top for _, top, _, _ in cells})
    # No paper of a square cell between one row and the next.
    assert rows[1] - max(bottom for _, top, _, bottom in cells if top == rows[0]) < 40


def box_of(sheet: PillowImage.Image, colour: str) -> tuple[int, int, int, int]:
    wanted = PillowImage.new("RGB", sheet.size, colour)
    other = ImageChops.difference(sheet, wanted).convert("L").point(lambda value: 255 if value < 8 else 0)
    box = other.getbbox()
    assert box, colour
    return box


def test_a_contact_sheet_names_its_axes(routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client) -> None:
    for colour in ("red", "lime", "blue", "yellow"):
        fake_gateway.will_send(json=factories.reply([factories.image_entry(colour, size=(640, 640))]))
    batch = create(as_bea, models=MODELS[:2], prompt="a {red|blue} chair")
    sheet = open_sheet(as_bea, batch, "?columns=0&rows=1").convert("RGB")
    left, top, _, _ = min(box_of(sheet, colour) for colour in ("red", "lime", "blue", "yellow"))
    # The prompt, what the columns are, their values; beside these, what the rows are.
    assert lines_of_words(sheet.crop((0, 0, sheet.width, top))) == 3
    assert lines_of_words(sheet.crop((0, 80, left, top))) == 1


def lines_of_words(part: PillowImage.Image) -> int:
    """How many bands of ink lie below each other."""
    dark = part.convert("L").point(lambda value: 255 if value < 160 else 0)
    inked = [dark.crop((0, y, dark.width, y + 1)).getbbox() is not None for y in range(dark.height)]
    # Dots and strokes of one line lie closer to each other than two lines do.
    starts = [y for y, is_inked in enumerate(inked) if is_inked and not any(inked[max(0, y - 8) : y])]
    return len(starts)


def test_a_thumbnail_that_is_broken_or_lost_leaves_its_frame_empty(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    colours = ("red", "lime", "blue")
    for colour in colours:
        fake_gateway.will_send(json=factories.reply([factories.image_entry(colour, size=(640, 640))]))
    batch = create(as_bea)
    broken, lost, _ = Image.objects.filter(generation__batch=batch).order_by("pk")
    for image in (broken, lost):
        default_storage.delete(image.thumbnail_name(640))
    default_storage.save(broken.thumbnail_name(640), ContentFile(b"RIFF....WEBPVP8 <script>"))
    sheet = open_sheet(as_bea, batch).convert("RGB")
    places = {sheet.getpixel((x, y)) for x in range(0, sheet.width, 12) for y in range(0, sheet.height, 12)}
    assert [any(near(found, colour) for found in places) for colour in colours] == [False, False, True]


def test_a_contact_sheet_of_four_hundred_stays_within_bounds(
    shipped: None, bea: User, as_bea: Client, flux_kontext: ImageModel
) -> None:
    tasks.queue.immediate = False
    batch = create(as_bea, models=MODELS[:1], axis=["seed", "guidance_scale"], axis_values=["1..200", "1, 2"])
    sheet = open_sheet(as_bea, batch)
    assert max(sheet.size) <= 12_000 and sheet.width * sheet.height <= 22_000_000


# Among the results, on the wall ------------------------------------------------------------------------------------


def test_the_studio_shows_a_batch_as_one_group_and_the_history_every_run(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    batch = create(as_bea)
    page = as_bea.get("/")
    html = page.content.decode()
    assert html.count(f'id="batch-{batch.pk}"') == 1 and 'id="generation-' not in html
    assert "compare 3 models 450 points" in words_of(page)
    history = as_bea.get("/history/").content.decode()
    for generation in Generation.objects.filter(batch=batch):
        assert f"/generations/{generation.pk}/" in history


def test_the_studios_poll_sends_a_batch_once(routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client) -> None:
    batch = create(as_bea)
    html = as_bea.get("/studio/live/?since=2020-01-01T00:00:00Z").content.decode()
    assert html.count(f'id="batch-{batch.pk}"') == 1 and 'id="generation-' not in html


def test_a_batch_is_one_stack_on_the_wall_with_its_winner_on_top(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    batch = create(as_bea, num_images="1")
    pictures = list(Image.objects.filter(generation__batch=batch).order_by("pk"))
    assert [picture.is_cover for picture in pictures] == [True, False, False]
    as_bea.post(f"/batches/{batch.pk}/winner/", {"image": pictures[2].pk})
    wall = as_bea.get("/library/").content.decode()
    assert re.findall(r'data-tile="(\d+)"', wall) == [str(pictures[2].pk)]
    assert 'data-count="3"' in wall and f'href="/library/?batch={batch.pk}"' in wall
    opened = as_bea.get(f"/library/?batch={batch.pk}").content.decode()
    assert len(re.findall(r'data-tile="(\d+)"', opened)) == 3


def test_a_chosen_stack_stands_for_the_whole_batch(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client, bea: User
) -> None:
    batch = create(as_bea)
    cover = Image.objects.get(generation__batch=batch, is_cover=True)
    selection = Selection(query=WallQuery(), ids=(cover.pk,))
    assert Image.objects.selected(bea, selection).count() == 3


def test_a_private_batch_is_on_nobody_elses_wall(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client, as_chi: Client
) -> None:
    batch = create(as_bea, visibility="private")
    assert "data-tile" not in as_chi.get(f"/library/?batch={batch.pk}").content.decode()
    assert f"/batches/{batch.pk}/" not in as_chi.get("/?results=team").content.decode()


def test_a_list_of_somebodys_own_is_named_to_nobody_else(
    shipped: None, as_bea: Client, as_chi: Client, bea: User
) -> None:
    Snippet.objects.create(owner=bea, kind="list", name="Contoso names", text="oak\nsteel", visibility="private")
    batch = create(as_bea, models=MODELS[:2], prompt="a {Contoso names} chair")
    assert "a {Contoso names} chair" in page_of(as_bea, batch) and "Contoso names" in page_of(as_bea, batch)
    for page in (f"/batches/{batch.pk}/", f"/batches/{batch.pk}/?columns=1&rows=0", "/?results=team", "/queue/"):
        words = words_of(as_chi.get(page))
        assert "contoso" not in words.casefold(), page
        assert "a {oak|steel} chair" in words or page == "/queue/"
    assert "Words" in page_of(as_chi, batch)
    batch.refresh_from_db()
    assert batch.prompt == "a {Contoso names} chair"
