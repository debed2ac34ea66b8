"""What of old values fits a model's spec: for recalls from the library and for changing the model in the studio."""

from collections.abc import Mapping, Sequence
from typing import Any

from gallery import specs
from gallery.models import Image, ImageModel, User

NOT_KNOBS = ("prompt", "visibility")


def fit_values(
    image_model: ImageModel, values: Mapping[str, Any], spec_before: Sequence[specs.Parameter]
) -> tuple[dict[str, Any], list[str]]:
    """The values this model takes as they are, and in words those it does not. What stood at its default is not missed."""
    spec = {parameter.name: parameter for parameter in image_model.spec if not parameter.is_image}
    before = {parameter.name: parameter for parameter in spec_before}
    fitting: dict[str, Any] = {}
    dropped: list[str] = []
    for name, value in values.items():
        if name in NOT_KNOBS:
            continue
        try:
            fitting[name] = clean(spec.get(name), value)
        except specs.ValueRefused:
            old = before.get(name)
            if old is None or value != old.default:
                dropped.append(f"{old.label} {old.label_of(value)}" if old else f"{name.replace('_', ' ')} {value}")
    return fitting, dropped


def clean(parameter: specs.Parameter | None, value: object) -> Any:
    if parameter is None:
        raise specs.ValueRefused("This model has no such setting.")
    return specs.clean_value(parameter, value)


def fit_inputs(
    image_model: ImageModel, inputs: Mapping[str, Sequence[Image]], user: User
) -> tuple[dict[str, list[Image]], list[str]]:
    """Pictures to the parameter of the same name, else to the model's first one, up to its limit; sentences on what is lost."""
    parameters = {parameter.name: parameter for parameter in image_model.image_parameters}
    first = next(iter(parameters), None)
    fitting: dict[str, list[Image]] = {}
    lost = 0
    for name, images in inputs.items():
        target = name if name in parameters else first
        seen = set(
            Image.objects.visible_to(user).kept().filter(pk__in=[i.pk for i in images]).values_list("pk", flat=True)
        )
        usable = [image for image in images if image.pk in seen]
        room = parameters[target].max_images - len(fitting.get(target, [])) if target else 0
        if target and usable[:room]:
            fitting.setdefault(target, []).extend(usable[:room])
        lost += len(images) - len(usable[:room])
    return fitting, [f"{lost} reference picture{'s' if lost > 1 else ''} could not be taken over."] if lost else []
