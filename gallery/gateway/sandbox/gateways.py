"""The sandbox as a whole: which gateway's handler answers a path, and what handlers share.

A new dialect is one module with an `answer(call, studio)` and one line in `HANDLERS`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import urlsplit

from gallery.gateway.sandbox import llmgateway, openai, openroute, openrouter, routellm
from gallery.gateway.sandbox.calls import Answer, Call, answer_json
from gallery.gateway.sandbox.files import PATH as FILES
from gallery.gateway.sandbox.studio import Studio

Handler = Callable[[Call, Studio], Awaitable[Answer]]

HANDLERS: Mapping[str, Handler] = {
    routellm.SLUG: routellm.answer,
    openroute.SLUG: openroute.answer,
    openrouter.SLUG: openrouter.answer,
    llmgateway.SLUG: llmgateway.answer,
    openai.SLUG: openai.answer,
}
# Where each gateway's API begins below its slug; the `sandbox_gateway` command prints them.
API_PATHS: Mapping[str, str] = {
    gateway.SLUG: gateway.API_PATH for gateway in (routellm, openroute, openrouter, llmgateway, openai)
}


class Sandbox:
    """All gateways of the sandbox, with one store of pictures each. Belongs to one event loop.

    `pace` scales how long an answer takes: 1 is believable, 0 at once. `checks_keys`: refuse calls without a key.
    """

    def __init__(self, *, pace: float = 1.0, checks_keys: bool = False):
        self._studios = {slug: Studio(pace=pace) for slug in HANDLERS}
        self._checks_keys = checks_keys

    async def answer(self, *, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Header names in lower case; `url` absolute, with the host that the caller used."""
        parts = urlsplit(url)
        slug, _, rest = parts.path.lstrip("/").partition("/")
        if slug not in HANDLERS:
            return answer_json({"error": "Not found"}, 404)
        studio = self._studios[slug]
        call = Call(
            method=method.upper(),
            path=f"/{rest}",
            origin=f"{parts.scheme}://{parts.netloc}/{slug}",
            headers=headers,
            body=body,
            checks_key=self._checks_keys,
        )
        if call.path.startswith(FILES) and call.method in ("GET", "HEAD"):
            await asyncio.sleep(0.05 * studio.pace)
            return studio.files.answer(call)
        return await HANDLERS[slug](call, studio)
