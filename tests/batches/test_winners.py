"""The winner of a comparison, and blind ones before they have one."""

import re
from datetime import timedelta

from django.test import Client
from django.utils import timezone

from gallery import tasks
from gallery.models import Batch, Gateway, Generation, Image, Mark, User
from tests import factories
from tests.batches.batch import MODELS, create, page_of
from tests.fake_gateway import FakeGateway


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
