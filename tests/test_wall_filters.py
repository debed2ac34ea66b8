"""Every filter of the library and the history through their pages: alone, together, page by page, and blind to what is
private."""

import re
from collections.abc import Mapping
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone

from gallery.models import Board, Generation, GenerationInput, Image, ImageModel, User, Visibility
from gallery.services import boards, images, marks, tags
from tests import factories

PROMPTS = ("teapot", "armchair", "lantern", "harbour", "meadow")
Pictures = Mapping[str, Image]


def model_of(full_id: str) -> ImageModel:
    return ImageModel.objects.named(full_id).get()


def change(image: Image, **columns: object) -> None:
    Image.objects.filter(pk=image.pk).update(**columns)


def change_run(image: Image, **columns: object) -> None:
    assert image.generation_id
    Generation.objects.filter(pk=image.generation_id).update(**columns)


@pytest.fixture
def pictures(shipped: None, ada: User, bea: User, chi: User) -> Pictures:
    """Five pictures that differ in everything, the oldest first; Bea looks at them. The harbour is Chi's, the meadow Ada's."""
    flux, pro = model_of("routellm/flux_kontext"), model_of("routellm/flux_pro")
    other = ImageModel.objects.filter(gateway__slug="openrouter").first()
    assert other
    found = {
        "teapot": factories.create_picture(bea, flux, "teapot", colour="red"),
        "armchair": factories.create_picture(bea, pro, "armchair", colour="orange"),
        "lantern": factories.create_picture(bea, other, "lantern", colour="black"),
        "harbour": factories.create_picture(chi, flux, "harbour", colour="teal"),
        "meadow": factories.create_picture(ada, pro, "meadow", colour="green"),
    }
    now = timezone.now()
    for days, prompt in [(400, "teapot"), (20, "armchair"), (5, "lantern")]:
        change(found[prompt], created_at=now - timedelta(days=days))
    change(found["teapot"], shape="tall", size_class="huge", is_used=True)
    change(found["armchair"], shape="square", size_class="small", is_simulated=True)
    change(found["lantern"], media_type="image/svg+xml")
    change(found["meadow"], source="imported", generation=found["meadow"].generation)
    change_run(found["teapot"], cost="0.040000", cost_unit="usd")
    change_run(found["armchair"], cost="0.500000", cost_unit="usd")
    change_run(found["lantern"], cost="12", cost_unit="points", notes=["Came smaller than asked."])
    change_run(found["harbour"], cost="0.000500", cost_unit="usd")
    assert found["lantern"].generation
    GenerationInput.objects.create(generation=found["lantern"].generation, image=found["teapot"], parameter="image")
    mark = marks.mark_images
    mark(user=bea, image_ids=[found["teapot"].pk], is_favourite=True, rating=5)
    mark(user=bea, image_ids=[found["armchair"].pk], rating=3)
    mark(user=bea, image_ids=[found["lantern"].pk], is_rejected=True)
    mark(user=chi, image_ids=[found["harbour"].pk, found["teapot"].pk], is_favourite=True)
    for name, words in [("brass", ("teapot", "lantern")), ("hall", ("teapot", "armchair"))]:
        tag = tags.get_or_create_tag(name=name, user=bea)
        tags.tag_images(tag=tag, image_ids=[found[word].pk for word in words], user=bea)
    board = boards.create_board(owner=bea, name="Spring", visibility=Visibility.TEAM)
    boards.put_on_board(board=board, image_ids=[found[word].pk for word in ("teapot", "harbour")], user=bea)
    return found


def ids_of(bea: User, chi: User, ada: User) -> dict[str, int]:
    known = {"bea": bea.pk, "chi": chi.pk, "ada": ada.pk}
    known |= {name: tags.get_or_create_tag(name=name, user=bea).pk for name in ("brass", "hall")}
    board = Board.objects.filter(name="Spring").first()
    return known | {"spring": board.pk if board else 0}


def words_for(bea: User, chi: User, ada: User) -> dict[str, object]:
    """What the tables leave open."""
    today = timezone.localdate()
    days = {f"{name}_days_ago": today - timedelta(days=count) for name, count in (("ten", 10), ("thirty", 30))}
    return {**ids_of(bea, chi, ada), **days}


def prompts_on(page: str) -> list[str]:
    """Of the tiles, in their order."""
    tiles = page.split('id="found"')[-1]
    return [unescape(words) for words in re.findall(r'<img [^>]*alt="([^"]*)"', tiles)]


def shown(client: Client, query: str) -> list[str]:
    response = client.get(f"/library/?{query}")
    assert response.status_code == 200
    return prompts_on(response.content.decode())


FILTERS = [
    # query, what is left of the five
    ("", "teapot armchair lantern harbour meadow"),
    ("model=routellm/flux_kontext", "teapot harbour"),
    ("model=routellm/flux_kontext&model=routellm/flux_pro", "teapot armchair harbour meadow"),
    ("model=routellm/gone", ""),
    ("gateway=openrouter", "lantern"),
    ("gateway=openrouter&gateway=routellm", "teapot armchair lantern harbour meadow"),
    ("person={chi}", "harbour"),
    ("person={chi}&person={ada}", "harbour meadow"),
    ("show=mine", "teapot armchair lantern"),
    ("show=mine&person={chi}", "teapot armchair lantern harbour"),
    ("since=today", "harbour meadow"),
    ("since=7days", "lantern harbour meadow"),
    ("since=30days", "armchair lantern harbour meadow"),
    ("since={ten_days_ago}", "lantern harbour meadow"),
    ("until={ten_days_ago}", "teapot armchair"),
    ("since={thirty_days_ago}&until={ten_days_ago}", "armchair"),
    ("since=today&until={ten_days_ago}", ""),
    ("kind=generated", "teapot armchair lantern harbour"),
    ("kind=imported", "meadow"),
    ("kind=vector", "lantern"),
    ("kind=edited", "lantern"),
    ("kind=imported&kind=vector", "lantern meadow"),
    ("status=simulated", "armchair"),
    ("status=real", "teapot lantern harbour meadow"),
    ("status=noted", "lantern"),
    ("status=noted&status=simulated", "armchair lantern"),
    ("shape=tall", "teapot"),
    ("shape=tall&shape=square", "teapot armchair"),
    ("size=huge", "teapot"),
    ("size=huge&size=small", "teapot armchair lantern harbour meadow"),
    ("colour=red", "teapot"),
    ("colour=red&colour=black", "teapot lantern"),
    ("cost=0.01-0.1", "teapot"),
    ("cost_from=&cost_to=0.04", "teapot harbour"),
    ("cost=0-&unit=usd", "teapot harbour"),
    ("cost=10-&unit=points", "lantern"),
    ("cost=unknown", "meadow"),
    ("tag={brass}", "teapot lantern"),
    ("tag={brass}&tag={hall}", "teapot"),
    ("board={spring}", "teapot harbour"),
    ("favourite=me", "teapot"),
    ("favourite=team", "teapot harbour"),
    ("rating=3", "teapot armchair"),
    ("rating=4", "teapot"),
    ("rejected=only", "lantern"),
    ("rejected=hide", "teapot armchair harbour meadow"),
    ("used=yes", "teapot"),
    ("q=lantern", "lantern"),
    ("q=lan", "lantern"),
    ("q=brass", "teapot lantern"),
    ("q=spring", "teapot harbour"),
    ("q=brass spring", "teapot"),
    # what drives different keys, together
    ("q=teapot&tag={brass}&tag={hall}&board={spring}&favourite=me&rating=4", "teapot"),
    ("q=brass&rejected=only", "lantern"),
    ("q=brass&rejected=hide", "teapot"),
    ("tag={brass}&board={spring}", "teapot"),
    ("tag={brass}&rating=1&used=yes&shape=tall", "teapot"),
    ("board={spring}&favourite=team", "teapot harbour"),
    ("board={spring}&order=hand&person={chi}", "harbour"),
    ("favourite=me&rejected=only", ""),
    ("favourite=team&model=routellm/flux_kontext&colour=teal&since=today", "harbour"),
    ("rating=3&rejected=hide&cost=0-1", "teapot"),
    # what makes no sense is left out
    ("shape=round&rating=x&cost=dear&since=someday&tag=-1&kind=&unit=usd", "teapot armchair lantern harbour meadow"),
    ("person=99999", ""),
    ("tag=99999", ""),
    ("board=99999", ""),
]


def test_each_filter_leaves_the_pictures_it_means_newest_first(
    pictures: Pictures, as_bea: Client, ada: User, bea: User, chi: User
) -> None:
    words = words_for(bea, chi, ada)
    found = {query: shown(as_bea, query.format(**words)) for query, _ in FILTERS}
    assert found == {
        query: [prompt for prompt in reversed(PROMPTS) if prompt in left.split()] for query, left in FILTERS
    }


@pytest.mark.parametrize("query", ["since=30days", "until={tomorrow}", "since={today}&until={today}"])
def test_a_day_has_all_its_pictures_whatever_clocks_do(
    query: str, as_bea: Client, bea: User, flux_kontext: ImageModel
) -> None:
    """As two hosts whose clocks differ number them."""
    noon = timezone.now().replace(hour=12)
    for prompt, minutes in [("third", 2), ("first", 0), ("second", 1)]:
        image = factories.create_picture(bea, flux_kontext, prompt, colour="teal")
        Image.objects.filter(pk=image.pk).update(created_at=noon + timedelta(minutes=minutes))
    days = {"today": noon.date().isoformat(), "tomorrow": (noon + timedelta(days=1)).date().isoformat()}
    assert sorted(shown(as_bea, query.format(**days))) == ["first", "second", "third"]


def test_a_clock_that_was_a_year_ahead_hides_nothing_made_since(
    as_bea: Client, bea: User, flux_kontext: ImageModel
) -> None:
    ahead = factories.create_picture(bea, flux_kontext, "ahead")
    Image.objects.filter(pk=ahead.pk).update(created_at=timezone.now() + timedelta(days=365))
    factories.create_picture(bea, flux_kontext, "since")
    today = timezone.now().date().isoformat()
    assert shown(as_bea, f"since={today}&until={today}") == ["since"]


DRIVERS = ["", "q=lantern", "tag={brass}", "rating=1", "favourite=me", "rejected=only", "board={spring}",
           "board={spring}&order=hand", "tag={brass}&q=lantern&board={spring}", "kind=generated", "since=30days"]  # fmt: skip


@pytest.mark.parametrize("query", DRIVERS)
def test_paging_by_any_key_shows_every_picture_once(
    query: str, as_bea: Client, bea: User, chi: User, ada: User, flux_kontext: ImageModel
) -> None:
    first = factories.create_picture(bea, flux_kontext, "lantern")
    fields = {
        field.attname: getattr(first, field.attname)
        for field in Image._meta.concrete_fields
        if field.attname not in ("id", "position", "generation_id")
    }
    assert first.generation_id
    rows = [Image(**fields, generation_id=None) for _ in range(259)]
    Image.objects.bulk_create(rows)
    every = list(Image.objects.order_by("pk").values_list("pk", flat=True))
    Image.objects.filter(generation=None).update(note="lantern")
    for start in range(0, len(every), 200):
        some = every[start : start + 200]
        tags.tag_images(tag=tags.get_or_create_tag(name="brass", user=bea), image_ids=some, user=bea)
        marks.mark_images(
            user=bea, image_ids=some, rating=4, **{"is_rejected" if "rejected" in query else "is_favourite": True}
        )
    board = boards.create_board(owner=bea, name="Spring", visibility="team")
    shuffled = sorted(every, key=lambda pk: pk * 7919 % 1009)
    for start in range(0, len(every), 100):
        boards.put_on_board(board=board, image_ids=shuffled[start : start + 100], user=bea)
    said = query.format(**ids_of(bea, chi, ada))
    seen: list[int] = []
    following = f"?{said}"
    while following:
        page = as_bea.get(f"/library/{following}").content.decode()
        seen += [int(pk) for pk in re.findall(r'data-tile="(\d+)"', page)]
        older = re.search(r'href="([^"]+)" rel="next"', page)
        following = unescape(older[1]) if older else ""
    assert sorted(seen) == every
    if "hand" not in query:
        assert seen == sorted(every, reverse=True)


def test_ratings_and_rejections_are_each_persons_own(pictures: Pictures, as_chi: Client) -> None:
    assert shown(as_chi, "rating=1") == shown(as_chi, "rejected=only") == []
    assert shown(as_chi, "favourite=me") == ["harbour", "teapot"]


# What is private ----------------------------------------------------------------------------------------------------


def test_no_filter_shows_somebodys_private_pictures(pictures: Pictures, ada: User, bea: User, chi: User) -> None:
    hidden = {"teapot", "armchair", "lantern"}
    for prompt in hidden:
        images.set_image_visibility(Image.objects.get(pk=pictures[prompt].pk), "private")
    words = words_for(bea, chi, ada)
    for client in (factories.signed_in(chi), factories.signed_in(ada)):
        seen = {query: set(shown(client, query.format(**words))) & hidden for query, _ in FILTERS}
        assert not any(seen.values()), seen


def test_names_of_what_one_may_not_see_are_told_nowhere(
    pictures: Pictures, as_bea: Client, as_chi: Client, bea: User, chi: User
) -> None:
    secret = boards.create_board(owner=bea, name="Merger moods", visibility="private")
    boards.put_on_board(board=secret, image_ids=[pictures["harbour"].pk], user=bea)
    private = factories.create_picture(bea, model_of("routellm/flux_kontext"), "vault", visibility="private")
    tag = tags.get_or_create_tag(name="Acquisition", user=bea)
    tags.tag_images(tag=tag, image_ids=[private.pk], user=bea)
    addresses = [
        f"/library/?board={secret.pk}",
        f"/library/?tag={tag.pk}",
        f"/library/facets/board/?board={secret.pk}",
        "/library/facets/board/?find=merger",
        f"/library/facets/tag/?tag={tag.pk}",
        "/library/facets/tag/?find=acqui",
        f"/library/save/?board={secret.pk}&tag={tag.pk}",
    ]
    for address in addresses:
        for headers in ({}, {"HX-Request": "true", "HX-Target": "found"}):
            page = as_chi.get(address, headers=headers).content.decode()
            assert "Merger" not in page, address
            assert "Acquisition" not in page, address
    assert shown(as_chi, f"board={secret.pk}") == shown(as_chi, f"tag={tag.pk}") == shown(as_chi, "q=merger") == []
    assert shown(as_bea, f"board={secret.pk}") == ["harbour"]
    assert "Merger moods" in as_bea.get("/library/facets/board/").content.decode()


def test_lists_offer_what_this_person_sees_pictures_of(pictures: Pictures, as_bea: Client, as_chi: Client) -> None:
    images.set_image_visibility(Image.objects.get(pk=pictures["lantern"].pk), "private")
    for facet in ("model", "gateway"):
        assert 'value="openrouter' in options(as_bea, facet)
        assert 'value="openrouter' not in options(as_chi, facet)
    people = re.findall(r"<bdi>([^<]+)</bdi>", options(as_chi, "person"))
    assert people == ["Me", "Chi Ma", "Ada Lovelace", "Bea Arthur"]
    assert "brass" in options(as_chi, "tag")
    assert "Spring" in options(as_chi, "board")


def test_models_are_those_with_pictures_the_most_used_first_with_how_many(
    as_chi: Client, bea: User, flux_kontext: ImageModel
) -> None:
    others = model_of("openrouter/google/gemini-2.5-flash-image-preview"), model_of("routellm/flux_pro")
    for image_model, count in ((others[0], 1), (others[1], 2), (flux_kontext, 3)):
        for _ in range(count):
            factories.create_picture(bea, image_model)
    factories.create_picture(bea, model_of("routellm/flux_pro_ultra"), visibility="private")
    listed = re.findall(r"<bdi>([^<]+)</bdi> <span class=\"margin\"><bdi>([^<]+)</bdi>", options(as_chi, "model"))
    assert [count for _, count in listed] == ["3", "2", "1"]
    assert [name for name, _ in listed][:2] == ["FLUX Kontext", "FLUX Pro"]
    assert len(re.findall("<bdi>", options(as_chi, "model", find="3"))) == 0


def options(client: Client, facet: str, **query: str) -> str:
    response = client.get(f"/library/facets/{facet}/", query, headers={"HX-Request": "true"})
    assert response.status_code == 200
    assert "<html" not in response.content.decode()
    return response.content.decode()


def test_a_list_is_searched_and_keeps_what_is_set(pictures: Pictures, as_bea: Client) -> None:
    found = options(as_bea, "model", find="PRO", model="routellm/flux_kontext")
    assert 'value="routellm/flux_pro"' in found
    assert re.search(r'value="routellm/flux_kontext" checked', found)
    assert "lantern" not in found
    assert "Nothing fits" in options(as_bea, "tag", find="zzz")


def test_a_long_list_is_cut_and_says_so(pictures: Pictures, as_bea: Client, bea: User) -> None:
    for number in range(105):
        tag = tags.get_or_create_tag(name=f"mood {number:03}", user=bea)
        tags.tag_images(tag=tag, image_ids=[pictures[PROMPTS[number % 5]].pk], user=bea)
    assert "There are more" in options(as_bea, "tag")
    assert "mood 104" in options(as_bea, "tag", find="104")


def test_there_is_no_list_of_anything_else(as_bea: Client) -> None:
    assert as_bea.get("/library/facets/q/").status_code == 404
    assert as_bea.get("/history/facets/tag/").status_code == 404


# The page -----------------------------------------------------------------------------------------------------------


def test_a_change_swaps_the_wall_and_the_chips_alone(pictures: Pictures, as_bea: Client) -> None:
    headers = {"HX-Request": "true", "HX-Target": "found", "HX-Current-URL": "http://testserver/library/"}
    response = as_bea.get("/library/?colour=red&q=&since=", headers=headers)
    page = response.content.decode()
    assert "<html" not in page
    assert "1 picture<" in page
    assert "Save as smart board" in page
    assert response["HX-Push-Url"] == "/library/?colour=red"
    assert "HX-Request" in response["Vary"]
    whole = as_bea.get("/library/?colour=red")
    assert "<html" in whole.content.decode()
    assert "HX-Request" in whole["Vary"]


@pytest.mark.parametrize(
    ("before", "after", "header"),
    [
        ("", "q=tea", "HX-Push-Url"),
        ("q=tea", "q=teapot", "HX-Replace-Url"),
        ("q=tea", "q=tea&shape=tall", "HX-Push-Url"),
        ("q=tea", "", "HX-Push-Url"),
    ],
)
def test_a_search_being_typed_is_one_step_of_the_browsers_history(
    before: str, after: str, header: str, pictures: Pictures, as_bea: Client
) -> None:
    current = f"http://testserver/library/?{before}"
    headers = {"HX-Request": "true", "HX-Target": "found", "HX-Current-URL": current}
    assert as_bea.get(f"/library/?{after}", headers=headers).has_header(header)


def test_what_is_set_stands_in_its_chip_and_can_be_cleared_by_a_link(
    pictures: Pictures, as_bea: Client, bea: User, chi: User, ada: User
) -> None:
    ids = ids_of(bea, chi, ada)
    days = "since=2020-02-01&until=2020-02-09"
    query = f"model=routellm/flux_kontext&person={chi.pk}&{days}&cost=0.01-0.1&tag={ids['brass']}"
    page = as_bea.get(f"/library/?{query}").content.decode()
    for words in ("FLUX Kontext", "Chi Ma", "brass", "$0.01 – $0.1", "1 Feb 2020 – 9 Feb 2020"):
        assert f"<strong><bdi>{words}</bdi></strong>" in page
    clear = unescape(page.split('data-clear="cost')[0].rsplit('href="', 1)[1].split('"')[0])
    assert clear == "/library/?" + query.replace("&cost=0.01-0.1", "")
    assert 'href="/library/" id="finder-clear"' in page


def test_the_trash_stays_the_trash_while_it_is_searched(pictures: Pictures, as_bea: Client, bea: User) -> None:
    images.trash_image(pictures["teapot"], by=bea)
    page = as_bea.get("/library/?show=trash&colour=red").content.decode()
    assert prompts_on(page) == ["teapot"]
    assert 'href="/library/?show=trash" id="finder-clear"' in page
    assert 'id="save-board"' not in page
    assert shown(as_bea, "show=trash&colour=blue") == []


def test_the_number_found_is_honest_up_to_a_thousand(as_bea: Client, bea: User, flux_kontext: ImageModel) -> None:
    assert "No pictures" in as_bea.get("/library/").content.decode()
    first = factories.create_picture(bea, flux_kontext)
    assert ">1 picture<" in as_bea.get("/library/").content.decode()
    fields = {
        field.attname: getattr(first, field.attname)
        for field in Image._meta.concrete_fields
        if field.attname not in ("id", "generation_id")
    }
    Image.objects.bulk_create([Image(**fields) for _ in range(999)])
    assert ">1,000 pictures<" in as_bea.get("/library/").content.decode()
    Image.objects.bulk_create([Image(**fields)])
    assert ">1,000+ pictures<" in as_bea.get("/library/").content.decode()


# Smart boards -------------------------------------------------------------------------------------------------------


def test_a_search_is_saved_as_a_smart_board(pictures: Pictures, as_bea: Client) -> None:
    asked = as_bea.get("/library/save/?q=brass&shape=tall&nonsense=1").content.decode()
    assert "Shape: <bdi>Tall" in asked
    response = as_bea.post("/library/save/?q=brass&shape=tall&before=4", {"name": " Brass ", "visibility": "private"})
    board = Board.objects.get(name="Brass")
    assert response.status_code == 302
    assert response["Location"] == board.get_absolute_url()
    assert (board.query, board.visibility) == ("q=brass&shape=tall", "private")


def test_a_smart_board_without_a_name_is_asked_for_one(pictures: Pictures, as_bea: Client) -> None:
    for headers in ({}, {"HX-Request": "true"}):
        response = as_bea.post("/library/save/?shape=tall", {"name": "  "}, headers=headers)
        assert response.status_code == 422
        assert "Give the board a name." in response.content.decode()
    assert not Board.objects.exclude(query="").exists()


@pytest.mark.parametrize("query", ["", "show=trash", "nonsense=1"])
def test_a_wall_that_nothing_narrows_is_no_smart_board(query: str, as_bea: Client) -> None:
    assert as_bea.post(f"/library/save/?{query}", {"name": "All"})["Location"] == "/library/"
    assert not Board.objects.exists()


# The history --------------------------------------------------------------------------------------------------------

RUNS = [
    ("", "meadow harbour lantern armchair teapot question"),
    ("model=routellm/flux_kontext", "harbour teapot question"),
    ("model=routellm/gone", ""),
    ("gateway=openrouter", "lantern"),
    ("person={chi}", "harbour"),
    ("show=mine", "lantern armchair teapot question"),
    ("kind=analysis", "question"),
    ("kind=image&person={bea}", "lantern armchair teapot"),
    ("status=failed", "question"),
    ("status=failed&status=succeeded", "meadow harbour lantern armchair teapot question"),
    ("since=today&status=succeeded", "meadow harbour lantern armchair teapot"),
    ("until=2020-01-01", ""),
    ("cost=0.01-0.1", "teapot"),
    ("cost=10-&unit=points", "lantern"),
    ("cost=unknown", "meadow"),
    ("q=lantern&gateway=openrouter", "lantern"),
    ("status=nonsense&kind=x", "meadow harbour lantern armchair teapot question"),
]


def test_the_history_is_filtered_like_the_library(
    pictures: Pictures, as_bea: Client, ada: User, bea: User, chi: User
) -> None:
    change_run(pictures["armchair"], is_simulated=True)
    asked = factories.create_generation(bea, model_of("routellm/flux_kontext"), "question")
    Generation.objects.filter(pk=asked.pk).update(kind="analysis", status="failed")
    words = words_for(bea, chi, ada)
    for query, left in RUNS:
        page = as_bea.get(f"/history/?{query.format(**words)}").content.decode()
        found = re.findall(r'class="run-prompt"[^>]*>([^<]+)<', page)
        assert sorted(found) == sorted(left.split()), query
        assert f">{len(found) or 'No'} {'run' if len(found) == 1 else 'runs'}<" in page, query


def test_runs_of_a_model_that_was_deleted_are_still_found(pictures: Pictures, as_bea: Client) -> None:
    model_of("routellm/flux_pro").delete()
    page = as_bea.get("/history/?model=routellm/flux_pro").content.decode()
    assert "armchair" in page
    assert "teapot" not in page
    assert "flux_pro" in options(as_bea, "model")


def test_the_history_offers_people_and_models_of_runs_one_sees(
    pictures: Pictures, as_chi: Client, bea: User, chi: User
) -> None:
    dov = factories.create_user("dov", name="Dov Secret")
    factories.create_generation(dov, model_of("routellm/flux_pro_ultra"), "hidden", visibility="private")
    for facet, inside, outside in [("person", "Bea Arthur", "Dov Secret"), ("model", "FLUX Pro", "FLUX Pro Ultra")]:
        page = as_chi.get(f"/history/facets/{facet}/", headers={"HX-Request": "true"}).content.decode()
        assert f"<bdi>{inside}</bdi>" in page
        assert f"<bdi>{outside}</bdi>" not in page
    assert "<bdi>RouteLLM</bdi>" in as_chi.get("/history/facets/gateway/").content.decode()


# Odd input ----------------------------------------------------------------------------------------------------------

ODD = [
    '"', "'", "*", "a*", '"unclosed', "NEAR(a b)", "a NEAR/2 b", "((((", "a AND", "OR", "NOT", "-", "^a", "a:b", "{a b}:c",
    "text: x", "%", "_", "\\", "\x00", "a\x00b", "\n\t", "x" * 10_000, "tea " * 2_500, "🫖", "🫖🫖👩‍👩‍👧", "שלום עולם", "مرحبا",
    "\u202eabc", "e\u0301\u0301\u0301", "\u0301", "ก", "ｔｅａｐｏｔ", "&", "<script>", "';--", "\ufffd", "\U0010ffff",
]  # fmt: skip
PAGES = [
    "/library/",
    "/library/pick/",
    "/library/sections/",
    "/library/facets/tag/",
    "/library/facets/model/",
    "/history/",
]


NAMES = ("model", "person", "cost", "since", "until", "tag", "board", "unit", "cost_from", "rating")


def test_no_search_is_an_error(pictures: Pictures, as_bea: Client) -> None:
    statuses = {
        (words, page): as_bea.get(page, {"q": words, "find": words}).status_code for words in ODD for page in PAGES
    }
    statuses |= {(words, ""): as_bea.get("/library/", dict.fromkeys(NAMES, words)).status_code for words in ODD}
    assert set(statuses.values()) == {200}, statuses


RAW = ["q=%ED%A0%80", "q=%FF%FE", "q=%", "q=%u0041", "q", "&&&", "=x", "q[]=1", "model=%00&q=%00", "since=0001-01-01",
       "until=9999-12-31", "cost=1e400-", "cost_from=0E-999999", "cost=٣-", "person=٣", "before=x", "before=-1"]  # fmt: skip


def test_no_query_string_is_an_error(pictures: Pictures, as_bea: Client) -> None:
    statuses = {(raw, page): as_bea.get(f"{page}?{raw}").status_code for raw in RAW for page in PAGES}
    assert set(statuses.values()) == {200}, statuses
