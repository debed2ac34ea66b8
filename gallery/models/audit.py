"""The audit log: who did what to whom, when and from where. Rows are only ever added."""

from typing import Any, ClassVar, NoReturn

from django.db import models

from gallery.models.people import User


class Act(models.TextChoices):
    """What is written down; the first word is its kind."""

    SIGN_IN = "sign-in", "Signed in"
    SIGN_IN_FAILED = "sign-in.failed", "Sign-in failed"
    SIGN_OUT = "sign-in.out", "Signed out"
    SESSION_ENDED = "sign-in.ended", "Session ended"
    PASSWORD_CHANGED = "sign-in.password", "Password changed"
    SECOND_FACTOR = "sign-in.factor", "Second factor or passkey changed"
    SIGN_ON_LINKED = "sign-in.linked", "Single sign-on linked or taken off"
    GATEWAY_CHANGED = "gateway.changed", "Gateway changed"
    KEY_ADDED = "key.added", "API key added"
    KEY_CHANGED = "key.changed", "API key changed"
    KEY_REMOVED = "key.removed", "API key removed"
    KEYS_ROTATED = "key.rotated", "Encryption key rotated"
    MODEL_CHANGED = "model.changed", "Model changed"
    PERSON_INVITED = "person.invited", "Invitation made"
    INVITATION_REVOKED = "person.uninvited", "Invitation taken back"
    PERSON_JOINED = "person.joined", "Joined"
    PERSON_CHANGED = "person.changed", "Person changed"
    ROLE_CHANGED = "person.role", "Role changed"
    PERSON_CLOSED = "person.closed", "Account closed"
    PERSON_OPENED = "person.opened", "Account opened"
    PASSWORD_LINK = "person.link", "Link for a new password made"
    GROUP_CHANGED = "group.changed", "Group changed"
    BUDGET_CHANGED = "budget.changed", "Budget changed"
    TOKEN_MADE = "token.made", "Access token made"
    TOKEN_CHANGED = "token.changed", "Access token changed"
    TOKEN_REVOKED = "token.revoked", "Access token revoked"
    SHARE_MADE = "share.made", "Share link made"
    SHARE_CHANGED = "share.changed", "Share link changed"
    SHARE_ENDED = "share.ended", "Share link ended"
    EXPORTED = "export", "Exported"
    BACKED_UP = "export.backup", "Backed up"
    RESTORED = "export.restored", "Restored from a backup"
    RETENTION_CHANGED = "deletion.rule", "Retention changed"
    DELETED = "deletion", "Deleted"


class AuditQuerySet(models.QuerySet["AuditEntry"]):
    def for_admin(self) -> "AuditQuerySet":
        return self.order_by("-id")

    def update(self, **kwargs: Any) -> NoReturn:
        raise TypeError("The audit log is only ever added to.")

    def delete(self) -> NoReturn:
        raise TypeError("The audit log is only ever added to.")


class AuditEntry(models.Model):
    """`actor` is nobody for what a command or the studio itself did. `subject` is what it was done to, in words;
    `detail` holds small facts, never a secret. The names stay when rows go."""

    at = models.DateTimeField(auto_now_add=True, db_index=True)
    act = models.CharField(max_length=20)
    actor = models.ForeignKey(User, models.DO_NOTHING, null=True, related_name="+", db_constraint=False)
    actor_name = models.CharField(max_length=150, blank=True)
    subject = models.CharField(max_length=200, blank=True)
    detail = models.JSONField(default=dict)
    address = models.GenericIPAddressField(null=True)

    objects: ClassVar[AuditQuerySet] = AuditQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name_plural = "audit log"
        indexes = [models.Index(fields=["act", "-id"], name="audit_act")]

    def __str__(self) -> str:
        return f"{self.actor_name}: {self.act_words}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk:
            raise TypeError("The audit log is only ever added to.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("The audit log is only ever added to.")

    @property
    def act_words(self) -> str:
        """An act of a version that is gone by its bare word."""
        return str(Act(self.act).label) if self.act in Act.values else self.act
