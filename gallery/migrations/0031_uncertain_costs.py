"""Runs that failed and may have been charged cost what they were reckoned to, those as well that ended before their end wrote
that down. Budgets counted them so already; the sums of usage did not."""

from decimal import ROUND_CEILING

from django.db import migrations
from django.db.models import F, Q
from django.utils import timezone

CHUNK = 2000
READ = (
    "cost", "cost_unit", "is_cost_reckoned", "quote", "quote_unit", "counted", "error_kind", "created_at", "owner_id",
    "group_id", "access_token_id", "gateway_slug", "model_id"
)
KEY = ("day", "person", "group", "model", "gateway", "token")
MAY_BE_CHARGED = (
    "not_stored", "timed_out", "interrupted", "gateway_failed", "answer_unreadable", "no_image", "picture_not_fetched"
)
# Of a cancelled run its sentence alone tells that it had been sent.
WAS_SENT = "Cancelled while running."


def write_costs(apps, schema_editor):
    uncertain = Q(status="failed", error_kind__in=MAY_BE_CHARGED)
    uncertain |= Q(status="cancelled", error_sentence__startswith=WAS_SENT)
    rows = apps.get_model("gallery", "Generation").objects.filter(uncertain, cost=None, is_simulated=False)
    rows = rows.exclude(quote=None).exclude(finished_at=None).order_by("pk").only(*READ)
    last = 0
    while found := list(rows.filter(pk__gt=last)[:CHUNK]):
        for row in found:
            write_cost(apps, row)
        last = found[-1].pk


def write_cost(apps, row):
    row.cost, row.cost_unit, row.is_cost_reckoned = row.quote, row.quote_unit, True
    more = {"reckoned": 1, "unknown": -unknown_of(row)}
    if row.cost_unit in ("usd", "points") and row.cost:
        more[row.cost_unit] = int((row.cost * 1_000_000).to_integral_value(ROUND_CEILING))
    key = key_of(row)
    sums = {name: F(name) + value for name, value in more.items()}
    apps.get_model("gallery", "UsageDay").objects.filter(**key).update(**sums)
    if row.counted:
        now = {name: row.counted.get(name, 0) + value for name, value in more.items()}
        row.counted = {**row.counted, **now}
    row.save(update_fields=["cost", "cost_unit", "is_cost_reckoned", "counted"])


def unknown_of(row):
    """How often the sums of its day count it as of unknown cost."""
    return row.counted.get("unknown", 0) if row.counted else int(row.error_kind in MAY_BE_CHARGED)


def key_of(row):
    if row.counted:
        return {name: row.counted[name] for name in KEY}
    day = timezone.localdate(row.created_at, timezone.get_default_timezone())
    numbers = {"person": row.owner_id or 0, "group": row.group_id or 0, "token": row.access_token_id or 0}
    return {"day": day, "model": f"{row.gateway_slug}/{row.model_id}"[:250], "gateway": row.gateway_slug, **numbers}


class Migration(migrations.Migration):

    dependencies = [
        ('gallery', '0030_audit_stays'),
    ]

    operations = [migrations.RunPython(write_costs, migrations.RunPython.noop)]
