"""One door to the network: no other module of the product may open a connection."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAY_CONNECT = {
    "gallery/gateway/outbound.py",
    "gallery/gateway/addresses.py",
}
# Opens the listening socket, asks for this machine's name, or only names and parses addresses.
MAY_NAME = {
    "gallery/management/commands/studio.py": {"socket"},
    "gallery/services/claims.py": {"socket"},
}
CONNECTING = {
    "aiohttp", "asyncio.streams", "ftplib", "http.client", "httplib2", "pycurl", "requests", "smtplib", "socket",
    "telnetlib", "urllib.request", "urllib3", "websockets",
}  # fmt: skip
CALLS = {"AsyncClient", "Client", "ClientSession", "create_connection", "open_connection", "urlopen"}


def modules() -> list[Path]:
    return [path for folder in ("gallery", "gateway_site") for path in sorted((ROOT / folder).rglob("*.py"))]


def imported(tree: ast.AST) -> set[str]:
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def called(tree: ast.AST) -> set[str]:
    return {
        node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
    }


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_module_but_the_door_opens_connections(path: Path) -> None:
    name = str(path.relative_to(ROOT))
    if name in MAY_CONNECT:
        return
    tree = ast.parse(path.read_text())
    found = (imported(tree) & CONNECTING) - MAY_NAME.get(name, set())
    # The door's own tables name the errors of the libraries below it.
    if name.startswith("gallery/gateway/") and found <= {"aiohttp", "socket"}:
        assert not called(tree) & CALLS
        return
    assert not found
    assert not called(tree) & CALLS
