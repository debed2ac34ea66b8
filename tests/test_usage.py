"""The usage page: what was spent and made, by whom and with what; who sees it; its tables as CSV."""

import csv
import importlib
import io
import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client

from gallery.models import BudgetSpan, Gateway, Generation, Group, ImageModel, Membership, UsageDay, UsagePace, User
from gallery.models.days import studio_day
from gallery.models.people import Role
from gallery.models.usage import KEY, UsageQuery
from gallery.services import budget_changes, people
from gallery.views.usage_charts import build_buckets, build_chart
from gallery.views.usage_figures import Figures, figures_by
from tests import factories
from tests.fake_gateway import FakeGateway

MODEL = "routellm/flux_kontext"
FORM = {"model": MODEL, "previous_model": MODEL, "prompt": "a red chair", "mode": "pro"}


def words_of(response: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def rows_of(response: Any) -> list[list[str]]:
    assert response.status_code == 200
    return list(csv.reader(io.StringIO(response.content.decode())))


@pytest.fixture
def add(shipped: None) -> Callable[..., UsageDay]:
    """Writes sums of a day."""

    def make(person: User, *, days_ago: int = 0, model: str = MODEL, group: int = 0, **sums: Any) -> UsageDay:
        key = {"day": studio_day() - timedelta(days=days_ago), "person": person.pk, "group": group, "token": 0}
        gateway = model.partition("/")[0]
        return UsageDay.objects.create(**key, model=model, gateway=gateway, **{"runs": 1, "made": 1, **sums})

    return make


# Counted -------------------------------------------------------------------------------------------------------------


def test_an_ended_run_is_counted_once_with_its_cost_and_its_pictures(
    routellm: Gateway, bea: User, as_bea: Client, fake_gateway: FakeGateway
) -> None:
    fake_gateway.will_send_image(2, cost=150)
    as_bea.post("/", FORM | {"num_images": "2"})
    fake_gateway.will_fail(400)
    as_bea.post("/", FORM)
    row = UsageDay.objects.get()
    assert (row.day, row.person, row.model, row.gateway) == (studio_day(), bea.pk, MODEL, "routellm")
    assert (row.runs, row.made, row.failed, row.pictures) == (2, 1, 1, 2)
    assert (row.points, row.usd, row.unknown) == (150_000_000, 0, 0)
    assert UsagePace.objects.get().runs == 1


def test_a_run_that_is_looked_at_again_takes_back_what_it_was_counted_as(
    routellm: Gateway, as_bea: Client, fake_gateway: FakeGateway
) -> None:
    link = fake_gateway.will_serve(b"", status=503)
    fake_gateway.will_send(json=factories.reply([{"type": "image_url", "image_url": {"url": link}}]))
    as_bea.post("/", FORM)
    row = UsageDay.objects.get()
    assert (row.runs, row.made, row.failed, row.points) == (1, 0, 1, 150_000_000)
    fake_gateway.will_serve(factories.png(), path=link.removeprefix(fake_gateway.origin))
    as_bea.post(f"/generations/{Generation.objects.get().pk}/look-again/")
    row.refresh_from_db()
    assert (row.runs, row.made, row.failed, row.pictures, row.points) == (1, 1, 0, 1, 150_000_000)


def test_quoted_and_charged_are_of_the_same_runs(routellm: Gateway, as_bea: Client, fake_gateway: FakeGateway) -> None:
    ImageModel.objects.filter(model_id="flux_kontext").update(price="100", price_unit="points")
    for cost in (None, 130):
        fake_gateway.will_send_image(cost=cost)
        as_bea.post("/", FORM)
    row = UsageDay.objects.get()
    assert (row.reckoned, row.points) == (1, 230_000_000)
    assert (row.quoted_points, row.charged_points) == (100_000_000, 130_000_000)


def test_what_may_have_been_charged_costs_the_same_on_every_page(
    routellm: Gateway, ada: User, as_bea: Client, as_ada: Client, fake_gateway: FakeGateway
) -> None:
    ImageModel.objects.filter(model_id="flux_kontext").update(price="100", price_unit="points")
    budget = budget_changes.create_budget(
        scope="total", subject=None, period="month", unit="points", warn_at=None, stop_at=Decimal(900),
        is_strict=False, created_by=ada,
    )  # fmt: skip
    fake_gateway.will_cut()
    as_bea.post("/", FORM)
    run = Generation.objects.get()
    assert (run.status, run.cost, run.cost_unit, run.is_cost_reckoned) == ("failed", Decimal(100), "points", True)
    row = UsageDay.objects.get()
    assert (row.failed, row.points, row.reckoned, row.unknown) == (1, 100_000_000, 1, 0)
    assert BudgetSpan.objects.get(budget=budget).spent == 100_000_000
    assert Generation.objects.spend_of_month(routellm) == 100
    assert "100 points, reckoned" in words_of(as_bea.get(f"/generations/{run.pk}/"))
    later = budget_changes.create_budget(
        scope="gateway", subject=routellm, period="month", unit="points", warn_at=None, stop_at=Decimal(900),
        is_strict=False, created_by=ada,
    )  # fmt: skip
    assert BudgetSpan.objects.get(budget=later).spent == 100_000_000


def books(*, was_counted: bool) -> list[Any]:
    """What the run costs on its row and in the sums; what those counted of it, where that is remembered."""
    names = ("cost", "cost_unit", "is_cost_reckoned", *(["counted"] if was_counted else []))
    return [list(Generation.objects.order_by("pk").values(*names)), list(UsageDay.objects.order_by("pk").values())]


@pytest.mark.parametrize("was_counted", [True, False], ids=["counted at its end", "read in later"])
@pytest.mark.parametrize("price", ["100", None])
def test_what_may_have_been_charged_before_it_had_a_cost_has_one_after_the_upgrade(
    price: str | None, was_counted: bool, routellm: Gateway, as_bea: Client, fake_gateway: FakeGateway
) -> None:
    ImageModel.objects.filter(model_id="flux_kontext").update(price=price, price_unit="points")
    fake_gateway.will_cut()
    as_bea.post("/", FORM)
    fake_gateway.will_refuse_key("sk-test-0123456789abcdef", 401)
    as_bea.post("/", FORM)
    uncertain, refused = Generation.objects.order_by("pk")
    assert refused.cost is None
    now = books(was_counted=was_counted)
    former = {key: word for key, word in (uncertain.counted or {}).items() if key not in ("points", "reckoned")} | {
        "unknown": 1
    }
    Generation.objects.filter(pk=uncertain.pk).update(
        cost=None, cost_unit="", is_cost_reckoned=False, counted=former if was_counted else None
    )
    UsageDay.objects.update(points=0, reckoned=0, unknown=1)
    upgrade = importlib.import_module("gallery.migrations.0031_uncertain_costs")
    for _ in range(2):
        upgrade.write_costs(apps, connection.schema_editor())
        assert without_nothing(books(was_counted=was_counted)) == without_nothing(now)


def without_nothing(found: list[Any]) -> list[Any]:
    """What is counted as 0 need not be named."""
    for row in found[0]:
        if row.get("counted"):
            row["counted"] = {key: word for key, word in row["counted"].items() if word or key in KEY}
    return found


def test_simulated_runs_cost_nothing_and_are_said_to_be_so(shipped: None, as_bea: Client) -> None:
    as_bea.post("/", FORM)
    row = UsageDay.objects.get()
    assert (row.made, row.simulated, row.usd, row.unknown) == (1, 1, 0, 0)
    page = words_of(as_bea.get("/usage/"))
    assert "1 simulated, which cost nothing" in page
    assert "Pictures 1" in page and "Success 100 %" in page
    assert "Dollars" not in page and "Points" not in page and "Median" not in page


# The page ------------------------------------------------------------------------------------------------------------


def test_dollars_and_points_stand_in_columns_of_their_own(
    add: Callable[..., UsageDay], ada: User, bea: User, as_ada: Client
) -> None:
    add(ada, usd=1_500_000, pictures=4, runs=4, made=3, failed=1)
    add(bea, points=150_000_000, pictures=1, model="openrouter/google/gemini-2.5-flash-image-preview")
    page = words_of(as_ada.get("/usage/"))
    assert "$1.50 Dollars" in page or "Dollars $1.50" in page
    assert "Points 150" in page and "Pictures 5" in page and "Success 80 %" in page
    assert rows_of(as_ada.get("/usage/usage.csv?by=person"))[1:] == [
        ["Ada Lovelace", "1.5", "0", "4", "4", "75.0", "", "0", "0", "0"],
        ["Bea Arthur", "0", "150", "1", "1", "100.0", "", "0", "0", "0"],
    ]


@pytest.mark.parametrize(
    ("role", "names"),
    [
        (Role.VIEWER, ["Bea Arthur"]),
        (Role.DESIGNER, ["Bea Arthur"]),
        (Role.LEAD, ["Ada Lovelace", "Bea Arthur"]),
        (Role.ADMIN, ["Ada Lovelace", "Bea Arthur"]),
    ],
)
def test_leads_and_administrators_see_all_and_others_their_own(
    add: Callable[..., UsageDay], ada: User, bea: User, role: Role, names: list[str]
) -> None:
    add(ada, usd=2_000_000)
    add(bea, usd=1_000_000)
    bea.role = role
    bea.save()
    client = factories.signed_in(bea)
    assert [row[0] for row in rows_of(client.get("/usage/usage.csv?by=person"))[1:]] == names
    forced = rows_of(client.get(f"/usage/usage.csv?by=person&person={ada.pk}"))[1:]
    assert [row[0] for row in forced] == [name for name in names if name == "Ada Lovelace"]
    assert ("Ada Lovelace" in words_of(client.get("/usage/?by=person"))) == (len(names) == 2)


def test_nobody_sees_it_without_signing_in(client: Client) -> None:
    assert client.get("/usage/").status_code == client.get("/usage/usage.csv").status_code == 302


def test_the_address_says_what_is_shown_and_the_csv_is_what_is_shown(
    add: Callable[..., UsageDay], ada: User, bea: User, as_ada: Client
) -> None:
    add(ada, usd=1_000_000, days_ago=1)
    add(bea, usd=2_000_000, days_ago=3)
    add(bea, usd=4_000_000, days_ago=3, model="routellm/flux_pro")
    add(bea, usd=8_000_000, days_ago=40)
    shown = f"span=7days&person={bea.pk}&by=model&chart=usd"
    page = words_of(as_ada.get(f"/usage/?{shown}"))
    assert "$6.00" in page and "Person: Bea Arthur" in page
    names = dict(ImageModel.objects.values_list("model_id", "name"))
    table = rows_of(as_ada.get(f"/usage/usage.csv?{shown}"))
    assert [(row[0], row[1]) for row in table[1:]] == [(names["flux_pro"], "4"), (names["flux_kontext"], "2")]
    days = rows_of(as_ada.get(f"/usage/usage.csv?{shown}&table=days"))
    assert [row[0] for row in days[1:]] == [str(studio_day() - timedelta(days=ago)) for ago in range(6, -1, -1)]
    assert sum(Decimal(row[1]) for row in days[1:]) == 6
    assert "$14.00" in words_of(as_ada.get(f"/usage/?span=all&person={bea.pk}"))


@pytest.mark.parametrize(
    "address",
    [
        "?span=never&by=prompt&chart=x&person=-1&since=2026-13-01",
        "?since=2026-02-01&until=2025-01-01",
        "?model=nothing/of-the-kind&token=99",
    ],
)
def test_an_address_without_sense_is_no_error(
    add: Callable[..., UsageDay], ada: User, as_ada: Client, address: str
) -> None:
    add(ada, usd=1)
    assert as_ada.get(f"/usage/{address}").status_code == 200
    assert as_ada.get(f"/usage/usage.csv{address}").status_code == 200


def test_no_name_is_a_formula_in_a_spreadsheet(add: Callable[..., UsageDay], bea: User, as_ada: Client) -> None:
    User.objects.filter(pk=bea.pk).update(name='=HYPERLINK("http://evil.example","x")')
    add(bea, usd=1_000_000)
    assert rows_of(as_ada.get("/usage/usage.csv?by=person"))[1][0].startswith("'=HYPERLINK")


def test_a_model_that_drifts_by_more_than_a_tenth_is_circled_with_a_way_to_its_price(
    add: Callable[..., UsageDay], ada: User, as_ada: Client, as_bea: Client, bea: User
) -> None:
    add(ada, usd=123, quoted_usd=1_000_000, charged_usd=1_230_000)
    add(ada, usd=109, quoted_usd=1_000_000, charged_usd=1_090_000, model="routellm/flux_pro")
    page = as_ada.get("/usage/")
    assert re.findall(r'usage-alarm">([^<]+)<', page.content.decode()) == ["23 % more"]
    assert "9 % more" in words_of(page)
    key = ImageModel.objects.get(model_id="flux_kontext").pk
    assert f"/admin/gallery/imagemodel/{key}/change/#id_price" in page.content.decode()
    add(bea, usd=123, quoted_usd=1_000_000, charged_usd=1_230_000)
    assert "/admin/" not in as_bea.get("/usage/").content.decode().partition("usage-drift")[2]


def test_the_admin_is_told_of_a_drift_with_a_way_to_the_price(
    add: Callable[..., UsageDay], ada: User, as_ada: Client
) -> None:
    add(ada, quoted_usd=1_000_000, charged_usd=1_104_000, days_ago=29)
    add(ada, quoted_usd=1_000_000, charged_usd=1_100_000, model="routellm/flux_pro")
    add(ada, quoted_usd=1_000_000, charged_usd=9_000_000, model="routellm/ideogram", days_ago=40)
    page = as_ada.get("/admin/").content.decode()
    image_model = ImageModel.objects.get(model_id="flux_kontext")
    assert re.findall(r"<strong>([^<]+ than it was quoted[^<]+)</strong>", page) == [
        f"{image_model.name} was charged 10 % more than it was quoted in the last 30 days."
    ]
    assert f'href="/admin/gallery/imagemodel/{image_model.pk}/change/#id_price"' in page


def test_the_chart_says_in_words_what_it_draws(add: Callable[..., UsageDay], ada: User, as_ada: Client) -> None:
    add(ada, usd=2_500_000)
    assert "Nothing to compare yet." in words_of(as_ada.get("/usage/?span=7days"))
    add(ada, usd=1_500_000, days_ago=1)
    page = as_ada.get("/usage/?span=7days").content.decode()
    today = studio_day()
    assert f'<desc id="plot-description">The highest is $2.50, {today.day} {today:%b}.' in page
    assert f"<title>{today.day} {today:%b}: $2.50</title>" in page
    assert 'class="is-now"' in page


# Pure parts ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("paces", "words"),
    [({}, "–"), ({24: 1}, "9.8 s"), ({0: 1, 24: 1, 30: 1}, "9.8 s"), ({10: 5, 40: 4}, "2.6 s"), ({40: 1}, "45 s")],
)
def test_the_median_is_read_from_how_many_had_which_pace(paces: dict[int, int], words: str) -> None:
    figures = Figures()
    figures.paces.update(paces)
    assert figures.seconds_words == words


def test_many_days_are_drawn_by_month() -> None:
    days = [date(2026, 1, 31), date(2026, 2, 1), date(2026, 6, 30)]
    zero = dict.fromkeys(("runs", "made", "failed", "cancelled", "simulated", "pictures", "usd", "points"), 0)
    zero |= dict.fromkeys(("reckoned", "unknown", "quoted_usd", "charged_usd", "quoted_points", "charged_points"), 0)
    figures = figures_by([{**zero, "key": day, "pictures": 3} for day in days], {})
    buckets = build_buckets(figures, date(2000, 1, 1), date(2026, 6, 30), date(2026, 6, 30))
    assert [bucket.label for bucket in buckets] == [
        "Jan 2026",
        "Feb 2026",
        "Mar 2026",
        "Apr 2026",
        "May 2026",
        "Jun 2026",
    ]
    chart = build_chart(buckets, "pictures")
    assert chart and len(chart.bars) == 3 and chart.most == "3"
    assert build_chart(buckets, "usd") is None


def test_who_leads_a_group_sees_what_it_used_and_no_other_group(
    add: Callable[..., UsageDay], ada: User, bea: User, as_bea: Client
) -> None:
    acme, other = (Group.objects.create(name=name, slug=name.lower()) for name in ("Acme", "Other"))
    Membership.objects.create(group=acme, user=bea, is_lead=True)
    Membership.objects.create(group=other, user=bea)
    add(ada, usd=1_000_000, group=acme.pk)
    add(ada, usd=2_000_000, group=other.pk)
    add(ada, usd=4_000_000)
    page = words_of(as_bea.get("/usage/?by=person"))
    assert "you and the groups you lead" in page
    rows = rows_of(as_bea.get("/usage/usage.csv?by=person"))[1:]
    assert [row[:2] for row in rows] == [["Ada Lovelace", "1"]]


def test_without_days_it_is_the_present_month() -> None:
    today = studio_day()
    assert UsageQuery.read("").days == (today.replace(day=1), today)
    assert UsageQuery.read("span=7days").days == (today - timedelta(days=6), today)
    assert UsageQuery.read("span=7days&since=2026-01-05&until=2026-01-09").days == (date(2026, 1, 5), date(2026, 1, 9))


def test_a_lead_that_is_made_one_sees_the_team(
    add: Callable[..., UsageDay], ada: User, bea: User, as_bea: Client
) -> None:
    add(ada, usd=3_000_000)
    assert "$3.00" not in words_of(as_bea.get("/usage/"))
    people.set_role(bea, Role.LEAD)
    assert "$3.00" in words_of(as_bea.get("/usage/"))
