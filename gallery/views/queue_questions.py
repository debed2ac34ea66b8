"""Where the queue sends people whose retry is asked about first: the drawer has no room for the question."""

from django.contrib import messages
from django.http import HttpResponse

from gallery.models import Batch, Generation
from gallery.views.htmx import HtmxRequest, go_to
from gallery.views.tiles import edit_url


def ask_in_form(request: HtmxRequest, generation: Generation) -> HttpResponse:
    """A dear run is asked about in its form, where its price stands."""
    messages.info(request, "This run is above a limit that was set for its price. Generate asks before it is sent.")
    return go_to(request, edit_url(generation))


def ask_on_page(request: HtmxRequest, batch: Batch) -> HttpResponse:
    messages.info(
        request, "These are above a limit for their price, or nobody knows it. Their page asks before they are sent."
    )
    return go_to(request, batch.get_absolute_url())
