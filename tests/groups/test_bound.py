"""Who always works for a group, and what stops with a group that is closed or was left, at every door."""

import re
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from gallery import tasks
from gallery.models import AccessToken, AuditEntry, Batch, Budget, Gateway, Generation, Group, Image, ImageModel, User
from gallery.services import batches, groups
from tests import factories
from tests.endpoint.script import FLUX
from tests.groups.members import submit, text
from tests.visitor import wait_until

DOORS: dict[str, Callable[[Client], Any]] = {
    "studio": lambda client: submit(client, visibility="team"),
    "comparison": lambda client: client.post(
        "/batches/new/",
        {"model": FLUX, "prompt": "a chair", "models": [FLUX, "routellm/flux_pro"], "submission": "one"},
    ),
    "analysis": lambda client: client.post(
        "/analysis/",
        {"prompt": "What is it?", "model": "routellm/gpt-4o", "images_images": Image.objects.earliest("pk").pk},
    ),
    "again": lambda client: client.post(
        reverse("generation-run-again", args=[Image.objects.earliest("pk").generation_id]), follow=True
    ),
    "retry": lambda client: client.post(
        reverse("batch-retry", args=[Batch.objects.earliest("pk").pk]), {"submission": "two"}, follow=True
    ),
    "retry in the queue": lambda client: client.post(
        reverse("queue-batch", args=[Batch.objects.earliest("pk").pk, "retry"]), follow=True
    ),
    "resume": lambda client: client.post(reverse("batch-resume", args=[Batch.objects.earliest("pk").pk]), follow=True),
    "resume in the queue": lambda client: client.post(
        reverse("queue-batch", args=[Batch.objects.earliest("pk").pk, "resume"]), follow=True
    ),
    "stop": lambda client: client.post(
        reverse("batch-limit", args=[Batch.objects.earliest("pk").pk]), {"spend_limit": ""}, follow=True
    ),
    "token": lambda client: client.post(
        "/tokens/create/", {"name": "Script", "scope": "every", "expires": "never", "group": ""}
    ),
}


@pytest.mark.parametrize("door", DOORS)
def test_who_always_works_for_a_group_runs_nothing_for_nobody_in_particular(
    door: str, acme: Group, bea: User, as_bea: Client, flux_kontext: ImageModel
) -> None:
    batch = Batch.objects.create(owner=bea, kind="comparison", prompt="a chair", visibility="team")
    factories.create_picture(bea, flux_kontext)
    failed = factories.create_generation(bea, flux_kontext)
    Generation.objects.filter(pk=failed.pk).update(status="failed", batch=batch, cell=[0])
    held = factories.create_generation(bea, flux_kontext)
    Generation.objects.filter(pk=held.pk).update(status="held", batch=batch, cell=[1])
    batches.pause_batch(batch)

    def made() -> int:
        return Generation.objects.exclude(status="held").count() + AccessToken.objects.count()

    before = made()
    groups.change_group(group=acme, name="Acme", default_visibility="group", model_ids=[], binds_members=True)
    answer = DOORS[door](as_bea).content.decode()
    assert "You always work for a group" in answer
    assert made() == before
    groups.set_open(acme, is_open=False)
    DOORS[door](as_bea)
    assert made() > before


@pytest.mark.parametrize("door", ["retry", "retry in the queue", "resume", "resume in the queue", "stop"])
@pytest.mark.parametrize("is_closed", [True, False], ids=["closed", "left"])
def test_nothing_more_of_a_batch_runs_for_a_group_that_is_closed_or_was_left(
    acme: Group, bea: User, as_bea: Client, flux_kontext: ImageModel, door: str, is_closed: bool
) -> None:
    batch = Batch.objects.create(owner=bea, kind="compare", prompt="a chair", visibility="team", group=acme)
    for place, status in enumerate(("failed", "held", "queued")):
        run = factories.create_generation(bea, flux_kontext, group=acme)
        Generation.objects.filter(pk=run.pk).update(status=status, batch=batch, cell=[place])
    if is_closed:
        groups.set_open(acme, is_open=False)
    else:
        groups.remove_member(group=acme, user=bea)
    assert batches.let_all_go() == 0
    said = "Acme is closed and takes no more work." if is_closed else "You do not work for Acme."
    assert said in DOORS[door](as_bea).content.decode()
    assert sorted(Generation.objects.values_list("status", flat=True)) == ["failed", "held", "held"]
    groups.set_open(acme, is_open=True)
    groups.add_member(group=acme, user=bea)
    DOORS[door](as_bea)
    assert Generation.objects.filter(status="succeeded").exists()


@pytest.mark.parametrize("is_closed", [True, False], ids=["closed", "left"])
def test_what_waits_for_a_group_stops_with_it_and_the_note_says_how_much_did(
    acme: Group, bea: User, chi: User, as_ada: Client, as_bea: Client, flux_kontext: ImageModel, is_closed: bool
) -> None:
    groups.add_member(group=acme, user=chi)
    for place, owner in enumerate((bea, bea, chi)):
        batch = Batch.objects.create(owner=owner, kind="compare", prompt="a chair", visibility="team", group=acme)
        held = factories.create_generation(owner, flux_kontext, group=acme)
        Generation.objects.filter(pk=held.pk).update(status="held", batch=batch, cell=[place])
    waiting = factories.create_generation(bea, flux_kontext, group=acme)
    others = [
        factories.create_generation(chi, flux_kontext, group=acme),
        factories.create_generation(bea, flux_kontext),
    ]
    page = reverse("group", args=[acme.pk])
    if is_closed:
        note = as_ada.post(f"{page}open/", {"open": "no"}, follow=True).content.decode()
        assert "Acme is closed. 3 batches paused. 2 runs that waited were cancelled." in note
        assert "Acme takes work again." in as_ada.post(f"{page}open/", {"open": "yes"}, follow=True).content.decode()
    else:
        note = as_ada.post(f"{page}members/{bea.pk}/remove/", follow=True).content.decode()
        assert "Bea Arthur no longer works for Acme. 2 batches paused. 1 run that waited was cancelled." in note
    waiting.refresh_from_db()
    why = "Acme was closed" if is_closed else "No longer working for Acme"
    assert (waiting.status, waiting.error_sentence) == ("cancelled", f"{why} before it was sent. Nothing was charged.")
    expected = ["cancelled" if is_closed else "queued", "queued"]
    assert [Generation.objects.get(pk=row.pk).status for row in others] == expected
    assert why in text(as_bea, reverse("generation-detail", args=[waiting.pk]))


@pytest.mark.django_db(transaction=True)
def test_what_is_made_at_the_very_moment_its_group_closes_is_refused_or_stops_with_it(
    acme: Group, bea: User, flux_kontext: ImageModel
) -> None:
    crowd = 6
    tasks.queue.immediate = False
    together = threading.Barrier(crowd + 1)
    answers: list[int] = []

    def make(number: int) -> None:
        client = factories.signed_in(bea)
        values = {"model": FLUX, "prompt": "a chair", "models": [FLUX, "routellm/flux_pro"], "submission": str(number)}
        together.wait(60)
        made = client.post("/batches/new/", {**values, "group": acme.pk, "visibility": "group"})
        answers.append(made.status_code)
        connection.close()

    threads = [threading.Thread(target=make, args=[number]) for number in range(crowd)]
    for thread in threads:
        thread.start()
    together.wait(60)
    wait_until(lambda: bool(answers), "the first batch")
    groups.set_open(acme, is_open=False)
    for thread in threads:
        thread.join(120)
    assert set(answers) <= {302, 422}
    assert set(Batch.objects.values_list("state", flat=True)) == {"paused"}
    assert not Generation.objects.filter(status="queued").exists()


def test_what_a_group_may_not_use_any_more_is_neither_asked_about_nor_run_again(
    acme: Group, bea: User, as_bea: Client, flux_kontext: ImageModel, routellm: Gateway
) -> None:
    ImageModel.objects.filter(pk=flux_kontext.pk).update(price="100", price_unit="points")
    User.objects.filter(pk=bea.pk).update(confirm_points="50")
    batch = Batch.objects.create(owner=bea, kind="compare", prompt="a chair", visibility="team", group=acme)
    run = factories.create_generation(bea, flux_kontext, group=acme)
    Generation.objects.filter(pk=run.pk).update(status="failed", batch=batch, cell=[0])
    asked = "Run what failed again?"
    assert asked in DOORS["retry"](as_bea).content.decode()
    groups.change_group(group=acme, name="Acme", default_visibility="group", model_ids=["routellm/flux_pro"])
    answer = DOORS["retry"](as_bea).content.decode()
    assert asked not in answer
    assert "No longer offered, or not allowed for Acme: FLUX Kontext." in answer


def test_who_is_bound_by_being_added_is_told_of_and_so_is_a_binding_that_is_taken_off(
    acme: Group, chi: User, as_ada: Client, as_bea: Client
) -> None:
    page, said = reverse("group", args=[acme.pk]), "from now on always for a group"
    dan = factories.create_user("dan")
    assert said not in as_bea.post(f"{page}members/", {"person": dan.pk}, follow=True).content.decode()
    settings = {"name": "Acme", "default_visibility": "group", "scope": "every"}
    for binds in ("on", ""):
        as_ada.post(f"{page}change/", {**settings, "binds_members": binds})
        assert AuditEntry.objects.filter(act="group.changed").latest("pk").detail["bound"] is bool(binds)
        if binds:
            assert said in as_bea.post(f"{page}members/", {"person": chi.pk}, follow=True).content.decode()


def test_the_forms_of_who_always_works_for_a_group_offer_nobody_in_particular_to_none(
    acme: Group, bea: User, as_bea: Client, as_ada: Client, flux_kontext: ImageModel
) -> None:
    factories.create_picture(bea, flux_kontext, group=None)
    pages = ("/", "/analysis/", "/tokens/")
    for page in pages:
        assert "obody in particular</option>" in text(as_bea, page), page
    rules = {"name": "Acme", "default_visibility": "group", "scope": "every", "binds_members": "on"}
    as_ada.post(reverse("group-change", args=[acme.pk]), rules)
    for page in pages:
        assert "obody in particular</option>" not in text(as_bea, page), page
    assert re.search(rf'<option value="{acme.pk}"[^>]*selected', text(as_bea, "/"))
    assert 'name="binds_members" value="on" checked' in text(as_ada, reverse("group", args=[acme.pk]))


def test_of_several_groups_the_one_a_run_is_made_for_decides_and_a_persons_budget_holds_in_all(
    acme: Group, bea: User, as_bea: Client, as_ada: Client, flux_kontext: ImageModel
) -> None:
    groups.change_group(
        group=acme, name="Acme", default_visibility="group", model_ids=["routellm/flux_pro"], binds_members=True
    )
    lax = groups.create_group(name="Lax", default_visibility="group", model_ids=[])
    groups.add_member(group=lax, user=bea)
    assert submit(as_bea, group=str(lax.pk)).status_code == 302
    assert "may not be used for Acme" in submit(as_bea, group=str(acme.pk)).content.decode()
    assert "You always work for a group" in submit(as_bea, group="").content.decode()
    assert "a budget for the person holds in all of them" in text(as_ada, reverse("group", args=[acme.pk]))
    ImageModel.objects.filter(pk=flux_kontext.pk).update(price="100", price_unit="points")
    Gateway.objects.filter(slug="routellm").update(had_key=True)
    Budget.objects.create(scope="person", person=bea, period="day", unit="points", stop_at="50")
    assert "left of your budget" in submit(as_bea, group=str(lax.pk)).content.decode()
    assert Generation.objects.count() == 1
