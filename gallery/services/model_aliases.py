"""Names by which scripts may call an image model."""

from gallery.models import ImageModel, ModelAlias


def save_alias(*, name: str, image_model: ImageModel, model_alias: ModelAlias | None = None) -> ModelAlias:
    """A new name, or the given one changed."""
    saved = model_alias or ModelAlias()
    saved.name, saved.image_model = name, image_model
    saved.save()
    return saved


def remove_alias(model_alias: ModelAlias) -> None:
    ModelAlias.objects.filter(pk=model_alias.pk).delete()
