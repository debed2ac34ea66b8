"""Batches: many runs submitted together, let go in order as long as the batch is open and its limit is not reached.

A run that waits for its batch is HELD; letting it go makes it QUEUED, and from then on it is a run like any other. The
limit counts what ended runs cost and what those under way are reckoned to cost, so that none is let go that could pass it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from gallery.models import Batch, Board, Generation, Group, Image, ImageModel, User
from gallery.models.generations import Status
from gallery.models.image_models import ImageModelQuerySet
from gallery.services import budgets, claims, generations, marks, stops, working_for
from gallery.services.covers import settle_cover
from gallery.services.locks import lock as lock_in_order
from gallery.services.locks import lock_batch_and_its_inputs, lock_batches_of, lock_stacks
from gallery.services.prices import Prices, Quote
from gallery.services.reckoning import Reckoning

MOST_RUNS = 400
Written = Mapping[str, Any] | None


class BatchRefused(Exception):
    """This batch cannot be made or changed so; the text is a sentence for people."""


class RunAlready(BatchRefused):
    """The same submission has become a run by itself meanwhile."""

    def __init__(self, generation: Generation):
        super().__init__("This has been run already, as one run by itself. It is in the history.")
        self.generation = generation


@dataclass(frozen=True, kw_only=True)
class PlannedRun:
    """One cell: `cell` holds its place on every axis."""

    image_model: ImageModel
    prompt: str
    parameters: dict[str, Any]
    inputs: generations.Inputs
    cell: Sequence[int]
    quote: Quote


@dataclass(frozen=True, kw_only=True)
class Limit:
    amount: Decimal
    unit: str


def create_batch(
    *,
    owner: User,
    kind: str,
    prompt: str,
    axes: Sequence[dict[str, Any]],
    runs: Sequence[PlannedRun],
    visibility: str,
    group: Group | None = None,
    limit: Limit | None = None,
    submission: str | None = None,
    board: Board | None = None,
    written: Written = None,
    **fields: Any,
) -> Batch:
    """Write the batch and a row for each run, and let go what may run. The same `submission` gives the same batch again.
    `written` is how the prompt of its runs was written. Rings no bell. Raises BatchRefused, RunAlready, WorkRefused,
    BudgetRefused."""
    if not runs:
        raise BatchRefused("There is nothing to run.")
    if len(runs) > MOST_RUNS:
        raise BatchRefused(f"This makes {len(runs)} runs; a batch takes at most {MOST_RUNS}. Leave some values out.")
    submission = (submission or "").replace("\x00", "")[:80] or None
    try:
        with transaction.atomic():
            working_for.hold_open(group, owner)
            lock_batches_of(pictures_of(runs))
            batch = Batch.objects.create(
                owner=owner,
                kind=kind,
                prompt=prompt,
                axes=list(axes),
                visibility=visibility,
                group=group,
                spend_limit=limit.amount if limit else None,
                spend_unit=limit.unit if limit else "",
                submission=submission,
                **fields,
            )
            # One run alone is the same as the submission would have made at once.
            alone = submission if len(runs) == 1 else None
            rows = [add_run(batch, run, owner, board=board, written=written, submission=alone) for run in runs]
            if rows[0].batch_id != batch.pk:
                raise RunAlready(rows[0])
            let_go(batch)
            generations.use_pictures(pictures_of(runs), rows)
    except IntegrityError:
        same = Batch.objects.filter(owner=owner, submission=submission).first() if submission else None
        if same is None:
            raise
        return same
    return batch


def pictures_of(runs: Iterable[PlannedRun]) -> list[Image]:
    return [picture for run in runs for pictures in run.inputs.values() for picture in pictures]


def add_run(
    batch: Batch,
    run: PlannedRun,
    owner: User,
    *,
    made_from: Generation | None = None,
    board: Board | None = None,
    written: Written = None,
    submission: str | None = None,
) -> Generation:
    return generations.create_generation(
        owner=owner,
        image_model=run.image_model,
        prompt=run.prompt,
        parameters=run.parameters,
        inputs=run.inputs,
        visibility=batch.visibility,
        group=batch.group,
        made_from=made_from,
        board=board,
        written=written,
        submission=submission,
        place=generations.Place(batch=batch, cell=run.cell, quote=run.quote),
    )


def let_go(batch: Batch, *, only: Sequence[Generation] | None = None, is_its_turn: bool = False) -> int:
    """Queue held runs in their order, up to the limit. Returns how many. Raises BudgetRefused when a budget has no room: at the
    start for all of them, later, or where they go one after the other up to a limit, for the next. What a budget takes one at
    a time waits behind others who wait, until it is its turn. With `only` these alone, whatever else the batch holds back."""
    with transaction.atomic():
        batch = Batch.objects.select_for_update(no_key=True).get(pk=batch.pk)
        if only is None and batch.state != Batch.State.OPEN:
            return 0
        budgets.lock_books()
        hold_back(batch)
        has_learnt = quote_anew(batch)
        held = Generation.objects.filter(batch=batch, status=Status.HELD).order_by("id")
        if only is not None:
            held = held.filter(pk__in=[row.pk for row in only])
        within = list(held.values_list("pk", flat=True)) if batch.spend_limit is None else within_limit(batch, held)
        rows = Generation.objects.filter(pk__in=within).order_by("id")
        ids = [row.pk for row in budgets.in_turn(rows, is_its_turn=is_its_turn)]
        if only is None and not ids and within:
            # Somebody else's run of unknown price is before them.
            return 0
        # Of what has a turn now, `in_turn` has seen to it; the rest is refused.
        is_its_turn, ids = bool(ids), ids or within
        has_begun = Generation.objects.filter(batch=batch).exclude(status=Status.HELD).exists()
        if batch.spend_limit is not None or has_begun or has_learnt:
            ids = with_room(batch, ids)
        now = timezone.now()
        count = Generation.objects.filter(pk__in=ids, status=Status.HELD).update(status=Status.QUEUED, changed_at=now)
        budgets.hold(Generation.objects.filter(pk__in=ids, status=Status.QUEUED), is_its_turn=is_its_turn)
        if only is None and batch.spend_limit is not None and not count and is_waiting_in_vain(batch):
            change(batch, state=Batch.State.SPENT)
    return count


def quote_anew(batch: Batch) -> bool:
    """What nobody knew the price of when the batch was made may have one by now: from its first runs, or an administrator.
    Returns whether some has."""
    if not budgets.are_any():
        return False
    unknown = Generation.objects.filter(batch=batch, status=Status.HELD, quote=None).exclude(image_model=None)
    rows = list(unknown.select_related("image_model__gateway").prefetch_related("inputs"))
    prices = Prices(list({row.image_model_id: row.image_model for row in rows if row.image_model}.values()))
    for row in rows:
        assert row.image_model
        quote = prices.quote(row.image_model, row.parameters, {given.parameter for given in row.inputs.all()})
        row.quote, row.quote_unit = quote.amount, quote.unit if quote.is_known else row.quote_unit
    known = [row for row in rows if row.quote is not None]
    Generation.objects.bulk_update(known, ["quote", "quote_unit"])
    return bool(known)


def within_limit(batch: Batch, held: Any) -> list[int]:
    """Ids of held runs that fit beside what is spent and promised. A model whose price this batch has not met yet, or nobody
    knows, goes alone: only what it costs can tell whether there is room for the next."""
    assert batch.spend_limit is not None
    reckoning = Reckoning.of(batch)
    room = batch.spend_limit - reckoning.spent
    chosen: list[int] = []
    for row in held.only("pk", "image_model_id", "quote", "quote_unit"):
        amount = reckoning.amount_of(row)
        is_proven = amount == 0 or row.image_model_id in reckoning.factors
        if not is_proven and (chosen or reckoning.is_busy):
            break
        if row.image_model_id in reckoning.foreign or (room <= 0 if amount is None else amount > room):
            break
        chosen.append(row.pk)
        room -= amount or 0
        if not is_proven:
            break
    return chosen


def with_room(batch: Batch, ids: Sequence[int]) -> list[int]:
    """As many of these as budgets have room for. Where it is none, what is under way may still make some: else BudgetRefused."""
    rows = Generation.objects.filter(pk__in=ids).order_by("id")
    chosen, refusal = budgets.with_room(rows)
    if refusal and not chosen and not is_busy(batch):
        raise refusal
    return [row.pk for row in chosen]


def hold_back(batch: Batch) -> int:
    """What costs more than it was reckoned to leaves less room: the last ones that wait in line go back. Returns how many."""
    if batch.spend_limit is None:
        return 0
    reckoning = Reckoning.of(batch)
    over = reckoning.spent - batch.spend_limit
    back: list[int] = []
    for row in Generation.objects.filter(batch=batch, status=Status.QUEUED).order_by("-id"):
        if over <= 0:
            break
        over -= reckoning.amount_of(row) or 0
        back.append(row.pk)
    return put_back(Generation.objects.filter(pk__in=back, status=Status.QUEUED))


def put_back(rows: QuerySet[Generation]) -> int:
    """What waits in line is held back by its batch, and promised by no budget meanwhile."""
    budgets.lock_books()
    ids = list(rows.select_for_update().values_list("pk", flat=True))
    count = Generation.objects.filter(pk__in=ids).update(status=Status.HELD, run_after=None, changed_at=timezone.now())
    budgets.release(ids)
    return count


def is_waiting_in_vain(batch: Batch) -> bool:
    """Some are held, none is under way: nothing will change by itself."""
    return not is_busy(batch) and Generation.objects.filter(batch=batch, status=Status.HELD).exists()


def is_busy(batch: Batch) -> bool:
    return Generation.objects.filter(batch=batch, status__in=(Status.QUEUED, Status.RUNNING)).exists()


def lock(generation: Generation) -> None:
    """Its batch, if it is of one, before anything else that others hold while they wait for a batch."""
    if generation.batch_id:
        Batch.objects.select_for_update(no_key=True).filter(pk=generation.batch_id).first()


def follow(generation: Generation) -> None:
    """A run of a batch has ended: its cost is known, another may go. A place that others wait for as well goes by turns, as
    soon as a worker looks."""
    if generation.batch_id:
        let_go_within_budgets(Batch(pk=generation.batch_id))


def let_all_go() -> int:
    """What every open batch has room for, whoever died before saying so. Whoever started longest ago is first. How many runs of
    theirs run does not count here: who has one for hours would never come to a place that there is once."""
    waiting = list(Batch.objects.holding())
    if not waiting:
        return 0
    started = claims.last_starts([batch.owner_id for batch in waiting])
    # Held runs start later than newer ones.
    for owner, at in Generation.objects.newest_starts(waiting):
        started[owner] = max(started.get(owner, 0.0), at.timestamp())
    waiting.sort(key=lambda batch: (started.get(batch.owner_id, 0.0), batch.pk))
    count, without_place = 0, set[int]()
    for batch in waiting:
        if batch.pk in without_place:
            continue
        went = let_go_within_budgets(batch, is_its_turn=True)
        count += went
        if not went:
            # So that the books are not taken for each of many that wait for the same.
            without_place = budgets.without_place(waiting)
    return count


def let_go_within_budgets(batch: Batch, *, is_its_turn: bool = False) -> int:
    """As `let_go` where nobody is there to be told: a budget without room pauses the batch, which its page says."""
    try:
        return let_go(batch, is_its_turn=is_its_turn)
    except budgets.BudgetRefused:
        change(batch, state=Batch.State.REFUSED)
        return 0


# What people do with one -------------------------------------------------------------------------------------------


def pause_batch(batch: Batch) -> None:
    """What has not been sent waits; what runs goes on."""
    with transaction.atomic():
        change(batch, state=Batch.State.PAUSED)
        put_back(Generation.objects.filter(batch=batch, status=Status.QUEUED))


def pause_batches_of(user: User) -> int:
    """All open ones that still hold or send something, locked with those of others in which this person's runs wait.
    Returns how many."""
    waiting = Generation.objects.filter(owner=user, status__in=(Status.HELD, Status.QUEUED))
    with transaction.atomic():
        lock_in_order(Batch.objects.filter(Q(owner=user, state=Batch.State.OPEN) | Q(pk__in=waiting.values("batch"))))
        moving = Generation.objects.filter(status__in=(Status.HELD, Status.QUEUED, Status.RUNNING)).values("batch")
        rows = Batch.objects.filter(owner=user, state=Batch.State.OPEN, pk__in=moving)
        return rows.update(state=Batch.State.PAUSED, changed_at=timezone.now())


def pause_batches_for(group: Group, *, of: User | None = None) -> int:
    """All open ones that were made for it, by this person if one is named: as `pause_batch` does. In those that paused before,
    what was let go since is held back as well. Locked with those of others in which this person's runs move. Returns how many
    were open."""
    moving = Generation.objects.filter(status__in=(Status.HELD, Status.QUEUED, Status.RUNNING))
    rows = Batch.objects.filter(group=group, pk__in=moving.values("batch"))
    with transaction.atomic():
        theirs = Q(owner=of) | Q(pk__in=moving.filter(owner=of).values("batch"))
        stopping = Batch.objects.filter(pk__in=lock_in_order(rows.filter(theirs) if of else rows))
        stopping = stopping.filter(owner=of) if of else stopping
        running = stopping.filter(state=Batch.State.OPEN)
        count = running.update(state=Batch.State.PAUSED, changed_at=timezone.now())
        put_back(Generation.objects.filter(batch__in=stopping, status=Status.QUEUED))
    return count


def paused_with_group(generation: Generation) -> Batch | None:
    """The batch of this run, where that stopped as work for the group ended: when it was closed, any; when the run's owner left
    it, their own. Somebody may have resumed it since."""
    rows = Batch.objects.filter(generations=generation)
    return rows.filter(Q(owner=generation.owner_id) | Q(group__archived_at__isnull=False)).first()


def refuse_for(batch: Batch, user: User) -> None:
    """Raises BatchRefused where this person may run nothing more for whom it was made: until the transaction ends they may."""
    if batch.group is None and user.is_bound:
        raise BatchRefused("You always work for a group, and this was for none. Set it up anew, for one of yours.")
    try:
        working_for.hold_open(batch.group, user)
    except working_for.WorkRefused as refusal:
        raise BatchRefused(str(refusal)) from refusal


def offered_for(batch: Batch) -> ImageModelQuerySet:
    """The models that may run for whom it was made."""
    offered = ImageModel.objects.offered()
    return batch.group.usable(offered) if batch.group else offered


def gone_in_words(batch: Batch) -> str:
    """Of models that are not among them."""
    return f"No longer offered, or not allowed for {batch.group}" if batch.group else "No longer offered"


def resume_batch(batch: Batch, user: User) -> int:
    """Raises BatchRefused, BudgetRefused."""
    with transaction.atomic():
        refuse_for(batch, user)
        change(batch, state=Batch.State.OPEN)
        return let_go(batch)


def set_limit(batch: Batch, user: User, limit: Limit | None) -> int:
    """Another limit, or none; what it leaves room for goes. Raises BatchRefused, BudgetRefused."""
    with transaction.atomic():
        refuse_for(batch, user)
        amount, unit = (limit.amount, limit.unit) if limit else (None, "")
        change(batch, spend_limit=amount, spend_unit=unit, state=Batch.State.OPEN)
        return let_go(batch)


def fault_of_limit(batch: Batch, limit: Limit | None) -> str:
    """Why this would not stop what the batch holds back; "" where it does."""
    held = Generation.objects.held_in(batch)
    return stops.find_fault(limit.unit, [(row.model_name, row.gateway) for row in held if row.gateway]) if limit else ""


def unit_of_limit(batch: Batch) -> str:
    """In which what it holds back is charged, else as it was set."""
    held = Generation.objects.held_in(batch)
    units = stops.units_of([row.gateway for row in held if row.gateway])
    return batch.spend_unit if batch.spend_unit in units or not units else units[0]


def retry_failed(batch: Batch, user: User, *, only: int | None = None) -> list[str]:
    """Run again, as new runs in the same cells, those whose newest run failed or was cancelled; with `only` that one alone.
    A batch that holds others back goes on doing so. Returns the names of models whose runs are left out, being no longer
    offered or allowed. Raises BatchRefused when none can be run, BudgetRefused."""
    with transaction.atomic():
        refuse_for(batch, user)
        lock_batch_and_its_inputs(batch)
        is_paused = is_holding_back(batch)
        again = Generation.objects.undone_in(batch, only=only)
        offered = offered_for(batch).in_bulk({row.image_model_id for row in again if row.image_model_id})
        gone = sorted({row.model_name for row in again if row.image_model_id not in offered})
        prices = Prices(list(offered.values()))
        plans: list[PlannedRun] = []
        rows: list[Generation] = []
        for row in again:
            if image_model := offered.get(row.image_model_id or 0):
                plans.append(planned_again(row, image_model, prices, user))
                rows.append(add_run(batch, plans[-1], user, made_from=row, board=row.board, written=row.written))
        if gone and not rows:
            raise BatchRefused(f"{gone_in_words(batch)}: {', '.join(gone)}.")
        if is_paused:
            let_go(batch, only=rows)
        else:
            change(batch, state=Batch.State.OPEN)
            let_go(batch)
        generations.use_pictures(pictures_of(plans), rows)
    return gone


def is_holding_back(batch: Batch) -> bool:
    """Until somebody resumes it. At its limit a batch holds back by itself, whoever lets it go."""
    waits = Batch.objects.filter(pk=batch.pk, state__in=(Batch.State.PAUSED, Batch.State.REFUSED))
    return waits.exists() and Generation.objects.filter(batch=batch, status=Status.HELD).exists()


def planned_again(row: Generation, image_model: ImageModel, prices: Prices, user: User) -> PlannedRun:
    """At what it is reckoned to cost by now. Raises BatchRefused where it cannot be repeated as it was."""
    try:
        parameters = generations.settings_again(row, image_model)
        inputs = generations.inputs_again(row, user)
    except generations.CannotRunAgain as problem:
        raise BatchRefused(str(problem)) from problem
    quote = prices.quote(image_model, parameters, set(inputs))
    return PlannedRun(
        image_model=image_model, prompt=row.prompt, parameters=parameters, inputs=inputs, cell=row.cell, quote=quote
    )


def stop_batch(batch: Batch) -> int:
    """Cancel everything that has not ended, all at once. Returns how many."""
    with transaction.atomic():
        Batch.objects.select_for_update(no_key=True).get(pk=batch.pk)
        return generations.cancel_rows(Generation.objects.filter(batch=batch))


def choose_winner(batch: Batch, image: Image, user: User) -> None:
    """Circled, and the one that stands for all on the wall."""
    with transaction.atomic():
        lock_stacks([image.generation_id])
        change(batch, winner=image)
        settle_cover(image.generation_id)
        marks.mark_images(user=user, image_ids=[image.pk], is_favourite=True)


def change(batch: Batch, **changes: Any) -> None:
    Batch.objects.filter(pk=batch.pk).update(**changes, changed_at=timezone.now())
    for name, value in changes.items():
        setattr(batch, name, value)
