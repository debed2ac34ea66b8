"""The web process: `uvicorn gateway_site.asgi:application`."""

import gc
import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gateway_site.settings")
django_application = get_asgi_application()
# Answers with pictures are megabytes: in the 64 KiB pieces that are usual, cutting costs as much as sending.
django_application.chunk_size = 1024 * 1024

from django.conf import settings  # noqa: E402 - what these import needs Django set up

from gallery.endpoint.body_limit import BodyLimit  # noqa: E402
from gateway_site.admission import MOST_IN_MEMORY, MOST_ON_DISK, Admission, Arriving, rooms_of_the_house  # noqa: E402
from gateway_site.body_limit import PageBodyLimit  # noqa: E402
from gateway_site.front import Front  # noqa: E402

admission = Admission(
    PageBodyLimit(BodyLimit(django_application)),
    rooms=rooms_of_the_house(),
    arriving=Arriving(most_in_memory=MOST_IN_MEMORY, most_on_disk=MOST_ON_DISK),
)
application = Front(admission, settings.TRUSTED_PROXIES)
# Everything that stays is there: no later collection looks through it.
gc.freeze()
