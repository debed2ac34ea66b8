"""The words of an analysis as they come, on its row, so that the page can show them before the answer is whole."""

import time

from django.utils import timezone

from gallery.models import Generation
from gallery.services import records

SECONDS_BETWEEN = 0.4


class AnswerSoFar:
    """Called with each piece of text; writes what there is so far, a few times a second at the most."""

    def __init__(self, generation: Generation):
        self.generation_id = generation.pk
        self.text = ""
        self.written_at = 0.0

    def __call__(self, piece: str) -> None:
        self.text += piece
        if time.monotonic() - self.written_at < SECONDS_BETWEEN:
            return
        self.written_at = time.monotonic()
        row = Generation.objects.running().filter(pk=self.generation_id)
        row.update(answer=records.storable(self.text), changed_at=timezone.now())
