"""Snippets, styles and lists of words: made, changed, thrown away and taken back."""

import re

from django.utils import timezone

from gallery.models import Group, Snippet, User
from gallery.services.expansion import RANGE, SPECIAL

LONGEST_NAME = 60
LONGEST_TEXT = 8000
MOST_WORDS = 400
RESERVED = "prompt"


class SnippetRefused(Exception):
    """Words cannot be kept so. `field` says where the fault is; the text is a sentence for people."""

    def __init__(self, field: str, sentence: str):
        self.field = field
        super().__init__(sentence)


def create_snippet(
    *, owner: User, kind: str, name: str, text: str, visibility: str, group: Group | None = None
) -> Snippet:
    """Raises SnippetRefused."""
    row = Snippet(owner=owner, kind=kind, visibility=visibility, group=group)
    write(row, name, text, owner)
    row.save()
    return row


def change_snippet(
    *, snippet: Snippet, name: str, text: str, visibility: str, user: User, group: Group | None = None
) -> None:
    """Its kind stays: prompts in which a list stands rely on it. Raises SnippetRefused."""
    snippet.visibility, snippet.group = visibility, group
    write(snippet, name, text, user)
    # Whether it lies in the trash is not this change's to say: it may have got there meanwhile.
    snippet.save(update_fields=["name", "text", "visibility", "group", "changed_at"])


def trash_snippet(snippet: Snippet) -> None:
    Snippet.objects.filter(pk=snippet.pk).update(deleted_at=timezone.now())


def restore_snippet(snippet: Snippet) -> None:
    """Raises SnippetRefused where another list has its name by now."""
    if snippet.kind == Snippet.Kind.LIST and snippet.owner:
        refuse_taken(snippet, snippet.name, snippet.owner)
    Snippet.objects.filter(pk=snippet.pk).update(deleted_at=None)


def write(snippet: Snippet, name: str, text: str, user: User) -> None:
    name = " ".join(name.replace("\x00", "").split())
    text = text.replace("\x00", "").replace("\r\n", "\n").strip()
    if not name:
        raise SnippetRefused("name", "Give it a name, so that everybody finds it again.")
    if len(name) > LONGEST_NAME:
        raise SnippetRefused("name", f"A name has at most {LONGEST_NAME} characters.")
    if not text:
        raise SnippetRefused("text", "Write the words it stands for.")
    if len(text) > LONGEST_TEXT:
        raise SnippetRefused("text", f"That is {len(text):,} characters; at most {LONGEST_TEXT:,} are kept.")
    snippet.name, snippet.text = name, text
    if snippet.kind == Snippet.Kind.LIST:
        refuse_list(snippet, user)
    if snippet.kind == Snippet.Kind.STYLE and text.count(f"{{{RESERVED}}}") > 1:
        raise SnippetRefused("text", f"A style says once where the prompt goes: leave one {{{RESERVED}}} in it.")


def refuse_list(snippet: Snippet, user: User) -> None:
    """A list's name stands between braces."""
    name = snippet.name
    if any(character in SPECIAL for character in name) or RANGE.match(name):
        raise SnippetRefused("name", "A list’s name stands between braces: use letters, digits and spaces alone.")
    if name.casefold() == RESERVED or not re.search(r"[^\W\d_]", name):
        raise SnippetRefused("name", "Prompts use this name for something else. Choose another word.")
    if len(snippet.words) > MOST_WORDS:
        raise SnippetRefused("text", f"A list has at most {MOST_WORDS} lines; this one has {len(snippet.words)}.")
    refuse_taken(snippet, name, user)


def refuse_taken(snippet: Snippet, name: str, user: User) -> None:
    others = Snippet.objects.visible_to(user).kept().filter(kind=Snippet.Kind.LIST).exclude(pk=snippet.pk)
    if any(other.casefold() == name.casefold() for other in others.values_list("name", flat=True)):
        raise SnippetRefused("name", f"There is a list “{name}” already. Change that one, or choose another name.")
