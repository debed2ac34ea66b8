"""`GET models`, `images/models`, `key`: what there is, in the shapes of OpenAI's and OpenRouter's clients at once."""

from collections.abc import Mapping
from datetime import date, timedelta
from functools import partial
from typing import Any

from django.db.models import Q, Sum
from django.http import HttpRequest, HttpResponseBase

from gallery import specs
from gallery.endpoint.running import find_model
from gallery.endpoint.surface import answer_json, surface
from gallery.models import AccessToken, Budget, Generation, ImageModel
from gallery.models.days import studio_day, studio_midnight
from gallery.services import budget_standings, tokens
from gallery.services.database_thread import in_database

Entry = dict[str, Any]
# OpenRouter's own word for a price that is not known beforehand; unknown is not free.
NO_PRICE = "-1"


@surface("GET", "HEAD")
async def models(request: HttpRequest, access_token: AccessToken) -> HttpResponseBase:
    """`?output_modalities=image` (or text, or all) keeps those that give it."""
    wanted = [kind for kind in request.GET.get("output_modalities", "all").split(",") if kind]
    rows = await in_database(partial(tokens.allowed_models, access_token))
    entries = [entry_of(row) for row in rows]
    if "all" not in wanted:
        entries = [entry for entry in entries if set(wanted) & set(entry["architecture"]["output_modalities"])]
    return answer_json({"object": "list", "data": entries, "total_count": len(entries), "links": {"next": None}})


@surface("GET", "HEAD")
async def model(request: HttpRequest, access_token: AccessToken, model_id: str) -> HttpResponseBase:
    row = await find_model(model_id, access_token)
    return answer_json({**entry_of(row), "image_config_schema": specs.json_schema(row.spec)})


@surface("GET", "HEAD")
async def routed_model(request: HttpRequest, access_token: AccessToken, model_id: str) -> HttpResponseBase:
    """One model as OpenRouter's own client asks for it."""
    return answer_json({"data": entry_of(await find_model(model_id, access_token))})


@surface("GET", "HEAD")
async def image_models(request: HttpRequest, access_token: AccessToken) -> HttpResponseBase:
    rows = await in_database(partial(tokens.allowed_models, access_token))
    return answer_json({"data": [image_entry_of(row) for row in rows if row.makes_images]})


@surface("GET", "HEAD")
async def image_model_endpoints(request: HttpRequest, access_token: AccessToken, model_id: str) -> HttpResponseBase:
    row = await find_model(model_id, access_token)
    endpoint = {
        "provider_name": row.gateway.name,
        "provider_slug": row.gateway.slug,
        "provider_tag": row.gateway.slug,
        "supported_parameters": supported_parameters(row),
        "allowed_passthrough_parameters": [],
        "supports_streaming": True,
        "pricing": [],
    }
    return answer_json({"id": row.full_id, "endpoints": [endpoint]})


@surface("GET", "HEAD")
async def key(request: HttpRequest, access_token: AccessToken) -> HttpResponseBase:
    """What this token is and has used, in USD as far as gateways told it."""
    return answer_json({"data": await in_database(partial(report_of, access_token))})


# Models ------------------------------------------------------------------------------------------------------------


def entry_of(row: ImageModel) -> Entry:
    outputs, inputs = outputs_of(row), inputs_of(row)
    return {
        "id": row.full_id,
        "object": "model",
        "created": int(row.updated_at.timestamp()),
        "owned_by": row.family or row.gateway.name,
        "canonical_slug": row.full_id,
        "name": row.name,
        "description": row.description,
        "context_length": None,
        "architecture": {
            "modality": f"{'+'.join(inputs)}->{'+'.join(outputs)}",
            "input_modalities": inputs,
            "output_modalities": outputs,
            "tokenizer": "Other",
            "instruct_type": None,
        },
        # The catalogue states no prices; clients of OpenRouter need the fields.
        "pricing": {"prompt": NO_PRICE, "completion": NO_PRICE},
        "top_provider": {"context_length": None, "max_completion_tokens": None, "is_moderated": False},
        "per_request_limits": None,
        "supported_parameters": [],
        "default_parameters": None,
        "supported_voices": None,
        "links": {"details": f"/api/v1/models/{row.full_id}"},
        "gateway": row.gateway.slug,
        "available": row.is_available,
    }


def outputs_of(row: ImageModel) -> list[str]:
    words = not row.makes_images or "analysis" in row.tasks
    return [*(["image"] if row.makes_images else []), *(["text"] if words else [])]


def inputs_of(row: ImageModel) -> list[str]:
    looks = "analysis" in row.tasks or bool(row.image_parameters)
    return ["text", "image"] if looks else ["text"]


def image_entry_of(row: ImageModel) -> Entry:
    entry = entry_of(row)
    kept = ("id", "name", "description", "created", "architecture")
    return {
        **{name: entry[name] for name in kept},
        "supported_parameters": supported_parameters(row),
        "supports_streaming": True,
        "endpoints": f"/api/v1/images/models/{row.full_id}/endpoints",
    }


def supported_parameters(row: ImageModel) -> dict[str, Any]:
    """By name: its values, its range, or that it is a switch. Free texts and pictures have no such form."""
    found = {parameter.name: describe(parameter) for parameter in row.spec if not parameter.is_image}
    return {name: form for name, form in found.items() if form}


def describe(parameter: specs.Parameter) -> Mapping[str, Any] | None:
    if parameter.choices:
        return {"type": "enum", "values": [str(choice.value) for choice in parameter.choices]}
    if parameter.type == "boolean":
        return {"type": "boolean"}
    if parameter.is_number and parameter.minimum is not None and parameter.maximum is not None:
        return {"type": "range", "min": parameter.minimum, "max": parameter.maximum}
    return None


# The key -----------------------------------------------------------------------------------------------------------

# OpenRouter's client insists on them.
WHAT_A_STUDIO_HAS_NOT: Entry = {
    "free_model_daily_requests": {"limit": 0, "remaining": 0, "used": 0},
    "allowed_data_regions": [],
    "organization_id": None,
    "workspace_id": None,
    "is_management_key": False,
    "is_provisioning_key": False,
}


def report_of(access_token: AccessToken) -> Entry:
    # The row may be remembered from earlier requests.
    access_token.refresh_from_db(fields=["request_count"])
    return {
        "label": f"{access_token.prefix}…",
        "name": access_token.name,
        **limit_of(access_token),
        "include_byok_in_limit": False,
        **spent(access_token),
        **{f"byok_{name}": 0 for name in spans()},
        "requests": access_token.request_count,
        "is_free_tier": False,
        **WHAT_A_STUDIO_HAS_NOT,
        "creator_user_id": str(access_token.owner_id),
        "expires_at": access_token.expires_at.isoformat() if access_token.expires_at else None,
        "rate_limit": {
            "requests": access_token.requests_per_minute or -1,
            "interval": "1m",
            "note": "Requests a minute; -1 is no limit.",
        },
    }


RESETS = {Budget.Period.MONTH: "monthly", Budget.Period.DAY: "daily"}


def limit_of(access_token: AccessToken) -> Entry:
    """The token's own budget of dollars that stops, of the month before that of the day. Its owner's stay untold."""
    rows = Budget.objects.filter(access_token=access_token, unit=Budget.Unit.USD).exclude(stop_at=None)
    found = next(iter(budget_standings.standings_of(rows.order_by("-period"))), None)
    return {
        "limit": float(found.budget.stop_at or 0) if found else None,
        "limit_reset": RESETS[Budget.Period(found.budget.period)] if found else None,
        "limit_remaining": float(found.left or 0) if found else None,
    }


def spans() -> dict[str, Q]:
    """What OpenRouter's client calls them, and which rows are in them."""
    today = studio_day()
    return {
        "usage": Q(),
        "usage_daily": since(today),
        "usage_weekly": since(today - timedelta(days=today.weekday())),
        "usage_monthly": since(today.replace(day=1)),
    }


def since(day: date) -> Q:
    """From its midnight in the studio on, where budgets begin anew too."""
    return Q(created_at__gte=studio_midnight(day))


def spent(access_token: AccessToken) -> dict[str, float]:
    """What gateways told; a simulated run costs nothing, as in `AccessTokenQuerySet.costs_of`."""
    in_dollars, in_points = Q(cost_unit="usd"), Q(cost_unit="points")
    sums = {name: Sum("cost", filter=in_dollars & span) for name, span in spans().items()}
    rows = Generation.objects.filter(access_token=access_token, is_simulated=False)
    found = rows.aggregate(**sums, compute_points_used=Sum("cost", filter=in_points))
    return {name: float(total or 0) for name, total in found.items()}
