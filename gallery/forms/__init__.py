"""Forms: the generation form, made from a model's parameter spec, and the small forms of other pages."""

from gallery.forms.access_tokens import AccessTokenForm
from gallery.forms.batches import SetupForm
from gallery.forms.generation import GenerationForm
from gallery.forms.groups import GroupForm
from gallery.forms.people import (
    InvitationForm,
    JoinForm,
    LimitsForm,
    NoticesForm,
    PasswordForm,
    ProfileForm,
    StudioDefaultsForm,
)
from gallery.forms.shares import ShareForm
from gallery.forms.signing_in import SignInForm

__all__ = [
    "AccessTokenForm",
    "GenerationForm",
    "GroupForm",
    "InvitationForm",
    "JoinForm",
    "LimitsForm",
    "NoticesForm",
    "PasswordForm",
    "ProfileForm",
    "SetupForm",
    "ShareForm",
    "SignInForm",
    "StudioDefaultsForm",
]
