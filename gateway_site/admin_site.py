"""The admin with our name on it, behind our own way in; its pages are registered in gallery/admin."""

from collections.abc import Callable
from functools import update_wrapper
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.admin import AdminSite, autodiscover
from django.contrib.admin.apps import SimpleAdminConfig
from django.contrib.admin.checks import check_admin_app, check_dependencies
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.decorators import login_not_required
from django.core import checks
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache


class ProofsheetAdminSite(AdminSite):
    """For administrators alone. Signing in and out and passwords are the product's own pages: one door, one rule."""

    site_header = "Proofsheet"
    site_title = "Proofsheet admin"
    index_title = "Administration"
    empty_value_display = "–"
    enable_nav_sidebar = True
    index_template = "admin/home.html"
    # What the first page shows, and every page beside itself; gallery/admin/home.py fills them in.
    build_home: Callable[[], dict[str, Any]] = staticmethod(dict)
    build_map: Callable[[str], dict[str, Any]] = staticmethod(lambda _: {})

    def each_context(self, request: HttpRequest) -> Any:
        return {**super().each_context(request), **self.build_map(request.path)}

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return super().index(request, {**(extra_context or {}), **self.build_home()})

    def app_index(self, request: HttpRequest, app_label: str, extra_context: dict[str, Any] | None = None) -> Any:
        """There is one app, and one map of it."""
        return redirect("admin:index")

    def has_permission(self, request: HttpRequest) -> bool:
        return request.user.is_active and request.user.is_superuser

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Any:
        """Django sends whoever may not come in to the login; somebody who is signed in already is told no."""
        guarded = super().admin_view(view, cacheable)

        def refuse_or_show(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.user.is_authenticated and not self.has_permission(request):
                raise PermissionDenied
            response: HttpResponse = guarded(request, *args, **kwargs)
            return response

        return update_wrapper(refuse_or_show, view)

    @method_decorator(never_cache)
    @login_not_required
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        target = request.GET.get(REDIRECT_FIELD_NAME, "")
        if not url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure()):
            target = reverse("admin:index")
        if self.has_permission(request):
            return redirect(target)
        if request.user.is_authenticated:
            raise PermissionDenied
        query = urlencode({REDIRECT_FIELD_NAME: target}, safe="/")
        return redirect(f"{resolve_url(settings.LOGIN_URL)}?{query}")

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return redirect("logout", preserve_request=True)

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return redirect("profile")

    def password_change_done(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return redirect("profile")


class ProofsheetAdminConfig(SimpleAdminConfig):
    """Its pages are read when they are first addressed (gateway_site/urls.py) or checked: a worker has no use for them."""

    default_site = "gateway_site.admin_site.ProofsheetAdminSite"

    def ready(self) -> None:
        checks.register(check_dependencies, checks.Tags.admin)
        checks.register(check_pages, checks.Tags.admin)


def check_pages(**options: Any) -> list[checks.CheckMessage]:
    autodiscover()
    return list(check_admin_app(**options))
