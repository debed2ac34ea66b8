"""The page where pictures come in from outside: a folder dropped, one file after the other; or a plain form."""

from dataclasses import dataclass

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from gallery.images.errors import PictureError, PictureNotStored
from gallery.models import User, Visibility
from gallery.services import images, imports
from gallery.services.imports import Imported
from gallery.views.access import require_maker
from gallery.views.audiences import Audience, audiences_of, read_audience
from gallery.views.htmx import HtmxRequest

MOST_FILES = 500


@dataclass(frozen=True, kw_only=True)
class Line:
    """What became of one file; `state` is done, recipe, known or refused."""

    name: str
    state: str
    sentence: str
    page_url: str = ""
    thumbnail_url: str = ""


@require_http_methods(["GET", "HEAD", "POST"])
def import_pictures(request: HtmxRequest) -> HttpResponse:
    user = require_maker(request)
    if request.method != "POST":
        return render(request, "import/page.html", page_context([], user))
    chosen = request.POST.get("visibility", "")
    audience = read_audience(chosen, user, otherwise=Visibility.TEAM)
    files = request.FILES.getlist("files")[:MOST_FILES]
    lines = [take(file, user, audience) for file in files]
    status = 422 if all(line.state == "refused" for line in lines) else 200
    if request.htmx:
        return render(request, "import/page.html#lines", {"lines": lines}, status=status)
    context = page_context(lines, user) | {"chosen": chosen, "is_empty": not files}
    return render(request, "import/page.html", context, status=status)


def take(file: UploadedFile, user: User, audience: Audience) -> Line:
    name = (file.name or "")[-200:]
    if (file.size or 0) > images.LARGEST_UPLOAD:
        most = images.LARGEST_UPLOAD // 1024**2
        return Line(name=name, state="refused", sentence=f"This file is larger than {most} MB. Save a smaller copy.")
    visibility, group = audience
    try:
        return describe(name, imports.import_picture(file=file, owner=user, visibility=visibility, group=group))
    except PictureError as problem:
        return Line(name=name, state="refused", sentence=problem.sentence)
    except OSError:
        return Line(name=name, state="refused", sentence=PictureNotStored().sentence)


def describe(name: str, imported: Imported) -> Line:
    image = imported.image
    if not imported.is_new:
        state, sentence = "known", "Already here"
    elif imported.has_recipe:
        state, sentence = "recipe", "Added with its recipe"
    else:
        state, sentence = "done", "Added"
    return Line(
        name=name,
        state=state,
        sentence=sentence,
        page_url=image.get_absolute_url(),
        thumbnail_url=image.thumbnail_of(160),
    )


def page_context(lines: list[Line], user: User) -> dict[str, object]:
    return {
        "lines": lines,
        "visibilities": audiences_of(user),
        "most_files": MOST_FILES,
        "most_megabytes": images.LARGEST_UPLOAD // 1024**2,
        "count": len(lines),
        "refused": sum(line.state == "refused" for line in lines),
        "with_recipe": sum(line.state == "recipe" for line in lines),
    }
