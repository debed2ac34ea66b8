"""A form is stored while it is typed; what was put aside is taken back, or let go."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from gallery.models import Draft, ImageModel
from gallery.services import drafts
from gallery.views.access import current_user, require_maker
from gallery.views.drafted import kind_of, save_posted

MOST_BYTES = 256 * 1024
PAGES = {Draft.Kind.STUDIO: "studio", Draft.Kind.SET_UP: "compare-models"}


@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """The form as it stands now. Answers the draft's revision, which the page names when it saves again if this is in it."""
    require_maker(request)
    if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_BYTES:
        return refuse("This is too long to be kept as a draft.", 413)
    # Of a model that is switched off too.
    image_model = ImageModel.objects.named(request.POST.get("model", "")).select_related("gateway").first()
    if image_model is None:
        return refuse("There is no such model.", 404)
    saved = save_posted(request, image_model, request.POST)
    return JsonResponse({"revision": saved.draft.revision, "is_in_it": saved.is_in_it})


def refuse(sentence: str, status: int) -> HttpResponse:
    return HttpResponse(sentence, status=status, content_type="text/plain; charset=utf-8")


@require_POST
def take_back(request: HttpRequest) -> HttpResponse:
    """What was put aside comes back into the form, and what stands in the form is put aside."""
    require_maker(request)
    kind = kind_of(request.POST)
    if draft := Draft.objects.of(current_user(request), kind):
        drafts.take_back(draft=draft)
    return redirect(PAGES[kind])


@require_POST
def drop(request: HttpRequest) -> HttpResponse:
    """`of` marks the one that the page showed: another one that was put aside meanwhile stays."""
    require_maker(request)
    kind = kind_of(request.POST)
    if draft := Draft.objects.of(current_user(request), kind):
        drafts.drop_put_aside(draft=draft, mark=request.POST.get("of", ""))
    return redirect(PAGES[kind])
