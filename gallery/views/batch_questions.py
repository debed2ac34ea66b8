"""What is asked before more of a batch is run: what its stop held back, or what failed."""

from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpRequest

from gallery.models import Batch, Generation, User
from gallery.services import confirmations
from gallery.services.batches import Limit, gone_in_words
from gallery.services.confirmations import Question


def question_before_limit(batch: Batch, limit: Limit | None, user: User, confirmed: str) -> Question | None:
    """Of what is held back, as far as the new limit lets it go."""
    offers = confirmations.offers_of(batch, list(Generation.objects.held_in(batch)))
    return confirmations.question_about(offers, user, confirmed=confirmed, stop=limit)


def question_before_retry(batch: Batch, user: User, confirmed: str, *, only: int | None = None) -> Question | None:
    """`only` as in `batches.retry_failed`."""
    offers = confirmations.offers_again(batch, Generation.objects.undone_in(batch, only=only))
    stop = None if batch.spend_limit is None else Limit(amount=batch.spend_limit, unit=batch.spend_unit)
    return confirmations.question_about(offers, user, confirmed=confirmed, stop=stop)


def tell_left_out(request: HttpRequest, batch: Batch, names: Sequence[str]) -> None:
    """Of models, whose runs `batches.retry_failed` left as they are."""
    if names:
        messages.warning(request, f"The rest runs again. {gone_in_words(batch)}, and left out: {', '.join(names)}.")
