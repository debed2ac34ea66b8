"""A picture for each model: one of this person's own library, or until there is one two colours."""

from collections.abc import Sequence

from gallery.models import Generation, Image, ImageModel, User
from gallery.views.tiles import colour_of_words


def newest_pictures(rows: Sequence[ImageModel], user: User) -> dict[int, Image]:
    """A picture of each model's newest run that this person may see, by the model's key: two queries, by an index."""
    newest = Generation.objects.newest_of_models(rows, user)
    images = Image.objects.visible_to(user).kept().filter(generation__in=list(newest)).order_by("-position")
    return {newest[image.generation_id]: image for image in images if image.generation_id in newest}


def newest_picture(image_model: ImageModel, user: User) -> Image | None:
    return newest_pictures([image_model], user).get(image_model.pk)


def swatch(image_model: ImageModel) -> tuple[str, str]:
    """Two neighbouring colours that are this model's own, until it has a picture to show."""
    return colour_of_words(image_model.name), colour_of_words(image_model.name, turn=0.22)
