"""What gateways refused of a model's settings, and a spec corrected by it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from gallery import specs
from gallery.models import Generation, ImageModel, SpecVersion, User
from gallery.services.spec_versions import save_changes

LOOKED_AT = 1000
MOST_NAMED = 8


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """One setting that was refused in `count` of the last runs, `latest` being the newest of them; `values` are what the gateway
    takes instead, `changes` what taking them over changes."""

    generation_id: int
    parameter: str
    label: str
    values: Sequence[str]
    count: int
    latest: datetime | None
    changes: Sequence[specs.SpecChange]


def find_refusals(image_model: ImageModel) -> list[Refusal]:
    """Those that the present spec still has wrong, the newest of each setting."""
    found: dict[str, Refusal] = {}
    counts: dict[str, int] = {}
    for pk, refused, moment in Generation.objects.refused_of(image_model, LOOKED_AT):
        name = str(refused.get("parameter", ""))
        counts[name] = counts.get(name, 0) + 1
        if name in found:
            continue
        spec = specs.corrected(image_model.spec, name, refused.get("values", ()))
        if spec is None:
            continue
        found[name] = Refusal(
            generation_id=pk,
            parameter=name,
            label=next(one.label for one in image_model.spec if one.name == name),
            values=list(refused.get("values", ())),
            count=0,
            latest=moment,
            changes=specs.compare(image_model.spec, spec),
        )
    return [Refusal(**{**vars(one), "count": counts[name]}) for name, one in found.items()]


def is_correctable(generation: Generation) -> bool:
    """Whether what this run was refused for can be taken over into its model's spec."""
    refused, image_model = generation.refused or {}, generation.image_model
    if image_model is None or not refused.get("parameter"):
        return False
    return specs.corrected(image_model.spec, refused["parameter"], refused.get("values", ())) is not None


def correct_spec(*, image_model: ImageModel, generation_id: int, author: User) -> list[str]:
    """Take over what the gateway named when it refused this run; returns names of changed fields, none where nothing is left to
    correct."""
    rows = Generation.objects.filter(image_model=image_model, refused__isnull=False)
    refused = rows.filter(pk=generation_id).values_list("refused", flat=True).first() or {}
    name, values = str(refused.get("parameter", "")), [str(value) for value in refused.get("values", ())]
    spec = specs.corrected(image_model.spec, name, values)
    if spec is None:
        return []
    return save_changes(
        image_model=image_model,
        changes={"parameters": specs.to_json(spec)},
        author=author,
        reason=SpecVersion.Reason.CORRECTED,
        note=note_of(image_model, name, values, generation_id),
    )


def note_of(image_model: ImageModel, name: str, values: Sequence[str], generation_id: int) -> str:
    gateway = image_model.gateway.name
    if not values:
        return f"{gateway} does not know {name} (run {generation_id})."
    more = f" and {len(values) - MOST_NAMED} more" if len(values) > MOST_NAMED else ""
    return f"{gateway} refused {name} and takes {', '.join(values[:MOST_NAMED])}{more} (run {generation_id})."
