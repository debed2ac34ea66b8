"""What the library's search finds, in any script, and that its index follows every change of words."""

import importlib
import re
import unicodedata
from collections.abc import Callable

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client

from gallery.models import Gateway, Generation, Image, ImageModel, User
from gallery.models.search import IMAGE_TABLE, TABLE
from gallery.services import boards, images, search, tags
from tests import factories
from tests.fake_gateway import FakeGateway

WORDS = (
    "Crème brûlée in Zürich, ΣΊΣΥΦΟΣ, İstanbul, ﬁligree １２３, "
    "赤い椅子 いす カメラ ガラス パン, 빨간 의자, เก้าอี้แดง, כיסא אדום, कुर्सी, naïve-art 🫖"
)

FOUND = [
    # accents, case, width and ligatures do not matter
    "creme brulee", "CRÈME", "Cre", "brûlée", "zurich", "ZÜRICH", "σισυφος", "Σίσυφος", "istanbul", "filigree", "123", "１２３",
    # one and two characters of scripts without spaces
    "椅", "椅子", "赤い", "い椅", "す", "いす", "メラ", "カメ", "의", "의자", "자", "빨", "빨간 의자",
    "ガ", "ガラス", "ﾗｽ", "ｶﾞﾗｽ", "カ\u3099ラス", "パ", "ﾊﾟﾝ", "แดง", "ก้า", "เก้าอี้",
    # right to left, marks, hyphens
    "אדום", "כיסא אדום", "कुर्सी", "art naive", "naïve-art", "naïve art",
    # signs are no words: what is left counts
    'creme"', "(creme)", "creme*", "creme 🫖",
    # a minus leaves out, but not within a word
    "creme -caramel", "-椅子赤 creme", "naïve-art -", "creme - zurich",
]  # fmt: skip
NOT_FOUND = [
    "子椅",
    "eme",
    "zurichs",
    "creme caramel",
    "자의",
    "가",
    "カラス",
    "バン",
    "ハン",
    "椅子赤",
    "🫖",
    "creme NOT zurich",
    "creme -zurich",
    "creme −zur",
    "-caramel",
    "creme -椅子",
]


@pytest.mark.parametrize("page", ["/library/", "/library/pick/", "/history/"])
def test_words_are_found_in_any_script(page: str, as_bea: Client, bea: User, flux_kontext: ImageModel) -> None:
    factories.create_picture(bea, flux_kontext, WORDS)
    found = {query: "Zürich, ΣΊ" in as_bea.get(page, {"q": query}).content.decode() for query in [*FOUND, *NOT_FOUND]}
    assert found == {query: query in FOUND for query in [*FOUND, *NOT_FOUND]}


def test_the_end_of_a_very_long_text_is_kept_but_not_found(as_bea: Client, bea: User, flux_kontext: ImageModel) -> None:
    long = "harbour " + "".join(chr(0x20000 + number % 40_000) for number in range(300_000)) + " lighthouse"
    factories.create_picture(bea, flux_kontext, long)
    for page in ("/library/", "/history/"):
        answers = [as_bea.get(page, {"q": query}).content.decode() for query in ("harbour", "lighthouse")]
        assert [long[:20] in answer for answer in answers] == [True, False]


def test_what_was_indexed_without_whole_letters_is_found_by_them_after_the_upgrade(
    as_bea: Client, bea: User, flux_kontext: ImageModel
) -> None:
    picture = factories.create_picture(bea, flux_kontext, "ガラスの椅子, 빨간 의자")
    other = factories.create_picture(bea, flux_kontext, "a red chair")
    former = "カ ラ ス の 椅 子 " + unicodedata.normalize("NFKD", "빨간 의자")
    search.write(IMAGE_TABLE, [(picture.pk, former)])
    search.write(TABLE, [(picture.generation_id or 0, former)])
    upgrade = importlib.import_module("gallery.migrations.0027_letters")
    upgrade.index_again(apps, connection.schema_editor())
    assert list(Image.objects.filter(is_indexed=False)) == [picture]
    assert search.index_waiting() == 1
    for page in ("/library/", "/history/"):
        found = {words: "빨간 의자" in page_of(as_bea, page, words) for words in ("자", "ガラス", "カラス", "red")}
        assert found == {"자": True, "ガラス": True, "カラス": False, "red": False}
        assert other.generation and other.generation.prompt in page_of(as_bea, page, "red chair")


# Everything a picture is found by -----------------------------------------------------------------------------------


@pytest.fixture
def picture(bea: User, flux_kontext: ImageModel) -> Image:
    return factories.create_picture(bea, flux_kontext, "a red chair")


def finds(client: Client, words: str) -> bool:
    """In the library and among the pictures to choose a reference from alike."""
    places = ("/library/", "/library/pick/")
    found = [f"/media/{Image.objects.latest('pk').sha256}" in page_of(client, place, words) for place in places]
    assert found[0] == found[1]
    return found[0]


def page_of(client: Client, place: str, words: str) -> str:
    return client.get(place, {"q": words}).content.decode()


def test_a_finished_run_is_found_by_prompt_answer_and_model(
    routellm: Gateway, fake_gateway: FakeGateway, as_bea: Client
) -> None:
    fake_gateway.will_send_image(text="Gladly: lacquered")
    as_bea.post("/", {"model": "routellm/flux_kontext", "prompt": "a walnut desk"})
    for words in ("walnut", "FLUX Kontext", "lacquered", "lacquered walnut"):
        assert finds(as_bea, words), words


def test_a_revised_prompt_is_found(picture: Image, as_bea: Client) -> None:
    assert picture.generation_id
    Generation.objects.filter(pk=picture.generation_id).update(revised_prompt="upholstered in velvet")
    search.index_images([picture.pk])
    assert finds(as_bea, "velvet")


def test_a_tag_is_found_from_its_putting_on_to_its_taking_off_under_each_name(
    picture: Image, as_bea: Client, bea: User
) -> None:
    tag = tags.get_or_create_tag(name="Möbel", user=bea)
    assert not finds(as_bea, "mobel")
    tags.tag_images(tag=tag, image_ids=[picture.pk], user=bea)
    assert finds(as_bea, "möbel chair")
    tag = tags.rename_tag(tag=tag, name="家具")
    search.index_waiting()
    assert not finds(as_bea, "mobel")
    assert finds(as_bea, "家")
    tags.untag_images(tag=tag, image_ids=[picture.pk])
    assert not finds(as_bea, "家具")


def test_a_teams_board_is_found_by_its_name_and_a_private_one_is_not(
    picture: Image, as_bea: Client, as_chi: Client, bea: User
) -> None:
    board = boards.create_board(owner=bea, name="Spring line", visibility="team")
    steps: list[tuple[Callable[[], object], str, bool]] = [
        (lambda: boards.put_on_board(board=board, image_ids=[picture.pk], user=bea), "spring", True),
        (lambda: boards.rename_board(board=board, name="Autumn line"), "autumn", True),
        (lambda: None, "spring", False),
        (lambda: boards.set_visibility(board=board, visibility="private"), "autumn", False),
        (lambda: boards.set_visibility(board=board, visibility="team"), "autumn", True),
        (lambda: boards.trash_board(board=board), "autumn", False),
        (lambda: boards.restore_board(board=board), "autumn", True),
        (lambda: boards.take_off_board(board=board, image_ids=[picture.pk]), "autumn", False),
    ]
    for step, (act, words, is_found) in enumerate(steps):
        act()
        search.index_waiting()
        assert finds(as_chi, words) == finds(as_bea, words) == is_found, step


@pytest.mark.parametrize("prompt", ["a red chair", "nothing that is looked for"])
def test_boards_of_the_name_are_offered_to_those_who_see_them(
    prompt: str, as_bea: Client, as_chi: Client, bea: User, flux_kontext: ImageModel
) -> None:
    factories.create_picture(bea, flux_kontext, prompt)
    for name, visibility in (("Red chairs, mine", "private"), ("Red & chairs, all", "team"), ("Blue chairs", "team")):
        boards.create_board(owner=bea, name=name, visibility=visibility)
    boards.trash_board(board=boards.create_board(owner=bea, name="Red chairs, gone", visibility="team"))
    offered = {client: boards_offered(client, "chair RÉD") for client in (as_bea, as_chi)}
    assert offered == {as_bea: ["Red &amp; chairs, all", "Red chairs, mine"], as_chi: ["Red &amp; chairs, all"]}
    assert not any(boards_offered(as_bea, words) for words in ("", "-", "green"))
    assert not BOARD.findall(as_bea.get("/library/", {"q": "chair", "show": "trash"}).content.decode())


def test_at_most_five_boards_are_offered(as_bea: Client, bea: User) -> None:
    for number in range(7):
        boards.create_board(owner=bea, name=f"Spring {number}", visibility="team")
    assert boards_offered(as_bea, "spring") == [f"Spring {number}" for number in (6, 5, 4, 3, 2)]


BOARD = re.compile(r'href="/boards/\d+/">Board: <bdi>(.*?)</bdi>')


def boards_offered(client: Client, words: str) -> list[str]:
    return BOARD.findall(page_of(client, "/library/", words))


def test_a_note_is_found_as_it_stands_now(picture: Image, as_bea: Client) -> None:
    assert not finds(as_bea, "catalogue")
    as_bea.post(f"/images/{picture.pk}/note/", {"note": "For the catalogue, page 4", "before": ""})
    assert finds(as_bea, "catalogue")
    as_bea.post(f"/images/{picture.pk}/note/", {"note": "", "before": "For the catalogue, page 4"})
    assert not finds(as_bea, "catalogue")


def test_what_is_in_the_trash_is_found_there_alone_and_again_when_it_is_back(
    picture: Image, as_bea: Client, bea: User
) -> None:
    images.trash_image(picture, by=bea)
    assert not finds(as_bea, "chair")
    assert picture.sha256 in as_bea.get("/library/", {"q": "chair", "show": "trash"}).content.decode()
    images.restore_image(picture)
    assert finds(as_bea, "chair")


def test_private_pictures_are_found_by_nobody_else(
    picture: Image, as_bea: Client, as_chi: Client, as_ada: Client
) -> None:
    images.set_image_visibility(picture, "private")
    assert finds(as_bea, "chair")
    assert not finds(as_chi, "chair")
    assert not finds(as_ada, "chair")
