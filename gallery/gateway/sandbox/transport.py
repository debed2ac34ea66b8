"""The sandbox behind an httpx client: no socket is opened, drawing runs in a thread."""

import os

import httpx

from gallery.gateway.sandbox.gateways import Sandbox


class SandboxTransport(httpx.AsyncBaseTransport):
    """Answers for every host; the product uses `https://sandbox.invalid/<slug>/…`. Keys are not asked for.

    `pace` scales how long an answer takes; not given, PROOFSHEET_SANDBOX_PACE of the environment does, else 1.
    """

    def __init__(self, *, pace: float | None = None):
        self._sandbox = Sandbox(pace=float(os.environ.get("PROOFSHEET_SANDBOX_PACE", "1")) if pace is None else pace)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self._sandbox.answer(
            method=request.method, url=str(request.url), headers=request.headers, body=await request.aread()
        )
        content = answer.body if answer.stream is None else answer.stream
        return httpx.Response(answer.status, headers=answer.all_headers, content=content, request=request)
