"""A real LiteLLM proxy on loopback, in an environment of its own, before our sandbox as the OpenAI behind it."""

import json
import subprocess
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.clients.environments import make_python, plain_environment
from tests.running_studio import Process, free_port
from tests.visitor import Visitor, wait_until

PACKAGE = "litellm[proxy]>=1.106,<2"
KEY = "sk-proxy-CANARY-0123456789"
START_SECONDS = 120.0
BEHIND = ("gpt-image-1", "stable-diffusion-3.5", "gpt-4o")


class LiteLLM:
    """Nothing is made or started before the address is asked for, which raises Missing where it cannot be had."""

    def __init__(self, folder: Path, exit_stack: ExitStack):
        self.folder = folder
        self._exit_stack = exit_stack

    @cached_property
    def address(self) -> str:
        (python,) = make_python(self.folder / "litellm", (PACKAGE,))
        config = self.folder / "config.json"
        config.write_text(json.dumps(self._config()))
        port = free_port()
        words = [
            str(Path(python).parent / "litellm"),
            "--config",
            str(config),
            "--host",
            "127.0.0.1",
            "--port",
            str(port),
        ]
        log = self._exit_stack.enter_context((self.folder / "litellm.log").open("wb"))
        told = {"LITELLM_MODE": "PRODUCTION", "LITELLM_LOCAL_MODEL_COST_MAP": "True", "HOME": str(self.folder)}
        environment = plain_environment() | told
        process = subprocess.Popen(words, cwd=self.folder, env=environment, stdout=log, stderr=log)
        self._exit_stack.callback(end, process)
        origin = f"http://127.0.0.1:{port}"
        wait_until(
            lambda: process.poll() is not None or Visitor(origin).status("/health/liveliness") == 200,
            "the proxy answers",
            seconds=START_SECONDS,
        )
        assert process.poll() is None, (self.folder / "litellm.log").read_text()[-3000:]
        return f"{origin}/v1"

    def _config(self) -> dict[str, Any]:
        behind = {"api_base": f"{self._sandbox}/openai/v1", "api_key": "sk-behind-0123456789", "max_retries": 0}
        models: list[dict[str, Any]] = [
            {"model_name": name, "litellm_params": {"model": f"openai/{name}", **behind}} for name in BEHIND
        ]
        mocked = {"model": "openai/mocked", "api_key": "none", "mock_response": "A mocked answer."}
        models.append({"model_name": "mocked", "litellm_params": mocked, "model_info": {"mode": "chat"}})
        no_retries = {"num_retries": 0}
        return {
            "model_list": models,
            "general_settings": {"master_key": KEY},
            "litellm_settings": no_retries,
            "router_settings": no_retries,
        }

    @cached_property
    def _sandbox(self) -> str:
        port = free_port()
        process = Process(self.folder, "sandbox_gateway", "--port", str(port), "--pace", "0")
        self._exit_stack.callback(process.end)
        origin = f"http://127.0.0.1:{port}"
        # Whatever it says to a call without a key: it answers.
        wait_until(lambda: Visitor(origin).status("/openai/v1/models") > 0, "the sandbox answers")
        return origin


def end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(20)
