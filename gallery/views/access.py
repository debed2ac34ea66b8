"""What a person may touch, asked in one line at the start of a view. Not seen and not there are the same: 404."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest

from gallery.models import AccessToken, Generation, Image, User


def current_user(request: HttpRequest) -> User:
    """The signed-in person; LoginRequiredMiddleware has let nobody else through."""
    assert isinstance(request.user, User)
    return request.user


def require_administrator(request: HttpRequest) -> User:
    user = current_user(request)
    if not user.is_superuser:
        raise PermissionDenied
    return user


def get_visible_generation(request: HttpRequest, generation_id: int) -> Generation:
    generation = Generation.objects.for_page(current_user(request)).filter(pk=generation_id).first()
    if generation is None:
        raise Http404
    return generation


def get_editable_generation(request: HttpRequest, generation_id: int) -> Generation:
    user = current_user(request)
    generation = get_visible_generation(request, generation_id)
    if not Generation.objects.editable_by(user).filter(pk=generation_id).exists():
        raise PermissionDenied
    return generation


def get_visible_image(request: HttpRequest, image_id: int) -> Image:
    """A picture this person sees; in the trash it is only there for those who may restore it."""
    user = current_user(request)
    image = Image.objects.for_page(user).filter(pk=image_id).first()
    if image is None or (image.deleted_at and not may_edit(user, image)):
        raise Http404
    return image


def get_editable_image(request: HttpRequest, image_id: int) -> Image:
    image = get_visible_image(request, image_id)
    if not may_edit(current_user(request), image):
        raise PermissionDenied
    return image


def may_edit(user: User, image: Image) -> bool:
    return Image.objects.editable_by(user).filter(pk=image.pk).exists()


def get_own_token(request: HttpRequest, token_id: int) -> AccessToken:
    """Tokens are their owner's alone; administrators have their own page for oversight."""
    access_token = AccessToken.objects.for_owner(current_user(request)).filter(pk=token_id).first()
    if access_token is None:
        raise Http404
    return access_token
