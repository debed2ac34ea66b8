"""What allauth keeps has no page here: ways in are each person's own, and never typed in by others."""

from django.contrib import admin

for model in list(admin.site._registry):
    if model._meta.app_config.name.startswith("allauth."):
        admin.site.unregister(model)
