"""The studio's form changed as a whole: another model with what fits of it, one step back, one step forth."""

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from gallery.forms import GenerationForm
from gallery.forms.former import (
    Former,
    filled_of,
    former_of,
    open_former,
    pictures_of,
    read_former,
    write_former,
)
from gallery.models import ImageModel, User
from gallery.services import presets, recalls
from gallery.services.recalls import pictures_in_words
from gallery.services.ways_back import Filled, fit_on_return
from gallery.views.access import current_user, require_maker
from gallery.views.htmx import HtmxRequest
from gallery.views.recall import open_fitted
from gallery.views.studio import page_context


@require_POST
def change_model(request: HtmxRequest) -> HttpResponse:
    """The form of another model, keeping of the posted one what fits; says what does not."""
    user = require_maker(request)
    image_model = ImageModel.objects.offered().named(request.POST.get("model", "")).first()
    if image_model is None:
        return HttpResponse("This model is not offered.", status=404, content_type="text/plain")
    before = model_shown(request) or image_model
    former, present = read_former(request.POST.get("former", "")), former_of(request.POST, before)
    now, said = filled_of(present, before, user), lost_in_words(present, user)
    is_same = image_model.pk == before.pk
    fitted = fit_present(now, [] if is_same else former, image_model, user)
    if not is_same and all(step.model_key != image_model.full_id for step in former):
        fitted, opened = presets.fill_unset(fitted, now.values, before.spec, image_model, user)
        said += opened
    steps = former if is_same else [*former, present]
    return show_form(request, open_fitted(image_model, fitted, user), said, steps=steps, later=[])


def fit_present(now: Filled, former: Sequence[Former], image_model: ImageModel, user: User) -> recalls.Fitted:
    """The present form in this model. Where there was a form of it before, what was lost since comes back."""
    places = [place for place, step in enumerate(former) if step.model_key == image_model.full_id]
    if not places:
        return recalls.fit(image_model, now.values, now.image_model.spec, now.inputs, user)
    since = ImageModel.objects.keyed(step.model_key for step in former[places[-1] + 1 :])
    return fit_on_return(filled_of(former[places[-1]], image_model, user), since, now, user)


@require_POST
def undo(request: HtmxRequest) -> HttpResponse:
    require_maker(request)
    return step(request, is_back=True)


@require_POST
def redo(request: HtmxRequest) -> HttpResponse:
    require_maker(request)
    return step(request, is_back=False)


def step(request: HtmxRequest, *, is_back: bool) -> HttpResponse:
    """To the form before or, once there, to the one after; the posted one stays on the other side."""
    user = current_user(request)
    steps, later = read_former(request.POST.get("former", "")), read_former(request.POST.get("later", ""))
    origin, other = (steps, later) if is_back else (later, steps)
    image_model = model_shown(request)
    if not origin or image_model is None:
        return redirect("studio")
    wanted = origin.pop()
    present = former_of(request.POST, image_model)
    form = open_former(wanted, user)
    if form is not None:
        other.append(present)
        said = ["Back as it was." if is_back else "Done again."]
    else:
        form = open_former(present, user)
        said = [f"{wanted.model_key} is no longer offered."]
    if form is None:
        return redirect("studio")
    return show_form(request, form, said, steps=steps, later=later)


def show_form(
    request: HtmxRequest, form: GenerationForm, said: Sequence[str], *, steps: Sequence[Former], later: Sequence[Former]
) -> HttpResponse:
    template = "studio/page.html#changed_form" if request.htmx else "studio/page.html"
    context = page_context(request, form, said, former=write_former(steps), later=write_former(later))
    response = render(request, template, context)
    response["HX-Replace-Url"] = f"{reverse('studio')}?model={form.image_model.full_id}"
    return response


# What was posted ---------------------------------------------------------------------------------------------------


def model_shown(request: HttpRequest) -> ImageModel | None:
    """The model whose form was posted, offered or not."""
    key = request.POST.get("previous_model", "") or request.POST.get("model", "")
    return ImageModel.objects.named(key).select_related("gateway").first()


def lost_in_words(present: Former, user: User) -> list[str]:
    """Pictures that went away while they stood in the form."""
    given = sum(map(len, present.inputs.values()))
    lost = given - sum(map(len, pictures_of(present.inputs, user).values()))
    return [f"{pictures_in_words(lost).capitalize()} no longer there."] if lost else []
