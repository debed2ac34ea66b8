"""The note of a picture: one text that the team shares."""

from django.db import transaction

from gallery.models import Image
from gallery.services import search
from gallery.services.locks import lock_with_runs

LONGEST_NOTE = 10_000


class NoteRefused(Exception):
    """A note that cannot be kept; the text is a sentence for people."""


class NoteChanged(Exception):
    """Somebody else wrote another note meanwhile, which is `note`. Nothing was kept of the one that came."""

    def __init__(self, note: str):
        super().__init__(note)
        self.note = note


def write_note(*, image: Image, text: str, before: str) -> None:
    """`before` is the note as the writer found it: where it is another one now, nothing is written over. Raises NoteRefused,
    NoteChanged."""
    note = clean_note(text)
    if len(note) > LONGEST_NOTE:
        raise NoteRefused(f"A note has at most {LONGEST_NOTE:,} characters; this one has {len(note):,}.")
    with transaction.atomic():
        lock_with_runs(Image.objects.filter(pk=image.pk))
        current = Image.objects.get(pk=image.pk).note
        if current == note:
            return
        if current != clean_note(before):
            raise NoteChanged(current)
        Image.objects.filter(pk=image.pk).update(note=note)
        search.index_images([image.pk])


def clean_note(text: str) -> str:
    """As it is kept, whatever a form does to the ends of lines."""
    return text.replace("\x00", "").replace("\r\n", "\n").strip()
