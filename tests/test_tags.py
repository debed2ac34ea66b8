"""Tags: one word however it is written, found by search, renamed and merged by those who may."""

import re

import pytest
from django.test import Client

from gallery.images import traits
from gallery.models import Image, ImageModel, ImageTag, Tag, User, WallQuery
from gallery.services import search, tags
from tests import factories


@pytest.fixture
def picture(bea: User, flux_kontext: ImageModel) -> Image:
    return factories.create_picture(bea, flux_kontext)


def tag(picture: Image, name: str, user: User) -> Tag:
    made = tags.get_or_create_tag(name=name, user=user)
    assert tags.tag_images(tag=made, image_ids=[picture.pk], user=user) == 1
    return made


def names_on(picture: Image) -> list[str]:
    return list(Tag.objects.filter(image_tags__image=picture).values_list("name", flat=True))


def found(user: User, words: str) -> list[int]:
    return list(Image.objects.for_wall(user, WallQuery(q=words)).values_list("pk", flat=True))


SAME = [
    ("Dusk", "dusk"),
    ("  late   summer ", "Late Summer"),
    ("#ceramic", "ceramic"),
    ("ＤＵＳＫ", "dusk"),
    ("Straße", "STRASSE"),
    ("mood\u200dboard", "moodboard"),
    ("夕暮れ", "夕暮れ"),
    ("Élan", "e\u0301lan"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_a_word_is_one_tag_however_it_is_written(bea: User, chi: User, one: str, other: str) -> None:
    first = tags.get_or_create_tag(name=one, user=bea)
    assert tags.get_or_create_tag(name=other, user=chi) == first
    assert first.name == tags.clean_name(one)
    assert first.created_by == bea
    assert first.colour in traits.SWATCHES


@pytest.mark.parametrize("name", ["", "  ", "#", "\x00", "\u200b", "x" * 61, "ß" * 31])
def test_what_is_no_word_is_refused_with_a_sentence(bea: User, name: str) -> None:
    with pytest.raises(tags.TagRefused, match="tag"):
        tags.get_or_create_tag(name=name, user=bea)


def test_a_tagged_picture_is_found_by_its_tag_until_it_is_taken_off(bea: User, picture: Image) -> None:
    made = tag(picture, "moodboard", bea)
    assert found(bea, "moodboard") == [picture.pk]
    assert tags.tag_images(tag=made, image_ids=[picture.pk], user=bea) == 1
    assert tags.untag_images(tag=made, image_ids=[picture.pk]) == 1
    assert tags.untag_images(tag=made, image_ids=[picture.pk]) == 0
    assert found(bea, "moodboard") == []


def test_a_picture_takes_fifty_tags_and_no_more(bea: User, picture: Image) -> None:
    for number in range(tags.MOST_PER_IMAGE):
        tag(picture, f"word {number}", bea)
    one_more = tags.get_or_create_tag(name="one more", user=bea)
    assert tags.tag_images(tag=one_more, image_ids=[picture.pk], user=bea) == 0
    assert ImageTag.objects.filter(image=picture).count() == 50


def test_a_renamed_tag_is_found_by_its_new_name(bea: User, picture: Image) -> None:
    made = tag(picture, "teh sea", bea)
    assert tags.rename_tag(tag=made, name="the sea") == made
    search.index_waiting()
    assert names_on(picture) == ["the sea"]
    assert (found(bea, "the sea"), found(bea, "teh")) == ([picture.pk], [])


def test_renaming_to_the_name_of_another_tag_makes_one_of_the_two(
    bea: User, picture: Image, flux_kontext: ImageModel
) -> None:
    second = factories.create_picture(bea, flux_kontext)
    sea, ocean = tag(picture, "sea", bea), tag(picture, "ocean", bea)
    tag(second, "sea", bea)
    assert tags.rename_tag(tag=sea, name="Ocean") == ocean
    search.index_waiting()
    assert (names_on(picture), names_on(second)) == (["ocean"], ["ocean"])
    assert found(bea, "ocean") == [second.pk, picture.pk]
    assert not Tag.objects.filter(key="sea").exists()


def test_a_deleted_tag_leaves_its_pictures(bea: User, picture: Image) -> None:
    tags.delete_tag(tag(picture, "gone", bea))
    search.index_waiting()
    assert (names_on(picture), found(bea, "gone")) == ([], [])
    assert Image.objects.filter(pk=picture.pk).exists()


# The team's tags as a page -----------------------------------------------------------------------------------------


@pytest.fixture
def sea(bea: User, picture: Image) -> Tag:
    return tag(picture, "sea", bea)


def test_tags_are_completed_by_their_folded_beginning_the_most_used_first(
    as_chi: Client, bea: User, flux_kontext: ImageModel, picture: Image
) -> None:
    other = factories.create_picture(bea, flux_kontext)
    for name, pictures in (("Sea", [picture]), ("seaside", [picture, other]), ("lake", [picture])):
        for each in pictures:
            tag(each, name, bea)
    hidden = factories.create_picture(bea, flux_kontext, visibility="private")
    tag(hidden, "sealed", bea)
    tags.get_or_create_tag(name="seashore nobody uses", user=bea)
    options = as_chi.get("/tags/complete/?q=%23SEA").json()["options"]
    assert [(option["value"], option["hint"]) for option in options] == [("seaside", "2"), ("Sea", "1")]
    assert options[0]["label"] == "#seaside" and options[0]["colour"] in traits.SWATCHES.values()


@pytest.mark.parametrize("words", ["cafe", "CAFÉ", "cafe\u0301", "ｃａｆｅ"])
def test_tags_are_found_without_regard_to_accents_which_still_tell_two_apart(
    as_chi: Client, bea: User, picture: Image, words: str
) -> None:
    for name in ("café", "Cafe noir", "zebra", "école"):
        tag(picture, name, bea)
    completed = as_chi.get("/tags/complete/", {"q": words}).json()["options"]
    assert {option["value"] for option in completed} == {"café", "Cafe noir"}
    facet = as_chi.get("/library/facets/tag/", {"find": words}, headers={"HX-Request": "true"}).content.decode()
    assert "<bdi>café</bdi>" in facet and "zebra" not in facet
    found = re.findall(r"<bdi>#([^<]+)</bdi>", as_chi.get("/tags/", {"q": words[1:]}).content.decode())
    assert found == ["café", "Cafe noir"]
    every = re.findall(r"<bdi>#([^<]+)</bdi>", as_chi.get("/tags/").content.decode())
    assert every == ["café", "Cafe noir", "école", "zebra"]
    assert "No tag is called so" in as_chi.get("/tags/?q=nothing").content.decode()
    assert Tag.objects.get(name="café") != tags.get_or_create_tag(name="cafe", user=bea)


def test_a_tag_is_changed_by_who_made_it_and_by_administrators(
    as_bea: Client, as_chi: Client, as_ada: Client, sea: Tag
) -> None:
    url = f"/tags/{sea.pk}/"
    statuses = [client.post(url, {"name": "sea", "colour": "teal"}).status_code for client in (as_chi, as_bea, as_ada)]
    assert statuses == [403, 302, 302]
    sea.refresh_from_db()
    assert sea.colour == "teal"
    as_bea.post(url, {"name": "ocean", "colour": "no such colour"})
    sea.refresh_from_db()
    assert (sea.name, sea.colour) == ("ocean", "teal")
    assert ["tag-change" in client.get("/tags/").content.decode() for client in (as_chi, as_ada)] == [False, True]
    assert as_chi.post(url, {"delete": "1"}).status_code == 403
    assert as_ada.post(url, {"delete": "1"}, follow=True).status_code == 200
    assert not Tag.objects.exists()


def test_tags_of_hidden_pictures_are_neither_listed_nor_changed_by_others(
    as_bea: Client, as_ada: Client, bea: User, flux_kontext: ImageModel
) -> None:
    secret = tag(factories.create_picture(bea, flux_kontext, visibility="private"), "secret", bea)
    assert "#secret" in as_bea.get("/tags/").content.decode()
    assert "#secret" not in as_ada.get("/tags/").content.decode()
    assert as_ada.post(f"/tags/{secret.pk}/", {"name": "known"}).status_code == 404


def test_a_tag_takes_the_name_of_another_and_the_page_says_so(
    as_bea: Client, bea: User, picture: Image, sea: Tag
) -> None:
    tag(picture, "ocean", bea)
    page = as_bea.post(f"/tags/{sea.pk}/", {"name": "OCEAN"}, follow=True).content.decode()
    assert "#sea and #ocean are one tag now." in page


def test_a_name_that_is_no_tag_comes_back_beside_its_field(as_bea: Client, sea: Tag) -> None:
    answer = as_bea.post(f"/tags/{sea.pk}/", {"name": "#"})
    assert answer.status_code == 422
    assert "Write a word for the tag." in answer.content.decode()
