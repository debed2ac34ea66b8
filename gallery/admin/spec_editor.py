"""The editor of a model's parameter spec: the text, the form it makes as one types, and a try against the sandbox."""

import json
from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from gallery import specs
from gallery.admin.model_access import administrator, get_image_model, head_of, page_url
from gallery.admin.spec_field import as_text
from gallery.forms import GenerationForm
from gallery.models import ImageModel, SpecVersion
from gallery.services import spec_versions, trials

# Names with a hyphen: no parameter can be called so.
TEXT, NOTE, SEEN, SHOWN = "spec-text", "spec-note", "spec-seen", "spec-shown"
FIRST_PROMPT = "A ceramic teapot on a windowsill at dusk, long shadows, matte glaze in ochre"
WORDS = (
    ("name", "what the gateway calls it"),
    ("type", "string, integer, number, boolean or image; anything else gets a text box"),
    ("label, description", "what designers read"),
    ("required", "needed; with a default it is filled in"),
    ("basic", "stands in the form at once, not under More settings"),
    ("always_sent", "sent even where it stands at its default"),
    ("choices", "values, or tables of value, label, note, cost_factor"),
    ("minimum, maximum, step", "limits of a number, inclusive"),
    ("default", "what it stands at first"),
    ("max_images, max_megabytes", "how many pictures, and how large each"),
    ("forbids", "url, flags: what a text may not hold"),
    ("ignored_with", "an image parameter that switches this one off"),
    ("mask_of, mask_marks", "the image parameter it is the mask of; white, black or transparent is what changes"),
    ("transport", "image_config, message, top_level or none: where it travels"),
)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, image_model_id: int) -> HttpResponse:
    image_model = get_image_model(image_model_id)
    return save(request, image_model) if request.method == "POST" else show(request, image_model)


def show(request: HttpRequest, image_model: ImageModel) -> HttpResponse:
    text = as_text(image_model.parameters)
    return render(request, "spec_editor/page.html", editor_context(request, image_model, text))


def save(request: HttpRequest, image_model: ImageModel) -> HttpResponse:
    """A text that is no spec comes back as it was typed; one made to an older version meets the newer one."""
    text = typed(request)
    try:
        parameters, _ = specs.read_text(text)
    except specs.TextRefused as refusal:
        context = editor_context(request, image_model, text, refusal.fault)
        return render(request, "spec_editor/page.html", context, status=422)
    try:
        names = spec_versions.save_changes(
            image_model=image_model,
            changes={"parameters": parameters},
            author=administrator(request),
            reason=SpecVersion.Reason.EDITED,
            note=request.POST.get(NOTE, "").replace("\x00", "").strip(),
            seen=seen_version(request),
        )
    except spec_versions.ChangedMeanwhile:
        return render(request, "spec_editor/conflict.html", conflict_context(request, image_model, text), status=409)
    if names:
        messages.success(
            request, f"Saved as version {image_model.version}. Runs that already wait keep their own copy."
        )
    else:
        messages.info(request, "Nothing had changed.")
    return redirect(page_url(image_model, "spec"))


@require_POST
def preview(request: HttpRequest, image_model_id: int) -> HttpResponse:
    """The form that the typed text makes. While the text is not right, the last form stays and the fault is told."""
    image_model, text = get_image_model(image_model_id), typed(request)
    fault = fault_of(text)
    context = editor_context(request, image_model, text, fault)
    if not request.headers.get("HX-Request"):
        return render(request, "spec_editor/page.html", context, status=422 if fault else 200)
    response = render(request, "spec_editor/page.html#changed", context)
    if fault:
        response["HX-Reswap"] = "none"
    return response


@require_POST
def try_out(request: HttpRequest, image_model_id: int) -> HttpResponse:
    """Send what stands in the preview to the sandbox, by the spec as it is typed."""
    image_model, text = get_image_model(image_model_id), typed(request)
    fault = fault_of(text)
    context = editor_context(request, image_model, text, fault)
    if not fault:
        context["trial"] = make_trial(request, context["draft"])
    context["is_trial"] = True
    if not request.headers.get("HX-Request"):
        return render(request, "spec_editor/page.html", context, status=422 if fault else 200)
    return render(request, "spec_editor/page.html#trial", context)


def make_trial(request: HttpRequest, draft: ImageModel) -> dict[str, Any]:
    values, problems = cleaned_values(draft, request.POST)
    prompt = request.POST.get("prompt", "").strip()
    if problems or not prompt:
        return {"problem": " ".join(problems or ["Write a prompt first."])}
    trial = trials.try_spec(draft, prompt=prompt, values=values)
    return {
        "request": as_text(trial.request),
        "pictures": trial.pictures,
        "answer": trial.answer,
        "problem": trial.problem,
        "detail": trial.detail,
    }


def cleaned_values(draft: ImageModel, posted: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """What stands in the preview's knobs, in its JSON types, and what is wrong with it."""
    values: dict[str, Any] = {}
    problems = []
    for parameter in draft.spec:
        text = posted.get(parameter.name, "")
        if parameter.is_image or (text == "" and parameter.type != "boolean"):
            continue
        try:
            values[parameter.name] = specs.clean_value(parameter, text)
        except specs.ValueRefused as refusal:
            problems.append(str(refusal))
    return values, problems


# The page ----------------------------------------------------------------------------------------------------------


def typed(request: HttpRequest) -> str:
    return request.POST.get(TEXT, "").replace("\r\n", "\n")


def seen_version(request: HttpRequest) -> int:
    text = request.POST.get(SEEN, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


def fault_of(text: str) -> specs.Fault | None:
    try:
        specs.read_text(text)
    except specs.TextRefused as refusal:
        return refusal.fault
    return None


def editor_context(
    request: HttpRequest, image_model: ImageModel, text: str, fault: specs.Fault | None = None
) -> dict[str, Any]:
    draft = get_image_model(image_model.pk)
    if not fault:
        draft.parameters = specs.read_text(text)[0]
    return {
        **head_of(image_model),
        "text": text,
        "note": request.POST.get(NOTE, ""),
        "seen": request.POST.get(SEEN, "") or image_model.version,
        "fault": fault,
        "changes": [] if fault else specs.compare(image_model.spec, draft.spec),
        "draft": draft,
        "form": preview_form(request, draft),
        "shown": defaults_of(draft),
        "prompt": request.POST.get("prompt", FIRST_PROMPT),
        "preview_url": page_url(image_model, "spec_preview"),
        "try_url": page_url(image_model, "spec_try"),
        "words": WORDS,
    }


def preview_form(request: HttpRequest, draft: ImageModel) -> GenerationForm:
    """What was set in the preview before stays set, as long as the spec takes it; what stood at its default follows it."""
    former = former_defaults(request)
    values: dict[str, Any] = {}
    for parameter in draft.spec:
        is_switch = parameter.type == "boolean" and not parameter.choices
        absent = "false" if is_switch else ""
        text = request.POST.get(parameter.name, absent)
        if parameter.is_image or former.get(parameter.name, text) == text:
            continue
        try:
            values[parameter.name] = specs.clean_value(parameter, text) if text else ""
        except specs.ValueRefused:
            continue
    return GenerationForm(image_model=draft, user=administrator(request), values=values)


def former_defaults(request: HttpRequest) -> dict[str, str]:
    """What the knobs of the preview stood at first, as the page had it."""
    try:
        found = json.loads(request.POST.get(SHOWN, "{}"))
    except ValueError:
        return {}
    return {str(name): str(text) for name, text in found.items()} if isinstance(found, dict) else {}


def defaults_of(draft: ImageModel) -> str:
    return json.dumps({p.name: default_text(p) for p in draft.spec if not p.is_image}, ensure_ascii=False)


def default_text(parameter: specs.Parameter) -> str:
    """As its control posts it."""
    if parameter.type == "boolean" and not parameter.choices:
        return "true" if parameter.default else "false"
    return "" if parameter.default is None else str(parameter.default)


def conflict_context(request: HttpRequest, image_model: ImageModel, text: str) -> dict[str, Any]:
    """Both texts, what each of the two changed of the one they began with, and both changes together."""
    now = get_image_model(image_model.pk)
    _, mine = specs.read_text(text)
    began = SpecVersion.objects.for_page(now).filter(number=seen_version(request)).first()
    base = specs.parse_parameters(began.parameters) if began else now.spec
    together = specs.merge(base, now.spec, mine)
    return {
        **head_of(now),
        "mine": text,
        "theirs": as_text(now.parameters),
        "together": as_text(specs.to_json(together.spec)),
        "overlaps": together.overlaps,
        "note": request.POST.get(NOTE, ""),
        "changed_by_them": specs.compare(base, now.spec),
        "changed_by_me": specs.compare(base, mine),
        "prompt": request.POST.get("prompt", ""),
    }
