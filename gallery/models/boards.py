"""Boards: collections of pictures that people curate; a smart board is a saved state of the wall."""

from itertools import islice
from typing import Any, Self

from django.db import models
from django.db.models import Count, Exists, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from gallery.models.groups import Group
from gallery.models.images import Image
from gallery.models.people import User
from gallery.models.search import plain
from gallery.models.trash import TrashQuerySet
from gallery.models.visibility import Visibility, seen_by

FACES = 4
MOST_NAMED = 5


class BoardQuerySet(TrashQuerySet["Board"]):
    is_steered = True

    def for_list(self, user: Any, *, search: str = "", is_trash: bool = False) -> Self:
        """Boards this person sees, the last changed first, with how many pictures of each they see as `picture_count` and
        the first ones as `face_0` to `face_3`; of the trash those they may take back."""
        rows = self.editable_by(user).trashed() if is_trash else self.visible_to(user).kept()
        rows = rows.named_like(search) if search.strip() else rows
        return rows.with_faces(user).select_related("owner").order_by("-changed_at", "-id")

    def named_like(self, words: str) -> Self:
        """By any part of the name, whatever the case, width or accents. A team has hundreds of boards: told here."""
        wanted = plain(words).split()
        names = self.order_by().values_list("pk", "name")
        return self.filter(pk__in=[pk for pk, name in names if all(word in plain(name) for word in wanted)])

    def for_search(self, user: Any, words: str) -> "list[Board]":
        """The five boards changed last among those this person sees whose names hold all of these words; one query."""
        wanted = plain(words).split()
        rows = self.visible_to(user).kept().only("name").order_by("-changed_at", "-id") if wanted else self.none()
        found = (board for board in rows if all(word in plain(board.name) for word in wanted))
        return list(islice(found, MOST_NAMED))

    def with_faces(self, user: Any) -> Self:
        items = BoardItem.objects.seen_by(user).filter(board=OuterRef("pk"))
        counted = items.order_by().values("board").annotate(count=Count("pk")).values("count")
        first = items.order_by("-rank", "-image_id").values("image")
        faces = {f"face_{n}": Subquery(first[n : n + 1]) for n in range(FACES)}
        return self.annotate(picture_count=Coalesce(Subquery(counted), 0), **faces)

    def after(self, board: "Board") -> Self:
        """The rest of a list that ended with this board."""
        rows = self.filter(changed_at__lte=board.changed_at)
        return rows.filter(Q(changed_at__lt=board.changed_at) | Q(pk__lt=board.pk))

    def open_to(self, user: Any) -> Self:
        """Boards this person may put pictures on: their own and the team's. Smart boards fill themselves."""
        return self.visible_to(user).kept().filter(query="")

    def last_used_by(self, user: Any) -> Self:
        """The board that this person’s last run in the studio went to, if it is still open to them."""
        runs = user.generations.filter(request_hash="", made_from=None).exclude(kind="analysis").order_by("-id")
        return self.open_to(user).filter(pk__in=list(runs.values_list("board", flat=True)[:1]))

    def holding(self, user: Any, image: Image) -> Self:
        """Boards on which a picture lies, as far as this person sees them."""
        return self.visible_to(user).kept().filter(items__image=image).order_by("name", "id")

    def for_filter(self, user: Any, *, find: str = "") -> Self:
        """Boards filled by hand on which this person sees pictures, by name; `find` is a part of it."""
        seen = Image.objects.visible_to(user).kept().filter(pk=OuterRef("image"))
        items = BoardItem.objects.filter(Exists(seen), board=OuterRef("pk"))
        return self.open_to(user).filter(Exists(items), name__icontains=find).order_by("name", "id")

    def counts_of_selected(self, images: Any) -> dict[int, int]:
        """How many of these pictures lie on each board that has any, by board."""
        rows = BoardItem.objects.filter(board__in=self.values("pk"), image__in=images.order_by().values("pk"))
        return dict(rows.values_list("board").annotate(count=Count("pk")))


class Board(models.Model):
    """`query` is the wall's query string of a smart board, "" for one filled by hand."""

    name = models.CharField(max_length=120)
    notes = models.TextField(blank=True)
    owner = models.ForeignKey(User, models.SET_NULL, null=True, related_name="boards")
    visibility = models.CharField(max_length=10, choices=Visibility, default=Visibility.TEAM)
    group = models.ForeignKey(Group, models.SET_NULL, null=True, related_name="boards")
    cover = models.ForeignKey(Image, models.SET_NULL, null=True, related_name="+", db_index=False)
    query = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True)

    objects = BoardQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"/boards/{self.pk}/"

    @property
    def is_smart(self) -> bool:
        return bool(self.query)


class BoardItemQuerySet(models.QuerySet["BoardItem"]):
    def seen_by(self, user: Any) -> Self:
        """Pictures on boards as far as this person sees the pictures."""
        return self.filter(seen_by(user, "image__"), image__deleted_at=None)


class BoardItem(models.Model):
    """A picture on a board. Higher `rank` comes first; new ones come first."""

    board = models.ForeignKey(Board, models.CASCADE, related_name="items", db_index=False)
    image = models.ForeignKey(Image, models.CASCADE, related_name="board_items")
    rank = models.BigIntegerField()
    added_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+", db_index=False)
    added_at = models.DateTimeField(auto_now_add=True)

    objects = BoardItemQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["board", "image"], name="one_place_per_board")]
        indexes = [models.Index(fields=["board", "-rank", "-image"], name="board_order")]
