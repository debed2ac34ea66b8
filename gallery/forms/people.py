"""Small forms of the account pages."""

from typing import Any

from django import forms
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator

from gallery.models import Group, ImageModel, User
from gallery.models.people import Role, Theme


class JoinForm(forms.Form):
    """A new account behind a set-up or invitation link."""

    name = forms.CharField(
        max_length=150, label="Your name", widget=forms.TextInput(attrs={"autocomplete": "name", "autofocus": True})
    )
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
    group = forms.ModelChoiceField(Group.objects.open().order_by("name"), required=False)
    note = forms.CharField(max_length=150, required=False, label="For whom")


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]
    theme = forms.ChoiceField(choices=Theme.choices)

    class Meta:
        model = User
        fields = ["name", "theme"]


class ImageModelField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """The same model at two gateways is two choices."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.name} · {obj.gateway.name}"


class StudioDefaultsForm(forms.ModelForm):  # type: ignore[type-arg]
    """What the studio opens with."""

    default_model = ImageModelField(
        ImageModel.objects.none(), required=False, label="Model", empty_label="The one I used last"
    )
    default_visibility = forms.ChoiceField(
        choices=[("", "As the group has it, else the team"), ("private", "Only me"), ("team", "The team")],
        required=False,
        label="Who sees new pictures",
    )

    class Meta:
        model = User
        fields = ["default_model", "default_visibility"]

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        models = self.fields["default_model"]
        assert isinstance(models, forms.ModelChoiceField)
        models.queryset = ImageModel.objects.offered().exclude(output=ImageModel.Output.TEXT)
        for field in self.fields.values():
            field.widget.attrs["class"] = "select"


class NoticesForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = ["tells_mentions"]


class LimitsForm(forms.ModelForm):  # type: ignore[type-arg]
    """Sums above which somebody wants to be asked before a run."""

    class Meta:
        model = User
        fields = ["confirm_usd", "confirm_points"]
        labels = {"confirm_usd": "US dollars", "confirm_points": "Points"}

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        for name, example in (("confirm_usd", "0.50"), ("confirm_points", "500")):
            sentence = f"Write a sum like {example}, or leave it empty."
            field = self.fields[name]
            field.validators.append(MinValueValidator(0, message=sentence))
            field.error_messages |= {"invalid": sentence}
            field.widget = forms.TextInput(
                attrs={"inputmode": "decimal", "autocomplete": "off", "placeholder": "never"}
            )


class PasswordForm(PasswordChangeForm):
    """Django's, which takes the focus; on the profile it is only the second form."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["old_password"].widget.attrs.pop("autofocus", None)
