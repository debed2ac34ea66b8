"""For which group something is run, and who sees it: two fields that several forms share."""

from typing import Any

from django import forms

from gallery.models import Group, ImageModel, User, Visibility

NOT_CHOSEN = "You always work for a group. Choose for which one this is."
NO_GROUP = "A group sees only what is made for it. Choose for whom this is, or who else sees it."


def beginning(user: User, values: dict[str, Any]) -> dict[str, Any]:
    """The two fields as a form begins, beside what it is filled with."""
    if values.get("visibility") == Visibility.GROUP and str(values.get("group")) not in map(str, user.group_ids):
        # Of a group one does not work for: others would see it, or nobody.
        values |= {"visibility": Visibility.PRIVATE, "group": ""}
    if user.is_bound and not values.get("group"):
        values = {name: value for name, value in values.items() if name != "group"}
    if "group" in values or not user.group_ids:
        return {"visibility": seen_by_at_first(user), **values}
    group = Group.objects.first_for(user)
    seen_by = group.default_visibility if group else seen_by_at_first(user)
    return {"visibility": seen_by, "group": group.pk if group else "", **values}


def seen_by_at_first(user: User) -> str:
    """What is made for nobody in particular, as its maker's profile has it."""
    return user.default_visibility or Visibility.TEAM


def add_fields(form: forms.Form, user: User) -> None:
    groups = Group.objects.of_person(user) if user.group_ids else Group.objects.none()
    form.fields["visibility"] = forms.ChoiceField(choices=Visibility.choices, required=False)
    form.fields["group"] = forms.ModelChoiceField(
        groups,
        required=user.is_bound,
        error_messages=group_errors(user, NOT_CHOSEN),
    )


def group_errors(user: User, not_chosen: str) -> dict[str, str]:
    gone = f"You do not work for this group. Choose another one{'' if user.is_bound else ', or none'}."
    return {"invalid_choice": gone, "invalid_pk_value": gone, "required": not_chosen}


def check_fields(form: forms.Form, image_models: list[ImageModel]) -> None:
    """A visibility that was left out is the group's own; the group must be seen by somebody, and allow the models."""
    group = form.cleaned_data.get("group")
    fallback = group.default_visibility if group else Visibility.TEAM
    form.cleaned_data["visibility"] = form.cleaned_data.get("visibility") or fallback
    if form.cleaned_data["visibility"] == Visibility.GROUP and not group and "group" not in form.errors:
        form.add_error("visibility", NO_GROUP)
    if group and (refused := [row.name for row in image_models if not group.allows(row)]):
        form.add_error("group", not_allowed(group, refused))


def not_allowed(group: Group, names: list[str]) -> str:
    return f"{', '.join(names)} may not be used for {group}. Choose another model; an administrator can allow it."


def group_chosen(form: forms.Form, user: User) -> int | None:
    """The group that stands in the form, if it is one of this person's."""
    chosen = str(form["group"].value() or "")
    return next((pk for pk in user.group_ids if str(pk) == chosen), None)


class GroupFields:
    """What a template draws of the two fields."""

    def __init__(self, form: forms.Form, user: User):
        chosen = str(form["group"].value() or "")
        groups = list(Group.objects.of_person(user)) if user.group_ids else []
        self.groups = [(row.pk, row.name, row.default_visibility, str(row.pk) == chosen) for row in groups]
        self.is_bound = user.is_bound
        self.seen_by_at_first = seen_by_at_first(user)
        self.visibility = str(form["visibility"].value() or Visibility.TEAM)
        self.errors = [*form.errors.get("group", []), *form.errors.get("visibility", [])] if form.is_bound else []
