"""Sessions: Django's own, which also know whose they are and from where. Also the engine that the settings name."""

import hashlib
from typing import Any, ClassVar, Self

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils import timezone

from gallery.models.people import User

LONGEST_DEVICE = 300


class SessionQuerySet(models.QuerySet["Session"]):
    def expired(self) -> Self:
        return self.filter(expire_date__lt=timezone.now())

    def of_person(self, user: User) -> Self:
        return self.filter(user=user)

    def letting_in(self, key: str) -> Self:
        """The session of this key, as long as it is somebody's."""
        return self.filter(pk=key, user__is_active=True, expire_date__gt=timezone.now())

    def for_profile(self, user: User) -> Self:
        """Those that still let somebody in, the latest seen first."""
        return self.of_person(user).filter(expire_date__gt=timezone.now()).order_by("-last_seen_at")


class Session(AbstractBaseSession):
    """`user` is null until somebody has signed in. Device, address and `last_seen_at` are noted by `services.sessions`."""

    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="sessions")
    device = models.CharField(max_length=LONGEST_DEVICE, blank=True)
    address = models.GenericIPAddressField(null=True)
    started_at = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(null=True)

    objects: ClassVar[Any] = SessionQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = "session"

    @property
    def handle(self) -> str:
        """What a page calls it: the key itself is what lets somebody in."""
        return hashlib.sha256(self.session_key.encode()).hexdigest()[:16]

    @classmethod
    def get_session_store_class(cls) -> type["SessionStore"]:
        return SessionStore


class SessionStore(DatabaseStore):
    """Keeps the row it was read from, so that `services.sessions` need not ask for it."""

    row: Session | None = None

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def _get_session_from_db(self) -> Any:
        self.row = super()._get_session_from_db()  # type: ignore[misc]
        return self.row

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        made = super().create_model_instance(data)
        assert isinstance(made, Session)
        made.user_id = data.get(SESSION_KEY)
        return made

    def save(self, must_create: bool = False) -> None:  # noqa: FBT001, FBT002 - Django's signature
        """Django's writes the whole row, and would take back what was noted since it was read. A row that is gone stays
        gone: there Django's own raises."""
        if must_create or self.session_key is None:
            super().save(must_create=must_create)
            return
        made = self.create_model_instance(self._get_session(no_load=False))  # type: ignore[attr-defined]
        kept = {"session_data": made.session_data, "expire_date": made.expire_date, "user_id": made.user_id}
        if not Session.objects.filter(pk=self.session_key).update(**kept):
            super().save()
