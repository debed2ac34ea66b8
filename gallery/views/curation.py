"""What people put on a picture: marks, tags, boards, its note, comments. Each answers with its part of the panel, without
htmx with the picture's page."""

import json
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from gallery.models import Board, Comment, Image, Tag, User, WallQuery
from gallery.services import boards, comments, marks, notes, tags
from gallery.views.access import current_user, get_visible_image, require_maker
from gallery.views.audiences import seen_by_in_words
from gallery.views.htmx import HtmxRequest
from gallery.views.images import page_context
from gallery.views.panel import comments_context, labels_context, marks_context, note_context
from gallery.views.steps import next_url, suffix_of
from gallery.views.uploads import is_id

MOST_OFFERED = 12
SWITCHES = {"1": True, "0": False}


@require_POST
def mark(request: HtmxRequest, image_id: int) -> HttpResponse:
    """`favourite` and `rejected` are 1 or 0, `rating` is 0 to 5; what is not posted stays."""
    user = current_user(request)
    image = get_visible_image(request, image_id)
    rating = request.POST.get("rating", "")
    marks.mark_images(
        user=user,
        image_ids=[image.pk],
        is_favourite=SWITCHES.get(request.POST.get("favourite", "")),
        rating=int(rating) if rating in ("0", "1", "2", "3", "4", "5") else None,
        is_rejected=SWITCHES.get(request.POST.get("rejected", "")),
    )
    response = answer(request, image, "marks", marks_context(image, user))
    response["HX-Trigger"] = json.dumps({"pictures:changed": {"ids": [image.pk], "removed": []}})
    return response


@require_POST
def tag(request: HtmxRequest, image_id: int) -> HttpResponse:
    """`tag` is added, several by commas; `remove` is the id of one."""
    user = require_maker(request)
    image = get_visible_image(request, image_id)
    problem = ""
    if is_id(request.POST.get("remove", "")):
        for row in Tag.objects.filter(pk=request.POST["remove"]):
            tags.untag_images(tag=row, image_ids=[image.pk])
    else:
        problem = add_tags(image, user, request.POST.get("tag", ""))
    typed = request.POST.get("tag", "") if problem else ""
    context = {"tag_error": problem, "typed_tag": typed, "is_adding": "tag"}
    return answer(request, image, "labels", {**labels_context(image, user), **context}, is_refused=bool(problem))


def add_tags(image: Image, user: User, words: str) -> str:
    """A sentence on what was refused, "" when all went well."""
    for name in list(filter(str.strip, words.split(","))) or [""]:
        try:
            row = tags.get_or_create_tag(name=name, user=user)
        except tags.TagRefused as refusal:
            return str(refusal)
        if not tags.tag_images(tag=row, image_ids=[image.pk], user=user):
            return f"A picture takes {tags.MOST_PER_IMAGE} tags. Take one away first."
    return ""


@require_http_methods(["GET", "POST"])
def board(request: HtmxRequest, image_id: int) -> HttpResponse:
    """`board` is a board's name, old or new; `remove` is the id of one. GET completes `?q=`."""
    user = require_maker(request)
    image = get_visible_image(request, image_id)
    if request.method == "GET":
        return offer_boards(request, image, user)
    problem = said = ""
    if is_id(request.POST.get("remove", "")):
        for row in Board.objects.open_to(user).filter(pk=request.POST["remove"]):
            boards.take_off_board(board=row, image_ids=[image.pk])
    else:
        try:
            said = put_on(image, user, request.POST.get("board", ""))
        except boards.BoardRefused as refusal:
            problem = str(refusal)
    typed = request.POST.get("board", "") if problem else ""
    context = {"board_error": problem, "typed_board": typed, "said": said, "is_adding": "board"}
    return answer(request, image, "labels", {**labels_context(image, user), **context}, is_refused=bool(problem))


def put_on(image: Image, user: User, name: str) -> str:
    """On the open board of this name, else on a new one that is as private as the picture; says so. Raises BoardRefused."""
    row = Board.objects.open_to(user).filter(name__iexact=" ".join(name.replace("\x00", "").split())).first()
    said = ""
    if row is None:
        row = boards.create_board(owner=user, name=name, visibility=image.visibility, group=image.group)
        said = f"Made the board “{row.name}”: {seen_by_in_words(image.visibility, image.group)}."
    boards.put_on_board(board=row, image_ids=[image.pk], user=user)
    return said


def offer_boards(request: HttpRequest, image: Image, user: User) -> HttpResponse:
    words = request.GET.get("q", "").replace("\x00", "").strip()
    rows = Board.objects.open_to(user).exclude(items__image=image).filter(name__icontains=words)
    found = rows.order_by("-changed_at", "-id").values_list("name", flat=True)[:MOST_OFFERED]
    return JsonResponse({"options": [{"value": name, "label": name} for name in found]})


@require_POST
def note(request: HtmxRequest, image_id: int) -> HttpResponse:
    """`before` is the note as the writer found it."""
    require_maker(request)
    image = get_visible_image(request, image_id)
    text = request.POST.get("note", "")
    try:
        notes.write_note(image=image, text=text, before=request.POST.get("before", ""))
    except notes.NoteRefused as refusal:
        context = {**note_context(image), "typed_note": text, "note_error": str(refusal)}
        return answer(request, image, "note-state", context, is_refused=True)
    except notes.NoteChanged as conflict:
        context = {"image": image, "note": conflict.note, "typed_note": text, "is_conflict": True}
        return answer(request, image, "note-state", context, is_refused=True)
    image.refresh_from_db(fields=["note"])
    return answer(request, image, "note-state", {**note_context(image), "is_saved": True})


@require_POST
def comment(request: HtmxRequest, image_id: int) -> HttpResponse:
    user = current_user(request)
    image = get_visible_image(request, image_id)
    return say(request, image, lambda text: comments.add_comment(image=image, author=user, text=text), "new")


@require_POST
def comment_edit(request: HtmxRequest, image_id: int, comment_id: int) -> HttpResponse:
    """Their author’s alone."""
    image = get_visible_image(request, image_id)
    row = get_comment(image, comment_id)
    if row.author_id != current_user(request).pk:
        raise PermissionDenied
    return say(request, image, lambda text: comments.edit_comment(comment=row, text=text), str(row.pk))


@require_POST
def comment_delete(request: HtmxRequest, image_id: int, comment_id: int) -> HttpResponse:
    """By its author or an administrator."""
    user = current_user(request)
    image = get_visible_image(request, image_id)
    row = get_comment(image, comment_id)
    if row.author_id != user.pk and not user.is_staff:
        raise PermissionDenied
    comments.delete_comment(row)
    return answer(request, image, "comments", comments_context(image, user))


def say(request: HtmxRequest, image: Image, post: Any, place: str) -> HttpResponse:
    """Keep the posted words by `post`; `place` tells the template beside which field a refusal stands."""
    text = request.POST.get("text", "")
    user = current_user(request)
    try:
        untold = post(text).untold
    except comments.CommentRefused as refusal:
        context = {"comment_error": str(refusal), "typed_comment": text, "refused_at": place}
        return answer(request, image, "comments", {**comments_context(image, user), **context}, is_refused=True)
    names = ", ".join(person.display_name for person in untold)
    said = f"{names} cannot see this private picture and was not told." if len(untold) == 1 else ""
    said = f"{names} cannot see this private picture and were not told." if len(untold) > 1 else said
    return answer(request, image, "comments", {**comments_context(image, user), "said_comment": said})


def get_comment(image: Image, comment_id: int) -> Comment:
    row = Comment.objects.for_image(image).filter(pk=comment_id).first()
    if row is None:
        raise Http404
    return row


def answer(
    request: HtmxRequest, image: Image, part: str, context: dict[str, Any], *, is_refused: bool = False
) -> HttpResponse:
    """The part anew; without htmx the page that the form names as `next`, or the picture’s, and whole with 422 what was
    refused."""
    suffix = suffix_of(WallQuery.read(request.GET))
    status = 422 if is_refused else 200
    if request.htmx:
        return render(request, f"image/_panel.html#{part}", {**context, "suffix": suffix}, status=status)
    for name in ("said", "said_comment"):
        if context.get(name):
            messages.info(request, context[name])
    if is_refused:
        image = get_visible_image(request, image.pk)
        return render(request, "image/page.html", {**page_context(request, image), **context}, status=status)
    page = f"{reverse('image-detail', args=[image.pk])}{suffix}#{part.partition('-')[0]}-{image.pk}"
    return redirect(next_url(request, otherwise=page))
