"""Accounts: set-up, invitations, roles, forgotten passwords. No mail server is needed: every way in is a link to hand over."""

import hashlib
import secrets
from datetime import timedelta

from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from gallery.models import Invitation, User
from gallery.models.people import Role

INVITATION_LASTS = timedelta(days=7)
SETUP_LASTS = timedelta(days=1)


class InvitationClosed(Exception):
    """The link was used, revoked, is past its day, or was never one of ours."""


def create_invitation(
    *, created_by: User | None, role: str, note: str = "", is_setup: bool = False
) -> tuple[Invitation, str]:
    """Make a one-time link; returns the row and the token, which is nowhere kept."""
    token = secrets.token_urlsafe(24)
    invitation = Invitation.objects.create(
        token_hash=hashlib.sha256(token.encode()).hexdigest(),
        role=role,
        note=note,
        is_setup=is_setup,
        created_by=created_by,
        expires_at=timezone.now() + (SETUP_LASTS if is_setup else INVITATION_LASTS),
    )
    return invitation, token


def create_setup_path() -> str | None:
    """A fresh set-up link's path, closing older ones; None as soon as an administrator exists."""
    if User.objects.administrators().exists():
        return None
    with transaction.atomic():
        Invitation.objects.open().filter(is_setup=True).update(revoked_at=timezone.now())
        _, token = create_invitation(created_by=None, role=Role.ADMIN, is_setup=True)
    return reverse("join", args=[token])


def find_invitation(token: str) -> Invitation:
    """The open invitation of this token, or InvitationClosed."""
    invitation = Invitation.objects.open().of_token(token).first()
    if invitation is None or (invitation.is_setup and User.objects.administrators().exists()):
        raise InvitationClosed
    return invitation


def accept_invitation(*, token: str, username: str, name: str, password: str) -> User:
    """Make the account and use the link up, together. Raises InvitationClosed when someone was faster."""
    with transaction.atomic():
        invitation = find_invitation(token)
        used = Invitation.objects.open().filter(pk=invitation.pk).update(used_at=timezone.now())
        if not used:
            raise InvitationClosed
        is_admin = invitation.role == Role.ADMIN
        user = User.objects.create_user(
            username, password=password, name=name, is_staff=is_admin, is_superuser=is_admin
        )
        Invitation.objects.filter(pk=invitation.pk).update(used_by=user)
    return user


def revoke_invitation(invitation: Invitation) -> None:
    Invitation.objects.filter(pk=invitation.pk, used_at=None).update(revoked_at=timezone.now())


class LastAdministrator(Exception):
    """The change would leave the team without an administrator."""


def keep_an_administrator(leaving: User) -> None:
    """Raise LastAdministrator when nobody else is one. Locks them all: two must not step down for each other."""
    keys = User.objects.administrators().select_for_update().order_by("pk").values_list("pk", flat=True)
    if not set(keys) - {leaving.pk}:
        raise LastAdministrator


def set_role(user: User, role: str) -> None:
    """Make somebody a designer or an administrator; raises LastAdministrator."""
    is_admin = role == Role.ADMIN
    with transaction.atomic():
        if not is_admin:
            keep_an_administrator(user)
        user.is_staff = user.is_superuser = is_admin
        user.save(update_fields=["is_staff", "is_superuser"])


def set_active(user: User, *, is_active: bool) -> None:
    """Close or open an account; its history stays. Raises LastAdministrator."""
    with transaction.atomic():
        if not is_active:
            keep_an_administrator(user)
        user.is_active = is_active
        user.save(update_fields=["is_active"])


def create_password_path(user: User) -> str:
    """The path of a link with which this person sets a new password; it ends with its first use or after three days."""
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    return reverse("password-reset", args=[uid, default_token_generator.make_token(user)])
