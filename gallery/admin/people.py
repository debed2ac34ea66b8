"""People in the admin: name, role, and whether the account is open. Invitations and passwords have their own page."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from gallery.admin import states
from gallery.admin.audited import Audited
from gallery.admin.conflicts import ConflictsAdmin
from gallery.models import Act, User
from gallery.models.people import Role
from gallery.services import people

LAST_ADMINISTRATOR = "The team needs an administrator. Make somebody else one first."

# One choice of role takes the place of Django's groups and permissions.
admin.site.unregister(Group)


class PersonForm(forms.ModelForm):  # type: ignore[type-arg]
    role = forms.ChoiceField(
        choices=Role.choices,
        help_text="Administrators see these pages: keys, models, people. Nobody sees another’s private pictures.",
    )
    is_active = forms.BooleanField(
        label="Active", required=False, help_text="Switch this off to close an account. Its pictures and history stay."
    )

    class Meta:
        model = User
        fields = ["name", "username"]
        help_texts = {"username": "What they sign in with. Letters, digits and @ . + - _"}

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.initial.update(role=self.instance.role, is_active=self.instance.is_active)

    def clean_username(self) -> str:
        username: str = User.normalize_username(self.cleaned_data["username"])
        if User.objects.exclude(pk=self.instance.pk).filter(username__iexact=username).exists():
            raise ValidationError("Somebody already has this user name. Choose another.")
        return username

    def clean(self) -> None:
        is_administrator = self.cleaned_data.get("role") == Role.ADMIN and self.cleaned_data.get("is_active")
        others = User.objects.administrators().exclude(pk=self.instance.pk)
        if not is_administrator and "role" not in self.errors and not others.exists():
            self.add_error("role" if self.cleaned_data.get("is_active") else "is_active", LAST_ADMINISTRATOR)


@admin.register(User)
class PersonAdmin(Audited, ConflictsAdmin):
    """Accounts are closed, never deleted: what people made keeps its maker."""

    added_as = changed_as = removed_as = Act.PERSON_CHANGED
    form = PersonForm
    list_display = ["display_name", "username", "role_in_words", "account", "last_seen"]
    list_filter = ["is_active"]
    search_fields = ["name", "username"]
    ordering = ["-is_active", "name", "username"]
    fields = ["name", "username", "role", "is_active", "password_link", "last_seen", "joined"]
    readonly_fields = ["password_link", "last_seen", "joined"]

    def locked_with(self, key: int) -> QuerySet[User]:
        """Administrators too, in one order: two of them must not wait for each other."""
        return User.objects.filter(Q(pk=key) | Q(role=Role.ADMIN))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="Name", ordering="name")
    def display_name(self, person: User) -> str:
        return person.display_name

    @admin.display(description="Account", ordering="is_active")
    def account(self, person: User) -> str:
        return "Open" if person.is_active else "Closed"

    @admin.display(description="Role", ordering="role")
    def role_in_words(self, person: User) -> str:
        return Role(person.role).label

    @admin.display(description="Last sign-in", ordering="last_login")
    def last_seen(self, person: User) -> str:
        return states.moment(person.last_login) if person.last_login else "Never"

    @admin.display(description="Joined")
    def joined(self, person: User) -> str:
        return states.moment(person.date_joined)

    @admin.display(description="Password")
    def password_link(self, person: User) -> SafeString:
        return format_html('<a href="{}">Make a link for a new password on the People page</a>', reverse("people"))

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        plain = [name for name in form.changed_data if name in ("name", "username")]
        if plain:
            obj.save(update_fields=plain)
        if "role" in form.changed_data:
            people.set_role(obj, form.cleaned_data["role"])
        if "is_active" in form.changed_data:
            people.set_active(obj, is_active=form.cleaned_data["is_active"])
