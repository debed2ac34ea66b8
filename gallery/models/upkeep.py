"""What is tidied away by itself: one row of rules for the whole studio."""

from datetime import datetime

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Exists, OuterRef, Q

from gallery.models.batches import Batch
from gallery.models.boards import BoardItem
from gallery.models.curation import Mark
from gallery.models.generations import GenerationInput
from gallery.models.images import Image
from gallery.models.people import User
from gallery.models.shares import ShareItem

# Of five.
LIKED = 4


class UpkeepQuerySet(models.QuerySet["Upkeep"]):
    def current(self) -> "Upkeep":
        return self.get_or_create(pk=1)[0]

    def unwanted(self, *, rejected_before: datetime) -> models.QuerySet[Image, int]:
        """Pictures that their owner or an administrator rejected by then and that nobody holds on to in any way."""
        this = OuterRef("pk")
        decides = Q(user=OuterRef("owner")) | Q(user__in=User.objects.administrators().values("pk"))
        rejected = Mark.objects.filter(decides, is_rejected=True, changed_at__lte=rejected_before, image=this)
        rows = Image.objects.kept().filter(Exists(rejected), purged_at=None, favourite_count=0, is_used=False)
        for held in (
            Mark.objects.filter(image=this, rating__gte=LIKED),
            BoardItem.objects.filter(image=this),
            ShareItem.objects.filter(image=this),
            GenerationInput.objects.filter(image=this),
            Batch.objects.filter(winner=this),
            Image.objects.filter(original=this),
        ):
            rows = rows.exclude(Exists(held))
        return rows.order_by("pk").values_list("pk", flat=True)


class Upkeep(models.Model):
    rejected_days = models.PositiveSmallIntegerField(
        "days that rejected pictures stay",
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="A picture that its owner or an administrator rejected goes to the trash after so many days, and from there "
        "after thirty more. Never one that anybody circled or gave four or five stars, that is on a board or in a share link, "
        "that won a comparison, or that was used for another. Empty: it stays.",
    )

    objects = UpkeepQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "retention"

    def __str__(self) -> str:
        return "Retention"
