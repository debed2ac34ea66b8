"""Comments on pictures, and the people they name. Plain text: what looks like a link or a tag stays words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from gallery.models import Comment, Image, Mention, User, is_seen_by
from gallery.services.mentions import split_mentions

LONGEST_TEXT = 4000


class CommentRefused(Exception):
    """A comment that cannot be kept; the text is a sentence for people."""


@dataclass(frozen=True, kw_only=True)
class Posted:
    """`untold` were named but do not see the picture: nothing reaches them."""

    comment: Comment
    untold: Sequence[User]


def add_comment(*, image: Image, author: User, text: str) -> Posted:
    """Raises CommentRefused."""
    words = check_text(text)
    with transaction.atomic():
        comment = Comment.objects.create(image=image, author=author, author_name=author.display_name, text=words)
        return Posted(comment=comment, untold=name_people(comment))


def edit_comment(*, comment: Comment, text: str) -> Posted:
    """Who is named anew is told, who is named no longer is told no more. Raises CommentRefused."""
    comment.text = check_text(text)
    comment.edited_at = timezone.now()
    with transaction.atomic():
        comment.save(update_fields=["text", "edited_at"])
        return Posted(comment=comment, untold=name_people(comment))


def delete_comment(comment: Comment) -> None:
    Comment.objects.filter(pk=comment.pk, deleted_at=None).update(deleted_at=timezone.now())


def check_text(text: str) -> str:
    words = text.replace("\x00", "").replace("\r\n", "\n").strip()
    if not words:
        raise CommentRefused("Write something first.")
    if len(words) > LONGEST_TEXT:
        raise CommentRefused(f"A comment has at most {LONGEST_TEXT:,} characters; this one has {len(words):,}.")
    return words


def name_people(comment: Comment) -> list[User]:
    """Write a mention for everybody named who sees the picture; give those who do not."""
    pieces = split_mentions(comment.text, User.objects.filter(is_active=True))
    named = {person.pk: person for _, person in pieces if person and person.pk != comment.author_id}
    told = [person for person in named.values() if is_seen_by(person, comment.image)]
    Mention.objects.filter(comment=comment).exclude(user__in=told).delete()
    Mention.objects.bulk_create([Mention(comment=comment, user=person) for person in told], ignore_conflicts=True)
    return [person for person in named.values() if person not in told]


def see_mentions(mentions: Iterable[Mention]) -> None:
    Mention.objects.filter(pk__in=[mention.pk for mention in mentions], seen_at=None).update(seen_at=timezone.now())
