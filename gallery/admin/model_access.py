"""What the pages of one image model share: the model, the person, the words at their head."""

from functools import partial
from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from gallery.models import ImageModel, Preset, SpecVersion, User
from gallery.services import corrections, image_models


def administrator(request: HttpRequest) -> User:
    """The signed-in person; the admin site has let nobody else through."""
    assert isinstance(request.user, User)
    return request.user


def get_image_model(image_model_id: int) -> ImageModel:
    return get_object_or_404(ImageModel.objects.select_related("gateway"), pk=image_model_id)


def page_url(image_model: ImageModel, page: str, *more: Any) -> str:
    return reverse(f"admin:gallery_imagemodel_{page}", args=[image_model.pk, *more])


def head_of(image_model: ImageModel) -> dict[str, Any]:
    """What every page of a model says of it first."""
    latest = SpecVersion.objects.for_page(image_model).first()
    opening = Preset.objects.kept().filter(image_model=image_model, is_for_all=True).first()
    return {
        "image_model": image_model,
        "latest": latest,
        "origin": origin_of(image_model),
        "opening": opening.name if opening else "",
        "spec_url": page_url(image_model, "spec"),
        "versions_url": page_url(image_model, "versions"),
        "details_url": page_url(image_model, "change"),
        "copy_url": f"{reverse('admin:gallery_imagemodel_add')}?copy={image_model.pk}",
        "studio_url": f"{reverse('studio')}?model={image_model.full_id}" if image_model.is_enabled else "",
        "shipped_url": page_url(image_model, "restore_shipped"),
        "gone": gone_in_words(image_model),
        # Not asked for where only a part of the page is drawn, as with every word that is typed.
        "refusals": SimpleLazyObject(partial(corrections.find_refusals, image_model)),
        "correct_url": page_url(image_model, "correct"),
        "may_restore": bool(image_models.changed_fields(image_model)),
    }


def origin_of(image_model: ImageModel) -> str:
    if image_model.shipped is None:
        return "added here"
    return "changed here" if image_models.changed_fields(image_model) else "as shipped"


def gone_in_words(image_model: ImageModel) -> str:
    """ "" for one that is there, or was never looked for."""
    if not image_model.is_gone:
        return ""
    since = f" since {timezone.localtime(image_model.gone_since):%-d %b %Y}" if image_model.gone_since else ""
    return f"{image_model.gateway.name} has not listed it{since}. What was made with it stays."
