"""Tags: words of the team on pictures. Names are compared folded: case, width and spaces make no other tag."""

import hashlib
import unicodedata
from collections.abc import Sequence

from django.db import transaction
from django.db.models import Count

from gallery.images import traits
from gallery.models import Image, ImageTag, Tag, User
from gallery.services import search
from gallery.services.locks import lock_many_with_runs, lock_with_runs

LONGEST_NAME = 60
MOST_PER_IMAGE = 50
# The neutral ones say nothing about a word.
COLOURS = tuple(swatch for swatch in traits.SWATCHES if swatch not in ("white", "grey", "black"))


class TagRefused(Exception):
    """A name that cannot be a tag; the text is a sentence for people."""


def clean_name(name: str) -> str:
    """As it is shown: one line, without the sign before it."""
    line = " ".join(unicodedata.normalize("NFKC", name).split())
    return "".join(character for character in line if unicodedata.category(character) != "Cc").lstrip("# ")


def fold_name(name: str) -> str:
    """As it is compared: without case, width and invisible characters."""
    folded = unicodedata.normalize("NFKC", clean_name(name).casefold())
    return "".join(character for character in folded if unicodedata.category(character) != "Cf").strip()


def check_name(name: str) -> tuple[str, str]:
    """The name as it is shown and as it is compared. Raises TagRefused."""
    shown, key = clean_name(name), fold_name(name)
    if not key:
        raise TagRefused("Write a word for the tag.")
    if len(shown) > LONGEST_NAME or len(key) > LONGEST_NAME:
        raise TagRefused(f"A tag has at most {LONGEST_NAME} characters; this one has {max(len(shown), len(key))}.")
    return shown, key


def get_or_create_tag(*, name: str, user: User) -> Tag:
    """The tag of this name, however it is written. Raises TagRefused."""
    shown, key = check_name(name)
    new = {"name": shown, "colour": colour_of(key), "created_by": user}
    tag, _ = Tag.objects.get_or_create(key=key, defaults=new)
    return tag


def colour_of(key: str) -> str:
    """A swatch that the same word always gets."""
    return COLOURS[hashlib.sha256(key.encode()).digest()[0] % len(COLOURS)]


def tag_images(*, tag: Tag, image_ids: Sequence[int], user: User) -> int:
    """Returns how many of the pictures carry the tag now: one with 50 tags takes no more. At most 500 ids a call."""
    with transaction.atomic():
        ids = set(lock_with_runs(Image.objects.filter(pk__in=image_ids)))
        there = set(ImageTag.objects.filter(tag=tag, image__in=ids).values_list("image", flat=True))
        counted = ImageTag.objects.filter(image__in=ids - there).values("image").annotate(count=Count("pk"))
        full = set(counted.filter(count__gte=MOST_PER_IMAGE).values_list("image", flat=True))
        new = sorted(ids - there - full)
        ImageTag.objects.bulk_create(
            [ImageTag(tag=tag, image_id=pk, added_by=user) for pk in new], ignore_conflicts=True
        )
        search.index_images(new)
    return len(ids - full)


def untag_images(*, tag: Tag, image_ids: Sequence[int]) -> int:
    """Returns how many pictures carried the tag; at most 500 ids a call."""
    with transaction.atomic():
        lock_with_runs(Image.objects.filter(pk__in=image_ids))
        rows = ImageTag.objects.filter(tag=tag, image__in=image_ids)
        ids = list(rows.values_list("image", flat=True))
        rows.delete()
        search.index_images(ids)
    return len(ids)


def rename_tag(*, tag: Tag, name: str) -> Tag:
    """Under a name that is another tag’s the two become one; returns the tag that is left. Raises TagRefused."""
    shown, key = check_name(name)
    with transaction.atomic():
        other = Tag.objects.filter(key=key).exclude(pk=tag.pk).first()
        forget_words(tag)
        if other is None:
            Tag.objects.filter(pk=tag.pk).update(name=shown, key=key)
            return Tag.objects.get(pk=tag.pk)
        both = ImageTag.objects.filter(tag=other).values("image")
        ImageTag.objects.filter(tag=tag).exclude(image__in=both).update(tag=other)
        tag.delete()
    return other


def colour_tag(*, tag: Tag, colour: str) -> None:
    if colour in traits.SWATCHES:
        Tag.objects.filter(pk=tag.pk).update(colour=colour)


def delete_tag(tag: Tag) -> None:
    """Off every picture, and gone."""
    with transaction.atomic():
        forget_words(tag)
        tag.delete()


def forget_words(tag: Tag) -> None:
    """Its pictures are found by other words now: the worker writes them anew, however many they are."""
    lock_many_with_runs(Image.objects.filter(pk__in=ImageTag.objects.filter(tag=tag).values("image")))
    Image.objects.filter(pk__in=ImageTag.objects.filter(tag=tag).values("image")).update(is_indexed=False)
