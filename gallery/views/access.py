"""What a person may touch, asked in one line at the start of a view. Not seen and not there are the same: 404."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest

from gallery.models import AccessToken, Batch, Board, BulkWork, Generation, Group, Image, Preset, Share, Snippet, User
from gallery.models.people import Role

MOST_NAMED = 3


def current_user(request: HttpRequest) -> User:
    """The signed-in person; SignedInMiddleware has let nobody else through."""
    assert isinstance(request.user, User)
    return request.user


def require_administrator(request: HttpRequest) -> User:
    user = current_user(request)
    if user.role != Role.ADMIN:
        raise PermissionDenied(f"This is for administrators. {whom_to_ask()} can help.")
    return user


def require_maker(request: HttpRequest) -> User:
    """Everybody but viewers."""
    user = current_user(request)
    if not user.may_make:
        raise PermissionDenied(
            f"You are here as a viewer: you see, mark and download pictures. {whom_to_ask()} can make you a designer."
        )
    return user


def require_lead(request: HttpRequest) -> User:
    """Whoever chooses the members of a group."""
    user = current_user(request)
    if not user.may_steer:
        raise PermissionDenied(f"This is for those who lead a group. {whom_to_ask()} can help.")
    return user


def whom_to_ask() -> str:
    """Administrators by name, as the beginning of a sentence."""
    names = [person.display_name for person in User.objects.administrators().order_by("pk")[:MOST_NAMED]]
    return " or ".join(names) or "An administrator"


def refuse_change(owner: User | None) -> PermissionDenied:
    """For what is somebody else's to change."""
    whose = f"This is {owner.display_name}’s" if owner else "This is somebody else’s"
    return PermissionDenied(f"{whose} to change. {whom_to_ask()} can help.")


def get_seen_group(request: HttpRequest, group_id: int) -> Group:
    group = Group.objects.seen_by(current_user(request)).filter(pk=group_id).first()
    if group is None:
        raise Http404
    return group


def get_led_group(request: HttpRequest, group_id: int) -> Group:
    """Its members are its leads' to choose, and every administrator's."""
    group = get_seen_group(request, group_id)
    if not Group.objects.led_by(current_user(request)).filter(pk=group_id).exists():
        raise PermissionDenied(f"{group} is steered by its leads. {whom_to_ask()} can help.")
    return group


def get_visible_generation(request: HttpRequest, generation_id: int) -> Generation:
    generation = Generation.objects.for_page(current_user(request)).filter(pk=generation_id).first()
    if generation is None:
        raise Http404
    return generation


def get_editable_generation(request: HttpRequest, generation_id: int) -> Generation:
    user = current_user(request)
    generation = get_visible_generation(request, generation_id)
    if not Generation.objects.editable_by(user).filter(pk=generation_id).exists():
        raise refuse_change(generation.owner)
    return generation


def get_visible_batch(request: HttpRequest, batch_id: int) -> Batch:
    batch = Batch.objects.for_page(current_user(request)).filter(pk=batch_id).first()
    if batch is None:
        raise Http404
    return batch


def get_editable_batch(request: HttpRequest, batch_id: int) -> Batch:
    batch = get_visible_batch(request, batch_id)
    if not Batch.objects.editable_by(current_user(request)).filter(pk=batch_id).exists():
        raise refuse_change(batch.owner)
    return batch


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
        raise refuse_change(image.owner)
    return image


def may_edit(user: User, image: Image) -> bool:
    return Image.objects.editable_by(user).filter(pk=image.pk).exists()


def get_visible_board(request: HttpRequest, board_id: int) -> Board:
    """In the trash a board is there only for those who may take it back, by `get_editable_board`."""
    board = Board.objects.visible_to(current_user(request)).kept().filter(pk=board_id).select_related("owner").first()
    if board is None:
        raise Http404
    return board


def get_editable_board(request: HttpRequest, board_id: int) -> Board:
    """Its name, notes, cover and end are its owner's, of a shared one also the leads' and the administrators'."""
    user = current_user(request)
    board = Board.objects.visible_to(user).filter(pk=board_id).select_related("owner").first()
    is_editable = Board.objects.editable_by(user).filter(pk=board_id).exists()
    if board is None or (board.deleted_at and not is_editable):
        raise Http404
    if not is_editable:
        raise refuse_change(board.owner)
    return board


def get_editable_snippet(request: HttpRequest, snippet_id: int) -> Snippet:
    user = current_user(request)
    snippet = Snippet.objects.visible_to(user).filter(pk=snippet_id).select_related("owner").first()
    is_editable = Snippet.objects.editable_by(user).filter(pk=snippet_id).exists()
    if snippet is None or (snippet.deleted_at and not is_editable):
        raise Http404
    if not is_editable:
        raise refuse_change(snippet.owner)
    return snippet


def get_visible_preset(request: HttpRequest, preset_id: int) -> Preset:
    preset = Preset.objects.for_page(current_user(request)).filter(pk=preset_id).first()
    if preset is None:
        raise Http404
    return preset


def get_editable_preset(request: HttpRequest, preset_id: int) -> Preset:
    user = current_user(request)
    preset = (
        Preset.objects.visible_to(user).filter(pk=preset_id).select_related("owner", "image_model__gateway").first()
    )
    is_editable = Preset.objects.editable_by(user).filter(pk=preset_id).exists()
    if preset is None or (preset.deleted_at and not is_editable):
        raise Http404
    if not is_editable:
        raise refuse_change(preset.owner)
    return preset


def get_own_token(request: HttpRequest, token_id: int) -> AccessToken:
    """Tokens are their owner's alone; administrators have their own page for oversight."""
    access_token = AccessToken.objects.for_owner(current_user(request)).filter(pk=token_id).first()
    if access_token is None:
        raise Http404
    return access_token


def get_own_share(request: HttpRequest, share_id: int) -> Share:
    share = Share.objects.for_owner(current_user(request)).filter(pk=share_id).first()
    if share is None:
        raise Http404
    return share


def get_revocable_share(request: HttpRequest, share_id: int) -> Share:
    """One's own; administrators may end everybody's."""
    user = current_user(request)
    rows = Share.objects.for_list() if user.role == Role.ADMIN else Share.objects.for_owner(user)
    share = rows.filter(pk=share_id).first()
    if share is None:
        raise Http404
    return share


def get_own_work(request: HttpRequest, work_id: int) -> BulkWork:
    """Nobody else is told of it, and nobody else undoes it."""
    work = BulkWork.objects.for_page(current_user(request)).filter(pk=work_id).first()
    if work is None:
        raise Http404
    return work
