"""The web process: `uvicorn gateway_site.asgi:application`."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gateway_site.settings")
django_application = get_asgi_application()
# Answers with pictures are megabytes: in the 64 KiB pieces that are usual, cutting costs as much as sending.
django_application.chunk_size = 1024 * 1024

from gallery.endpoint.body_limit import BodyLimit  # noqa: E402 - what it imports needs Django set up

application = BodyLimit(django_application)
