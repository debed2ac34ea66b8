"""Scripts that draw through the endpoint all the time; a call that met a dead server is sent again under its own key."""

import http.client
import itertools
import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field

AGAIN_SECONDS = 0.5
# A storm may kill again and again before anybody could take a run over.
GIVE_UP_SECONDS = 900.0
ANSWER_SECONDS = 120.0
MODELS = ("routellm/flux_pro", "llmgateway/auto", "openrouter/google/gemini-2.5-flash-image-preview")


@dataclass(kw_only=True)
class Answered:
    """Shared by all scripts: how each call was answered in the end, by its token, and which never were."""

    numbers: "itertools.count[int]"
    statuses: dict[str, int] = field(default_factory=dict)
    pictures: dict[str, int] = field(default_factory=dict)
    posts: int = 0
    problems: list[str] = field(default_factory=list)


class Script(threading.Thread):
    """Asks for one picture after the other until `is_over`. `address` is asked for each time."""

    def __init__(self, address: Callable[[], str], access_token: str, *, pause: float, answered: Answered):
        super().__init__(name="script", daemon=True)
        self.is_over = threading.Event()
        self._address = address
        self._access_token = access_token
        self._pause = pause
        self._answered = answered

    def run(self) -> None:
        while not self.is_over.wait(self._pause):
            number = next(self._answered.numbers)
            token = f"soak-{number}"
            body = {
                "model": MODELS[number % len(MODELS)],
                "messages": [{"role": "user", "content": f"A paper boat, {token}"}],
                "modalities": ["image"],
            }
            self._insist(token, json.dumps(body).encode())

    def _insist(self, token: str, body: bytes) -> None:
        end = time.monotonic() + GIVE_UP_SECONDS
        while time.monotonic() < end:
            try:
                status, answer = self._post(token, body)
            except (OSError, http.client.HTTPException):
                time.sleep(AGAIN_SECONDS)
                continue
            if status != 503:
                self._answered.statuses[token] = status
                if status == 200:
                    message = json.loads(answer)["choices"][0]["message"]
                    self._answered.pictures[token] = len(message.get("images") or ())
                return
            time.sleep(AGAIN_SECONDS)
        self._answered.problems.append(f"{token}: nobody answered")

    def _post(self, token: str, body: bytes) -> tuple[int, bytes]:
        self._answered.posts += 1
        headers = {
            "Authorization": f"Bearer {self._access_token}",
            "Content-Type": "application/json",
            "Idempotency-Key": f"key-{token}",
        }
        request = urllib.request.Request(f"{self._address()}/v1/chat/completions", data=body, headers=headers)
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
                request, timeout=ANSWER_SECONDS
            ) as reply:
                return reply.status, reply.read()
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, refused.read()
