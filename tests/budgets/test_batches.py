"""Batches within a budget: held or refused whole, stopped by it, ended with their owner's account."""

from django.test import Client

from gallery import tasks
from gallery.models import AuditEntry, Batch, Gateway, Generation, User
from gallery.services import batches
from tests.budgets.books import FORM, MODEL, Limit, books, queue, words_of
from tests.fake_gateway import FakeGateway


def test_what_was_sent_twice_and_has_run_by_itself_makes_no_batch(
    routellm: Gateway, bea: User, as_bea: Client, fake_gateway: FakeGateway
) -> None:
    assert as_bea.post("/", {**FORM, "submission": "one"}).status_code == 302
    answer = as_bea.post("/batches/new/", {**FORM, "models": MODEL, "submission": "one"})
    assert (answer.status_code, Batch.objects.count(), Generation.objects.count()) == (422, 0, 1)
    assert "This has been run already" in words_of(answer)


def test_a_batch_is_held_whole_or_refused_whole(
    priced: Gateway, limit: Limit, bea: User, as_bea: Client, fake_gateway: FakeGateway
) -> None:
    budget = limit(bea, stop_at="0.25")
    many = FORM | {"prompt": "a {red|blue|green} chair", "prompts_shown": "3"}
    response = as_bea.post("/", many)
    assert response.status_code == 422
    assert "These cost about $0.30, and $0.25 is left" in words_of(response)
    assert not Generation.objects.exists() and not Batch.objects.exists()
    assert books(budget) == ("0", "0", 0)
    for _ in range(2):
        fake_gateway.will_send_image(cost=100)
    assert as_bea.post("/", many | {"prompt": "a {red|blue} chair", "prompts_shown": "2"}).status_code == 302
    assert books(budget) == ("0.2", "0", 0)


def test_a_closed_account_spends_nothing_more(
    priced: Gateway, limit: Limit, bea: User, chi: User, as_bea: Client, as_ada: Client, fake_gateway: FakeGateway
) -> None:
    budget = limit(stop_at="9")
    setup = {"model": MODEL, "previous_model": MODEL, "models": MODEL, "prompt": "a {red|blue|green} chair"}
    as_bea.post("/batches/new/", setup | {"spend_limit": "200", "spend_unit": "points"})
    batch = Batch.objects.get()
    Batch.objects.update(state="open")
    mine, theirs = queue(bea), queue(chi)
    sent, held = len(fake_gateway.requests), batch.generations.filter(status="held").count()
    assert held and books(budget)[1] == "0.3"
    assert as_ada.post(f"/people/{bea.pk}/active/", {}).status_code == 302
    batch.refresh_from_db()
    assert batch.state == "paused"
    assert not Generation.objects.filter(owner=bea, status__in=("held", "queued")).exists()
    mine.refresh_from_db()
    theirs.refresh_from_db()
    assert (mine.status, theirs.status) == ("cancelled", "queued")
    assert books(budget)[1] == "0.15"
    assert AuditEntry.objects.get(act="person.closed").detail == {"batches": 1, "runs": held + 1}
    batches.let_all_go()
    tasks.run_next()
    assert len(fake_gateway.requests) == sent + 1


def test_a_batch_with_a_stop_of_its_own_is_stopped_by_a_budget_and_goes_on_once_that_is_raised(
    priced: Gateway, limit: Limit, bea: User, as_bea: Client, as_ada: Client, fake_gateway: FakeGateway
) -> None:
    budget = limit(bea, stop_at="0.25")
    for _ in range(3):
        fake_gateway.will_send_image(cost=100)
    setup = {"model": MODEL, "previous_model": MODEL, "models": MODEL, "prompt": "a {red|blue|green} chair"}
    response = as_bea.post("/batches/new/", setup | {"spend_limit": "400", "spend_unit": "points"})
    assert response.status_code == 302, words_of(response)
    path = f"/batches/{Batch.objects.get().pk}/"
    assert Batch.objects.get().state == "refused"
    assert len(fake_gateway.requests) == 2
    assert books(budget) == ("0.2", "0", 0)
    page = words_of(as_bea.get(path))
    assert "A budget has no room for the next. 1 run held back." in page
    assert as_bea.post(f"{path}resume/", follow=True).status_code == 200
    assert len(fake_gateway.requests) == 2
    as_ada.post(f"/usage/budgets/{budget.pk}/", {"stop_at": "1"})
    as_bea.post(f"{path}resume/")
    assert len(fake_gateway.requests) == 3
    assert books(budget) == ("0.3", "0", 0)
