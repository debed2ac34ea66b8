"""Pictures, generated or uploaded. The bytes live in the storage under their SHA-256; rows may share them."""

from typing import Any, Self

from django.db import models

from gallery.images import store
from gallery.models.generations import Generation
from gallery.models.people import User
from gallery.models.visibility import OwnedQuerySet, Visibility


class ImageQuerySet(OwnedQuerySet["Image"]):
    def for_wall(self, user: Any, *, search: str = "", mine: bool = False, trash: bool = False) -> Self:
        """Newest first; `id` alone is the order and the key of the next page."""
        rows = self.filter(source=Image.Source.GENERATED).visible_to(user)
        rows = rows.trashed().editable_by(user) if trash else rows.kept()
        if mine:
            rows = rows.filter(owner_id=user.pk)
        if search:
            rows = rows.filter(generation__in=Generation.objects.search(search))
        return rows.select_related("generation", "owner").order_by("-id")

    def for_picking(self, user: Any, *, search: str = "") -> Self:
        """What may become a reference: everything visible that is kept; a search leaves uploads out, they have no words."""
        rows = self.visible_to(user).kept().exclude(media_type="image/svg+xml")
        if search:
            rows = rows.filter(generation__in=Generation.objects.search(search))
        return rows.select_related("generation").order_by("-id")

    def for_page(self, user: Any) -> Self:
        return self.visible_to(user).select_related("generation__image_model__gateway", "generation__owner", "owner")

    def made_from(self, user: Any, image: "Image") -> Self:
        """Pictures that this one was a reference for, as far as this person may see them."""
        rows = self.visible_to(user).kept().filter(generation__inputs__image=image)
        return rows.select_related("generation").order_by("-id").distinct()

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

    source = models.CharField(max_length=10, choices=Source)
    generation = models.ForeignKey(Generation, models.CASCADE, null=True, related_name="images", db_index=False)
    position = models.PositiveSmallIntegerField(default=0)
    owner = models.ForeignKey(User, models.SET_NULL, null=True, related_name="images", db_index=False)
    visibility = models.CharField(max_length=10, choices=Visibility, default=Visibility.TEAM)
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
    created_at = models.DateTimeField(auto_now_add=True)
    deleted_at = models.DateTimeField(null=True)
    deleted_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+", db_index=False)

    objects = ImageQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["owner", "-id"], name="image_by_owner"),
            models.Index(fields=["-id"], name="image_wall", condition=models.Q(deleted_at=None)),
            models.Index(fields=["id"], name="image_undrawn", condition=models.Q(is_drawn=False)),
        ]
        constraints = [models.UniqueConstraint(fields=["generation", "position"], name="one_image_per_position")]

    def get_absolute_url(self) -> str:
        return f"/images/{self.pk}/"

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
