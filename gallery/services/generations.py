"""Generations as people handle them: submit, run again, cancel, show or hide. How one is run is in services.runs."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from gallery import specs
from gallery.models import AccessToken, Generation, GenerationInput, Image, ImageModel, User, Visibility, Worker
from gallery.models.generations import Status
from gallery.services import claims, recalls
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


def create_generation(
    *,
    owner: User,
    image_model: ImageModel,
    prompt: str,
    parameters: Mapping[str, Any],
    inputs: Inputs | None = None,
    visibility: str = Visibility.TEAM,
    submission: str | None = None,
    made_from: Generation | None = None,
    kind: str = Generation.Kind.IMAGE,
    conversation: Sequence[Mapping[str, Any]] = (),
    origin: Origin | None = None,
) -> Generation:
    """Write the row with its own copy of everything: QUEUED, or with an `origin` RUNNING there. The same `submission` of
    one owner gives the same row again. `conversation` is what was said before the prompt, as `runs.turns_of` reads it.

    An analysis has no knobs of the model: its spec is the pictures it looks at.
    """
    inputs = {name: images for name, images in (inputs or {}).items() if images}
    is_analysis = kind == Generation.Kind.ANALYSIS or not image_model.makes_images
    submission = (submission or "").replace("\x00", "") or None
    spec = analysis_spec(parameters) if is_analysis else image_model.spec
    chosen = dict(parameters) if is_analysis else with_seed(spec, parameters, set(inputs))
    width, height = specs.shape_chosen(spec, chosen, set(inputs)) or shape_of_first(inputs)
    generation = Generation(
        owner=owner,
        owner_name=owner.display_name,
        visibility=visibility,
        submission=submission,
        made_from=made_from,
        kind=Generation.Kind.ANALYSIS if is_analysis else Generation.Kind.IMAGE,
        image_model=image_model,
        gateway=image_model.gateway,
        gateway_slug=image_model.gateway.slug,
        model_id=image_model.model_id,
        model_name=image_model.name,
        spec=specs.to_json(spec) if is_analysis else image_model.spec_json,
        spec_hash=specs.spec_hash(spec) if is_analysis else image_model.spec_hash,
        prompt=prompt,
        conversation=list(conversation),
        parameters=chosen,
        image_count=specs.count_chosen(spec, chosen, set(inputs)),
        shape_width=width,
        shape_height=height,
        **(origin.fields if origin else {}),
    )
    if origin:
        origin.prepare(generation)
    try:
        # Only a submission can be there already; without one there is nothing to go back to.
        with transaction.atomic(savepoint=submission is not None):
            generation.save(force_insert=True)
            add_inputs(generation, inputs)
            if not origin:
                # A script's run is in the index when it has ended, moments later.
                index_generation(generation)
    except IntegrityError:
        same = Generation.objects.filter(owner=owner, submission=submission).first() if submission else None
        if same is None:
            raise
        return same
    return generation


def with_seed(spec: Sequence[specs.Parameter], parameters: Mapping[str, Any], given_images: set[str]) -> dict[str, Any]:
    """A seed left to chance is drawn here, sent and stored, so that “Run again” gives the same picture."""
    chosen = dict(parameters)
    for parameter in spec:
        if parameter.is_seed and chosen.get(parameter.name) is None and not specs.is_ignored(parameter, given_images):
            low = max(int(parameter.minimum or 0), 0)
            high = min(int(parameter.maximum or specs.LARGEST_SEED), specs.LARGEST_SEED)
            chosen[parameter.name] = random.SystemRandom().randint(low, high)
    return chosen


def shape_of_first(inputs: Inputs) -> tuple[float, float]:
    """Where no setting tells the shape, a result usually has its first reference's."""
    first = next((images[0] for images in inputs.values()), None)
    return (float(first.width), float(first.height)) if first else SQUARE


def add_inputs(generation: Generation, inputs: Inputs) -> None:
    """Link the pictures that go in."""
    if not inputs:
        return
    GenerationInput.objects.bulk_create(
        GenerationInput(generation=generation, image=image, parameter=name, position=position)
        for name, images in inputs.items()
        for position, image in enumerate(images)
    )
    settle_uploads(generation, generation.visibility)


def settle_uploads(generation: Generation, visibility: str) -> None:
    """One's own uploads become the team's with the first run that the team sees, and private with the last one hidden."""
    uploads = Image.objects.filter(source=Image.Source.UPLOADED, owner=generation.owner, uses__generation=generation)
    if visibility == Visibility.PRIVATE:
        uploads = uploads.exclude(uses__generation__visibility=Visibility.TEAM)
    Image.objects.filter(pk__in=uploads.values("pk")).update(visibility=visibility)


def inputs_of(generation: Generation) -> dict[str, list[Image]]:
    """The pictures that went in, by parameter, in order."""
    inputs: dict[str, list[Image]] = {}
    for row in generation.inputs.select_related("image"):
        inputs.setdefault(row.parameter, []).append(row.image)
    return inputs


def run_again(generation: Generation, *, owner: User, submission: str | None = None) -> Generation:
    """The same prompt, settings, seed and pictures once more, as a new row. `submission` as in `create_generation`.

    Raises CannotRunAgain.
    """
    image_model = generation.image_model
    if image_model is None or not ImageModel.objects.offered().filter(pk=image_model.pk).exists():
        raise CannotRunAgain(
            f"{generation.model_name} is no longer offered. Use “Edit and run” to choose another model."
        )
    before = specs.parse_parameters(generation.spec)
    is_image = generation.kind == Generation.Kind.IMAGE
    _, refused = recalls.fit_values(image_model, generation.parameters, before) if is_image else ({}, [])
    if refused:
        raise CannotRunAgain(
            f"{generation.model_name} no longer takes {', '.join(refused)}. Use “Edit and run” to choose anew."
        )
    inputs = inputs_of(generation)
    used = {image.pk for images in inputs.values() for image in images}
    if Image.objects.visible_to(owner).filter(pk__in=used).count() < len(used):
        raise CannotRunAgain(
            "A picture that went into this run is private to somebody else. Use “Edit and run” instead."
        )
    is_own = generation.owner_id == owner.pk
    return create_generation(
        owner=owner,
        image_model=image_model,
        prompt=generation.prompt,
        parameters=generation.parameters,
        inputs=inputs,
        visibility=generation.visibility if is_own else Visibility.TEAM,
        submission=submission,
        made_from=generation,
        kind=generation.kind,
        conversation=generation.conversation,
    )


def cancel_generation(generation: Generation) -> bool:
    """Cancel what waits at once; ask the worker to hang up on what runs. False when it had already ended."""
    rows = Generation.objects.filter(pk=generation.pk)
    with transaction.atomic():
        # Locked, so that it does not go back into the line between the two questions.
        list(rows.select_for_update().values_list("pk"))
        now = timezone.now()
        waiting = rows.filter(status=Status.QUEUED).update(
            status=Status.CANCELLED,
            finished_at=now,
            changed_at=now,
            error_kind="cancelled",
            error_sentence="Cancelled before it was sent. Nothing was charged.",
        )
        return bool(waiting or rows.filter(status=Status.RUNNING).update(cancel_requested_at=now, changed_at=now))


def set_visibility(generation: Generation, visibility: str) -> None:
    """Show to the team or keep private: the record and its pictures together."""
    with transaction.atomic():
        Generation.objects.filter(pk=generation.pk).update(visibility=visibility, changed_at=timezone.now())
        Image.objects.filter(generation=generation).update(visibility=visibility)
        settle_uploads(generation, visibility)
