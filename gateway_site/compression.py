"""Pages and lists travel compressed, where nothing on them is a secret."""

from typing import Any

from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

COMPRESSED = ("text/html", "application/json", "text/csv", "text/plain")


class CompressionMiddleware(GZipMiddleware):
    """Django's, for words alone: pictures and archives are compressed already, and streams go out as they come.

    Whoever can make a browser ask for a page over and over, with words of theirs in it, may learn from the lengths of compressed
    answers what else stands there (BREACH). The form tokens of a page are masked anew each time and Django adds bytes by chance;
    a page that shows a secret itself (a link, a token, codes) must not be stored either, and is sent as it is.
    """

    def process_response(self, request: Any, response: HttpResponseBase) -> HttpResponseBase:
        kind = response.get("Content-Type", "").partition(";")[0]
        if response.streaming or kind not in COMPRESSED or "no-store" in response.get("Cache-Control", ""):
            return response
        return super().process_response(request, response)
