"""Small forms of the account pages."""

from typing import Any

from django import forms
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError

from gallery.models import User
from gallery.models.people import Role, Theme


class JoinForm(forms.Form):
    """A new account behind a set-up or invitation link."""

    name = forms.CharField(max_length=150, label="Your name", widget=forms.TextInput(attrs={"autocomplete": "name"}))
    username = forms.CharField(
        max_length=150,
        label="User name",
        help_text="What you sign in with. Letters, digits and @ . + - _",
        validators=[UnicodeUsernameValidator()],
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
    )
    password = forms.CharField(
        max_length=200,
        strip=False,
        help_text="At least ten characters.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean_username(self) -> str:
        username: str = User.normalize_username(self.cleaned_data["username"])
        if User.objects.filter(username__iexact=username).exists():
            raise ValidationError("Somebody already has this user name. Choose another.")
        return username

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        person = User(username=self.cleaned_data.get("username", ""), name=self.cleaned_data.get("name", ""))
        validate_password(password, user=person)
        return password


class InvitationForm(forms.Form):
    role = forms.ChoiceField(choices=Role.choices, initial=Role.DESIGNER)
    note = forms.CharField(max_length=150, required=False, label="For whom")


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]
    theme = forms.ChoiceField(choices=Theme.choices)

    class Meta:
        model = User
        fields = ["name", "theme"]


class PasswordForm(PasswordChangeForm):
    """Django's, which takes the focus; on the profile it is only the second form."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["old_password"].widget.attrs.pop("autofocus", None)
