"""Drafts as views meet them: the posted form becomes one, and the form is drawn from it again."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, QueryDict

from gallery import specs
from gallery.forms import GenerationForm
from gallery.forms.batches import plan_of
from gallery.forms.former import former_of
from gallery.models import Draft, ImageModel, User
from gallery.services import drafts, presets, recalls
from gallery.views.access import current_user
from gallery.views.recall import open_fitted
from gallery.views.uploads import is_id

MOST_PICTURES = 100
LONGEST_BEGINNING = 80


def kind_of(data: QueryDict) -> Draft.Kind:
    """Which form was posted."""
    return Draft.Kind.SET_UP if data.get("draft_kind") == Draft.Kind.SET_UP else Draft.Kind.STUDIO


def keep_draft(request: HttpRequest, image_model: ImageModel, data: QueryDict) -> Draft:
    """The posted form becomes the draft."""
    return save_posted(request, image_model, data).draft


def save_posted(
    request: HttpRequest, image_model: ImageModel, data: QueryDict, *, is_elsewhere: bool = False
) -> drafts.Saved:
    seen, age, kind = data.get("draft_seen", ""), data.get("draft_age", ""), kind_of(data)
    form = former_of(data, image_model)
    values = {**form.values, "from_preset": str(data.get("from_preset", ""))}
    return drafts.save_draft(
        owner=current_user(request),
        image_model=image_model,
        values={name: text.replace("\x00", "") for name, text in values.items() if name != "from_preset" or text},
        inputs={name: ids[:MOST_PICTURES] for name, ids in form.inputs.items()},
        seen=int(seen) if is_id(seen) else 0,
        age=timedelta(milliseconds=int(age)) if is_id(age) and len(age) < 12 else timedelta(0),
        kind=kind,
        plan=plan_of(data) if kind == Draft.Kind.SET_UP else None,
        is_elsewhere=is_elsewhere,
    )


def reopen(draft: Draft, image_model: ImageModel, user: User) -> tuple[GenerationForm, list[str]]:
    """Text for text where model and spec are as they were; what they made impossible is said."""
    pictures, lost = drafts.pictures_of(draft, user)
    if draft.model_key == image_model.full_id and draft.spec == image_model.spec_json:
        return GenerationForm(image_model=image_model, user=user, values=draft.values, inputs=pictures), lost
    values, spec = drafts.settings_of(draft), specs.parse_parameters(draft.spec)
    fitted = recalls.fit(image_model, values, spec, pictures, user)
    if draft.model_key != image_model.full_id:
        fitted, opened = presets.fill_unset(fitted, values, spec, image_model, user)
        lost += opened
    form = open_fitted(image_model, fitted, user)
    form.initial["from_preset"] = draft.values.get("from_preset", "")
    return form, [*lost, *fitted.sentences]


def put_aside_in_words(draft: Draft | None) -> str:
    """How the draft that was put aside begins; "" where there is none."""
    if draft is None or not draft.put_aside:
        return ""
    words = " ".join(str(draft.put_aside["values"].get("prompt", "")).split())
    begun = words[:LONGEST_BEGINNING].rstrip() + "…" if len(words) > LONGEST_BEGINNING else words
    return begun or ("pictures without words" if draft.put_aside["inputs"] else "settings without words")


def draft_context(request: HttpRequest, draft: Draft | None) -> dict[str, Any]:
    """`draft` is the one that the form shows: another one it will not overwrite silently."""
    return {
        "draft_seen": draft.revision if draft else request.POST.get("draft_seen", 0),
        "put_aside": put_aside_in_words(draft),
        "put_aside_mark": drafts.mark_of(draft) if draft else "",
    }
