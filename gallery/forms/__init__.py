"""Forms: the generation form, made from a model's parameter spec, and the small forms of other pages."""

from gallery.forms.access_tokens import AccessTokenForm
from gallery.forms.generation import GenerationForm
from gallery.forms.people import InvitationForm, JoinForm, PasswordForm, ProfileForm

__all__ = ["AccessTokenForm", "GenerationForm", "InvitationForm", "JoinForm", "PasswordForm", "ProfileForm"]
