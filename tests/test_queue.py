"""Whose turn it is, what a gateway's refusal lets one do, and what people see of all that is under way."""

import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from gallery import tasks
from gallery.models import Batch, Gateway, Generation, Image, ImageModel, SpecVersion, User
from gallery.services import claims, line, runs
from tests import factories
from tests.fake_gateway import FakeGateway, RecordedRequest

KONTEXT = {"model": "routellm/flux_kontext", "previous_model": "routellm/flux_kontext", "mode": "pro"}
PRO = {"model": "routellm/flux_pro", "prompt": "a red chair"}
FIFTY_SEEDS = {"models": ["routellm/flux_kontext"], "axis": "seed", "axis_values": "1, 2, .., 50"}
FIFTY_SEEDS |= {"confirmed": "unpriced:50"}
OPENROUTER = {"model": "openrouter/black-forest-labs/flux.2-pro", "prompt": "a blue lamp"}


@pytest.fixture
def waiting_queue() -> None:
    """Nothing runs until the test says so."""
    tasks.queue.immediate = False


@pytest.fixture
def other_gateway(shipped: None) -> Iterator[FakeGateway]:
    """Where OpenRouter's runs go."""
    with FakeGateway() as gateway:
        factories.give_key(Gateway.objects.get(slug="openrouter"), gateway.base_url)
        yield gateway


def submit(client: Client, **form: Any) -> Generation:
    assert client.post("/", form).status_code == 302
    return Generation.objects.latest("pk")


def run_some(count: int) -> None:
    worker = claims.register_worker()
    for _ in range(count):
        runs.run_next(worker)


def words_of(html: str) -> str:
    return unescape(" ".join(re.sub(r"<[^>]+>", " ", html).split()))


# Turns -------------------------------------------------------------------------------------------------------------


def test_a_single_picture_is_drawn_among_the_first_though_somebody_elses_matrix_of_fifty_came_before(
    routellm: Gateway, fake_gateway: FakeGateway, waiting_queue: None, as_bea: Client, as_chi: Client
) -> None:
    assert as_bea.post("/batches/new/", {**KONTEXT, **FIFTY_SEEDS, "prompt": "a red chair"}).status_code == 302
    single = submit(as_chi, **KONTEXT, prompt="a green bottle")
    run_some(3)
    single.refresh_from_db()
    assert single.status == "succeeded"
    assert len(fake_gateway.requests) == 3
    assert Generation.objects.filter(status="queued").count() == 48


class WatchedRequests(list[RecordedRequest]):
    """Notes as each request arrives whether whoever sent it, and now waits, has a connection to the database."""

    def __init__(self) -> None:
        super().__init__()
        self.waits_with: list[object] = []
        self.database = connections["default"]

    def append(self, request: RecordedRequest) -> None:
        self.waits_with.append(self.database.connection)
        super().append(request)


@pytest.mark.django_db(transaction=True)
def test_a_run_that_waits_for_its_gateway_holds_no_connection_to_the_database(
    routellm: Gateway, fake_gateway: FakeGateway, waiting_queue: None, as_bea: Client
) -> None:
    single = submit(as_bea, **KONTEXT, prompt="a green bottle")
    requests = fake_gateway.requests = WatchedRequests()
    run_some(1)
    single.refresh_from_db()
    assert single.status == "succeeded"
    assert requests.waits_with == [None]


def test_a_gateway_that_is_busy_slows_itself_alone(
    routellm: Gateway,
    fake_gateway: FakeGateway,
    other_gateway: FakeGateway,
    waiting_queue: None,
    as_bea: Client,
    as_chi: Client,
) -> None:
    fake_gateway.will_fail(429, retry_after=60)
    slowed = [submit(as_bea, **KONTEXT, prompt=f"chair {number}") for number in range(3)]
    free = [submit(as_chi, **OPENROUTER), submit(as_bea, **OPENROUTER)]
    run_some(6)
    assert {Generation.objects.get(pk=row.pk).status for row in slowed} == {"queued"}
    assert {Generation.objects.get(pk=row.pk).status for row in free} == {"succeeded"}
    assert (len(fake_gateway.requests), len(other_gateway.requests)) == (1, 2)


def test_what_a_paused_batch_holds_back_takes_no_turn(
    routellm: Gateway, fake_gateway: FakeGateway, waiting_queue: None, as_bea: Client
) -> None:
    batch_page = as_bea.post("/batches/new/", {**KONTEXT, **FIFTY_SEEDS, "prompt": "a red chair"})["Location"]
    as_bea.post(f"{batch_page}pause/")
    single = submit(as_bea, **KONTEXT, prompt="a green bottle")
    run_some(2)
    single.refresh_from_db()
    assert single.status == "succeeded"
    assert Generation.objects.filter(status="held").count() == 50


# A way out of a refusal ----------------------------------------------------------------------------------------------


def refuse_size(fake_gateway: FakeGateway, client: Client, supported: str) -> Generation:
    fake_gateway.will_fail(400, error=f"Invalid size for flux_pro: 1440x768. Supported values are: {supported}")
    return submit(client, **PRO, size="1440x768")


def test_a_refused_size_is_told_in_plain_words_with_a_button_for_each_size_it_takes_nearest_first(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    failed = refuse_size(fake_gateway, as_bea, "1024x1024, 1440x1024, 9x9.")
    assert failed.error_sentence == (
        "RouteLLM refused the size 1440x768: this model takes 1024x1024, 1440x1024, 9x9. Choose one and run it again."
    )
    page = as_bea.get("/").content.decode()
    offered = re.findall(rf'href="(/\?generation={failed.pk}&amp;take=[^"]+)">([^<]+)<', page)
    assert [label for _, label in offered] == ["Use 1440 × 1024", "Use 1024 × 1024"]
    mended = as_bea.get(unescape(offered[0][0])).content.decode()
    assert "Size is now 1440 × 1024. Press Generate." in words_of(mended)
    assert re.search(r'name="size" value="1440x1024"[^>]* checked|value="1440x1024" selected', mended)
    failed.refresh_from_db()
    assert failed.parameters["size"] == "1440x768"


def test_a_prompt_that_is_too_long_for_the_gateway_is_told_how_much_and_the_next_one_is_counted(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    fake_gateway.will_fail(400, error="Invalid 'prompt': string too long. Expected a string with maximum length 1000.")
    failed = submit(as_bea, **{**PRO, "prompt": "x" * 1012})
    wanted = "takes prompts of at most 1,000 characters; this one has 1,012. Take 12 away and run it again."
    assert failed.error_sentence.endswith(wanted)
    page = as_bea.get(f"/?generation={failed.pk}").content.decode()
    assert 'data-limit="1000"' in page and "at most 1,000 can be sent. Take 12 away." in page
    refused = as_bea.post("/", {**PRO, "prompt": "x" * 1001})
    assert refused.status_code == 422 and "Take 1 away." in refused.content.decode()
    assert len(fake_gateway.requests) == 1
    learned = SpecVersion.objects.get(image_model=failed.image_model, reason="corrected")
    assert (learned.who, learned.note) == ("", f"A prompt of 1,012 characters was refused (run {failed.pk}).")
    other = {"model": "routellm/imagen", "prompt": "x" * 1012}
    assert 'data-limit="32000"' in as_bea.get("/?model=routellm/imagen").content.decode()
    assert as_bea.post("/", other).status_code == 302
    planned = as_bea.post("/compare/models/", {**PRO, "prompt": "x" * 1001, "models": [PRO["model"], other["model"]]})
    assert "It takes prompts of at most 1,000 characters; these have up to 1,001." in words_of(planned.content.decode())


def test_a_refused_number_is_offered_as_numbers(routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client) -> None:
    error = "Invalid num_images for imagen: 3. Supported values are: 1, 2"
    fake_gateway.will_fail(400, error=error)
    failed = submit(as_bea, model="routellm/imagen", prompt="a red chair", num_images="3")
    assert failed.refused == {"parameter": "num_images", "values": ["1", "2"]}
    assert "Use 2</a>" in as_bea.get("/").content.decode()


@pytest.mark.parametrize("take", ["9x9", "1440x1440", "", "1440x1024<script>"])
def test_only_what_the_gateway_named_is_taken(
    take: str, routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    failed = refuse_size(fake_gateway, as_bea, "1024x1024, 1440x1024")
    page = as_bea.get(f"/?{urlencode({'generation': failed.pk, 'take': take})}").content.decode()
    assert "is now" not in page
    assert re.search(r'name="size" value="1440x768"[^>]* checked|value="1440x768" selected', page)


def test_the_details_are_there_to_be_copied_without_the_key(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client, bea: User
) -> None:
    failed = refuse_size(fake_gateway, as_bea, "1024x1024")
    copied = unescape(re.findall(r'data-copy="([^"]+)"', as_bea.get("/").content.decode())[0])
    assert copied.startswith(f"Run {failed.pk}, ")
    for expected in ("routellm/flux_pro", "a red chair", "size: 1440x768", "The gateway said: Invalid size"):
        assert expected in copied
    assert "sk-test" not in copied


# What people see -----------------------------------------------------------------------------------------------------


def rows_of(client: Client) -> str:
    return words_of(client.get("/queue/").content.decode().partition("<main")[2].partition("</main>")[0])


def stamp_in(html: str) -> str:
    return str(unescape(re.findall(r"stamp=([^&\"]+)", html)[0]))


@pytest.mark.parametrize(
    "owners", ["aaaaaab", "abc", "aabbcc", "caaaab", "bbbbbbbbac"], ids=lambda owners: f"submitted by {owners}"
)
def test_places_in_line_are_the_order_in_which_workers_take_the_runs(
    owners: str, routellm: Gateway, flux_kontext: ImageModel, ada: User, bea: User, chi: User
) -> None:
    people = {"a": ada, "b": bea, "c": chi}
    for owner in owners:
        factories.create_generation(people[owner], flux_kontext)
    Gateway.objects.update(max_running=50)
    worker = claims.register_worker()
    claims.claim_next(worker)
    places = line.places_in_line()
    taken = [claims.claim_next(worker) for _ in places]
    assert [places[run.pk] for run in taken if run] == list(range(1, len(owners)))


def test_each_gateway_has_a_line_of_its_own_and_one_that_pauses_says_so(
    routellm: Gateway, waiting_queue: None, as_bea: Client
) -> None:
    for prompt in ("chair one", "chair two", "chair three"):
        submit(as_bea, **KONTEXT, prompt=prompt)
    submit(as_bea, **OPENROUTER)
    words = rows_of(as_bea)
    assert "chair one FLUX Kontext next in line" in words
    assert "chair three FLUX Kontext 3rd in line" in words
    assert re.search("a blue lamp FLUX[^ ]* .*next in line", words)
    Gateway.objects.filter(pk=routellm.pk).update(paused_until=timezone.now() + timedelta(minutes=1))
    assert "chair one FLUX Kontext waits for RouteLLM, which is busy" in rows_of(as_bea)


def test_others_see_the_teams_runs_and_of_private_ones_only_that_they_are_there(
    routellm: Gateway, waiting_queue: None, as_bea: Client, as_chi: Client
) -> None:
    submit(as_bea, **KONTEXT, prompt="a shared chair")
    hidden = submit(as_bea, **KONTEXT, prompt="a secret chair", visibility="private")
    words = rows_of(as_chi)
    assert "The team a shared chair Bea Arthur" in words
    assert "secret" not in words and "and 1 private of others" in words
    assert "Cancel" not in words
    for url in (f"/queue/runs/{hidden.pk}/cancel/", f"/queue/runs/{hidden.pk}/retry/"):
        assert as_chi.post(url).status_code == 404
    assert "Yours a shared chair" in rows_of(as_bea)


def test_a_batch_is_one_row_that_can_be_paused_resumed_and_cancelled(
    routellm: Gateway, waiting_queue: None, as_bea: Client, as_chi: Client
) -> None:
    as_bea.post("/batches/new/", {**KONTEXT, **FIFTY_SEEDS, "prompt": "a red chair"})
    batch = Batch.objects.get()
    run_some(2)
    assert "a red chair Matrix 2 of 50 Pause" in rows_of(as_bea)
    url = f"/queue/batches/{batch.pk}"
    assert as_chi.post(f"{url}/pause/").status_code == 403
    assert as_bea.post(f"{url}/pause/")["Location"] == "/queue/"
    assert "2 of 50, paused Resume" in rows_of(as_bea)
    poll = as_bea.get("/queue/live/").content.decode()
    assert re.search(r'id="queue-count"[^>]* hidden>0<', poll) and "every 15s" in poll
    as_bea.post(f"{url}/resume/")
    assert as_bea.post(f"{url}/stop/", headers={"hx-request": "true"}).status_code == 204
    words = rows_of(as_bea)
    assert "Done Clear a red chair Matrix 48 not made" in words and "Retry the 48" in words
    assert as_bea.post(f"{url}/burn/").status_code == 404


def test_a_waiting_run_is_cancelled_and_a_failed_one_run_again_only_once(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    fake_gateway.will_fail(500)
    failed = submit(as_bea, **KONTEXT, prompt="a red chair")
    words = rows_of(as_bea)
    assert "Failed Clear a red chair The gateway failed" in words and "Retry" in words
    tasks.queue.immediate = False
    # Every drawing of the queue has the same button.
    for drawing in ("one", "another"):
        as_bea.post(f"/queue/runs/{failed.pk}/retry/", {"submission": drawing})
    again = Generation.objects.latest("pk")
    assert (again.made_from, Generation.objects.count()) == (failed, 2)
    words = rows_of(as_bea)
    assert "Yours a red chair" in words and "Failed" not in words
    assert as_bea.post(f"/queue/runs/{again.pk}/cancel/")["Location"] == "/queue/"
    again.refresh_from_db()
    assert again.status == "cancelled"


def test_a_run_that_failed_again_has_a_retry_of_its_own(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    for _ in range(2):
        fake_gateway.will_fail(500)
    first = submit(as_bea, **KONTEXT, prompt="a red chair")
    as_bea.post(f"/queue/runs/{first.pk}/retry/")
    second = Generation.objects.latest("pk")
    as_bea.post(f"/queue/runs/{second.pk}/retry/")
    third = Generation.objects.latest("pk")
    assert (second.made_from, third.made_from, third.status) == (first, second, "succeeded")


def test_what_cannot_be_run_again_says_why_where_one_is(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    fake_gateway.will_fail(500)
    failed = submit(as_bea, **KONTEXT, prompt="a red chair")
    ImageModel.objects.filter(model_id="flux_kontext").update(is_enabled=False)
    response = as_bea.post(f"/queue/runs/{failed.pk}/retry/", headers={"hx-request": "true"})
    assert response["HX-Retarget"] == "#toasts"
    assert "FLUX Kontext is no longer offered." in words_of(response.content.decode())


def test_a_run_beyond_a_limit_of_its_price_is_asked_about_in_its_form(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    fake_gateway.will_fail(500)
    failed = submit(as_bea, **KONTEXT, prompt="a red chair")
    ImageModel.objects.filter(model_id="flux_kontext").update(price=100, price_unit="points")
    User.objects.update(confirm_points=50)
    url = f"/queue/runs/{failed.pk}/retry/"
    assert as_bea.post(url)["Location"] == f"/?generation={failed.pk}"
    assert as_bea.post(url, headers={"hx-request": "true"})["HX-Redirect"] == f"/?generation={failed.pk}"
    assert "Generate asks before it is sent." in words_of(as_bea.get(f"/?generation={failed.pk}").content.decode())
    assert len(fake_gateway.requests) == 1


def test_a_poll_is_answered_when_something_changed_and_costs_next_to_nothing_else(
    routellm: Gateway, as_bea: Client, django_assert_num_queries: Any
) -> None:
    submit(as_bea, **KONTEXT, prompt="a brass lamp")
    first = as_bea.get("/queue/live/").content.decode()
    stamp = stamp_in(first)
    with django_assert_num_queries(4):  # Two of them are the session and the person.
        assert as_bea.get(f"/queue/live/?stamp={stamp}").status_code == 204
    tasks.queue.immediate = False
    submit(as_bea, **KONTEXT, prompt="a red chair")
    after = as_bea.get(f"/queue/live/?stamp={stamp}").content.decode()
    assert re.search(r'id="queue-count"[^>]*>1<', after)
    assert "a red chair" not in after
    assert "a red chair" in as_bea.get(f"/queue/live/?stamp={stamp}&drawer=1").content.decode()
    assert as_bea.get(f"/queue/live/?stamp={stamp_in(after)}").status_code == 204


def test_the_studios_poll_brings_results_and_queue_in_one_answer(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    page = as_bea.get("/").content.decode()
    url = unescape(re.findall(r'hx-get="(/studio/live/[^"]+)"', page)[0])
    assert page.count('id="live"') == 1
    made = submit(as_bea, **KONTEXT, prompt="a red chair")
    answer = as_bea.get(f"{url}&drawer=1").content.decode()
    assert f'id="generation-{made.pk}"' in answer
    assert "Done: a red chair" in answer and 'id="queue-rows"' in answer
    again = unescape(re.findall(r'hx-get="(/studio/live/[^"]+)"', answer)[0])
    assert as_bea.get(again).status_code == 204


def test_what_ended_is_told_to_its_owner_until_it_was_seen(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client, as_chi: Client
) -> None:
    submit(as_bea, **KONTEXT, prompt="a red chair")
    as_bea.post("/batches/new/", {**KONTEXT, **FIFTY_SEEDS, "axis_values": "1, 2, 3", "prompt": "a blue lamp"})
    news = as_bea.get("/queue/live/").content.decode()
    assert "Done: a red chair<" in news and "Done: a blue lamp, 3 of 3<" in news
    assert "Done:" not in as_chi.get("/queue/live/").content.decode()
    ended = int(re.findall(r'data-ended="(\d+)"', news)[-1])
    as_bea.post("/queue/seen/", {"until": ended - 1})
    assert as_bea.get("/queue/live/").content.decode().count("Done:") == 2
    as_bea.post("/queue/seen/", {"until": ended})
    assert as_bea.get("/queue/live/").content.decode().count("Done:") == 1
    # Another tab that was drawn earlier clears later.
    as_bea.post("/queue/seen/", {"until": ended - 1})
    assert as_bea.get("/queue/live/").content.decode().count("Done:") == 1
    assert as_bea.post("/queue/seen/", {"until": "9" * 18})["Location"] == "/queue/"
    assert "Done:" not in as_bea.get("/queue/live/").content.decode()
    assert rows_of(as_bea).endswith("on whichever page you are.")


def test_a_batch_that_ended_shows_four_of_its_pictures_that_one_may_see(
    routellm: Gateway, as_bea: Client, chi: User
) -> None:
    as_bea.post("/batches/new/", {**KONTEXT, **FIFTY_SEEDS, "axis_values": "1, 2, 3, 4, 5, 6", "prompt": "a blue lamp"})
    shown = set(re.findall(r'src="(/media/[^"]+)"', as_bea.get("/queue/").content.decode()))
    made = list(Image.objects.all())
    assert len(made) == 6 and len(shown) == 4 and shown < {image.thumbnail_url for image in made}
    Image.objects.exclude(pk=made[0].pk).update(owner=chi, visibility="private")
    assert re.findall(r'src="(/media/[^"]+)"', as_bea.get("/queue/").content.decode()) == [made[0].thumbnail_url]


def test_a_batch_of_one_is_one_run(routellm: Gateway, as_bea: Client) -> None:
    as_bea.post("/batches/new/", {**KONTEXT, **FIFTY_SEEDS, "axis_values": "7", "prompt": "a blue lamp"})
    assert "<span>1 run</span>" in as_bea.get("/").content.decode()


def test_a_script_is_told_of_its_calls_itself(routellm: Gateway, as_bea: Client, bea: User) -> None:
    made = submit(as_bea, **KONTEXT, prompt="a red chair")
    Generation.objects.filter(pk=made.pk).update(request_hash="x", client="night job")
    assert "Done:" not in as_bea.get("/queue/live/").content.decode()
