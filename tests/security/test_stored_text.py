"""Text that somebody stored is text wherever it comes out: in pages and fragments, JSON, headers, lists, names of files.

Open WebUI CVE-2026-44568 and -45303 (markup that was cleaned too early), CVE-2026-109291 (a stored `javascript:` address),
ComfyUI CVE-2026-56670, LibreChat GHSA-qrm5-r67f-6692 (a name that came with an answer became a path).
"""

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.db.models import CharField, JSONField, QuerySet, TextField
from django.urls import reverse

from gallery.models import AuditEntry, Batch, Comment, Draft, Generation, Image, Mention
from gallery.services import gateways, model_aliases
from tests import factories
from tests.admin import pages
from tests.security.house import body_of, everything_asked, undone
from tests.test_permissions import World

# Short, since names of sixty characters take it too: a formula, a way out of attributes and elements, a template's tag, a
# sign that turns the line around, a terminal's escape, the end of a header.
HOSTILE = "=1+1'\"><q-x onq=1>{{8|add:1}}q\u202e\x1b[1m\r\nX-Q:1"
TELLING = "<q-x"
# Columns that hold no words: names within the program, marks, secrets, what the database compares.
NO_WORDS = {
    *("password", "token_hash", "sha256", "media_type", "slug", "dialect", "base_url", "host", "session_key", "secret"),
    *(
        "token",
        "prefix",
        "avatar_stamp",
        "colour",
        "pixel_hash",
        "dhash",
        "shape",
        "size_class",
        "swatch",
        "query",
        "act",
    ),
    *("spec_hash", "request_hash", "cost_unit", "quote_unit", "spend_unit", "price_unit", "gateway_slug", "surface"),
    *(
        "default_visibility",
        "action",
        "key",
        "error_kind",
        "submission",
        "claimed_by",
        "session_data",
        "cache_key",
        "value",
    ),
    *("model_key", "model", "gateway", "last_four", "fingerprint", "parameter", "expire_date", "codename", "app_label"),
}
# JSON of the same kind.
NO_WORDS_IN = {
    "thumbnail_widths",
    "cut",
    "model_ids",
    "image_ids",
    "pairs",
    "cell",
    "counted",
    "arguments",
    "refusals",
    "tasks",
    "modalities",
    "inputs",
    "prompt_forbids",
}
# Of objects in JSON.
NO_WORDS_AT = {
    "type",
    "name",
    "role",
    "model_key",
    "id",
    "aspect_ratio",
    "value",
    "default",
    "parameter",
    "ignored_with",
    "mask_of",
    "mask_marks",
    "transport",
}
FORMULA = re.compile(r"\s*[=+\-@\t\r]")


class Reader(HTMLParser):
    """What a browser would make of it."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag == "q-x":
            self.found.append("an element")
        for name, value in attributes:
            if name.startswith(("onq", "on")):
                self.found.append(f"the attribute {name}")
            if name in ("href", "src", "action", "formaction") and re.match(
                r"\s*(javascript|data:text|vbscript)", value or ""
            ):
                self.found.append(f"{name}={value}")
            if name.startswith("hx-on") or (name == "srcdoc"):
                self.found.append(name)


def test_stored_text_is_text_wherever_it_comes_out(world: World) -> None:
    furnish(world)
    poison()
    faults: dict[str, list[str]] = {}
    telling = 0
    for label, response, body in everything_that_comes_out(world):
        found = [*faults_of_headers(response), *faults_of_body(response, body)]
        if response.status_code >= 500 and "readyz" not in label:
            found.append(str(response.status_code))
        if found:
            faults[label] = found
        telling += b"X-Q:1" in body
    assert faults == {}
    # The words are there, and in many places.
    assert telling > 80, telling


def furnish(world: World) -> None:
    """Beside what is there: a run that failed, a question with its answer, a picture that came in, a key, a name for a model,
    a draft, a version, a mention."""
    owner, model = world.people["owner"], world.image_model
    failed = factories.create_generation(owner, model, "failed")
    Generation.objects.filter(pk=failed.pk).update(
        status="failed",
        error_kind="rejected",
        error_sentence="x",
        error_detail="x",
        answer="x",
        revised_prompt="x",
        notes=["x"],
        refused={"parameter": "aspect_ratio", "values": ["x"]},
        reply={"x": "x"},
        request={"x": "x"},
    )
    asked = factories.create_picture(owner, model, "asked", colour="red")
    Generation.objects.filter(images=asked).update(
        answer="x", revised_prompt="x", notes=["x"], conversation=[{"role": "user", "content": "x"}]
    )
    came = factories.create_picture(owner, model, "came", colour="blue")
    Image.objects.filter(pk=came.pk).update(source="imported", imported_name="x", note="x", generation=None)
    Image.objects.update(note="x")
    gateways.save_api_key(
        gateway=model.gateway,
        secret="sk-test-0123456789abcdef",
        label="x",
        position=0,
        is_enabled=True,
        created_by=None,
    )
    model_aliases.save_alias(name="x", image_model=model)
    Draft.objects.create(
        owner=owner,
        model_key=model.full_id,
        values={"prompt": "x", "aspect_ratio": "x"},
        put_aside={"model_key": model.full_id, "values": {"prompt": "x"}, "inputs": {}},
    )
    AuditEntry.objects.create(act="group.changed", actor_name=HOSTILE, subject=HOSTILE, detail={"x": HOSTILE})
    Mention.objects.create(comment=Comment.objects.earliest("pk"), user=world.people["member"])
    Batch.objects.update(prompt="x", axes=[{"name": "prompt", "label": "x", "values": [{"label": "x", "value": "x"}]}])


def poison() -> None:
    """Straight into the rows: what is checked on the way in has no part in this."""
    for model in apps.get_models():
        if model._meta.app_label in ("gallery", "mfa") and model is not AuditEntry:
            rows: Any = QuerySet(model)
            for row in rows.all():
                if changed := {field.attname: text for field, text in poisoned_columns(row)}:
                    rows.filter(pk=row.pk).update(**changed)


def poisoned_columns(row: Any) -> Iterator[tuple[Any, Any]]:
    for field in row._meta.concrete_fields:
        value = getattr(row, field.attname)
        if isinstance(field, JSONField) and field.name not in NO_WORDS_IN and value:
            yield field, poisoned(value)
        elif (
            type(field) in (CharField, TextField)
            and not field.choices
            and field.name not in NO_WORDS
            and value is not None
        ):
            ending = str(row.pk) if field.unique or field.name == "model_id" else ""
            yield field, HOSTILE[: (field.max_length or 500) - len(ending)] + ending


def poisoned(value: Any) -> Any:
    """Every text in it but what the program itself compares; of a parameter its label and what it says of itself."""
    if isinstance(value, dict) and "type" in value and "name" in value:
        return value | {"label": HOSTILE, "description": HOSTILE}
    if isinstance(value, dict):
        return {name: each if name in NO_WORDS_AT else poisoned(each) for name, each in value.items()}
    if isinstance(value, list):
        return [poisoned(each) for each in value]
    return HOSTILE if isinstance(value, str) else value


# What comes out -------------------------------------------------------------------------------------------------------


def everything_that_comes_out(world: World) -> Iterator[tuple[str, Any, bytes]]:
    """Of every address, as a page and as htmx asks for it: what is read, and what is said to whoever changed something."""
    for asked in everything_asked(world, "get"):
        for headers in ({}, {"HX-Request": "true"}):
            response = asked.client.get(asked.path, asked.told, headers=headers)
            yield f"{asked.label} {headers}", response, body_of(response)
    for asked in everything_asked(world, "post"):
        with undone():
            response = asked.client.post(asked.path, asked.told, headers={"HX-Request": "true"})
            yield asked.label, response, body_of(response)
    for label, path in more_addresses(world):
        with undone():
            response = world.clients["admin"].get(path)
            yield label, response, body_of(response)
    things = world.things[""]
    for who in ("owner", "admin"):
        ids = ",".join(str(pk) for pk in Image.objects.values_list("pk", flat=True))
        response = world.clients[who].post("/library/download/", {"ids": ids})
        yield f"ZIP for {who}", response, body_of(response)
    for kind in ("recipe", "none"):
        response = world.clients["owner"].get(f"/images/{things['image'].pk}/download/", {"recipe": kind})
        yield f"a copy, {kind}", response, body_of(response)


def more_addresses(world: World) -> Iterator[tuple[str, str]]:
    """The admin's pages of every row, its searches and its lists, and pages that a query fills."""
    for model in admin.site._registry:
        yield f"list of {model.__name__}", pages.list_page(str(model._meta.model_name))
        yield f"search {model.__name__}", pages.list_page(str(model._meta.model_name)) + "?q=%22%3Cq-x"
        first: Any = QuerySet(model).order_by("pk")[:1]
        for row in first:
            for page in (pages.change_page, pages.history_page):
                yield f"{page.__name__} of {model.__name__}", page(row)
    yield "log", reverse("admin:audit_export")
    for name in ("spec", "versions"):
        yield name, pages.spec_page(world.image_model, name)
    for generation in Generation.objects.all():
        yield "generation", f"/generations/{generation.pk}/"
    for image in Image.objects.filter(source="imported"):
        yield from (("imported", f"/images/{image.pk}/{rest}") for rest in ("", "run/", "download/"))
    yield from ((query, f"/history/?{query}") for query in ("q=%22%3Cq-x", "status=failed"))
    yield "library", "/library/?q=%22%3Cq-x"


def faults_of_headers(response: Any) -> Iterator[str]:
    for name, value in response.headers.items():
        if re.search(r"[\r\n\x00\x1b]", f"{name}{value}") or name.lower().startswith("x-q"):
            yield f"header {name}: {value!r}"
        if name == "Content-Disposition" and re.search(r"[<>/\\\u202e]|\.\.", value):
            yield f"file name {value!r}"
        if name == "HX-Trigger":
            json.loads(value)


def faults_of_body(response: Any, body: bytes) -> Iterator[str]:
    kind = response.headers.get("Content-Type", "").partition(";")[0]
    if kind == "text/html":
        reader = Reader()
        reader.feed(body.decode())
        yield from reader.found
        if "9q\u202e" in body.decode():
            yield "a template's tag was followed"
    elif kind == "application/json":
        json.loads(body)
    elif kind == "text/csv":
        yield from faults_of_list(body)
    elif kind == "application/zip":
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            yield from (f"name {name!r}" for name in archive.namelist() if not re.fullmatch(r"[\w-]+\.\w+", name))
            yield from faults_of_list(archive.read("pictures.csv"))
            json.loads(archive.read("pictures.json"))
    elif kind == "text/plain" and TELLING.encode() in body and response.headers["X-Content-Type-Options"] != "nosniff":
        yield "words that may be taken for a page"


def faults_of_list(content: bytes) -> Iterator[str]:
    for row in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")):
        yield from (f"formula {cell!r}" for cell in row if FORMULA.match(cell))
