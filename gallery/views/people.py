"""The team, for administrators and, as far as they lead it, for leads: who is there, invitation links, forgotten passwords."""

from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from gallery.forms import InvitationForm
from gallery.models import Group, Invitation, User
from gallery.models.people import Role
from gallery.services import people as people_service
from gallery.services.second_steps import people_with_second_step
from gallery.views.access import current_user, require_administrator, require_lead
from gallery.views.steps import next_url
from gateway_site.environment import is_loopback

LAST_ADMINISTRATOR = "The team needs an administrator. Make somebody else one first."


@require_GET
def people(request: HttpRequest) -> HttpResponse:
    """The whole team for administrators; a lead finds the groups they lead."""
    require_lead(request)
    return show(request, InvitationForm())


def show(request: HttpRequest, form: InvitationForm, *, status: int = 200, **links: str) -> HttpResponse:
    """The page; a link that was just made is on it once and nowhere else."""
    user = current_user(request)
    is_administrator = user.role == Role.ADMIN
    led = Group.objects.for_people_page(user)
    invitations = Invitation.objects.for_people_page()
    context = {
        "people": User.objects.order_by("-is_active", "name", "username") if is_administrator else (),
        "invitations": invitations if is_administrator else invitations.filter(group__in=user.led_group_ids),
        "groups": led,
        "open_groups": [group for group in led if not group.archived_at],
        "roles": roles_for(request),
        "is_administrator": is_administrator,
        "with_second_step": people_with_second_step() if is_administrator else set(),
        "form": form,
        "opens_here_only": any(map(opens_here_only, links.values())),
        **links,
    }
    response = render(request, "people/page.html", context, status=status)
    response["Cache-Control"] = "no-store"
    return response


@require_POST
def invite(request: HttpRequest) -> HttpResponse:
    user = require_administrator(request)
    form = InvitationForm(request.POST)
    if not form.is_valid():
        return show(request, form, status=422)
    note = form.cleaned_data["note"]
    _, token = people_service.create_invitation(created_by=user, **form.cleaned_data)
    link = absolute(request, reverse("join", args=[token]))
    return show(request, InvitationForm(), invitation_link=link, link_for=note)


@require_POST
def revoke(request: HttpRequest, invitation_id: int) -> HttpResponse:
    """Leads end those into their own groups."""
    user = require_lead(request)
    rows = (
        Invitation.objects.all() if user.role == Role.ADMIN else Invitation.objects.filter(group__in=user.led_group_ids)
    )
    people_service.revoke_invitation(get_object_or_404(rows, pk=invitation_id))
    messages.success(request, "The link no longer works.")
    return redirect(next_url(request, otherwise=reverse("people")))


@require_POST
def password_link(request: HttpRequest, user_id: int) -> HttpResponse:
    require_administrator(request)
    person = get_object_or_404(User, pk=user_id, is_active=True)
    link = absolute(request, people_service.create_password_path(person))
    return show(request, InvitationForm(), password_link=link, link_for=person.display_name)


@require_POST
def role(request: HttpRequest, user_id: int) -> HttpResponse:
    require_administrator(request)
    person = get_object_or_404(User, pk=user_id)
    try:
        people_service.set_role(person, Role(request.POST.get("role", "")))
    except ValueError:
        messages.error(request, "This role does not exist.")
    except people_service.LastAdministrator:
        messages.error(request, LAST_ADMINISTRATOR)
    return redirect("people")


@require_POST
def active(request: HttpRequest, user_id: int) -> HttpResponse:
    require_administrator(request)
    person = get_object_or_404(User, pk=user_id)
    try:
        people_service.set_active(person, is_active=request.POST.get("active") == "yes")
    except people_service.LastAdministrator:
        messages.error(request, LAST_ADMINISTRATOR)
    return redirect("people")


def roles_for(request: HttpRequest) -> list[tuple[str, str]]:
    """What this person may invite somebody as: nobody hands on more than their own."""
    if current_user(request).role == Role.ADMIN:
        return list(Role.choices)
    return [(role.value, role.label) for role in (Role.VIEWER, Role.DESIGNER)]


def absolute(request: HttpRequest, path: str) -> str:
    return f"{settings.PUBLIC_URL}{path}" if settings.PUBLIC_URL else request.build_absolute_uri(path)


def opens_here_only(address: str) -> bool:
    """Whether a link is of no use to whoever sits at another computer."""
    return is_loopback(urlsplit(address).hostname or "")
