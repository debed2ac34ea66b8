"""What the panel beside a picture shows, worked out in Python part by part: each part is a fragment of its own."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from gallery.images import traits
from gallery.models import Board, Comment, Generation, Image, Mark, Tag, User, Visibility, visibilities_of
from gallery.services import comparisons
from gallery.services.mentions import split_mentions
from gallery.views.access import may_edit
from gallery.views.downloads import download_context
from gallery.views.generations import inputs_shown, missing_inputs, record_context
from gallery.views.tiles import Medians, age, picture_tile

SHOWN = 12
NOT_HONOURED = "Not honoured: "


@dataclass(frozen=True, kw_only=True)
class Opinions:
    """One's own marks and what the team thinks."""

    is_circled: bool
    is_rejected: bool
    rating: int
    circles: int
    circled_by: str
    average: str
    rated_by: Sequence[tuple[str, int]]
    stars: Sequence[int] = (1, 2, 3, 4, 5)


@dataclass(frozen=True, kw_only=True)
class Label:
    """A board or a tag on the picture."""

    id: int
    name: str
    url: str
    colour: str = ""
    is_private: bool = False


@dataclass(frozen=True, kw_only=True)
class CommentLine:
    id: int
    author: User | None
    author_name: str
    moment: datetime
    age: str
    text: str
    is_edited: bool
    is_mine: bool
    may_delete: bool
    # The text in pieces; names of people stand out.
    pieces: Sequence[tuple[str, bool]] = field(default_factory=list)


def panel_context(image: Image, user: User) -> dict[str, Any]:
    """Everything the panel shows, its parts included."""
    record = record_context(image.generation, user) if image.generation else origin_context(image, user)
    return {
        **record,
        **download_context(image),
        **facts_context(image),
        **picture_context(image, user),
        **marks_context(image, user),
        **labels_context(image, user),
        **note_context(image),
        **comments_context(image, user),
    }


def origin_context(image: Image, user: User) -> dict[str, Any]:
    """What an upload was cut out of, or painted over."""
    inputs = {"original": [image.original]} if image.original else {}
    return {"inputs": inputs_shown(inputs, user), "missing_inputs": missing_inputs(inputs, user)}


def picture_context(image: Image, user: User) -> dict[str, Any]:
    siblings = Image.objects.for_page(user).kept().filter(generation=image.generation_id).order_by("position")
    prompt = image.generation.prompt if image.generation else ""
    used_in = list(Image.objects.made_from(user, image)[: SHOWN + 1])
    return {
        "image": image,
        "prompt": prompt,
        "owner": image.owner,
        "is_private": image.visibility == Visibility.PRIVATE,
        "seen_by_group": image.group if image.visibility == Visibility.GROUP else None,
        "is_trashed": image.deleted_at is not None,
        "may_edit": may_edit(user, image),
        "visibilities": [each for each in visibilities_of(image.group) if each[0] != image.visibility],
        "is_mine": image.owner_id == user.pk,
        "age": age(image.created_at),
        "siblings": [picture_tile(row, prompt) for row in siblings] if image.generation_id else [],
        "used_in": [picture_tile(row, row.generation.prompt if row.generation else "") for row in used_in[:SHOWN]],
        "used_count": f"{SHOWN}+" if len(used_in) > SHOWN else len(used_in),
        "this_thumbnail": image.thumbnail_url,
        "questions": Generation.objects.about(user, image)[:SHOWN],
        "file_words": f"{image.width} × {image.height} · {file_kind(image)} · {size_in_words(image.byte_size)}",
    }


def file_kind(image: Image) -> str:
    return image.media_type.removeprefix("image/").removesuffix("+xml").upper()


def size_in_words(byte_size: int) -> str:
    return f"{byte_size / 1024 / 1024:.1f} MB" if byte_size >= 1024 * 1024 else f"{max(byte_size // 1024, 1)} KB"


# Parts ---------------------------------------------------------------------------------------------------------------


def facts_context(image: Image) -> dict[str, Any]:
    """What was asked and what came, as far as they differ; time beside what the model usually takes."""
    generation = image.generation
    if generation is None:
        return {}
    shape = comparisons.shape_kept(generation, image)
    notes = [str(note) for note in generation.notes]
    is_quick = generation.took is not None and not generation.is_open
    return {
        "asked": shape[0] if shape and not shape[1] else "",
        "is_as_asked": bool(shape and shape[1]),
        "not_honoured": [note.removeprefix(NOT_HONOURED) for note in notes if note.startswith(NOT_HONOURED)],
        "notes": [note for note in notes if not note.startswith(NOT_HONOURED)],
        "median": Medians().of(generation.image_model) if is_quick else None,
        "has_seed": any(row.get("name") == "seed" for row in generation.spec),
    }


def marks_context(image: Image, user: User) -> dict[str, Any]:
    marks = list(Mark.objects.for_picture(image))
    mine = next((mark for mark in marks if mark.user_id == user.pk), None)
    ratings = [mark for mark in marks if mark.rating]
    mean = sum(mark.rating or 0 for mark in ratings) / len(ratings) if ratings else 0
    people = [mark.user for mark in marks if mark.is_favourite]
    opinions = Opinions(
        is_circled=bool(mine and mine.is_favourite),
        is_rejected=bool(mine and mine.is_rejected),
        rating=(mine.rating or 0) if mine else 0,
        circles=len(people),
        circled_by=", ".join(names_of(people, user)),
        average=f"{mean:.1f}".removesuffix(".0") if ratings else "",
        rated_by=[(name, mark.rating or 0) for mark in ratings for name in names_of([mark.user], user)],
    )
    return {"image": image, "owner": image.owner, "opinions": opinions, **who_context(image, user)}


def names_of(people: Iterable[User], user: User) -> list[str]:
    return ["you" if person == user else person.display_name for person in people]


def who_context(image: Image, user: User) -> dict[str, Any]:
    return {
        "owner_name": image.generation.owner_name if image.generation else "",
        "is_private": image.visibility == Visibility.PRIVATE,
        "seen_by_group": image.group if image.visibility == Visibility.GROUP else None,
        "is_mine": image.owner_id == user.pk,
        "age": age(image.created_at),
    }


def labels_context(image: Image, user: User) -> dict[str, Any]:
    boards = [
        Label(id=row.pk, name=row.name, url=row.get_absolute_url(), is_private=row.visibility == Visibility.PRIVATE)
        for row in Board.objects.holding(user, image)
    ]
    tags = [
        Label(id=row.pk, name=row.name, url=f"/library/?tag={row.pk}", colour=traits.SWATCHES.get(row.colour, ""))
        for row in Tag.objects.filter(image_tags__image=image)
    ]
    return {"image": image, "boards": boards, "tags": tags}


def note_context(image: Image) -> dict[str, Any]:
    return {"image": image, "note": image.note}


def comments_context(image: Image, user: User) -> dict[str, Any]:
    rows = Comment.objects.for_image(image).prefetch_related("mentions__user")
    return {"image": image, "comments": [build_comment(row, user) for row in rows]}


def build_comment(comment: Comment, user: User) -> CommentLine:
    named = [mention.user for mention in comment.mentions.all()]
    pieces = split_mentions(comment.text, named)
    is_mine = comment.author_id == user.pk
    return CommentLine(
        id=comment.pk,
        author=comment.author,
        author_name=comment.author.display_name if comment.author else comment.author_name,
        moment=comment.created_at,
        age=age(comment.created_at),
        text=comment.text,
        is_edited=comment.edited_at is not None,
        is_mine=is_mine,
        may_delete=is_mine or user.is_staff,
        pieces=[(words, person is not None) for words, person in pieces],
    )
