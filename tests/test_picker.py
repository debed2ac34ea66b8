"""The model picker over HTTP: cards, filters, favourites, what one looks for first, and the cheapest that does the same."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gallery.models import FavouriteModel, Gateway, Generation, ImageModel, User
from tests import factories
from tests.fake_gateway import FakeGateway

HTMX: Any = {"HTTP_HX_REQUEST": "true"}
KONTEXT = "routellm/flux_kontext"
FORM = {"model": KONTEXT, "previous_model": KONTEXT, "prompt": "a red chair", "rewrite_prompt": "true"}


def words_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def page_of(client: Client, **query: Any) -> str:
    return client.get("/models/", query).content.decode()


def card_of(page: str, key: str) -> str:
    found = re.search(rf'<article class="model" data-model="{re.escape(key)}"[\s\S]*?</article>', page)
    assert found, key
    return words_of(found[0])


def shown(page: str) -> list[str]:
    return re.findall(r'<article class="model" data-model="([^"]+)"', page)


def section_of(page: str, key: str) -> str:
    before = page[: page.index(f'data-model="{key}"') + 1]
    after = page[len(before) :]
    own = re.search(r'<h2 class="models-section">([^<]+)</h2>', after[: after.index("</article>")])
    return own[1] if own else re.findall(r'<h2 class="models-section">([^<]+)</h2>', before)[-1]


def bargains_of(client: Client, **changes: Any) -> str:
    page = client.post("/models/", FORM | changes, **HTMX).content.decode()
    found = re.search(r'<section class="bargains"[\s\S]*?</section>', page)
    assert found, page
    return words_of(found[0])


def has_price(key: str, amount: str, unit: str = "usd") -> None:
    slug, _, model_id = key.partition("/")
    ImageModel.objects.filter(gateway__slug=slug, model_id=model_id).update(price=amount, price_unit=unit)


def ran(owner: User, key: str, *, seconds: int = 4, cost: str | None = None, **fields: Any) -> Generation:
    image_model = ImageModel.objects.select_related("gateway").named(key).get()
    run = factories.create_generation(owner, image_model, **fields)
    ends = timezone.now()
    Generation.objects.filter(pk=run.pk).update(
        status="succeeded",
        started_at=ends - timedelta(seconds=seconds),
        finished_at=ends,
        cost=Decimal(cost) if cost else None,
        cost_unit="usd" if cost else "",
    )
    return run


@pytest.fixture
def openrouter(shipped: None, fake_gateway: FakeGateway) -> Gateway:
    return factories.give_key(Gateway.objects.get(slug="openrouter"), fake_gateway.base_url)


# Cards -------------------------------------------------------------------------------------------------------------


def test_a_card_tells_what_its_spec_and_its_runs_tell(routellm: Gateway, as_bea: Client, chi: User) -> None:
    for seconds, cost in ((3, "0.05"), (9, "0.07"), (5, "0.06")):
        ran(chi, KONTEXT, seconds=seconds, cost=cost)
    card = card_of(page_of(as_bea), KONTEXT)
    for expected in ("FLUX Kontext", "$0.06", "~5 s", "up to 4 references", "edit", "seed"):
        assert expected in card


def test_the_entered_price_stands_there_until_runs_tell_another(routellm: Gateway, as_bea: Client, bea: User) -> None:
    assert "price unknown" in card_of(page_of(as_bea), KONTEXT)
    has_price(KONTEXT, "0.04")
    assert "$0.04" in card_of(page_of(as_bea), KONTEXT)
    ran(bea, KONTEXT, cost="0.05")
    assert "$0.05" in card_of(page_of(as_bea), KONTEXT)


def test_without_a_key_a_card_says_simulated(shipped: None, as_bea: Client) -> None:
    assert "simulated" in card_of(page_of(as_bea), KONTEXT)


def test_a_model_takes_as_long_in_the_studio_and_the_queue_as_in_the_picker(
    shipped: None, fake_gateway: FakeGateway, as_bea: Client, bea: User
) -> None:
    def times() -> list[str]:
        places = (card_of(page_of(as_bea), KONTEXT), *map(words_at, (f"/?model={KONTEXT}", "/queue/")))
        return [" ".join(re.findall(r"(?:~|about )(\d+) s", words)) for words in places]

    def words_at(url: str) -> str:
        return words_of(as_bea.get(url).content.decode())

    for _ in range(3):
        Generation.objects.filter(pk=ran(bea, KONTEXT, seconds=2).pk).update(is_simulated=True)
    factories.create_generation(bea, ImageModel.objects.named(KONTEXT).get())
    assert times() == ["2", "2", "2"]
    factories.give_key(Gateway.objects.get(slug="routellm"), fake_gateway.base_url)
    assert times() == ["", "", ""]
    ran(bea, KONTEXT, seconds=40)
    assert times() == ["40", "40", "40"]


def test_a_sample_is_shown_to_those_alone_who_may_see_it(
    shipped: None, as_bea: Client, as_chi: Client, bea: User, flux_kontext: ImageModel
) -> None:
    image = factories.create_picture(bea, flux_kontext, visibility="private")
    assert image.thumbnail_url in page_of(as_bea)
    assert image.thumbnail_url not in page_of(as_chi)


def test_the_same_model_at_two_gateways_shows_both_prices_and_limits(
    routellm: Gateway, openrouter: Gateway, as_bea: Client
) -> None:
    has_price("routellm/flux2_pro", "150", "points")
    has_price("openrouter/black-forest-labs/flux.2-pro", "0.03")
    page = page_of(as_bea)
    here, there = card_of(page, "routellm/flux2_pro"), card_of(page, "openrouter/black-forest-labs/flux.2-pro")
    assert "150 points" in here and "Also at OpenRouter $0.03 up to 8 references" in here
    assert "$0.03" in there and "Also at RouteLLM 150 points up to 4 images" in there


def test_any_number_of_models_takes_the_same_number_of_queries(shipped: None, as_bea: Client, bea: User) -> None:
    for key in (KONTEXT, "routellm/flux_pro", "routellm/imagen"):
        ran(bea, key)
    ImageModel.objects.exclude(model_id__in=["flux_kontext", "flux_pro", "imagen"]).update(is_enabled=False)
    # The first page of a session notes where it is.
    as_bea.post("/models/", FORM, **HTMX)
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            as_bea.post("/models/", FORM, **HTMX)
        counts.append((len(queries), len(shown(page_of(as_bea)))))
        ImageModel.objects.update(is_enabled=True)
    (few, three), (many, all_models) = counts
    assert (three, all_models) == (3, 49)
    assert few == many <= 16


# Finding -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "some", "others"),
    [
        ({"q": "flux edit"}, {"flux_kontext_edit"}, {"flux_pro"}),
        ({"can": "vector"}, {"recraft_svg"}, {"flux_pro"}),
        ({"can": ["references", "seed"]}, {"flux_kontext", "flux2"}, {"nano_banana", "flux_pro"}),
        ({"can": "negative_prompt"}, {"imagen", "ideogram"}, {"flux_kontext"}),
        ({"can": ["4k"], "q": "banana"}, {"nano_banana_pro", "nano_banana2"}, {"nano_banana", "seedream"}),
        ({"can": "nothing"}, set(), {"flux_pro"}),
    ],
)
def test_models_are_narrowed_without_scripts(
    shipped: None, as_bea: Client, query: dict[str, Any], some: set[str], others: set[str]
) -> None:
    found = {key.removeprefix("routellm/") for key in shown(page_of(as_bea, **query))}
    assert found >= some
    assert not found & others


def test_a_filter_is_an_address_that_turns_it_on_and_off(shipped: None, as_bea: Client) -> None:
    page = page_of(as_bea, q="flux", can="edit")
    assert 'href="/models/?can=edit&amp;can=seed&amp;q=flux"' in page
    assert 'href="/models/?&amp;q=flux" data-capability="edit" aria-current="true"' in page


def test_what_one_looks_for_first_comes_first(shipped: None, as_bea: Client, bea: User, chi: User) -> None:
    ran(bea, "routellm/imagen")
    ran(bea, KONTEXT)
    ran(chi, "routellm/dalle")
    ran(chi, "routellm/recraft", visibility="private")
    star(as_bea, KONTEXT)
    page = page_of(as_bea)
    assert shown(page)[:3] == [KONTEXT, "routellm/imagen", "routellm/dalle"]
    sections = [section_of(page, key) for key in [*shown(page)[:3], "routellm/recraft"]]
    assert sections == ["Favourites", "Recent", "The team uses", "All others"]
    assert len(shown(page)) == len(set(shown(page))) == 49


# Favourites --------------------------------------------------------------------------------------------------------


def star(client: Client, key: str, *, favourite: str = "1", **more: Any) -> Any:
    image_model = ImageModel.objects.named(key).get()
    return client.post(f"/models/{image_model.pk}/favourite/", {"favourite": favourite}, **more)


def test_a_star_is_ones_own_and_can_be_taken_away(shipped: None, as_bea: Client, as_chi: Client) -> None:
    assert star(as_bea, KONTEXT)["Location"] == "/models/"
    star(as_bea, KONTEXT)
    assert section_of(page_of(as_bea), KONTEXT) == "Favourites"
    assert section_of(page_of(as_chi), KONTEXT) == "All models"
    page = star(as_bea, KONTEXT, favourite="0", **HTMX).content.decode()
    assert 'aria-pressed="false"' in page and "data-model=" not in page
    assert not FavouriteModel.objects.exists()


def test_a_model_that_is_not_offered_cannot_be_starred(shipped: None, as_bea: Client) -> None:
    ImageModel.objects.filter(model_id="flux_kontext").update(is_enabled=False)
    assert star(as_bea, KONTEXT).status_code == 404


def test_a_star_without_scripts_leads_back_to_the_same_page(shipped: None, as_bea: Client) -> None:
    image_model = ImageModel.objects.named(KONTEXT).get()
    answer = as_bea.post(f"/models/{image_model.pk}/favourite/", {"favourite": "1", "query": "q=flux&can=edit"})
    assert answer["Location"] == "/models/?q=flux&can=edit"


# The cheapest that does the same -----------------------------------------------------------------------------------


def test_the_cheapest_known_price_wins_among_those_that_can_do_exactly_this(routellm: Gateway, as_bea: Client) -> None:
    has_price(KONTEXT, "0.08")
    has_price("routellm/flux2", "0.05")
    has_price("routellm/hunyuan_image", "0.06")
    has_price("routellm/flux_pro", "0.01")
    words = bargains_of(as_bea, guidance_scale="9")
    assert "Cheapest that can do exactly this FLUX 2 RouteLLM $0.05" in words
    assert "3 models can do it." in words
    has_price("routellm/flux2", "0.09")
    assert "Hunyuan" in bargains_of(as_bea, guidance_scale="9")
    assert "FLUX Pro RouteLLM $0.01" in bargains_of(as_bea)


def test_references_are_held_against_every_limit(routellm: Gateway, as_bea: Client, bea: User) -> None:
    has_price("routellm/flux2", "0.01")
    has_price("routellm/nano_banana", "0.02")
    flux = ImageModel.objects.select_related("gateway").named(KONTEXT).get()
    ids = [factories.create_picture(bea, flux, colour=colour).pk for colour in ("teal", "navy", "plum", "olive")]
    assert "FLUX 2 RouteLLM $0.01" in bargains_of(as_bea, image_prompt_images=ids[:3])
    assert "Nano Banana RouteLLM $0.02" in bargains_of(as_bea, image_prompt_images=ids)


def test_more_pictures_are_counted(routellm: Gateway, as_bea: Client) -> None:
    has_price("routellm/flux_pro", "0.01")
    assert "$0.04" in bargains_of(as_bea, num_images="4")


def test_the_faster_one_wins_at_the_same_price(routellm: Gateway, as_bea: Client, bea: User) -> None:
    for key, seconds in (("routellm/flux_pro", 9), ("routellm/imagen", 4)):
        ran(bea, key, seconds=seconds, cost="0.02")
    assert "Imagen RouteLLM $0.02 ~4 s" in bargains_of(as_bea)


def test_dollars_and_points_are_not_compared(routellm: Gateway, openrouter: Gateway, as_bea: Client) -> None:
    has_price("routellm/flux_pro", "150", "points")
    has_price("openrouter/black-forest-labs/flux.2-pro", "0.03")
    words = bargains_of(as_bea)
    assert "FLUX.2 Pro OpenRouter $0.03" in words and "FLUX Pro RouteLLM 150 points" in words
    assert "Dollars and points are not compared." in words


def test_unknown_prices_are_named(routellm: Gateway, as_bea: Client) -> None:
    words = bargains_of(as_bea, guidance_scale="9")
    assert "The price of FLUX Kontext, FLUX 2 and Hunyuan Image is not known yet." in words
    has_price("routellm/flux2", "0.05")
    has_price(KONTEXT, "0.05")
    assert "The price of Hunyuan Image is not known yet." in bargains_of(as_bea, guidance_scale="9")


def test_what_is_only_simulated_is_no_bargain(routellm: Gateway, as_bea: Client) -> None:
    has_price("routellm/flux_pro", "0.01")
    assert "OpenRouter" not in bargains_of(as_bea) and "LLMGateway" not in bargains_of(as_bea)


def test_where_everything_is_simulated_nothing_costs_anything(shipped: None, as_bea: Client) -> None:
    assert "simulated" in bargains_of(as_bea)


def test_it_is_said_when_no_other_model_can(shipped: None, as_bea: Client) -> None:
    form = {"model": "routellm/magnific", "previous_model": "routellm/magnific"}
    assert bargains_of(as_bea, **form) == "No other model can do exactly this"


def test_without_a_form_the_model_is_taken_as_it_opens(routellm: Gateway, as_bea: Client) -> None:
    has_price("routellm/flux_pro", "0.01")
    assert "FLUX Pro RouteLLM $0.01" in words_of(page_of(as_bea, current=KONTEXT))
