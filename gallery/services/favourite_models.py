"""Models somebody starred, to find them first."""

from gallery.models import FavouriteModel, ImageModel, User


def set_favourite(*, user: User, image_model: ImageModel, is_favourite: bool) -> None:
    if is_favourite:
        FavouriteModel.objects.get_or_create(owner=user, image_model=image_model)
    else:
        FavouriteModel.objects.filter(owner=user, image_model=image_model).delete()
