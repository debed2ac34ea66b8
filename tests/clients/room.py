"""The clients there are, and what each saw before one running studio: every program is run once, when first asked about."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from tests import factories
from tests.clients import environments
from tests.clients.environments import PROGRAMS, SAMPLES, Missing
from tests.running_studio import Studio, manage, running_studio
from tests.visitor import Visitor, join

PICTURE_SIZE = (320, 200)
BOTH = "google/gemini-2.5-flash-image-preview"
ALIASES = {
    "gpt-image-1": "routellm/gpt_image15",
    "dall-e-3": "routellm/dalle",
    # Two gateways have a model of this name; OpenRoute's samples mean OpenRoute's.
    BOTH: f"openroute/{BOTH}",
}


@dataclass(frozen=True)
class Environment:
    make: Callable[[Path, Sequence[str]], list[str]]
    packages: tuple[str, ...]


ENVIRONMENTS = {
    "openai-3": Environment(environments.make_python, ("openai>=3,<4", "requests>=2.32,<3")),
    "openai-2": Environment(environments.make_python, ("openai>=2,<3",)),
    "litellm": Environment(environments.make_python, ("litellm>=1.106,<2",)),
    "schemathesis": Environment(environments.make_python, ("schemathesis>=4,<5",)),
    "node": Environment(environments.make_node, ("openai@7", "@openrouter/sdk@1")),
}
# By client: its environment and its programs.
CLIENTS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "openai-3": ("openai-3", ("openai_chat.py", "openai_rest.py")),
    "openai-2": ("openai-2", ("openai_chat.py", "openai_rest.py")),
    "litellm": ("litellm", ("litellm_library.py",)),
    "openai-node": ("node", ("openai_node.mjs",)),
    "openrouter-node": ("node", ("openrouter_node.mjs",)),
}

EVERY = tuple(CLIENTS)
PYTHON = ("openai-3", "openai-2")
OPENAI = (*PYTHON, "openai-node")


class Room:
    """Environments are made before the studio is started, so that a skip costs nothing."""

    def __init__(self, folder: Path, exit_stack: ExitStack):
        self.folder = folder
        self._exit_stack = exit_stack
        self._made: dict[str, list[str] | Missing] = {}
        self._seen: dict[str, dict[str, Any]] = {}

    def fact(self, client: str, name: str) -> Any:
        """What a client saw. Raises Missing when it cannot be had here."""
        if client not in self._seen:
            environment, programs = CLIENTS[client]
            words = self.words_of(environment)
            self._seen[client] = {}
            for program in programs:
                printed = environments.run([*words, str(self._place_of(program))], self.told)
                self._seen[client] |= json.loads(printed)
        seen = self._seen[client][name]
        assert not isinstance(seen, dict) or "failed" not in seen, f"{client}: {seen['failed']}"
        return seen

    def printed_by_sample(self, name: str) -> str:
        """What a sample printed; those of one language are run one after the other in one process."""
        ending = name.rpartition(".")[2]
        if ending == "sh":
            return environments.run(["sh", str(SAMPLES / name)], self.told)
        key = f"samples in {ending}"
        if key not in self._seen:
            words = self.words_of("openai-3" if ending == "py" else "node")
            samples = [str(self._place_of(path.name)) for path in sorted(SAMPLES.glob(f"*.{ending}"))]
            runner = str(self._place_of(f"run_samples.{ending}"))
            self._seen[key] = json.loads(environments.run([*words, runner, *samples], self.told))
        return str(self._seen[key][name])

    def words_of(self, name: str) -> list[str]:
        """The words that run a program in this environment, which is made when first asked for. Raises Missing."""
        if name not in self._made:
            environment = ENVIRONMENTS[name]
            try:
                self._made[name] = environment.make(self.folder / name, environment.packages)
            except Missing as missing:
                self._made[name] = missing
        made = self._made[name]
        if isinstance(made, Missing):
            raise made
        return made

    def _place_of(self, program: str) -> Path:
        source = PROGRAMS if (PROGRAMS / program).exists() else SAMPLES
        return (self.folder / "node" / source.name if program.endswith(".mjs") else source) / program

    @cached_property
    def told(self) -> dict[str, str]:
        """The studio's address, a token for it and pictures to work from, as programs read them."""
        picture, mask = self.folder / "picture.png", self.folder / "mask.png"
        picture.write_bytes(factories.png("teal", PICTURE_SIZE))
        mask.write_bytes(factories.png("white", PICTURE_SIZE))
        administrator = join(self.studio.address, self.studio.setup_path, "ada", "Ada Lovelace")
        for name, full_id in ALIASES.items():
            add_alias(administrator, name, full_id)
        made = manage(self.studio.data_folder, "create_token", "ada", "--name", "clients")
        assert made.returncode == 0, made.stderr
        return {
            "STUDIO_ADDRESS": self.studio.address,
            "STUDIO_TOKEN": made.stdout.strip(),
            "STUDIO_PICTURE": str(picture),
            "STUDIO_MASK": str(mask),
        }

    @cached_property
    def studio(self) -> Studio:
        return self._exit_stack.enter_context(running_studio(self.folder / "data", PROOFSHEET_SANDBOX_PACE="0"))


def add_alias(administrator: Visitor, name: str, full_id: str) -> None:
    """As an administrator does it: on the admin's page."""
    path = "/admin/gallery/modelalias/add/"
    found = re.search(rf'<option value="(\d+)">{re.escape(full_id)}</option>', administrator.get(path).text)
    assert found, f"{full_id} is not to be chosen"
    page = administrator.post(path, {"name": name, "image_model": found[1]})
    assert page.status == 302, page.text
