"""What people keep in the studio: drafts, presets, snippets, lists of words, favourite models."""

from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from gallery.models.groups import Group
from gallery.models.image_models import ImageModel
from gallery.models.people import User
from gallery.models.trash import TrashQuerySet
from gallery.models.visibility import Visibility


class DraftQuerySet(models.QuerySet["Draft"]):
    def of(self, user: Any, kind: str = "studio") -> "Draft | None":
        return self.filter(owner=user, kind=kind).first()


class Draft(models.Model):
    """A form as a person left it, one of each kind. `values` are form texts by name, `inputs` picture ids by parameter, `spec`
    what the model's was, `plan` the texts by name of what a set-up has beside the settings: models, axes, the stop. `revision`
    counts its changes, so that a page can tell which it has seen. `put_aside` is the content of one that was overwritten by
    somebody who had not seen it; `is_run` says that nothing is lost with it: it is in the history, or as the studio's form
    had it."""

    class Kind(models.TextChoices):
        STUDIO = "studio", "The studio’s form"
        SET_UP = "set-up", "A comparison or a matrix"

    owner = models.ForeignKey(User, models.CASCADE, related_name="drafts", db_index=False)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.STUDIO)
    model_key = models.CharField(max_length=250)
    values = models.JSONField(default=dict)
    inputs = models.JSONField(default=dict)
    spec = models.JSONField(default=list)
    plan = models.JSONField(default=dict)
    revision = models.PositiveBigIntegerField(default=0)
    is_run = models.BooleanField(default=False)
    put_aside = models.JSONField(default=dict)
    changed_at = models.DateTimeField(default=timezone.now)

    objects = DraftQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "kind"], name="one_draft_of_a_kind")]


class PresetQuerySet(TrashQuerySet["Preset"]):
    is_steered = True

    def for_page(self, user: Any) -> Self:
        rows = self.visible_to(user).kept().select_related("owner", "image_model__gateway")
        return rows.order_by("image_model__name", "name", "id")

    def for_menu(self, user: Any) -> Self:
        return self.for_page(user).filter(image_model__in=ImageModel.objects.offered())

    def opening(self, user: Any, image_model: ImageModel) -> "Preset | None":
        """What this model opens with: one's own default, else the one for all."""
        rows = self.visible_to(user).kept().filter(image_model=image_model)
        mine = rows.filter(owner_id=user.pk, is_default=True).first()
        return mine or rows.filter(is_for_all=True).first()


class Preset(models.Model):
    """A named form: settings of one model, with or without a prompt. `is_default` opens the model with it, for its owner;
    `is_for_all` for everybody, which administrators decide. `before` is what it held until it was last overwritten."""

    name = models.CharField(max_length=80)
    owner = models.ForeignKey(User, models.SET_NULL, null=True, related_name="presets")
    visibility = models.CharField(max_length=10, choices=Visibility, default=Visibility.PRIVATE)
    group = models.ForeignKey(Group, models.SET_NULL, null=True, related_name="presets")
    image_model = models.ForeignKey(ImageModel, models.CASCADE, null=True, related_name="presets")
    prompt = models.TextField(blank=True)
    values = models.JSONField(default=dict)
    inputs = models.JSONField(default=dict)
    spec = models.JSONField(default=list)
    before = models.JSONField(default=dict)
    is_default = models.BooleanField(default=False)
    is_for_all = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True)

    objects = PresetQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "image_model"],
                name="one_default_preset",
                condition=Q(is_default=True, deleted_at=None),
            ),
            models.UniqueConstraint(
                fields=["image_model"], name="one_preset_for_all", condition=Q(is_for_all=True, deleted_at=None)
            ),
        ]

    def __str__(self) -> str:
        return self.name


class SnippetQuerySet(TrashQuerySet["Snippet"]):
    is_steered = True

    def for_prompt(self, user: Any) -> Self:
        return self.visible_to(user).kept().select_related("owner").order_by("kind", "name", "id")

    def styles_for(self, user: Any) -> Self:
        return self.for_prompt(user).filter(kind=Snippet.Kind.STYLE)

    def lists_for(self, user: Any) -> dict[str, list[str]]:
        """Named lists as prompts use them: words by name. One's own comes before the team's of the same name."""
        rows = self.for_prompt(user).filter(kind=Snippet.Kind.LIST)
        ordered = sorted(rows, key=lambda row: row.owner_id == user.pk)
        return {row.name: row.words for row in ordered}


class Snippet(models.Model):
    """Words to reuse: a snippet is put in where the caret stands, a style is laid around the prompt (`{prompt}` in it), a list
    fills `{its name}` in prompts, one option a line."""

    class Kind(models.TextChoices):
        SNIPPET = "snippet", "Snippet"
        STYLE = "style", "Style"
        LIST = "list", "List"

    kind = models.CharField(max_length=10, choices=Kind, default=Kind.SNIPPET)
    name = models.CharField(max_length=60)
    text = models.TextField()
    owner = models.ForeignKey(User, models.SET_NULL, null=True, related_name="snippets")
    visibility = models.CharField(max_length=10, choices=Visibility, default=Visibility.TEAM)
    group = models.ForeignKey(Group, models.SET_NULL, null=True, related_name="snippets")
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True)

    objects = SnippetQuerySet.as_manager()

    @property
    def words(self) -> list[str]:
        return [line.strip() for line in self.text.splitlines() if line.strip()]


class FavouriteModelQuerySet(models.QuerySet["FavouriteModel"]):
    def keys_of(self, user: Any) -> set[int]:
        """The models that somebody starred."""
        return set(self.filter(owner_id=user.pk).values_list("image_model_id", flat=True))


class FavouriteModel(models.Model):
    owner = models.ForeignKey(User, models.CASCADE, related_name="favourite_models", db_index=False)
    image_model = models.ForeignKey(ImageModel, models.CASCADE, related_name="favourites")

    objects = FavouriteModelQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "image_model"], name="one_favourite_per_model")]
