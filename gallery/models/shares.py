"""Share links: read-only pages for people without an account."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Count, F, Q
from django.utils import timezone

from gallery.models.boards import Board
from gallery.models.fields import SecretField
from gallery.models.images import Image, ImageQuerySet
from gallery.models.people import User
from gallery.models.visibility import Visibility
from gallery.models.wall import WallQuery


class ShareQuerySet(models.QuerySet["Share"]):
    def for_list(self) -> Self:
        """Those that still work or have ended by themselves, the newest first, with how many pictures each holds."""
        rows = self.filter(revoked_at=None).annotate(picture_count=Count("items"))
        return rows.select_related("board", "owner").order_by("-id")

    def for_owner(self, user: User) -> Self:
        return self.for_list().filter(owner=user)

    def of_board(self, user: User, board: Board) -> Self:
        """One's own links to this board that work."""
        return self.usable(timezone.now()).for_owner(user).filter(board=board)

    def of_images(self, user: User, image_ids: Sequence[int]) -> Self:
        """One's own links that work, to just these pictures."""
        held = Count("items", filter=Q(items__image__in=image_ids))
        rows = self.usable(timezone.now()).for_owner(user).filter(board=None)
        return rows.annotate(held_count=held).filter(held_count=len(image_ids), picture_count=len(image_ids))

    def of_token(self, token: str) -> Self:
        return self.filter(token_hash=hashlib.sha256(token.encode()).hexdigest())

    def usable(self, now: datetime) -> Self:
        """Not revoked, not expired, of a person whose account is switched on."""
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=now), revoked_at=None, owner__is_active=True)


class Share(models.Model):
    """A link to one picture, a selection or a board. Found by its token's hash; `token` itself is kept encrypted, so that
    its owner can copy the link again. It never shows more than its owner sees at that moment."""

    owner = models.ForeignKey(User, models.CASCADE, related_name="shares")
    title = models.CharField(max_length=120, blank=True)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    token = SecretField(editable=False)
    board = models.ForeignKey(Board, models.CASCADE, null=True, related_name="shares")
    images: "models.ManyToManyField[Image, ShareItem]" = models.ManyToManyField(
        Image, through="ShareItem", related_name="shares"
    )
    shows_prompts = models.BooleanField(default=False)
    allows_download = models.BooleanField(default=False)
    password = models.CharField(max_length=128, blank=True)
    failed_passwords = models.PositiveIntegerField(default=0)
    locked_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    view_count = models.PositiveIntegerField(default=0)
    last_viewed_at = models.DateTimeField(null=True)

    objects = ShareQuerySet.as_manager()

    @property
    def is_expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()

    @property
    def is_board_seen(self) -> bool:
        """Whether there is no board, or one that its owner still sees."""
        return self.board_id is None or Board.objects.visible_to(self.owner).kept().filter(pk=self.board_id).exists()

    @property
    def shows_private(self) -> bool:
        """Pictures that were chosen one by one, and one's own board that is open to nobody else."""
        if self.board is None:
            return True
        is_own = self.board.owner_id == self.owner_id and self.board.visibility == Visibility.PRIVATE
        return is_own and not self.board.is_smart

    def pictures(self) -> ImageQuerySet:
        """What it shows at this moment: never more than its owner sees. Highest `share_key` first, then the newest.

        A board shows what the team sees, since others may change what lies on it or what it searches for, and the link must
        not look with its owner's eyes then. Only their own private board, filled by hand, shows their private pictures.
        """
        rows = Image.objects.visible_to(self.owner)
        if not self.shows_private:
            rows = rows.filter(self.shown_to_all())
        if self.board is None:
            found = rows.filter(share_items__share=self).annotate(share_key=-F("share_items__position"))
        elif self.board.is_smart:
            query = WallQuery.read(self.board.query).changed(stacks="off")
            found = rows.found(self.owner, query).annotate(share_key=F("wall_key"))
        else:
            found = rows.filter(board_items__board=self.board).annotate(share_key=F("board_items__rank"))
        return found.kept().select_related("generation").order_by("-share_key", "-pk")

    def shown_to_all(self) -> Q:
        """What everybody sees who sees the board: the team's pictures, on a group's board also that group's."""
        found = Q(visibility=Visibility.TEAM)
        if self.board and self.board.visibility == Visibility.GROUP:
            found |= Q(visibility=Visibility.GROUP, group=self.board.group_id)
        return found

    def pictures_after(self, key: int, image_id: int) -> ImageQuerySet:
        return self.pictures().filter(Q(share_key__lt=key) | Q(share_key=key, pk__lt=image_id))

    def pictures_before(self, key: int, image_id: int) -> ImageQuerySet:
        """The nearest first."""
        earlier = self.pictures().filter(Q(share_key__gt=key) | Q(share_key=key, pk__gt=image_id))
        return earlier.order_by("share_key", "pk")


class ShareItem(models.Model):
    share = models.ForeignKey(Share, models.CASCADE, related_name="items")
    image = models.ForeignKey(Image, models.CASCADE, related_name="share_items")
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["share", "image"], name="one_place_per_share")]
