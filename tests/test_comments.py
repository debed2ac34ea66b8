"""Comments and the people they name: who is told, who cannot be, and that words stay words."""

import pytest
from django.test import Client

from gallery.models import Comment, Image, ImageModel, Mention, User
from gallery.services import comments, images
from gallery.services.mentions import split_mentions
from tests import factories


@pytest.fixture
def picture(bea: User, flux_kontext: ImageModel) -> Image:
    return factories.create_picture(bea, flux_kontext)


def named(text: str, *people: User) -> list[str]:
    return [f"{words}={person.username}" for words, person in split_mentions(text, people) if person]


ADA = User(pk=1, username="ada", name="Ada Lovelace")
BEA = User(pk=2, username="bea.a", name="Bea Arthur")
OTHER_BEA = User(pk=3, username="bea2", name="Bea Miles")
LI = User(pk=4, username="li", name="李娜")

TEXTS = [
    ("@ada look", ["@ada=ada"]),
    ("look, @Ada.", ["@Ada=ada"]),
    ("(@ada)", ["@ada=ada"]),
    ("@Ada Lovelace, see", ["@Ada Lovelace=ada"]),
    ("@bea.a and @bea2", ["@bea.a=bea.a", "@bea2=bea2"]),
    ("@bea.a.", ["@bea.a=bea.a"]),
    ("@Bea which of the two", []),
    ("@Bea Miles", ["@Bea Miles=bea2"]),
    ("@李娜 你好", ["@李娜=li"]),
    ("mail ada@ada.example", []),
    ("@adam @@ada @", []),
    ("@ada @ada", ["@ada=ada", "@ada=ada"]),
]


@pytest.mark.parametrize(("text", "expected"), TEXTS)
def test_people_are_named_by_user_name_full_name_or_a_first_name_of_their_own(text: str, expected: list[str]) -> None:
    people = [ADA, BEA, OTHER_BEA, LI]
    assert named(text, *people) == expected
    assert "".join(words for words, _ in split_mentions(text, people)) == text
    assert list(split_mentions(text, [])) == [(text, None)]


def test_who_is_named_finds_it_under_mentions_until_it_was_seen(as_bea: Client, as_chi: Client, picture: Image) -> None:
    as_bea.post(f"/images/{picture.pk}/comments/", {"text": "Thinner handle? @chi"})
    assert "named in 1 new comment" in as_chi.get("/library/").content.decode()
    first, again = as_chi.get("/mentions/").content.decode(), as_chi.get("/mentions/").content.decode()
    assert "Thinner handle?" in first and ">new<" in first
    assert "Thinner handle?" in again and ">new<" not in again
    assert "named in" not in again
    assert "Thinner handle?" not in as_bea.get("/mentions/").content.decode()


def test_naming_somebody_who_does_not_see_the_picture_says_so_and_tells_them_nothing(
    as_bea: Client, as_chi: Client, picture: Image
) -> None:
    images.set_image_visibility(picture, "private")
    url = f"/images/{picture.pk}/comments/"
    answer = as_bea.post(url, {"text": "@chi secret"}, headers={"HX-Request": "true"}).content.decode()
    assert "Chi Ma cannot see this private picture and was not told." in answer
    answer = as_bea.post(url, {"text": "@chi @ada @bea secret"}, follow=True).content.decode()
    assert "cannot see this private picture" in answer
    assert not Mention.objects.exists()
    images.set_image_visibility(picture, "team")
    assert "secret" not in as_chi.get("/mentions/").content.decode()


def test_a_mention_goes_out_of_sight_with_its_picture(as_bea: Client, as_chi: Client, picture: Image) -> None:
    as_bea.post(f"/images/{picture.pk}/comments/", {"text": "@chi look at the glaze"})
    images.set_image_visibility(picture, "private")
    page = as_chi.get("/mentions/").content.decode()
    assert "glaze" not in page and "named in" not in page
    assert Mention.objects.get().seen_at is None


def test_an_edited_comment_tells_who_is_named_anew(bea: User, chi: User, ada: User, picture: Image) -> None:
    comment = comments.add_comment(image=picture, author=bea, text="@chi").comment
    comments.edit_comment(comment=comment, text="@ada @bea")
    assert list(Mention.objects.values_list("user__username", flat=True)) == ["ada"]
    comment.refresh_from_db()
    assert comment.edited_at is not None


def test_a_comment_is_text_and_never_html(as_bea: Client, picture: Image) -> None:
    words = '<img src=x onerror=alert(1)> https://example.com/ "quoted" @<b>'
    as_bea.post(f"/images/{picture.pk}/comments/", {"text": words})
    page = as_bea.get(f"/images/{picture.pk}/").content.decode()
    assert "&lt;img src=x onerror=alert(1)&gt; https://example.com/" in page
    assert "<img src=x" not in page and 'href="https://example.com' not in page


@pytest.mark.parametrize(
    ("text", "sentence"),
    [(" \n ", "Write something first."), ("x" * 4001, "at most 4,000 characters; this one has 4,001")],
)
@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_a_comment_that_cannot_be_kept_comes_back_with_its_words(
    as_bea: Client, picture: Image, text: str, sentence: str, headers: dict[str, str]
) -> None:
    response = as_bea.post(f"/images/{picture.pk}/comments/", {"text": text}, headers=headers)
    assert response.status_code == 422
    body = response.content.decode()
    assert sentence in body and text.strip() in body
    assert ("<html" in body) == (not headers)
    assert not Comment.objects.exists()


def test_comments_are_changed_by_their_author_and_deleted_by_administrators_too(
    as_bea: Client, as_chi: Client, as_ada: Client, picture: Image, bea: User
) -> None:
    comment = comments.add_comment(image=picture, author=bea, text="first").comment
    url = f"/images/{picture.pk}/comments/{comment.pk}/"
    statuses = [client.post(url, {"text": "changed"}).status_code for client in (as_chi, as_ada, as_bea)]
    assert statuses == [403, 403, 302]
    assert as_bea.post(url, {"text": " "}).status_code == 422
    assert as_chi.post(f"{url}delete/").status_code == 403
    page = as_chi.get(f"/images/{picture.pk}/").content.decode()
    assert "changed" in page and "edited" in page
    assert as_ada.post(f"{url}delete/").status_code == 302
    assert "changed" not in as_bea.get(f"/images/{picture.pk}/").content.decode()
    assert as_bea.post(url, {"text": "again"}).status_code == 404


def test_people_are_completed_by_the_beginning_of_any_of_their_names(as_bea: Client, ada: User, chi: User) -> None:
    User.objects.filter(pk=chi.pk).update(is_active=False)
    options = as_bea.get("/mentions/people/?q=LOVE").json()["options"]
    assert options == [{"value": "@ada", "label": "Ada Lovelace", "hint": "ada"}]
    everybody = as_bea.get("/mentions/people/?q=").json()["options"]
    assert [option["value"] for option in everybody] == ["@ada", "@bea"]
