"""The other side of `loading`: an empty page of an empty Django, served as the studio is."""

from django.conf import settings
from django.core.asgi import get_asgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

PAGE = '<!doctype html><html lang="en"><title>Empty</title><p>Empty</p></html>'


def empty(request: HttpRequest) -> HttpResponse:
    return HttpResponse(PAGE)


urlpatterns = [path("", empty)]

if not settings.configured:
    settings.configure(ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, SECRET_KEY="empty", MIDDLEWARE=[])
application = get_asgi_application()
