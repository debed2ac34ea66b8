"""A batch among the studio's results, in the history and on the wall."""

import re

from django.test import Client

from gallery.models import Gateway, Generation, Image, Selection, User, WallQuery
from tests.batches.batch import create, words_of
from tests.fake_gateway import FakeGateway


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
