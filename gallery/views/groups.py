"""One group: its members and leads, who sees at first what is made for it, which models it may use."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from gallery.forms import GroupForm
from gallery.models import Group, Invitation, Membership, User
from gallery.models.people import Role
from gallery.services import groups, people
from gallery.services.findings import counted
from gallery.views.access import current_user, get_led_group, require_administrator
from gallery.views.people import absolute, opens_here_only, roles_for
from gallery.views.uploads import is_id


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    require_administrator(request)
    form = GroupForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            return to_page(groups.create_group(**form.settings))
        except groups.GroupRefused as refusal:
            form.add_error("name", str(refusal))
    return render(request, "groups/new.html", {"form": form}, status=422 if form.is_bound else 200)


@require_GET
def group(request: HttpRequest, group_id: int) -> HttpResponse:
    return show(request, get_led_group(request, group_id))


@require_POST
def change(request: HttpRequest, group_id: int) -> HttpResponse:
    """Its name and its rules are the administrators'."""
    require_administrator(request)
    row = get_led_group(request, group_id)
    form = GroupForm(request.POST, group=row)
    if not form.is_valid():
        return show(request, row, form, status=422)
    try:
        groups.change_group(group=row, **form.settings)
    except groups.GroupRefused as refusal:
        form.add_error("name", str(refusal))
        return show(request, row, form, status=422)
    messages.success(request, "Saved.")
    return to_page(row)


@require_POST
def opening(request: HttpRequest, group_id: int) -> HttpResponse:
    """`open` is yes or no."""
    require_administrator(request)
    row = get_led_group(request, group_id)
    is_open = request.POST.get("open") == "yes"
    stopped = groups.set_open(row, is_open=is_open)
    said = f"{row} takes work again. What paused goes on when it is resumed." if is_open else f"{row} is closed."
    messages.success(request, said + stopped_in_words(stopped))
    return to_page(row)


@require_POST
def add(request: HttpRequest, group_id: int) -> HttpResponse:
    """Somebody of the team."""
    row = get_led_group(request, group_id)
    key = request.POST.get("person", "")
    person = User.objects.active().filter(pk=key).first() if is_id(key) else None
    if person is None:
        messages.error(request, "Choose somebody of the team.")
        return to_page(row)
    groups.add_member(group=row, user=person)
    is_binding = row.binds_members and not row.archived_at
    bound = ", and from now on always for a group: they run nothing for nobody in particular" if is_binding else ""
    messages.success(request, f"{person.display_name} works for {row} now{bound}.")
    return to_page(row)


@require_POST
def remove(request: HttpRequest, group_id: int, user_id: int) -> HttpResponse:
    """Leads are the administrators' to remove."""
    row = get_led_group(request, group_id)
    membership = get_object_or_404(Membership.objects.select_related("user"), group=row, user=user_id)
    if membership.is_lead:
        require_administrator(request)
    stopped = groups.remove_member(group=row, user=membership.user)
    messages.success(request, f"{membership.user.display_name} no longer works for {row}.{stopped_in_words(stopped)}")
    return to_page(row)


def stopped_in_words(stopped: groups.Stopped) -> str:
    batches = counted(stopped.batches, "batch paused.", "batches paused.")
    runs = counted(stopped.runs, "run that waited was cancelled.", "runs that waited were cancelled.")
    said = [*([batches] if stopped.batches else []), *([runs] if stopped.runs else [])]
    return "".join(f" {sentence}" for sentence in said)


@require_POST
def lead(request: HttpRequest, group_id: int, user_id: int) -> HttpResponse:
    """`lead` is yes or no."""
    require_administrator(request)
    row = get_led_group(request, group_id)
    membership = get_object_or_404(Membership.objects.select_related("user"), group=row, user=user_id)
    try:
        groups.set_lead(group=row, user=membership.user, is_lead=request.POST.get("lead") == "yes")
    except groups.GroupRefused as refusal:
        messages.error(request, str(refusal))
    return to_page(row)


@require_POST
def invite(request: HttpRequest, group_id: int) -> HttpResponse:
    """Somebody new, straight into the group."""
    row = get_led_group(request, group_id)
    role = request.POST.get("role", Role.DESIGNER)
    if role not in dict(roles_for(request)):
        messages.error(request, "You cannot invite anybody with this role. An administrator can.")
        return to_page(row)
    note = request.POST.get("note", "").replace("\x00", "")[:150]
    _, token = people.create_invitation(created_by=current_user(request), role=role, note=note, group=row)
    link = absolute(request, reverse("join", args=[token]))
    return show(request, row, invitation_link=link, link_for=note)


def show(
    request: HttpRequest, row: Group, form: GroupForm | None = None, *, status: int = 200, **links: str
) -> HttpResponse:
    """The page; a link that was just made is on it once and nowhere else."""
    memberships = list(row.memberships.for_people_page())
    context = {
        "group": row,
        "memberships": memberships,
        "is_led": any(membership.is_lead for membership in memberships),
        "others": User.objects.active().exclude(pk__in=[each.user_id for each in memberships]),
        "invitations": Invitation.objects.for_people_page().filter(group=row),
        "roles": roles_for(request),
        "form": form or GroupForm(group=row),
        "is_administrator": current_user(request).role == Role.ADMIN,
        "opens_here_only": any(map(opens_here_only, links.values())),
        **links,
    }
    response = render(request, "groups/page.html", context, status=status)
    response["Cache-Control"] = "no-store"
    return response


def to_page(row: Group) -> HttpResponse:
    return redirect("group", row.pk)
