"""Generations as people handle them: submit, run again, cancel, show or hide. How one is run is in services.runs."""

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone

from gallery import specs
from gallery.models import (
    AccessToken,
    Batch,
    Board,
    Generation,
    GenerationInput,
    Group,
    Image,
    ImageModel,
    User,
    Visibility,
    Worker,
)
from gallery.models.generations import Status
from gallery.services import budgets, claims, log_marks, prices, recalls, working_for
from gallery.services.covers import settle_cover
from gallery.services.locks import lock_batches_of, lock_inputs, lock_run_with_uploads
from gallery.services.questions import analysis_spec
from gallery.services.search import index_generation

Inputs = Mapping[str, Sequence[Image]]
SQUARE = (1.0, 1.0)


class CannotRunAgain(Exception):
    """An old generation cannot be repeated as it was; the text is a sentence for people."""


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where a generation comes from when no page submitted it: a script's token and name, the hash of what it asked, and
    the web process that runs it at once."""

    access_token: AccessToken
    client: str
    request_hash: str
    worker: Worker
    is_simulated: bool
    quote: prices.Quote
    # Adds to the row what it is sent as, before it is written.
    prepare: Callable[[Generation], None]

    @property
    def fields(self) -> dict[str, Any]:
        return {
            "access_token": self.access_token,
            "client": self.client,
            "request_hash": self.request_hash,
            "is_simulated": self.is_simulated,
            **claims.running_fields(self.worker),
        }


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a generation stands in its batch, and what it was reckoned to cost. It is held back until the batch lets it go."""

    batch: Batch
    cell: Sequence[int]
    quote: prices.Quote

    @property
    def fields(self) -> dict[str, Any]:
        return {"batch": self.batch, "cell": list(self.cell), "status": Status.HELD}


def create_generation(
    *,
    owner: User,
    image_model: ImageModel,
    prompt: str,
    parameters: Mapping[str, Any],
    inputs: Inputs | None = None,
    visibility: str = Visibility.TEAM,
    group: Group | None = None,
    submission: str | None = None,
    made_from: Generation | None = None,
    board: Board | None = None,
    kind: str = Generation.Kind.IMAGE,
    conversation: Sequence[Mapping[str, Any]] = (),
    origin: Origin | None = None,
    place: Place | None = None,
    written: Mapping[str, Any] | None = None,
) -> Generation:
    """Write the row with its own copy of everything: QUEUED, or with an `origin` RUNNING there. The same `submission` of
    one owner gives the same row again. `conversation` is what was said before the prompt, as `runs.turns_of` reads it.
    Raises WorkRefused and BudgetRefused, unless a `place` in a batch holds it back: then whoever lets it go calls
    `use_pictures` as well.

    An analysis has no knobs of the model: its spec is the pictures it looks at.
    """
    inputs = {name: images for name, images in (inputs or {}).items() if images}
    pictures = [picture for images in inputs.values() for picture in images]
    is_analysis = kind == Generation.Kind.ANALYSIS or not image_model.makes_images
    submission = (submission or "").replace("\x00", "") or None
    spec = analysis_spec(parameters) if is_analysis else image_model.spec
    chosen = dict(parameters) if is_analysis else with_seed(spec, parameters, set(inputs))
    width, height = specs.shape_chosen(spec, chosen, set(inputs)) or shape_of_first(inputs)
    kind = Generation.Kind.ANALYSIS if is_analysis else Generation.Kind.IMAGE
    known = origin or place
    quote = known.quote if known else prices.quote_run(image_model, chosen, set(inputs), kind=kind)
    generation = Generation(
        owner=owner,
        owner_name=owner.display_name,
        visibility=visibility,
        group=group,
        submission=submission,
        made_from=made_from,
        board=None if is_analysis else board,
        kind=kind,
        quote=quote.amount,
        quote_unit=quote.unit if quote.is_known else "",
        image_model=image_model,
        gateway=image_model.gateway,
        gateway_slug=image_model.gateway.slug,
        model_id=image_model.model_id,
        model_name=image_model.name,
        spec=specs.to_json(spec) if is_analysis else image_model.spec_json,
        spec_hash=specs.spec_hash(spec) if is_analysis else image_model.spec_hash,
        prompt=prompt,
        written=dict(written) if written else None,
        conversation=list(conversation),
        parameters=chosen,
        image_count=specs.count_chosen(spec, chosen, set(inputs)),
        request_id=log_marks.request_id.get() or None,
        shape_width=width,
        shape_height=height,
        **(origin.fields if origin else {}),
        **(place.fields if place else {}),
    )
    if origin:
        origin.prepare(generation)
    try:
        # A submission can be there already, a budget without room; a script's call is in a transaction that can take it.
        with transaction.atomic(savepoint=submission is not None or origin is None):
            if known is None:
                working_for.hold_open(group, owner)
                lock_batches_of(pictures)
            generation.save(force_insert=True)
            link_inputs(generation, inputs)
            if not place:
                budgets.hold([generation])
                use_pictures(pictures, [generation])
            if not origin:
                # A script's run is in the index when it has ended, moments later.
                index_generation(generation)
    except IntegrityError:
        same = Generation.objects.filter(owner=owner, submission=submission).first() if submission else None
        if same is None:
            raise
        return same
    return generation


def with_seed(
    spec: Sequence[specs.Parameter],
    parameters: Mapping[str, Any],
    given_images: set[str],
    drawn: int | None = None,
) -> dict[str, Any]:
    """A seed left to chance is drawn here, sent and stored, so that “Run again” gives the same picture. Where one was `drawn`
    for many runs, it is that, or the nearest to it that this model takes."""
    chosen = dict(parameters)
    for parameter in spec:
        if parameter.is_seed and chosen.get(parameter.name) is None and not specs.is_ignored(parameter, given_images):
            low = max(int(parameter.minimum or 0), 0)
            high = min(int(parameter.maximum or specs.LARGEST_SEED), specs.LARGEST_SEED)
            number = random.SystemRandom().randint(low, high) if drawn is None else drawn
            chosen[parameter.name] = min(max(number, low), high)
    return chosen


def shape_of_first(inputs: Inputs) -> tuple[float, float]:
    """Where no setting tells the shape, a result usually has its first reference's."""
    first = next((images[0] for images in inputs.values()), None)
    return (float(first.width), float(first.height)) if first else SQUARE


def link_inputs(generation: Generation, inputs: Inputs) -> None:
    GenerationInput.objects.bulk_create(
        GenerationInput(generation=generation, image=image, parameter=name, position=position)
        for name, images in inputs.items()
        for position, image in enumerate(images)
    )


def use_pictures(pictures: Iterable[Image], generations: Sequence[Generation]) -> None:
    """What becomes of pictures that went into these new runs of one person, which the same people see."""
    ids = {picture.pk for picture in pictures}
    if ids and generations:
        lock_inputs(ids)
        Image.objects.filter(pk__in=ids, is_used=False).update(is_used=True)
        settle_uploads_of([row.pk for row in generations], generations[0].owner, generations[0].visibility)


def settle_uploads_of(generation_ids: Sequence[int], owner: User | None, visibility: str) -> None:
    """One's own uploads are seen by whoever sees a run they went into: the team, else the group of the first run that a group
    sees, else nobody. Whoever calls this has locked them."""
    uploads = Image.objects.filter(source=Image.Source.UPLOADED, owner=owner, uses__generation__in=generation_ids)
    if visibility == Visibility.TEAM:
        Image.objects.filter(pk__in=uploads.values("pk")).update(visibility=visibility)
        return
    hidden = Image.objects.filter(pk__in=uploads.exclude(uses__generation__visibility=Visibility.TEAM).values("pk"))
    of_groups = Generation.objects.filter(inputs__image=OuterRef("pk"), visibility=Visibility.GROUP).order_by("pk")
    found = list(hidden.annotate(shown_to=Subquery(of_groups.values("group")[:1])).values_list("pk", "shown_to"))
    for group in {group for _, group in found}:
        seen_by = Visibility.GROUP if group else Visibility.PRIVATE
        Image.objects.filter(pk__in=[pk for pk, its in found if its == group]).update(visibility=seen_by, group=group)


def inputs_of(generation: Generation) -> dict[str, list[Image]]:
    """The pictures that went in, by parameter, in order."""
    inputs: dict[str, list[Image]] = {}
    for row in generation.inputs.select_related("image"):
        inputs.setdefault(row.parameter, []).append(row.image)
    return inputs


def run_again(
    generation: Generation, *, owner: User, submission: str | None = None, is_varied: bool = False
) -> Generation:
    """The same prompt, settings, seed and pictures once more, as a new row; varied, the seed is left to chance.
    `submission` as in `create_generation`.

    Raises CannotRunAgain, WorkRefused, BudgetRefused.
    """
    image_model = generation.image_model
    if image_model is None or not ImageModel.objects.offered().filter(pk=image_model.pk).exists():
        raise CannotRunAgain(
            f"{generation.model_name} is no longer offered. Use “Edit and run” to choose another model."
        )
    parameters = settings_again(generation, image_model)
    inputs = inputs_again(generation, owner)
    group, visibility = group_again(generation, owner)
    if group and not group.allows(image_model):
        raise CannotRunAgain(f"{generation.model_name} may not be used for {group}. Choose another model.")
    if group is None and owner.is_bound:
        raise CannotRunAgain("You always work for a group, and this was for none. Use “Edit and run” and choose one.")
    before = specs.parse_parameters(generation.spec)
    return create_generation(
        owner=owner,
        image_model=image_model,
        prompt=generation.prompt,
        parameters=recalls.without_seed(parameters, before) if is_varied else parameters,
        inputs=inputs,
        visibility=visibility,
        group=group,
        submission=submission,
        made_from=generation,
        board=Board.objects.open_to(owner).filter(generations=generation).first(),
        kind=generation.kind,
        conversation=generation.conversation,
        written=generation.written,
    )


def settings_again(generation: Generation, image_model: ImageModel) -> dict[str, Any]:
    """As its model takes them by now, the seed too. Raises CannotRunAgain."""
    if generation.kind != Generation.Kind.IMAGE:
        return dict(generation.parameters)
    before = specs.parse_parameters(generation.spec)
    translation = specs.translate(generation.parameters, before, image_model.spec)
    refused = [*(f"{one.label} {one.before}" for one in translation.changed), *map(str, translation.left_out)]
    if refused:
        raise CannotRunAgain(
            f"{generation.model_name} no longer takes {', '.join(refused)}. Use “Edit and run” to choose anew."
        )
    return translation.values


def inputs_again(generation: Generation, owner: User) -> dict[str, list[Image]]:
    """The pictures that went in, all of them still there for whoever runs it again. Raises CannotRunAgain."""
    inputs = inputs_of(generation)
    used = {image.pk for images in inputs.values() for image in images}
    if any(image.purged_at for images in inputs.values() for image in images):
        raise CannotRunAgain("A picture that went into this run was deleted. Use “Edit and run” with another one.")
    if Image.objects.visible_to(owner).filter(pk__in=used).count() < len(used):
        raise CannotRunAgain(
            "A picture that went into this run is private to somebody else. Use “Edit and run” instead."
        )
    return inputs


def group_again(generation: Generation, owner: User) -> tuple[Group | None, str]:
    """For whom a run is done again, and who sees it: as before, if that is still one's own group. What only a group saw never
    becomes the team's by being run again."""
    group = Group.objects.of_person(owner).filter(pk=generation.group_id).first() if generation.group_id else None
    if generation.visibility == Visibility.GROUP and group is None:
        return None, Visibility.PRIVATE
    is_as_before = generation.owner_id == owner.pk or generation.visibility == Visibility.GROUP
    return group, generation.visibility if is_as_before else Visibility.TEAM


def cancel_generation(generation: Generation) -> bool:
    """Cancel what waits at once; ask the worker to hang up on what runs. False when it had already ended."""
    return bool(cancel_rows(Generation.objects.filter(pk=generation.pk)))


def cancel_rows(rows: QuerySet[Generation], why: str = "Cancelled") -> int:
    """The same for many, in one step: no worker takes one of them meanwhile. Returns how many had not ended."""
    with transaction.atomic():
        budgets.lock_books()
        unended = rows.filter(status__in=(Status.HELD, Status.QUEUED, Status.RUNNING)).order_by("pk")
        # Locked, so that none goes back into the line between the two questions.
        found = dict(unended.select_for_update().values_list("pk", "status"))
        waiting = [pk for pk, status in found.items() if status != Status.RUNNING]
        now = timezone.now()
        Generation.objects.filter(pk__in=waiting).update(
            status=Status.CANCELLED,
            finished_at=now,
            changed_at=now,
            error_kind="cancelled",
            error_sentence=f"{why} before it was sent. Nothing was charged.",
        )
        budgets.release(waiting)
        running = Generation.objects.filter(pk__in=found.keys() - set(waiting))
        running.update(cancel_requested_at=now, changed_at=now)
    return len(found)


def cancel_waiting_of(user: User) -> int:
    """What this person had queued or held back; what runs already goes on. Returns how many."""
    return cancel_rows(Generation.objects.filter(owner=user, status__in=(Status.HELD, Status.QUEUED)))


def cancel_waiting_for(group: Group, *, of: User | None = None) -> int:
    """What waits for this group and is of no batch that pauses with it: of this person alone if one is named, and then in
    batches of others too. Returns how many."""
    rows = Generation.objects.filter(group=group, status__in=(Status.HELD, Status.QUEUED))
    if of is None:
        return cancel_rows(rows.filter(batch=None), working_for.closed_in_words(group))
    theirs = rows.filter(owner=of).exclude(batch__in=Batch.objects.filter(owner=of).values("pk"))
    return cancel_rows(theirs, working_for.left_in_words(group))


def set_visibility(generation: Generation, visibility: str) -> None:
    """The record and its pictures together. The group is the one it was made for."""
    with transaction.atomic():
        lock_run_with_uploads(generation)
        Generation.objects.filter(pk=generation.pk).update(visibility=visibility, changed_at=timezone.now())
        Image.objects.filter(generation=generation).update(visibility=visibility)
        settle_cover(generation.pk)
        settle_uploads_of([generation.pk], generation.owner, visibility)


def set_visibilities(*, generation_ids: Sequence[int], owner: User, visibility: str) -> None:
    """The records alone; their pictures are shown or hidden already, and locked with what was uploaded for them."""
    Generation.objects.filter(pk__in=generation_ids).update(visibility=visibility, changed_at=timezone.now())
    settle_uploads_of(generation_ids, owner, visibility)
