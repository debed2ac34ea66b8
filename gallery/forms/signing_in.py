"""The form at the door: allauth's, with our words and field names."""

from typing import Any

from allauth.account.forms import LoginForm


class SignInForm(LoginForm):
    """Its first field is called `username` in the page, as browsers and password managers know it."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        for name, label in (("login", "User name"), ("password", "Password")):
            field = self.fields[name]
            field.label, field.help_text = label, ""
            field.widget.attrs.pop("placeholder", None)
        self.fields["login"].widget.attrs |= {"autocapitalize": "none", "autofocus": True}

    def add_prefix(self, field_name: str) -> str:
        return str(super().add_prefix("username" if field_name == "login" else field_name))

    @property
    def is_throttled(self) -> bool:
        return bool(self.has_error("__all__", "too_many_login_attempts"))
