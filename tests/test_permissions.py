"""Who may do what, as tables: every address of the product, asked by everybody there can be.

A new address needs a row here, or `test_every_address_has_a_row` fails. What a request changes is rolled back after it.
"""

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.contrib import admin
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, reverse

from gallery import tasks
from gallery.forms.former import Former, write_former
from gallery.models import (
    Batch,
    Board,
    Budget,
    BulkWork,
    Comment,
    Generation,
    Group,
    Image,
    ImageModel,
    ImageTag,
    Preset,
    Snippet,
    Tag,
    User,
)
from gallery.models.people import Role
from gallery.services import boards, groups, people, shares, tokens
from gateway_site import urls
from tests import factories

# `owner` made everything here and, like `member`, works for the group, which `lead` leads. `other` and `other lead` work for
# another group, `outsider` and `viewer` for none; `deactivated` worked for the group and is still signed in.
WHO = ["anonymous", "viewer", "owner", "other", "outsider", "member", "lead", "other_lead", "admin", "deactivated"]
SIGN_IN = "/accounts/login/"

# What comes of it, in the order of WHO: led to the door, refused, not there, or done.
OPEN = {"": "ok ok ok ok ok ok ok ok ok ok"}
SIGNED_IN = {"": "in ok ok ok ok ok ok ok ok in"}
NOTHING_THERE = {"": SIGNED_IN[""].replace("ok", "404")}
MAKERS = {"": "in 403 ok ok ok ok ok ok ok in"}
LEADS = {"": "in 403 403 403 403 403 ok ok ok in"}
ADMINISTRATORS = {"": "in 403 403 403 403 403 403 403 ok in"}
THE_OWNER = {"": "in 404 ok 404 404 404 404 404 404 in"}
SEEN = {
    "team": "in ok ok ok ok ok ok ok ok in",
    "group": "in 404 ok 404 404 ok ok 404 ok in",
    "private": "in 404 ok 404 404 404 404 404 404 in",
}
SEEN_BY_MAKERS = {
    "team": "in 403 ok ok ok ok ok ok ok in",
    "group": "in 403 ok 404 404 ok ok 404 ok in",
    "private": "in 403 ok 404 404 404 404 404 404 in",
}
EDITABLE = {
    "team": "in 403 ok 403 403 403 403 403 ok in",
    "group": "in 404 ok 404 404 403 403 404 ok in",
    "private": "in 404 ok 404 404 404 404 404 404 in",
}
EDITABLE_BY_MAKERS = {
    "team": "in 403 ok 403 403 403 403 403 ok in",
    "group": "in 403 ok 404 404 403 403 404 ok in",
    "private": "in 403 ok 404 404 404 404 404 404 in",
}
STEERED = {
    "team": "in 403 ok 403 403 403 ok ok ok in",
    "group": "in 404 ok 404 404 403 ok 404 ok in",
    "private": "in 404 ok 404 404 404 404 404 404 in",
}
STEERED_BY_MAKERS = {
    "team": "in 403 ok 403 403 403 ok ok ok in",
    "group": "in 403 ok 404 404 403 ok 404 ok in",
    "private": "in 403 ok 404 404 404 404 404 404 in",
}
ITS_AUTHORS = {
    "team": "in 403 ok 403 403 403 403 403 403 in",
    "group": "in 404 ok 404 404 403 403 404 403 in",
    "private": "in 404 ok 404 404 404 404 404 404 in",
}
ITS_OWNERS = {**ITS_AUTHORS, "group": "in 403 ok 404 404 403 403 404 403 in", "private": SEEN_BY_MAKERS["private"]}
FOR_ALL = {
    "team": "in 403 403 403 403 403 403 403 ok in",
    "group": "in 403 403 404 404 403 403 404 ok in",
    "private": "in 403 403 404 404 404 404 404 404 in",
}
ITS_LEADS = {"": "in 404 403 404 404 403 ok 404 ok in"}


@dataclass(kw_only=True)
class World:
    """Everything there can be, three times: for the team, for the group, for its owner alone."""

    clients: dict[str, Client]
    people: dict[str, User]
    group: Group
    image_model: ImageModel
    things: dict[str, dict[str, Any]] = field(default_factory=dict)


Told = Callable[[World, dict[str, Any]], dict[str, Any]]


def nothing(world: World, things: dict[str, Any]) -> dict[str, Any]:
    return {}


def its_model(world: World, things: dict[str, Any]) -> dict[str, Any]:
    return {"model": world.image_model.full_id, "previous_model": world.image_model.full_id}


def its_form(world: World, things: dict[str, Any]) -> dict[str, Any]:
    return {"form": write_former([Former(model_key=world.image_model.full_id, values={}, inputs={})])}


def its_picture(world: World, things: dict[str, Any]) -> dict[str, Any]:
    return {"image": things["image"].pk, "ids": things["image"].pk, "query": ""}


def with_(told: Told = nothing, **more: Any) -> Told:
    return lambda world, things: told(world, things) | more


@dataclass(frozen=True)
class Row:
    """`args` names things of the world, or is told as it stands after a `=`."""

    name: str
    method: str
    expected: dict[str, str]
    args: str = ""
    told: Told = nothing


def build_rows() -> dict[str, list[Row]]:
    get, post = "get", "post"
    image, generation, batch, board = "image", "generation", "batch", "board"
    return {
        "studio": [
            Row("studio", get, SIGNED_IN),
            Row("studio", post, MAKERS, told=its_model),
            Row("studio-form", post, MAKERS, told=its_model),
            Row("studio-undo", post, MAKERS, told=its_model),
            Row("studio-redo", post, MAKERS, told=its_model),
            Row("studio-live", get, MAKERS),
            Row("quote", post, MAKERS, told=its_model),
            Row("studio-code", get, MAKERS),
            Row("studio-code", post, MAKERS, told=its_model),
            Row("studio-earlier", get, MAKERS),
            Row("studio-expansion", post, MAKERS, told=its_model),
            Row("draft-save", post, MAKERS, told=its_model),
            Row("draft-take-back", post, MAKERS),
            Row("draft-drop", post, MAKERS),
            Row("models", get, MAKERS),
            Row("model-favourite", post, MAKERS, "image_model"),
            Row("upload", post, MAKERS, told=its_model),
            Row("upload-crop", get, MAKERS, told=with_(its_model, image="x")),
            Row("upload-cut", post, MAKERS, told=its_model),
            Row("upload-paint", get, MAKERS, told=its_model),
            Row("upload-mask", post, MAKERS, told=its_model),
            Row("analysis", get, MAKERS),
            Row("analysis", post, MAKERS),
        ],
        "words and presets": [
            Row("words", get, MAKERS),
            Row("words", post, MAKERS),
            Row("words-complete", get, MAKERS),
            Row("words-change", post, STEERED_BY_MAKERS, "snippet"),
            Row("words-trash", post, STEERED_BY_MAKERS, "snippet"),
            Row("words-restore", post, STEERED_BY_MAKERS, "snippet"),
            Row("presets", get, MAKERS),
            Row("preset-new", post, MAKERS, told=its_model),
            Row("preset-use", post, SEEN_BY_MAKERS, "preset", its_model),
            Row("preset-overwrite", post, STEERED_BY_MAKERS, "preset", its_form),
            Row("preset-undo", post, STEERED_BY_MAKERS, "preset"),
            Row("preset-change", post, STEERED_BY_MAKERS, "preset"),
            Row("preset-default", post, ITS_OWNERS, "preset"),
            Row("preset-for-all", post, FOR_ALL, "preset"),
            Row("preset-trash", post, STEERED_BY_MAKERS, "preset"),
            Row("preset-restore", post, STEERED_BY_MAKERS, "preset"),
        ],
        "batches": [
            Row("compare-models", get, MAKERS),
            Row("matrix", get, MAKERS),
            Row("batch-plan", post, MAKERS, told=its_model),
            Row("batch-create", post, MAKERS, told=its_model),
            Row("batch", get, SEEN, batch),
            Row("batch-live", get, SEEN, batch),
            Row("batch-sheet", get, SEEN, batch),
            Row("batch-pause", post, EDITABLE, batch),
            Row("batch-resume", post, EDITABLE, batch),
            Row("batch-stop", post, EDITABLE, batch),
            Row("batch-limit", post, EDITABLE, batch),
            Row("batch-retry", post, EDITABLE, batch),
            Row("batch-winner", post, EDITABLE, batch, its_picture),
        ],
        "queue and history": [
            Row("queue", get, SIGNED_IN),
            Row("queue-live", get, SIGNED_IN),
            Row("queue-seen", post, SIGNED_IN),
            Row("queue-cancel", post, EDITABLE, generation),
            Row("queue-retry", post, SEEN_BY_MAKERS, generation),
            Row("queue-batch", post, EDITABLE, "batch =pause"),
            Row(
                "queue-batch",
                post,
                EDITABLE_BY_MAKERS | {"group": EDITABLE["group"], "private": EDITABLE["private"]},
                "batch =resume",
            ),
            Row("history", get, SIGNED_IN),
            Row("history-facet", get, SIGNED_IN, "=model"),
            Row("generation-detail", get, SEEN, generation),
            Row("generation-live", get, SEEN, generation),
            Row("generation-run-again", post, SEEN_BY_MAKERS, generation),
            Row("generation-vary", post, SEEN_BY_MAKERS, generation),
            Row("generation-look-again", post, EDITABLE_BY_MAKERS, generation),
            Row("generation-cancel", post, EDITABLE, generation),
            Row("generation-visibility", post, EDITABLE, generation, with_(visibility="private")),
        ],
        "library": [
            Row("library", get, SIGNED_IN),
            Row("library-pick", get, SIGNED_IN),
            Row("compare", get, SIGNED_IN),
            Row("library-sections", get, SIGNED_IN),
            Row("library-section", get, SIGNED_IN),
            Row("library-ids", get, SIGNED_IN),
            # Of what one does not see nothing is in it.
            Row("library-download", post, {"": SIGNED_IN[""], "private": SIGNED_IN[""]}, told=its_picture),
            Row("library-download-choose", post, SEEN, told=its_picture),
            Row("import", get, MAKERS),
            Row("import", post, MAKERS),
            Row("library-facet", get, SIGNED_IN, "=model"),
            Row("library-save", get, MAKERS, told=with_(q="chair")),
            Row("library-save", post, MAKERS, told=with_(name="Chairs")),
            Row("trash-empty", get, SIGNED_IN),
            Row("trash-delete", post, SIGNED_IN, told=with_(ids="1")),
        ],
        "pictures": [
            Row("image-detail", get, SEEN, image),
            Row("image-run", get, SEEN, image),
            Row("image-panel", get, SEEN, image),
            Row("image-mark", post, SEEN, image, with_(favourite="1")),
            Row("image-tags", post, SEEN_BY_MAKERS, image, with_(tag="chair")),
            Row("image-boards", get, SEEN_BY_MAKERS, image),
            Row("image-boards", post, SEEN_BY_MAKERS, image, with_(board="Chairs")),
            Row("image-note", post, SEEN_BY_MAKERS, image, with_(note="Warm", before="")),
            Row("image-comments", post, SEEN, image, with_(text="Warmer, please.")),
            Row("comment-edit", post, ITS_AUTHORS, "image comment", with_(text="Colder.")),
            Row("comment-delete", post, EDITABLE, "image comment"),
            Row("image-visibility", post, EDITABLE, image, with_(visibility="private")),
            Row("image-trash", post, EDITABLE, image),
            Row("image-restore", post, EDITABLE, image),
            Row("image-download", get, SEEN, image),
            Row("image-credentials", get, SEEN, image),
            Row("media", get, SEEN, "sha256 =original"),
            Row("media-missing", get, {"": OPEN[""].replace("ok", "404")}),
        ],
        "selections": [
            Row("bulk-choose-tag", post, MAKERS, told=its_picture),
            Row("bulk-choose-board", post, MAKERS, told=its_picture),
            Row("bulk", post, SEEN, "=circle", its_picture),
            Row("bulk", post, SEEN, "=rate", with_(its_picture, rating="3")),
            Row("bulk", post, SEEN_BY_MAKERS, "=tag", with_(its_picture, name="chair")),
            Row("bulk", post, SEEN_BY_MAKERS, "=board", with_(its_picture, name="Chairs")),
            Row("bulk", post, ITS_OWNERS, "=private", its_picture),
            Row("bulk", post, EDITABLE_BY_MAKERS, "=trash", with_(its_picture, confirmed="1")),
            Row("bulk-progress", get, THE_OWNER, "work"),
            Row("bulk-undo", post, THE_OWNER, "work"),
            Row("bulk-stop", post, THE_OWNER, "work"),
            Row("mentions", get, SIGNED_IN),
            Row("mention-people", get, SIGNED_IN),
            Row("tags", get, SIGNED_IN),
            Row("tag-complete", get, SIGNED_IN),
            Row("tag-change", post, {"": STEERED["team"]}, "tag", with_(name="chairs")),
        ],
        "boards": [
            Row("boards", get, SIGNED_IN),
            Row("board-create", get, MAKERS),
            Row("board-create", post, MAKERS, told=with_(name="Chairs")),
            Row("board", get, SEEN, board),
            Row("board-facet", get, SEEN, "board =model"),
            Row("board-face", get, SEEN, board),
            Row("board-words", post, STEERED, board, with_(name="Chairs")),
            Row("board-visibility", post, STEERED, board, with_(visibility="private")),
            Row("board-search", post, STEERED, board),
            Row("board-trash", post, STEERED, board),
            Row("board-restore", post, STEERED, board),
            Row("board-add", post, SEEN_BY_MAKERS, board, its_picture),
            Row("board-remove", post, SEEN_BY_MAKERS, board, its_picture),
            Row("board-move", post, SEEN_BY_MAKERS, board, its_picture),
            Row("board-cover", post, STEERED_BY_MAKERS, board),
        ],
        "people": [
            Row("account_login", get, OPEN),
            # A page that says no.
            Row("account_inactive", get, {"": OPEN[""].replace("ok", "403")}),
            Row("mfa_login_webauthn", get, SIGNED_IN),
            Row("mfa_authenticate", get, SIGNED_IN),
            # No provider is set up here.
            Row("sso", get, {"": OPEN[""].replace("ok", "404")}),
            Row("sso-callback", get, {"": OPEN[""].replace("ok", "404")}),
            Row("sso-unlink", post, SIGNED_IN, "=1"),
            Row("account_reauthenticate", get, SIGNED_IN),
            Row("mfa_reauthenticate", get, SIGNED_IN),
            Row("mfa_reauthenticate_webauthn", get, SIGNED_IN),
            Row("mfa_activate_totp", get, SIGNED_IN),
            # Nobody here has a second step.
            Row("mfa_deactivate_totp", get, NOTHING_THERE),
            Row("mfa_add_webauthn", get, SIGNED_IN),
            Row("mfa_remove_webauthn", get, SIGNED_IN, "=1"),
            Row("mfa_view_recovery_codes", get, NOTHING_THERE),
            Row("mfa_download_recovery_codes", get, NOTHING_THERE),
            Row("mfa_generate_recovery_codes", get, SIGNED_IN),
            Row("logout", post, {"": OPEN[""].replace("ok", "in")}),
            Row("join", get, OPEN, "invitation_token"),
            Row("password-reset", get, OPEN, "=MQ =x"),
            Row("profile", get, SIGNED_IN),
            Row("theme", post, SIGNED_IN, told=with_(theme="dark")),
            Row("limits", post, SIGNED_IN),
            Row("studio-defaults", post, SIGNED_IN),
            Row("notices", post, SIGNED_IN),
            Row("avatar", get, NOTHING_THERE, "person =x"),
            Row("avatar-change", post, SIGNED_IN),
            Row("avatar-remove", post, SIGNED_IN),
            Row("password-change", post, SIGNED_IN),
            Row("password-set", get, SIGNED_IN),
            Row("sessions-end", post, SIGNED_IN),
            # Nobody has a session of this name.
            Row("session-end", post, NOTHING_THERE, "=x"),
            Row("people", get, LEADS),
            Row("people-invite", post, ADMINISTRATORS, told=with_(role="admin")),
            Row("invitation-revoke", post, {"": "in 403 403 403 403 403 ok 404 ok in"}, "invitation"),
            Row("person-role", post, ADMINISTRATORS, "person", with_(role="viewer")),
            Row("person-active", post, ADMINISTRATORS, "person"),
            Row("person-password-link", post, ADMINISTRATORS, "person"),
            Row("person-second-step", post, ADMINISTRATORS, "person"),
            Row("group-new", get, ADMINISTRATORS),
            Row("group-new", post, ADMINISTRATORS, told=with_(name="Third")),
            Row("group", get, ITS_LEADS, "group"),
            Row("group-change", post, ADMINISTRATORS, "group", with_(name="Third")),
            Row("group-open", post, ADMINISTRATORS, "group"),
            Row("group-invite", post, ITS_LEADS, "group", with_(role="designer")),
            Row("group-add", post, ITS_LEADS, "group"),
            Row("group-remove", post, ITS_LEADS, "group person"),
            Row("group-lead", post, ADMINISTRATORS, "group person", with_(lead="yes")),
        ],
        "tokens, links and money": [
            Row("access-tokens", get, SIGNED_IN),
            Row("access-token-create", post, MAKERS),
            Row("access-token-change", get, THE_OWNER, "token"),
            Row("access-token-change", post, THE_OWNER, "token"),
            Row("access-token-revoke", post, THE_OWNER, "token"),
            Row("shares", get, SIGNED_IN),
            Row("shares", get, ADMINISTRATORS, told=with_(show="all")),
            Row("shares", post, SEEN_BY_MAKERS, told=with_(its_picture, lasts="30")),
            Row("share-new", get, SEEN_BY_MAKERS, told=its_picture),
            Row("share-change", get, {"": THE_OWNER[""].replace("404", "403", 1)}, "share"),
            Row("share-revoke", post, {"": "in 404 ok 404 404 404 404 404 ok in"}, "share"),
            Row("share", get, OPEN, "share_token"),
            Row("share-picture", get, OPEN, "share_token shared"),
            Row("share-media", get, OPEN, "share_token shared width"),
            Row("share-download", get, OPEN, "share_token shared"),
            Row("usage", get, SIGNED_IN),
            Row("usage-csv", get, SIGNED_IN),
            Row("usage-budgets", get, SIGNED_IN),
            Row("budget-create", post, SIGNED_IN),
            Row("budget-change", get, ITS_LEADS, "budget"),
            Row("budget-remove", post, ITS_LEADS, "budget"),
            Row("budget-rate", post, ADMINISTRATORS, "gateway"),
            Row("healthz", get, OPEN),
            Row("readyz", get, OPEN),
            Row("metrics", get, OPEN),
        ],
    }


ROWS = build_rows()
DONE = "401 403 ok ok ok ok ok ok ok 401"
# Of the endpoint, by scripts with a token of each.
SCRIPTS = [
    ("chat-completions", "post", "", DONE),
    ("endpoint-models", "get", "", DONE),
    ("endpoint-model", "get", "model", DONE),
    ("endpoint-routed-model", "get", "model", DONE),
    ("image-generations", "post", "", DONE),
    ("image-edits", "post", "", DONE),
    ("endpoint-images", "post", "", DONE),
    ("endpoint-image-models", "get", "", DONE),
    ("endpoint-image-model-endpoints", "get", "model", DONE),
    ("endpoint-key", "get", "", DONE),
    ("endpoint-docs", "get", "", OPEN[""]),
    ("endpoint-document", "get", "", OPEN[""]),
    # Whoever holds the signed address.
    ("endpoint-file", "get", "=x", OPEN[""].replace("ok", "404")),
]


def make_people(group: Group, other: Group) -> dict[str, User]:
    roles = {"viewer": Role.VIEWER, "lead": Role.LEAD, "other_lead": Role.LEAD, "admin": Role.ADMIN}
    found = {}
    for name in WHO[1:]:
        person = factories.create_user(name, name=name.replace("_", " ").title())
        person.role = roles.get(name, Role.DESIGNER)
        person.save()
        found[name] = person
    for name in ("owner", "member", "lead", "deactivated"):
        groups.add_member(group=group, user=found[name], is_lead=name == "lead")
    for name in ("other", "other_lead"):
        groups.add_member(group=other, user=found[name], is_lead=name == "other_lead")
    return found


def sign_in(people_by_name: dict[str, User]) -> dict[str, Client]:
    clients = {"anonymous": Client()}
    clients |= {name: factories.signed_in(person) for name, person in people_by_name.items()}
    User.objects.filter(username="deactivated").update(is_active=False)
    return clients


def make_things(world: World, visibility: str, colour: str) -> dict[str, Any]:
    owner = world.people["owner"]
    whose: dict[str, Any] = {"visibility": visibility, "group": world.group}
    picture = factories.create_picture(owner, world.image_model, colour=colour, **whose)
    batch = Batch.objects.create(kind=Batch.Kind.COMPARE, owner=owner, **whose)
    Generation.objects.filter(images=picture).update(batch=batch)
    board = Board.objects.create(owner=owner, name=visibility, **whose)
    boards.put_on_board(board=board, image_ids=[picture.pk], user=owner)
    preset = Preset.objects.create(owner=owner, name=visibility, image_model=world.image_model, **whose)
    snippet = Snippet.objects.create(owner=owner, name=visibility, text="warm light", **whose)
    comment = Comment.objects.create(image=picture, author=owner, text="Warm")
    found = {"image": picture, "generation": picture.generation, "batch": batch, "board": board, "preset": preset}
    return {**found, "snippet": snippet, "comment": comment, "sha256": picture.sha256}


def make_own_things(world: World, picture: Image) -> dict[str, Any]:
    owner = world.people["owner"]
    work = BulkWork.objects.create(user=owner, action="circle", image_ids=[picture.pk])
    tag = Tag.objects.create(name="seat", key="seat", created_by=owner)
    ImageTag.objects.create(image=picture, tag=tag)
    share, share_token = shares.create_share(owner=owner, image_ids=[picture.pk], allows_download=True)
    invitation, invitation_token = people.create_invitation(
        created_by=world.people["admin"], role=Role.DESIGNER, group=world.group
    )
    return {
        "image": picture,
        "shared": picture,
        "width": picture.thumbnail_widths[0],
        "work": work,
        "tag": tag,
        "share": share,
        "share_token": share_token,
        "invitation": invitation,
        "invitation_token": invitation_token,
        "token": tokens.create_token(owner=owner, name="Script")[0],
        "person": world.people["member"],
        "group": world.group,
        "image_model": world.image_model,
        "gateway": world.image_model.gateway,
        "budget": Budget.objects.create(scope="group", group=world.group, period="month", unit="usd", stop_at=5),
    }


@pytest.fixture
def world(flux_kontext: ImageModel) -> Iterator[World]:
    group = groups.create_group(name="Acme", default_visibility="group", model_ids=[])
    other = groups.create_group(name="Other", default_visibility="group", model_ids=[])
    known = make_people(group, other)
    world = World(clients=sign_in(known), people=known, group=group, image_model=flux_kontext)
    for visibility, colour in (("team", "teal"), ("group", "olive"), ("private", "navy")):
        world.things[visibility] = make_things(world, visibility, colour)
    world.things[""] = make_own_things(world, world.things["team"]["image"])
    # What is submitted here is never run.
    tasks.queue.immediate = False
    yield world
    tasks.queue.flush()


def addressed(row: Row, things: dict[str, Any]) -> str:
    words = row.args.split()
    found = [word[1:] if word.startswith("=") else things[word] for word in words]
    return reverse(row.name, args=[getattr(value, "pk", value) for value in found])


def outcome_of(client: Client, row: Row, world: World, things: dict[str, Any]) -> str:
    # Whoever signs out here is signed in again for the next row.
    cookies = deepcopy(client.cookies)
    with transaction.atomic():
        response = getattr(client, row.method)(addressed(row, things), row.told(world, things))
        if response.streaming:
            factories.read_stream(response)
        transaction.set_rollback(True)
    client.cookies = cookies
    if response.get("Location", "").startswith(SIGN_IN):
        return "in"
    return str(response.status_code) if response.status_code in (401, 403, 404, 405, 500) else "ok"


def test_every_address_has_a_row() -> None:
    told = {row.name for rows in ROWS.values() for row in rows} | {name for name, *_ in SCRIPTS}
    beside_admin = [pattern for pattern in urls.urlpatterns if getattr(pattern, "namespace", None) != "admin"]
    assert set(names_of(beside_admin)) == told, "A new address needs a row in these tables."


def names_of(patterns: Any) -> Iterator[str]:
    """Those without a name answer that there is nothing."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from names_of(pattern.url_patterns)
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield pattern.name


@pytest.mark.parametrize("page", ROWS)
def test_everybody_may_do_what_the_table_says(world: World, page: str) -> None:
    wrong = {}
    for row in ROWS[page]:
        for visibility, expected in row.expected.items():
            found = " ".join(outcome_of(world.clients[who], row, world, world.things[visibility]) for who in WHO)
            if found != expected:
                wrong[f"{row.method} {row.name} {row.args} {visibility}"] = f"{found}, not {expected}"
    assert not wrong, "\n".join(f"{what}: {found}" for what, found in wrong.items())


@pytest.mark.django_db(transaction=True)
def test_scripts_may_do_what_the_table_says(flux_kontext: ImageModel) -> None:
    group = groups.create_group(name="Acme", default_visibility="group", model_ids=[])
    other = groups.create_group(name="Other", default_visibility="group", model_ids=[])
    known = make_people(group, other)
    plain = {name: tokens.create_token(owner=person, name="Script")[1] for name, person in known.items()}
    User.objects.filter(username="deactivated").update(is_active=False)
    wrong = {}
    for name, method, args, expected in SCRIPTS:
        address = reverse(name, args=[flux_kontext.full_id if args == "model" else args[1:]] if args else [])
        statuses = []
        for who in WHO:
            headers = {"Authorization": f"Bearer {plain[who]}"} if who in plain else {}
            response = getattr(Client(headers=headers), method)(address)
            statuses.append(response.status_code)
        found = " ".join(str(status) if status in (401, 403, 404, 405, 500) else "ok" for status in statuses)
        if found != expected:
            wrong[name] = (expected, found)
    assert wrong == {}


def test_the_admin_is_the_administrators_alone(world: World) -> None:
    wrong = {}
    for model in admin.site._registry:
        address = reverse(f"admin:gallery_{model._meta.model_name}_changelist")
        found = []
        for who in WHO:
            response = world.clients[who].get(address, follow=False)
            # One page is led to at once, where there is but one row.
            is_turned_away = response.status_code == 302 and "/login/" in response["Location"]
            status = str(response.status_code).replace("200", "ok").replace("302", "ok")
            found.append("in" if is_turned_away else status)
        if " ".join(found) != ADMINISTRATORS[""]:
            wrong[address] = found
    assert wrong == {}
