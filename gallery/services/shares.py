"""Share links: made, changed, revoked by their owners; found, unlocked and counted for visitors without an account."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.crypto import salted_hmac

from gallery.images import formats, metadata
from gallery.models import Act, Board, Image, Share, ShareItem, User
from gallery.services import audit, exports, originals
from gallery.services.exports import Download

MOST_PICTURES = 5000
MOST_AT_ONCE = 500
MOST_TRIES = 5
LOCKED_FOR = timedelta(minutes=10)


class ShareGone(Exception):
    """The link was never one of ours, was revoked, is past its time, or its owner or board is gone: all the same."""


class ShareRefused(Exception):
    """No link is made of this; the text is a sentence for people."""


class WrongPassword(Exception):
    pass


class ShareLocked(Exception):
    """Too many wrong passwords; `retry_after` is in whole seconds."""

    def __init__(self, until: datetime):
        self.retry_after = max(int((until - timezone.now()).total_seconds()) + 1, 1)
        minutes = (self.retry_after + 59) // 60
        super().__init__(f"Too many wrong passwords. Try again in {minutes} minute{'s' if minutes > 1 else ''}.")


# For owners --------------------------------------------------------------------------------------------------------


def create_share(
    *,
    owner: User,
    image_ids: Sequence[int] = (),
    board: Board | None = None,
    title: str = "",
    shows_prompts: bool = False,
    allows_download: bool = False,
    password: str = "",
    expires_at: datetime | None = None,
) -> tuple[Share, str]:
    """A link to a board, or to those of the pictures that its owner sees, in this order; and its token. Raises ShareRefused."""
    seen = [] if board else seen_by(owner, image_ids)
    if not board and not seen:
        raise ShareRefused("There is nothing to share: these pictures are no longer there.")
    token = secrets.token_urlsafe(24)
    with transaction.atomic():
        share = Share.objects.create(
            owner=owner,
            board=board,
            title=title,
            token_hash=hashlib.sha256(token.encode()).hexdigest(),
            token=token,
            shows_prompts=shows_prompts,
            allows_download=allows_download,
            password=make_password(password) if password else "",
            expires_at=expires_at,
        )
        ShareItem.objects.bulk_create(
            (ShareItem(share=share, image_id=pk, position=position) for position, pk in enumerate(seen)),
            batch_size=MOST_AT_ONCE,
        )
        audit.record(
            Act.SHARE_MADE,
            f"Link {share.pk}",
            pictures=len(seen),
            board=board.name if board else None,
            password=bool(password),
        )
    share.refresh_from_db()
    return share, token


def seen_by(owner: User, image_ids: Sequence[int]) -> list[int]:
    ids = list(dict.fromkeys(image_ids))
    if len(ids) > MOST_PICTURES:
        raise ShareRefused(f"A link holds at most {MOST_PICTURES:,} pictures. Put them on a board and share that.")
    rows = Image.objects.visible_to(owner).kept()
    parts = (ids[start : start + MOST_AT_ONCE] for start in range(0, len(ids), MOST_AT_ONCE))
    seen = {pk for part in parts for pk in rows.filter(pk__in=part).values_list("pk", flat=True)}
    return [pk for pk in ids if pk in seen]


def change_share(
    share: Share,
    *,
    title: str,
    shows_prompts: bool,
    allows_download: bool,
    expires_at: datetime | None,
    password: str | None = None,
) -> None:
    """`password` None leaves it as it is, "" takes it away. Any other one has to be typed by everybody again."""
    changes: dict[str, object] = {
        "title": title,
        "shows_prompts": shows_prompts,
        "allows_download": allows_download,
        "expires_at": expires_at,
    }
    if password is not None:
        changes |= {
            "password": make_password(password) if password else "",
            "failed_passwords": 0,
            "locked_until": None,
        }
    if Share.objects.filter(pk=share.pk, revoked_at=None).update(**changes):
        audit.record(Act.SHARE_CHANGED, f"Link {share.pk}", prompts=shows_prompts, download=allows_download)


def revoke_share(share: Share) -> None:
    """For ever."""
    if Share.objects.filter(pk=share.pk, revoked_at=None).update(revoked_at=timezone.now()):
        audit.record(Act.SHARE_ENDED, f"Link {share.pk}", owner=share.owner.display_name)


# For visitors ------------------------------------------------------------------------------------------------------


def find_share(token: str) -> Share:
    """The link of this token, if it may be used now; raises ShareGone."""
    rows = Share.objects.of_token(token).usable(timezone.now()).select_related("owner", "board")
    share = rows.first()
    if share is None or not share.is_board_seen:
        raise ShareGone
    return share


def try_password(share: Share, password: str) -> None:
    """Raises WrongPassword, ShareLocked. A try is counted before it is looked at: many at once are no more than five."""
    rows = Share.objects.filter(pk=share.pk)
    now = timezone.now()
    is_free = Q(locked_until=None) | Q(locked_until__lte=now)
    if not rows.filter(is_free, failed_passwords__lt=MOST_TRIES).update(failed_passwords=F("failed_passwords") + 1):
        lock_when_used_up(share)
        raise ShareLocked(rows.values_list("locked_until", flat=True).get() or now)
    if check_password(password, share.password):
        rows.update(failed_passwords=0)
    elif lock_when_used_up(share):
        raise ShareLocked(now + LOCKED_FOR)
    else:
        raise WrongPassword


def lock_when_used_up(share: Share) -> bool:
    rows = Share.objects.filter(pk=share.pk, failed_passwords__gte=MOST_TRIES)
    return bool(rows.update(failed_passwords=0, locked_until=timezone.now() + LOCKED_FOR))


def unlocked_mark(share: Share) -> str:
    """What a visitor keeps who knew the password: good for this link and this password alone."""
    return salted_hmac("gallery.share.unlocked", f"{share.pk}:{share.password}", algorithm="sha256").hexdigest()


def note_view(share: Share) -> None:
    Share.objects.filter(pk=share.pk).update(view_count=F("view_count") + 1, last_viewed_at=timezone.now())


def prepare_original(share: Share, image: Image) -> Download:
    """The original under a name that tells nothing. What its file tells of its making goes, unless prompts are shown; a
    recipe of ours goes in any case, since it names a person and a cost. Raises PictureRefused, FileNotFoundError."""
    file_name = f"picture-{image.pk}.{formats.EXTENSIONS[image.media_type]}"
    if not share.shows_prompts or has_recipe(image):
        return replace(exports.make_copy(image, has_recipe=False), file_name=file_name)
    chunks = originals.read_chunks(image.file_name)
    return Download(file_name=file_name, media_type=image.media_type, byte_size=image.byte_size, chunks=chunks)


def has_recipe(image: Image) -> bool:
    with originals.open_data(image.file_name) as data:
        return metadata.read_recipe(data, image.media_type) is not None
