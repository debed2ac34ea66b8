"""Drafts: what stands in a person's form, the studio's or a set-up's, kept while it is typed: a reload, a crash or a sign-out
loses nothing.

Whoever typed last wins. What that overwrites without having seen it is put aside, one draft, to be taken back.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from gallery import specs
from gallery.models import Draft, Image, ImageModel, User
from gallery.services.recalls import BESIDE_KNOBS

LONGEST_AGE = timedelta(days=30)
LOSABLE = ("models", "axis_values", "spend_limit")


@dataclass(kw_only=True)
class Content:
    """Form texts by name and picture ids by parameter, with the spec they were written for."""

    model_key: str
    values: dict[str, str] = field(default_factory=dict)
    inputs: dict[str, list[int]] = field(default_factory=dict)
    spec: list[dict[str, Any]] = field(default_factory=list)
    plan: dict[str, list[str]] = field(default_factory=dict)

    @property
    def prompt(self) -> str:
        return self.values.get("prompt", "").strip()

    def would_be_lost(self, other: "Content") -> bool:
        """Whether it holds words, pictures, models or values of axes that are not in the other one."""
        pictures = {pk for given in other.inputs.values() for pk in given}
        return (
            self.prompt not in other.prompt
            or any(pk not in pictures for ids in self.inputs.values() for pk in ids)
            or any(set(self.plan.get(name, ())) - {"", *other.plan.get(name, ())} for name in LOSABLE)
        )


@dataclass(frozen=True, kw_only=True)
class Saved:
    """`is_in_it` says that the draft is what was sent; else it is still what somebody else typed later."""

    draft: Draft
    is_in_it: bool


def content_of(draft: Draft) -> Content:
    return Content(
        model_key=draft.model_key, values=draft.values, inputs=draft.inputs, spec=draft.spec, plan=draft.plan
    )


def save_draft(
    *,
    owner: User,
    image_model: ImageModel,
    values: Mapping[str, str],
    inputs: Mapping[str, Sequence[int]],
    seen: int,
    age: timedelta = timedelta(0),
    kind: str = Draft.Kind.STUDIO,
    plan: Mapping[str, Sequence[str]] | None = None,
    is_elsewhere: bool = False,
) -> Saved:
    """`seen` is the revision of which the page knew, `age` how long ago this was typed. What was typed before the draft that
    is there, by somebody who did not know of it, does not overwrite it: it is put aside itself. `is_elsewhere` says that it
    was filled from another form, which has it still."""
    content = Content(
        model_key=image_model.full_id,
        values=dict(values),
        inputs={name: list(ids) for name, ids in inputs.items() if ids},
        spec=image_model.spec_json,
        plan={name: list(texts) for name, texts in (plan or {}).items()},
    )
    with transaction.atomic():
        draft, is_new = Draft.objects.select_for_update().get_or_create(
            owner=owner, kind=kind, defaults={**asdict(content), "revision": 1, "is_run": is_elsewhere}
        )
        is_in_it = is_new
        if not is_new:
            typed_at = timezone.now() - min(max(age, timedelta(0)), LONGEST_AGE)
            is_in_it = settle(draft, content, is_known=seen >= draft.revision, is_late=typed_at < draft.changed_at)
            if is_in_it and is_elsewhere:
                write(draft, is_run=True)
    return Saved(draft=draft, is_in_it=is_in_it)


def settle(draft: Draft, content: Content, *, is_known: bool, is_late: bool) -> bool:
    """Draft or put aside: which of the two the new content becomes. Returns whether it is the draft."""
    before = content_of(draft)
    if content == before:
        return True
    if not is_known and is_late:
        if content.would_be_lost(before):
            write(draft, put_aside=asdict(content))
        return False
    changes: dict[str, Any] = {**asdict(content), "revision": draft.revision + 1, "is_run": False}
    if not is_known and before.would_be_lost(content) and not draft.is_run:
        changes["put_aside"] = asdict(before)
    elif draft.put_aside == asdict(content):
        changes["put_aside"] = {}
    write(draft, **changes, changed_at=timezone.now())
    return True


def mark_run(*, draft: Draft) -> None:
    """It is in the history now: nothing is lost with it."""
    Draft.objects.filter(pk=draft.pk, revision=draft.revision).update(is_run=True)


def take_back(*, draft: Draft) -> None:
    """The draft that was put aside, in exchange for the one that is there."""
    with transaction.atomic():
        row = Draft.objects.select_for_update().get(pk=draft.pk)
        if not row.put_aside:
            return
        now, back = content_of(row), Content(**row.put_aside)
        other = asdict(now) if now.would_be_lost(back) and not row.is_run else {}
        write(
            row,
            **asdict(back),
            put_aside=other,
            revision=row.revision + 1,
            is_run=False,
            changed_at=timezone.now(),
        )


def drop_put_aside(*, draft: Draft, mark: str) -> None:
    """Let it go, if it is still the one that was seen: `mark` as `mark_of` gives it."""
    with transaction.atomic():
        row = Draft.objects.select_for_update().get(pk=draft.pk)
        if mark == mark_of(row):
            write(row, put_aside={})


def mark_of(draft: Draft) -> str:
    """Another one for each content that was put aside."""
    words = json.dumps(draft.put_aside, sort_keys=True)
    return hashlib.sha256(words.encode()).hexdigest()[:16]


def write(draft: Draft, **changes: Any) -> None:
    Draft.objects.filter(pk=draft.pk).update(**changes)
    for name, value in changes.items():
        setattr(draft, name, value)


# What is in it -----------------------------------------------------------------------------------------------------


def settings_of(draft: Draft) -> dict[str, Any]:
    """Its settings in their types, as far as they were right for the spec they were written for; words as they stand."""
    spec = {parameter.name: parameter for parameter in specs.parse_parameters(draft.spec)}
    found: dict[str, Any] = {}
    for name, text in draft.values.items():
        if name in BESIDE_KNOBS:
            found[name] = text
        elif name in spec and text != "":
            try:
                found[name] = specs.clean_value(spec[name], text)
            except specs.ValueRefused:
                found[name] = text
    return found


def pictures_of(draft: Draft, user: User) -> tuple[dict[str, list[Image]], list[str]]:
    """Its pictures that are still there for this person, by parameter; a sentence on those that are not."""
    ids = {pk for given in draft.inputs.values() for pk in given}
    seen = Image.objects.visible_to(user).kept().in_bulk(ids)
    pictures = {name: [seen[pk] for pk in given if pk in seen] for name, given in draft.inputs.items()}
    lost = sum(len(given) for given in draft.inputs.values()) - sum(len(images) for images in pictures.values())
    sentences = [f"{lost} reference picture{'s are' if lost > 1 else ' is'} no longer there."] if lost else []
    return {name: images for name, images in pictures.items() if images}, sentences
