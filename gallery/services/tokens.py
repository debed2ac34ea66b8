"""Access tokens: made, limited, revoked, found again, counted. The token itself is shown once and kept nowhere."""

import hashlib
import secrets
import time
from collections.abc import Sequence
from datetime import datetime

from django.db import connection
from django.utils import timezone

from gallery.models import AccessToken, Act, Group, ImageModel, User
from gallery.services import audit

MARK = "ps_"
PREFIX_LENGTH = len(MARK) + 8
MINUTE = 60
NO_LIMIT = 2**31 - 1
COUNT = """
    UPDATE gallery_accesstoken
    SET request_count = request_count + 1, last_used_at = %s,
        minute_count = CASE WHEN minute = %s THEN minute_count + 1 ELSE 1 END, minute = %s
    WHERE id = %s AND (minute <> %s OR minute_count < %s)
"""


class TokenRefused(Exception):
    """Nobody may come in with this; the text is a sentence for people."""


class NotAllowed(Exception):
    """The token is good, but what it may do is gone or ends here; the text is a sentence for people."""


class ModelGone(Exception):
    """A model was switched off meanwhile; the text is a sentence for people."""


class TooManyOfToken(Exception):
    """The token's own limit is reached; `retry_after` is in whole seconds."""

    def __init__(self, limit: int, retry_after: int):
        super().__init__(f"This token may make {limit} requests a minute. Wait {retry_after} s.")
        self.retry_after = retry_after


def create_token(
    *,
    owner: User,
    name: str,
    model_ids: Sequence[str] = (),
    expires_at: datetime | None = None,
    requests_per_minute: int | None = None,
    group: Group | None = None,
) -> tuple[AccessToken, str]:
    """A new token and its plain text, which is never to be had again."""
    plain = f"{MARK}{secrets.token_hex(4)}_{secrets.token_urlsafe(32)}"
    row = AccessToken.objects.create(
        owner=owner,
        name=name,
        prefix=plain[:PREFIX_LENGTH],
        token_hash=hash_of(plain),
        model_ids=list(model_ids),
        expires_at=expires_at,
        requests_per_minute=requests_per_minute,
        group=group,
    )
    audit.record(Act.TOKEN_MADE, name, owner=owner.display_name, token=row.prefix)
    return row, plain


def hash_of(plain: str) -> str:
    return hashlib.sha256(plain.encode()).hexdigest()


def change_token(
    access_token: AccessToken,
    *,
    name: str,
    model_ids: Sequence[str],
    expires_at: datetime | None,
    requests_per_minute: int | None,
    group: Group | None,
) -> None:
    """Name and limits; the token itself stays. A revoked one stays as it is."""
    changed = AccessToken.objects.filter(pk=access_token.pk, revoked_at=None).update(
        name=name,
        model_ids=list(model_ids),
        expires_at=expires_at,
        requests_per_minute=requests_per_minute,
        group=group,
    )
    if changed:
        audit.record(Act.TOKEN_CHANGED, name, owner=access_token.owner.display_name, token=access_token.prefix)


def revoke_token(access_token: AccessToken) -> None:
    if AccessToken.objects.filter(pk=access_token.pk, revoked_at=None).update(revoked_at=timezone.now()):
        audit.record(
            Act.TOKEN_REVOKED, access_token.name, owner=access_token.owner.display_name, token=access_token.prefix
        )


def find_token(plain: str) -> AccessToken:
    """The row of a token that may be used now, with its owner. Raises TokenRefused."""
    rows = AccessToken.objects.usable().select_related("owner", "group")
    row = rows.filter(prefix=plain[:PREFIX_LENGTH]).first() if plain.startswith(MARK) and plain.isascii() else None
    if row is None or not secrets.compare_digest(row.token_hash, hash_of(plain)):
        raise TokenRefused(
            "This access token is unknown, expired or revoked. Make one in the studio under You → Access tokens."
        )
    return row


def check_person(access_token: AccessToken) -> None:
    """Whether the owner may still make pictures, and for the token's group. Raises NotAllowed."""
    owner, group = access_token.owner, access_token.group
    if not owner.may_make:
        raise NotAllowed("The owner of this access token is a viewer now and makes no pictures. Ask an administrator.")
    if group is None and owner.is_bound:
        raise NotAllowed(
            "The owner of this access token always works for a group, and the token for none. Choose one for it in the "
            "studio under You → Access tokens."
        )
    if group and (group.archived_at or group.pk not in owner.group_ids):
        raise NotAllowed(
            f"This access token works for {group}, and its owner does not any more. Choose another group for it in the "
            "studio under You → Access tokens, or ask a lead of the group."
        )


def group_allows(access_token: AccessToken, image_model: ImageModel) -> bool:
    return access_token.group is None or access_token.group.allows(image_model)


def not_for_group(group: Group, image_model: ImageModel) -> str:
    return f"{image_model.full_id} may not be used for {group}. GET /v1/models lists those that may; an administrator can allow it."


def check_again(access_token: AccessToken, image_model: ImageModel) -> None:
    """Whether both may still be used, after a wait. Raises TokenRefused, NotAllowed, ModelGone."""
    row = AccessToken.objects.usable().select_related("owner", "group").filter(pk=access_token.pk).first()
    if row is None:
        raise TokenRefused("This access token was revoked, or its owner switched off, while the request waited.")
    check_person(row)
    if not ImageModel.objects.offered().filter(pk=image_model.pk).exists():
        raise ModelGone(f"{image_model.name} was switched off while the request waited.")


def count_request(access_token: AccessToken) -> None:
    """Count one request and mark the token as used. Raises TooManyOfToken, and then nothing is counted.

    Minutes of the clock are counted: one statement decides, however many processes ask. It is written out, because
    building it anew costs ten times what the database takes for it.
    """
    now = int(time.time())
    minute, limit = now // MINUTE, access_token.requests_per_minute
    used_at = connection.ops.adapt_datetimefield_value(timezone.now())
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [used_at, minute, minute, access_token.pk, minute, limit or NO_LIMIT])
        if not cursor.rowcount:
            raise TooManyOfToken(limit or 0, MINUTE - now % MINUTE)


def allowed_models(access_token: AccessToken) -> list[ImageModel]:
    """The models this token may use now, in the picker's order."""
    rows = ImageModel.objects.for_picker()
    usable = access_token.group.usable(rows) if access_token.group else rows
    return [row for row in usable if access_token.allows(row)]
