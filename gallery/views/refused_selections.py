"""The answer to a selection that cannot be taken, in every view that reads one: 422 with its sentence."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.deprecation import MiddlewareMixin

from gallery.models import SelectionRefused


class RefusedSelectionMiddleware(MiddlewareMixin):
    """For scripts JSON, for htmx a note, else a page of its own."""

    def process_exception(self, request: HttpRequest, problem: Exception) -> HttpResponse | None:
        if not isinstance(problem, SelectionRefused):
            return None
        sentence = str(problem)
        if not request.accepts("text/html"):
            return JsonResponse({"sentence": sentence}, status=422)
        if request.headers.get("HX-Request"):
            response = render(request, "bulk/_note.html", {"sentence": sentence, "is_ended": True}, status=422)
            response["HX-Retarget"], response["HX-Reswap"] = "#toasts", "beforeend"
            return response
        context = {"sentence": sentence, "back_url": reverse("library")}
        return render(request, "selection/refused.html", context, status=422)
