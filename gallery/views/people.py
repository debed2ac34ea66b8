"""The team, for administrators: who is there, invitation links, forgotten passwords."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from gallery.forms import InvitationForm
from gallery.models import Invitation, User
from gallery.models.people import Role
from gallery.services import people as people_service
from gallery.views.access import require_administrator

LAST_ADMINISTRATOR = "The team needs an administrator. Make somebody else one first."


@require_GET
def people(request: HttpRequest) -> HttpResponse:
    require_administrator(request)
    return show(request, InvitationForm())


def show(request: HttpRequest, form: InvitationForm, *, status: int = 200, **links: str) -> HttpResponse:
    """The page; a link that was just made is on it once and nowhere else."""
    context = {
        "people": User.objects.order_by("-is_active", "name", "username"),
        "invitations": Invitation.objects.for_people_page(),
        "roles": Role.choices,
        "form": form,
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
    role, note = form.cleaned_data["role"], form.cleaned_data["note"]
    _, token = people_service.create_invitation(created_by=user, role=role, note=note)
    link = absolute(request, reverse("join", args=[token]))
    return show(request, InvitationForm(), invitation_link=link, link_for=note)


@require_POST
def revoke(request: HttpRequest, invitation_id: int) -> HttpResponse:
    require_administrator(request)
    people_service.revoke_invitation(get_object_or_404(Invitation, pk=invitation_id))
    messages.success(request, "The link no longer works.")
    return redirect("people")


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


def absolute(request: HttpRequest, path: str) -> str:
    return f"{settings.PUBLIC_URL}{path}" if settings.PUBLIC_URL else request.build_absolute_uri(path)
