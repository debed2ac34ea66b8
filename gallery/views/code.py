"""“Use from code”: the studio's form as the request that a script would send for the same run."""

import re
from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods

from gallery.forms import GenerationForm
from gallery.models import ImageModel
from gallery.services import code_samples
from gallery.views.access import current_user, require_maker
from gallery.views.htmx import HtmxRequest
from gallery.views.people import absolute
from gallery.views.studio import refuse_model, show_errors
from gallery.views.uploads import store_posted_files

TEXTS = r'"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`'
PARTS = {
    "curl": re.compile(rf"(?P<comment>^#.*$)|(?P<text>{TEXTS})", re.M),
    "python": re.compile(rf'(?P<comment>#.*$|""".*?""")|(?P<text>{TEXTS})', re.M),
    "javascript": re.compile(rf"(?P<text>{TEXTS})|(?P<comment>//.*$)", re.M),
}


@dataclass(frozen=True, kw_only=True)
class Shown:
    slug: str
    name: str
    needs: str
    html: SafeString


@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HtmxRequest) -> HttpResponse:
    """The posted form as code, without a run. A bad form comes back whole with 422, as it does from Generate."""
    require_maker(request)
    if request.method != "POST":
        return redirect("studio")
    user = current_user(request)
    image_model = ImageModel.objects.offered().named(request.POST.get("model", "")).first()
    if image_model is None:
        return to_the_form(refuse_model(request, user))
    data, upload_errors = store_posted_files(request, image_model, user)
    form = GenerationForm(data, image_model=image_model, user=user)
    for name, sentence in upload_errors:
        form.add_error(name, sentence)
    if not form.is_valid():
        return to_the_form(show_errors(request, form))
    samples = code_samples.build_samples(
        base_url=absolute(request, "/v1"),
        image_model=image_model,
        prompt=form.written.first,
        parameters=form.parameters,
        inputs=form.chosen_inputs,
        visibility=form.cleaned_data["visibility"],
    )
    template = "code/page.html#panel" if request.htmx else "code/page.html"
    context = {"image_model": image_model, "samples": [show(sample) for sample in samples]}
    return render(request, template, context | {"has_references": bool(form.chosen_inputs)})


def to_the_form(response: HttpResponse) -> HttpResponse:
    """The errors belong into the form, not into the panel that was asked for."""
    response["HX-Retarget"] = "#studio-form"
    response["HX-Reswap"] = "outerHTML"
    return response


def show(sample: code_samples.Sample) -> Shown:
    return Shown(slug=sample.slug, name=sample.name, needs=sample.needs, html=mark_parts(sample.slug, sample.text))


def mark_parts(slug: str, text: str) -> SafeString:
    """The code with its texts and comments marked, so that what is the reader's own stands out."""
    pieces, place = [], 0
    for found in PARTS[slug].finditer(text):
        pieces.append(
            format_html('{}<span class="code-{}">{}</span>', text[place : found.start()], found.lastgroup, found[0])
        )
        place = found.end()
    return format_html_join("", "{}", [*((piece,) for piece in pieces), (text[place:],)])
