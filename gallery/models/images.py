"""Pictures, generated or uploaded. The bytes live in the storage under their SHA-256; rows may share them."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Self

from django.db import connection, models
from django.db.models import Count, Exists, OuterRef, Q
from django.db.models.expressions import RawSQL
from django.utils import timezone

from gallery.images import store
from gallery.models.generations import Generation
from gallery.models.groups import Group
from gallery.models.narrowing import narrow
from gallery.models.people import User
from gallery.models.search import match_expression
from gallery.models.trash import TRASH_LASTS, days_left
from gallery.models.visibility import OwnedQuerySet, Visibility
from gallery.models.wall import Selection, WallQuery

# Much of a generation's row is JSON that no tile shows.
NOT_ON_TILES = ("spec", "parameters", "conversation", "request", "reply", "answer", "revised_prompt", "error_detail")

FIRST_SINCE = "(SELECT id FROM gallery_image WHERE created_at >= %s ORDER BY created_at LIMIT 1)"
MOST_VALUES = 500
MOST_COUNTED = 1000

# A list of ids as one parameter: SQLite takes 32,766 of them in one question.
LISTED = {
    "sqlite": "SELECT value FROM json_each(%s)",
    "postgresql": "SELECT value::bigint FROM json_array_elements_text(%s::json)",
}


def listing(image_ids: Sequence[int]) -> RawSQL:
    return RawSQL(LISTED[connection.vendor], [json.dumps(list(image_ids))])  # noqa: S611 - the ids are a parameter


class ImageQuerySet(OwnedQuerySet["Image"]):
    def visible_to(self, user: Any) -> Self:
        """What was removed for good is nobody's any more, though its row may have to stay."""
        return super().visible_to(user).filter(purged_at=None)

    def editable_by(self, user: Any) -> Self:
        return super().editable_by(user).filter(purged_at=None)

    def on_wall(self) -> Self:
        """What the library shows unasked: everything but pictures that were only uploaded as a reference."""
        return self.filter(source__in=(Image.Source.GENERATED, Image.Source.IMPORTED))

    def for_wall(self, user: Any, query: WallQuery, **within: int) -> Self:
        """What a wall shows to a person, highest key first. `within` bounds the key: `lt`, `lte`, `gte`; each row carries its
        key as `wall_key`. Of a generation only what a tile shows is read."""
        return self.found(user, query, **within).defer(*(f"generation__{name}" for name in NOT_ON_TILES))

    def found(self, user: Any, query: WallQuery, **within: int) -> Self:
        """As `for_wall`, with everything that is known of each picture's generation."""
        rows = self.visible_to(user)
        rows = rows.trashed().editable_by(user) if query.is_trash else rows.kept()
        if query.is_stacked:
            rows = rows.filter(is_cover=True)
        found: Self = narrow(rows, user, query, within).select_related("generation", "owner")
        return found.select_related("deleted_by") if query.is_trash else found

    def beside(self, user: Any, query: WallQuery, image: "Image") -> "tuple[Image | None, Image | None]":
        """The pictures before and after this one on a wall, stacks open. One that has left the wall still has its place."""
        key = self.key_on_wall(user, query, image)
        if key is None and query.is_by_hand:
            return None, None
        key = image.pk if key is None else key
        before = self.for_wall(user, query.changed(stacks="off"), gt=key).reverse().first()
        return before, self.for_wall(user, query.changed(stacks="off"), lt=key).first()

    def key_on_wall(self, user: Any, query: WallQuery, image: "Image") -> int | None:
        """Where a picture stands on a wall, stacks open; None where the wall does not show it."""
        row = self.for_wall(user, query.changed(stacks="off")).filter(pk=image.pk).first()
        return row.wall_key if row else None  # type: ignore[attr-defined]

    def selected(self, user: Any, selection: Selection) -> Self:
        """What a selection stands for, as far as this person may see it, highest key first."""
        unstacked = selection.query.changed(stacks="off")
        if selection.ids is None:
            return self.found(user, unstacked)
        rows = self.visible_to(user)
        rows = rows.trashed().editable_by(user) if selection.query.is_trash else rows.kept()
        listed = listing(selection.ids)
        chosen = Q(pk__in=listed)
        if selection.query.is_stacked:
            runs = self.model.objects.filter(pk__in=listed, is_cover=True).exclude(generation=None)
            batches = runs.exclude(generation__batch=None).values("generation__batch")
            chosen |= Q(generation__in=runs.values("generation")) | Q(generation__batch__in=batches)
        return rows.filter(chosen).select_related("generation", "owner").order_by("-id")

    def selected_after(self, user: Any, selection: Selection, last: "Image | None") -> Self:
        """What follows a picture of a selection, in the same order; all of it after None. `last` is one of these rows."""
        if selection.ids is not None:
            rows = self.selected(user, selection)
            return rows.filter(pk__lt=last.pk) if last else rows
        if last is None:
            return self.selected(user, selection)
        key: int = last.wall_key  # type: ignore[attr-defined]
        rows = self.found(user, selection.query.changed(stacks="off"), lte=key)
        return rows.filter(Q(wall_key__lt=key) | Q(pk__lt=last.pk))

    def listed(self, image_ids: Sequence[int]) -> Self:
        """However many they are."""
        return self.filter(pk__in=listing(image_ids))

    def next_selected(self, user: Any, selection: Selection, *, above: int, last: int, most: int) -> list[int]:
        """The next ids of a selection without stacks, lowest first. Of chosen ones those that are gone are left out."""
        if selection.ids is None:
            rows = self.found(user, selection.query, gt=above, lte=last).reverse()
            return list(rows.values_list("pk", flat=True)[:most])
        chosen = tuple(pk for pk in selection.ids if above < pk <= last)
        for start in range(0, len(chosen), most):
            part = Selection(query=selection.query, ids=chosen[start : start + most])
            if found := list(self.selected(user, part).order_by("id").values_list("pk", flat=True)):
                return found
        return []

    def search(self, query: str) -> Self:
        """Rows whose words match; every row for an empty query, none for one without a word in it."""
        if not query.strip():
            return self
        expression = match_expression(query)
        return self.filter(words__text__matches=expression) if expression else self.none()

    def for_picking(self, user: Any, *, search: str = "") -> Self:
        """What may become a reference: everything visible that is kept."""
        rows = self.visible_to(user).kept().exclude(media_type="image/svg+xml").search(search)
        return rows.select_related("generation").order_by("-id")

    def for_page(self, user: Any) -> Self:
        rows = self.visible_to(user).select_related("generation__image_model__gateway", "generation__owner")
        return rows.select_related("owner", "group", "generation__group")

    def made_from(self, user: Any, image: "Image") -> Self:
        """Pictures that this one was a reference for, as far as this person may see them."""
        rows = self.visible_to(user).kept().filter(generation__inputs__image=image)
        return rows.select_related("generation").order_by("-id").distinct()

    def times_used(self, image_ids: "Iterable[int] | models.QuerySet[Image, Any]") -> int:
        """How many kept pictures came of runs that these went into, whoever may see them: a number tells nobody more."""
        return self.kept().filter(generation__inputs__image__in=image_ids).values("pk").distinct().count()

    def in_trash_of(self, user: Any) -> Self:
        """What a person threw away of their own, or others of it."""
        return self.trashed().filter(owner=user, purged_at=None)

    def past_trash(self, now: datetime) -> Self:
        """In the trash for longer than things stay there."""
        return self.filter(deleted_at__lte=now - TRASH_LASTS, purged_at=None).order_by("deleted_at")

    def unremoved(self, *, after: "Image | None" = None) -> Self:
        """Given up for good, their files not yet gone; those that come after one. In the order of the index on the trash."""
        rows = self.trashed().exclude(purged_at=None).exclude(sha256="").order_by("deleted_at", "pk")
        if after is None:
            return rows
        later = Q(deleted_at__gt=after.deleted_at) | Q(pk__gt=after.pk)
        return rows.filter(later, deleted_at__gte=after.deleted_at)

    def first_ids_since(self, moments: Sequence[datetime]) -> list[int | None]:
        """The first picture from each of these moments on, all asked at once; None where there is none. Written out in SQL:
        every wall asks this, and building so many queries cost a fifth of its page."""
        times = [connection.ops.adapt_datetimefield_value(moment) for moment in moments]
        with connection.cursor() as cursor:
            cursor.execute("SELECT " + ", ".join([FIRST_SINCE] * len(times)), times)
            return list(cursor.fetchone())

    def stack_sizes(self, user: Any, generation_ids: Sequence[int]) -> dict[int, int]:
        """How many pictures of each run this person sees; of one in a batch, of the whole batch."""
        rows = self.visible_to(user).kept().on_wall().order_by()
        runs = rows.filter(generation__in=generation_ids).values_list("generation", "generation__batch")
        found = list(runs.annotate(Count("id")))
        batches = {batch for _, batch, _ in found if batch}
        whole = rows.filter(generation__batch__in=batches).values_list("generation__batch").annotate(Count("id"))
        sizes = dict(whole) if batches else {}
        return {pk: sizes.get(batch, count) for pk, batch, count in found}

    def spread(self, user: Any, column: str) -> list[str]:
        """Values that a column has in pictures this person sees: one short look-up each along the column's index, since a
        DISTINCT would read every row."""
        rows = self.visible_to(user).kept().order_by(column).values_list(column, flat=True)
        found: list[str] = []
        while len(found) < MOST_VALUES and (
            value := rows.filter(**{f"{column}__gt": found[-1] if found else ""}).first()
        ):
            found.append(value)
        return found

    def count_by(self, user: Any, column: str) -> dict[str, int]:
        """The same with how many pictures carry each; nobody waits for a count of more than a thousand."""
        rows = self.visible_to(user).kept()
        return {
            value: rows.filter(**{column: value}).values("pk")[:MOST_COUNTED].count()
            for value in self.spread(user, column)
        }

    def owners(self, user: Any) -> models.QuerySet[User]:
        """People of whom this person sees pictures."""
        return User.objects.filter(Exists(self.visible_to(user).kept().filter(owner=OuterRef("pk"))))

    def undrawn(self) -> Self:
        """Kept, but not yet looked at: no thumbnails, no colour."""
        return self.filter(is_drawn=False).select_related("generation").order_by("id")

    def media_for(self, user: Any, sha256: str) -> Self:
        """Rows through which this person may see these bytes."""
        return self.visible_to(user).filter(sha256=sha256)


class Image(models.Model):
    class Source(models.TextChoices):
        GENERATED = "generated", "Generated"
        UPLOADED = "uploaded", "Uploaded"
        IMPORTED = "imported", "Imported"

    source = models.CharField(max_length=10, choices=Source)
    generation = models.ForeignKey(Generation, models.CASCADE, null=True, related_name="images", db_index=False)
    position = models.PositiveSmallIntegerField(default=0)
    owner = models.ForeignKey(User, models.SET_NULL, null=True, related_name="images", db_index=False)
    visibility = models.CharField(max_length=10, choices=Visibility, default=Visibility.TEAM)
    group = models.ForeignKey(Group, models.SET_NULL, null=True, related_name="images", db_index=False)
    sha256 = models.CharField(max_length=64, db_index=True)
    media_type = models.CharField(max_length=40)
    byte_size = models.PositiveBigIntegerField()
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    thumbnail_widths = models.JSONField(default=list)
    colour = models.CharField(max_length=7, default="#888888")
    pixel_hash = models.CharField(max_length=64, blank=True)
    dhash = models.CharField(max_length=16, blank=True)
    is_simulated = models.BooleanField(default=False)
    is_drawn = models.BooleanField(default=True)
    has_content_credentials = models.BooleanField(default=False)
    note = models.TextField(blank=True)
    # The name of the file that was imported, without folders and ending: what such a picture is called.
    imported_name = models.CharField(max_length=200, blank=True)
    # The picture that this upload was cut out of, or painted over as a mask; and of a cut its box: left, top, width, height.
    original = models.ForeignKey("self", models.SET_NULL, null=True, related_name="+", db_index=False)
    cut = models.JSONField(null=True)
    # What the wall filters by, copied here from the generation and told from the pixels: see services.images.
    model_key = models.CharField(max_length=250, blank=True)
    gateway_slug = models.CharField(max_length=40, blank=True)
    shape = models.CharField(max_length=10, blank=True)
    size_class = models.CharField(max_length=10, blank=True)
    swatch = models.CharField(max_length=10, blank=True)
    # The one of its run that stands for all on the wall.
    is_cover = models.BooleanField(default=True)
    is_used = models.BooleanField(default=False)
    favourite_count = models.PositiveIntegerField(default=0)
    is_indexed = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    deleted_at = models.DateTimeField(null=True)
    deleted_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+", db_index=False)
    # Given up for good. Its file goes next, and then the row, unless runs that it went into still name it: that one
    # stays without a `sha256`.
    purged_at = models.DateTimeField(null=True)

    objects = ImageQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["owner", "-id"], name="image_by_owner"),
            models.Index(fields=["group", "-id"], name="image_by_group", condition=models.Q(group__isnull=False)),
            models.Index(fields=["-id"], name="image_wall", condition=models.Q(deleted_at=None)),
            models.Index(fields=["-id"], name="image_covers", condition=models.Q(deleted_at=None, is_cover=True)),
            models.Index(fields=["model_key", "-id"], name="image_by_model"),
            models.Index(fields=["gateway_slug", "-id"], name="image_by_gateway"),
            models.Index(fields=["shape", "-id"], name="image_by_shape"),
            models.Index(fields=["size_class", "-id"], name="image_by_size"),
            models.Index(fields=["swatch", "-id"], name="image_by_swatch"),
            models.Index(fields=["is_simulated", "-id"], name="image_by_reality"),
            models.Index(fields=["-id"], name="image_used", condition=models.Q(is_used=True)),
            models.Index(fields=["-id"], name="image_favourites", condition=models.Q(favourite_count__gt=0)),
            models.Index(fields=["created_at"], name="image_by_time"),
            models.Index(fields=["deleted_at"], name="image_trash", condition=models.Q(deleted_at__isnull=False)),
            models.Index(fields=["id"], name="image_undrawn", condition=models.Q(is_drawn=False)),
            models.Index(fields=["id"], name="image_unindexed", condition=models.Q(is_indexed=False)),
            models.Index(fields=["original"], name="image_made_of", condition=models.Q(original__isnull=False)),
        ]
        constraints = [models.UniqueConstraint(fields=["generation", "position"], name="one_image_per_position")]

    def get_absolute_url(self) -> str:
        return f"/images/{self.pk}/"

    @property
    def days_left(self) -> int:
        return days_left(self.deleted_at)

    @property
    def is_vector(self) -> bool:
        return self.media_type == "image/svg+xml"

    @property
    def file_name(self) -> str:
        return store.name_original(self.sha256, self.media_type)

    def thumbnail_name(self, nominal_width: int) -> str:
        return store.name_thumbnail(self.sha256, nominal_width)

    def media_url(self, size: int | str = "original") -> str:
        """`size` is one of `thumbnail_widths` or `original`. Written out rather than reversed: a wall has hundreds."""
        return f"/media/{self.sha256}/{size}"

    def thumbnail_of(self, at_least: int) -> str:
        """The smallest thumbnail of at least this nominal width, else the largest there is; a vector shows itself."""
        widths = self.thumbnail_widths
        return self.media_url(
            next((width for width in widths if width >= at_least), widths[-1] if widths else "original")
        )

    @property
    def thumbnail_url(self) -> str:
        return self.thumbnail_of(320)

    @property
    def srcset(self) -> str:
        return ", ".join(f"{self.media_url(width)} {min(width, self.width)}w" for width in self.thumbnail_widths)

    @property
    def ratio(self) -> float:
        """Width by height, kept between 1:4 and 4:1 so that no tile breaks a wall."""
        return min(max(self.width / self.height, 0.25), 4.0)
