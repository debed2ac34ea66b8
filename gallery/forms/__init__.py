"""Forms: the generation form, made from a model's parameter spec, and the small forms of the account pages."""

from gallery.forms.generation import GenerationForm
from gallery.forms.people import InvitationForm, JoinForm, PasswordForm, ProfileForm

__all__ = ["GenerationForm", "InvitationForm", "JoinForm", "PasswordForm", "ProfileForm"]
