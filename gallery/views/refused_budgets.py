"""The answer to a run for which a budget has no room, in every view that does not say it beside its own button: 422 with
the sentence."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.deprecation import MiddlewareMixin

from gallery.services.budgets import BudgetRefused


class RefusedBudgetMiddleware(MiddlewareMixin):
    """For htmx a note, else a page of its own. Scripts are answered by the endpoint."""

    def process_exception(self, request: HttpRequest, problem: Exception) -> HttpResponse | None:
        if not isinstance(problem, BudgetRefused):
            return None
        context = {"sentence": str(problem), "is_ended": True, "back_url": reverse("studio")}
        if request.headers.get("HX-Request"):
            response = render(request, "bulk/_note.html", context, status=422)
            response["HX-Retarget"], response["HX-Reswap"] = "#toasts", "beforeend"
            return response
        return render(request, "budgets/refused.html", context, status=422)
