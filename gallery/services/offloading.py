"""Pictures that the proxy in front sends by itself. Who may see one is decided before, at every request; the proxy is told
where its bytes lie by a header that it keeps to itself (nginx's `X-Accel-Redirect`).

A bucket's file is told by an address that is signed for a minute. It goes to the proxy, never to a browser: a browser that was
sent there would get the bucket's headers instead of ours, and could hand the address on.
"""

import os
import stat
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.core.files.storage import default_storage

# Set by the first thing a request meets (`gateway_site.front`), for who comes through a proxy that the operator named.
BY_PROXY = "proofsheet.by_proxy"
HEADER = "X-Accel-Redirect"
# Internal locations of the proxy, see deploy/nginx-pictures.conf.
FOLDER = "/-/pictures/"
BUCKET = "/-/bucket"
SIGNED_SECONDS = 60


def is_offloaded(scope: Mapping[str, Any]) -> bool:
    """Whether the answer goes through a proxy that sends pictures. Whoever comes past it gets them from here."""
    return bool(settings.MEDIA_OFFLOAD) and BY_PROXY in scope.get("extensions", {})


def place_of(name: str, method: str) -> str:
    """Where the proxy finds the stored file. Raises FileNotFoundError where that can be known without asking a bucket; the
    proxy finds it missing else, and asks for what is shown then."""
    try:
        path = default_storage.path(name)
    except NotImplementedError:
        signed = urlsplit(default_storage.url(name, expire=SIGNED_SECONDS, http_method=method))  # type: ignore[call-arg]
        return f"{BUCKET}{signed.path}?{signed.query}"
    # As `gateway_site.picture_folder`: a link in a picture's place is nobody's here.
    if not stat.S_ISREG(os.lstat(path).st_mode):
        raise FileNotFoundError(name)
    return FOLDER + quote(name)
