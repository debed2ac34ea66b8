"""Accounts: set-up, invitations, roles, forgotten passwords. No mail server is needed: every way in is a link to hand over."""

import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from gallery.models import Act, Group, Invitation, Membership, User
from gallery.models.people import Role
from gallery.services import audit, batches, generations, sessions

INVITATION_LASTS = timedelta(days=7)
SETUP_LASTS = timedelta(days=1)


class InvitationClosed(Exception):
    """The link was used, revoked, is past its day, or was never one of ours."""


def create_invitation(
    *, created_by: User | None, role: str, note: str = "", is_setup: bool = False, group: Group | None = None
) -> tuple[Invitation, str]:
    """Make a one-time link; returns the row and the token, which is nowhere kept."""
    token = secrets.token_urlsafe(24)
    invitation = Invitation.objects.create(
        token_hash=hashlib.sha256(token.encode()).hexdigest(),
        role=role,
        group=group,
        note=note,
        is_setup=is_setup,
        created_by=created_by,
        expires_at=timezone.now() + (SETUP_LASTS if is_setup else INVITATION_LASTS),
    )
    audit.record(Act.PERSON_INVITED, note or ("The first administrator" if is_setup else "Somebody"), role=role)
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
    """Make the account, in the invitation’s group, and use the link up, together. Raises InvitationClosed when someone was
    faster."""
    with transaction.atomic():
        invitation = claim_invitation(token)
        user = User.objects.create_user(username, password=password, name=name, role=invitation.role)
        settle_invitation(invitation, user)
        audit.record(Act.PERSON_JOINED, user.display_name, actor=user, role=user.role)
    return user


def claim_invitation(token: str) -> Invitation:
    """Use the link up, for an account made in the same transaction. Raises InvitationClosed."""
    invitation = find_invitation(token)
    if not Invitation.objects.open().filter(pk=invitation.pk).update(used_at=timezone.now()):
        raise InvitationClosed
    return invitation


def settle_invitation(invitation: Invitation, user: User) -> None:
    """Whoever came by it is of its group, as a lead if that is the role."""
    Invitation.objects.filter(pk=invitation.pk).update(used_by=user)
    if invitation.group:
        is_lead = invitation.role == Role.LEAD
        Membership.objects.create(group=invitation.group, user=user, is_lead=is_lead)


def welcome(user: User, *, role: str, token: str, keep_account: Callable[[], None]) -> None:
    """Keep a person who came by the team's own sign-in: with an invitation's token its role counts, and the link is used
    up. `keep_account` saves the person and who they are there. Raises InvitationClosed when someone was faster."""
    with transaction.atomic():
        invitation = claim_invitation(token) if token else None
        user.role = invitation.role if invitation else role
        keep_account()
        if invitation:
            settle_invitation(invitation, user)
        audit.record(Act.PERSON_JOINED, user.display_name, actor=user, role=user.role)


def revoke_invitation(invitation: Invitation) -> None:
    with transaction.atomic():
        if Invitation.objects.filter(pk=invitation.pk, used_at=None, revoked_at=None).update(revoked_at=timezone.now()):
            audit.record(Act.INVITATION_REVOKED, invitation.note or invitation.get_role_display(), role=invitation.role)


class LastAdministrator(Exception):
    """The change would leave the team without an administrator."""


def keep_an_administrator(leaving: User) -> None:
    """Raise LastAdministrator when nobody else is one. Locks them all, and who leaves, in one order: two must neither step
    down for each other nor wait for each other."""
    rows = User.objects.filter(Q(pk=leaving.pk) | Q(role=Role.ADMIN)).order_by("pk").select_for_update(no_key=True)
    administrators = {row.pk for row in rows if row.role == Role.ADMIN and row.is_active}
    if not administrators - {leaving.pk}:
        raise LastAdministrator


def set_role(user: User, role: str) -> None:
    """Raises LastAdministrator."""
    with transaction.atomic():
        if role != Role.ADMIN:
            keep_an_administrator(user)
        before, user.role = user.role, Role(role)
        user.save(update_fields=["role"])
        if before != role:
            audit.record(Act.ROLE_CHANGED, user.display_name, before=str(before), now=str(role))


def set_active(user: User, *, is_active: bool) -> None:
    """Close or open an account; its history stays. Closing ends its sessions at once, and spends nothing more: batches
    pause, what waits is cancelled, what runs is paid for and ends by itself. Raises LastAdministrator."""
    with transaction.atomic():
        stopped: dict[str, Any] = {}
        if not is_active:
            keep_an_administrator(user)
            sessions.end_sessions(user)
        user.is_active = is_active
        user.save(update_fields=["is_active"])
        if not is_active:
            stopped = {"batches": batches.pause_batches_of(user), "runs": generations.cancel_waiting_of(user)}
        audit.record(Act.PERSON_OPENED if is_active else Act.PERSON_CLOSED, user.display_name, **stopped)


def create_password_path(user: User) -> str:
    """The path of a link with which this person sets a new password; it ends with its first use or after three days."""
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    audit.record(Act.PASSWORD_LINK, user.display_name)
    return reverse("password-reset", args=[uid, default_token_generator.make_token(user)])


def see_queue(user: User, *, until: datetime) -> None:
    """What had ended by then is no news to this person any more. A page that was drawn earlier takes nothing back."""
    before = Q(queue_seen_at=None) | Q(queue_seen_at__lt=until)
    User.objects.filter(before, pk=user.pk).update(queue_seen_at=until)
