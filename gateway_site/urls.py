"""The site's addresses: the product's own, and the admin's."""

from django.contrib import admin
from django.urls import include, path

from gateway_site.metrics import metrics

# Before its addresses are read, the admin must know its pages.
admin.autodiscover()

urlpatterns = [
    path("admin/", admin.site.urls),
    path("metrics", metrics, name="metrics"),
    path("", include("gallery.urls")),
]
handler400 = "gallery.views.refusals.bad_request"
handler403 = "gallery.views.refusals.forbidden"
handler404 = "gallery.views.refusals.not_found"
handler500 = "gallery.views.troubles.fault"
