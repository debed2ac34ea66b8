"""One's own access tokens: made, shown once, limited, revoked."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from gallery.forms import AccessTokenForm
from gallery.forms.access_tokens import Expiry
from gallery.models import AccessToken, ImageModel
from gallery.models.tokens import Costs, TokenState
from gallery.services import tokens
from gallery.views.access import current_user, get_own_token, require_maker
from gallery.views.people import absolute
from gallery.views.tiles import age

NAMED_MODELS = 2
REVOKED = "This token is revoked and stays as it is. Make a new one."


@dataclass(frozen=True, kw_only=True)
class Line:
    """One token as the list shows it."""

    id: int
    name: str
    prefix: str
    is_expired: bool
    is_revoked: bool
    limits: list[str]
    created: str
    last_used: str
    requests: int
    costs: list[str]


@require_GET
def access_tokens(request: HttpRequest) -> HttpResponse:
    return show(request, AccessTokenForm(user=current_user(request)))


@require_POST
def create(request: HttpRequest) -> HttpResponse:
    user = require_maker(request)
    form = AccessTokenForm(request.POST, user=user)
    if not form.is_valid():
        return show(request, form, status=422)
    access_token, plain = tokens.create_token(owner=user, **form.limits)
    return show(
        request, AccessTokenForm(user=user), fresh_token=access_token, plain=plain, sample=sample_model(access_token)
    )


def show(request: HttpRequest, form: AccessTokenForm, *, status: int = 200, **fresh: object) -> HttpResponse:
    """The page; a token that was just made is on it once and nowhere else."""
    rows = AccessToken.objects.for_owner(current_user(request)).select_related("owner", "group")
    costs = AccessToken.objects.costs_of(rows)
    lines = [build_line(row, costs[row.pk]) for row in rows]
    context = {
        "lines": [line for line in lines if not line.is_revoked],
        "revoked": [line for line in lines if line.is_revoked],
        "base_url": absolute(request, "/v1"),
        **choices(form),
        **fresh,
    }
    response = render(request, "access_tokens/page.html", context, status=status)
    response["Cache-Control"] = "no-store"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, token_id: int) -> HttpResponse:
    """Name and limits; the token itself never changes."""
    access_token = get_own_token(request, token_id)
    if access_token.state == TokenState.REVOKED:
        messages.error(request, REVOKED)
        return redirect("access-tokens")
    typed = request.POST if request.method == "POST" else None
    form = AccessTokenForm(typed, user=current_user(request), access_token=access_token)
    if form.is_valid():
        tokens.change_token(access_token, **form.limits)
        messages.success(request, "Saved. It holds from the next request on.")
        return redirect("access-tokens")
    context = {"access_token": access_token, **choices(form)}
    return render(request, "access_tokens/change.html", context, status=422 if form.is_bound else 200)


@require_POST
def revoke(request: HttpRequest, token_id: int) -> HttpResponse:
    access_token = get_own_token(request, token_id)
    tokens.revoke_token(access_token)
    messages.success(request, f"“{access_token.name}” no longer works.")
    return redirect("access-tokens")


def choices(form: AccessTokenForm) -> dict[str, object]:
    return {"form": form, "expiries": Expiry.choices}


def sample_model(access_token: AccessToken) -> ImageModel | None:
    """A model this token may use that needs no picture to start from, for the lines that are ready to paste."""
    able = [row for row in tokens.allowed_models(access_token) if row.makes_images and not needs_a_picture(row)]
    return next((row for row in able if row.is_default), able[0] if able else None)


def needs_a_picture(image_model: ImageModel) -> bool:
    return any(parameter.is_required for parameter in image_model.image_parameters)


def build_line(access_token: AccessToken, costs: Costs) -> Line:
    return Line(
        id=access_token.pk,
        name=access_token.name,
        prefix=access_token.prefix,
        is_expired=access_token.state == TokenState.EXPIRED,
        is_revoked=access_token.state == TokenState.REVOKED,
        limits=limits_in_words(access_token),
        created=day(access_token.created_at),
        last_used=age(access_token.last_used_at) if access_token.last_used_at else "",
        requests=access_token.request_count,
        costs=costs.words,
    )


def limits_in_words(access_token: AccessToken) -> list[str]:
    """Group, models, pace and end, in this order."""
    per_minute = access_token.requests_per_minute
    pace = "1 request a minute" if per_minute == 1 else f"{per_minute} requests a minute" if per_minute else ""
    group = f"for {access_token.group}" if access_token.group else ""
    words = (group, models_in_words(access_token.model_ids), pace, end_in_words(access_token))
    return [each for each in words if each]


def models_in_words(model_ids: list[str]) -> str:
    if not model_ids:
        return "every model"
    more = len(model_ids) - NAMED_MODELS
    named = ", ".join(model_ids[:NAMED_MODELS])
    return f"{named} and {more} more" if more > 0 else named


def end_in_words(access_token: AccessToken) -> str:
    if access_token.revoked_at:
        return f"revoked {day(access_token.revoked_at)}"
    if access_token.expires_at is None:
        return "never expires"
    return f"{'expired' if access_token.is_expired else 'until'} {day(access_token.expires_at)}"


def day(moment: datetime) -> str:
    local = timezone.localtime(moment)
    return f"{local.day} {local:%b %Y}"
