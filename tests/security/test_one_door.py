"""One door to the network: no other module of the product may open a connection, by whatever library, call or program.

What an operator names in the settings (database, queue, storage) is reached by the library of each, from there.

Open WebUI CVE-2026-45338 (the picture of an account was fetched past the checks that other addresses had).
"""

import ast
from functools import cache
from pathlib import Path

import allauth
import pytest
from allauth.socialaccount.adapter import get_adapter

from tests.security.ways_out import name_of, ways_out

ROOT = Path(__file__).resolve().parents[2]
MAY_CONNECT = {
    "gallery/gateway/outbound.py",
    "gallery/gateway/addresses.py",
}
# What these name of it, to the word: a listening socket, this machine's name, the errors of the libraries below the door, and
# the programs that are started (the decoder, the worker, PostgreSQL's own copying).
MAY_NAME = {
    "gallery/management/commands/studio.py": {"socket", "subprocess"},
    # The picture storage: at the address that the environment names, and at no other.
    "gateway_site/picture_bucket.py": {
        "boto3.s3.transfer",
        "boto3.s3.transfer.TransferConfig",
        "botocore.config",
        "botocore.config.Config",
        "botocore.exceptions",
        "botocore.exceptions.BotoCoreError",
        "botocore.exceptions.ClientError",
    },
    # A part of httpx that is never used is kept from being loaded.
    "gallery/gateway/__init__.py": {"sys.modules"},
    "gallery/services/claims.py": {"socket"},
    "gallery/services/leases.py": {"socket"},
    "gallery/services/database_copies.py": {"subprocess"},
    "gallery/services/new_databases.py": {"subprocess"},
    "gallery/images/process.py": {"subprocess"},
    "gallery/gateway/failures.py": {
        "aiohttp",
        "aiohttp.http_exceptions",
        "aiohttp.http_exceptions.HttpProcessingError",
        "socket",
        "ssl",
    },
    "gallery/gateway/picture_links.py": {"aiohttp"},
}
STARTED = {
    "gallery/management/commands/studio.py": {"Popen"},
    "gallery/services/database_copies.py": {"run"},
    "gallery/services/new_databases.py": {"run"},
    "gallery/images/process.py": {"Popen"},
}
PROGRAMS = {"bash", "curl", "ftp", "nc", "ncat", "openssl", "rsync", "scp", "sftp", "sh", "ssh", "telnet", "wget"}
# allauth's own, in which tests look for what opens a connection.
OPENING = {
    "AsyncClient", "Client", "ClientSession", "HTTPConnection", "HTTPSConnection", "Session", "create_connection",
    "get_requests_session", "open_connection", "urlopen", "urlretrieve",
}  # fmt: skip


def modules() -> list[Path]:
    return [path for folder in ("gallery", "gateway_site") for path in sorted((ROOT / folder).rglob("*.py"))]


@cache
def found_in(path: Path) -> set[str]:
    return ways_out(ast.parse(path.read_text()))


def called(tree: ast.AST) -> set[str]:
    return {name_of(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_module_but_the_door_opens_connections(path: Path) -> None:
    name = str(path.relative_to(ROOT))
    if name not in MAY_CONNECT:
        assert found_in(path) == MAY_NAME.get(name, set())


@pytest.mark.parametrize("name", STARTED)
def test_the_programs_that_are_started_are_none_that_connect(name: str) -> None:
    """One way to start each, a list of words without a shell, and none of them a program that speaks to other machines."""
    tree = ast.parse((ROOT / name).read_text())
    started = {
        node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and name_of(node.value) == "subprocess"
    }
    assert started - {"DEVNULL", "PIPE", "TimeoutExpired"} == STARTED[name]
    texts = [str(node.value) for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    assert not {text.partition(" ")[0].rpartition("/")[2] for text in texts} & PROGRAMS
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg == "shell"]


@pytest.mark.parametrize(
    "text",
    [
        "import socket",
        "import _socket",
        "import ssl as s",
        "import socket\nsocket.create_connection(('a', 1))",
        "from asyncio.streams import open_connection",
        "from asyncio import open_connection as connected",
        "import asyncio\nasyncio.open_connection('a', 1)",
        "import asyncio\nconnect = asyncio.open_connection\nconnect('a', 1)",
        "import asyncio\ngetattr(asyncio, 'open_' + 'connection')('a', 1)",
        "getattr(library, 'open_connection')('a', 1)",
        "from asyncio import *",
        "loop.create_connection(f, 'a', 1)",
        "loop.sock_connect(s, a)",
        "from http.client import HTTPSConnection",
        "import http.client",
        "import http\nhttp.client.HTTPSConnection('a')",
        "from http import client",
        "import requests.sessions",
        "from urllib import request",
        "from urllib.request import urlopen",
        "import urllib\nurllib.request.urlopen('https://a')",
        "from urllib.robotparser import RobotFileParser",
        "import urllib3",
        "import aiohttp",
        "from httpx import AsyncClient\nAsyncClient()",
        "from httpx import Client as C\nC()",
        "import httpx\nhttpx.get('https://a')",
        "import httpx as h\nh.post('https://a')",
        "from httpx import get\nget('https://a')",
        "import httpx\nhttpx.stream('GET', 'https://a')",
        "import httpcore",
        "import ftplib",
        "import smtplib",
        "import telnetlib, json",
        "from django.core.mail import send_mail",
        "from django.core import mail",
        "user.email_user('a', 'b')",
        "LOGGING = {'class': 'django.utils.log.AdminEmailHandler'}",
        "LOGGING = {'class': 'logging.handlers.HTTPHandler'}",
        "from logging.handlers import SocketHandler",
        "from xmlrpc.client import ServerProxy",
        "import redis",
        "import webbrowser",
        "import importlib\nimportlib.import_module('requests')",
        "from importlib import import_module as load\nload('req' + 'uests')",
        "import importlib.util",
        "from django.utils.module_loading import import_string",
        "import runpy",
        "__import__('socket')",
        "load = __import__",
        "__builtins__['__import__']('socket')",
        "exec('import socket')",
        "eval(words)",
        "import sys\nsys.modules['socket'].socket()",
        "import subprocess\nsubprocess.run(['curl', url])",
        "import subprocess\nsubprocess.Popen('/usr/bin/wget -q ' + url, shell=True)",
        "from subprocess import check_output as said",
        "import asyncio\nasyncio.create_subprocess_exec('curl')",
        "import os\nos.system('anything')",
        "import os as o\no.popen('anything')",
        "from os import popen",
        "import os\nos.execvp('curl', [])",
        "import os\nos.posix_spawn('/usr/bin/curl', [], {})",
        "import multiprocessing",
        "import ctypes",
    ],
)
def test_every_other_way_out_is_seen(text: str) -> None:
    assert ways_out(ast.parse(text))


@pytest.mark.parametrize(
    "text",
    [
        "from urllib.parse import urlsplit",
        "import httpx\nhttpx.URL(url)",
        "from http import HTTPStatus",
        "import re\nre.compile('a')",
        "agent.system.name",
        "signal.connect(hear)",
        "getattr(row, name)",
        "files = 'requests'",
        "import asyncio\nasyncio.get_running_loop()",
    ],
)
def test_what_opens_nothing_is_left_alone(text: str) -> None:
    assert not ways_out(ast.parse(text))


def test_the_exceptions_are_those_that_are_named() -> None:
    using = {str(path.relative_to(ROOT)) for path in modules() if found_in(path)}
    assert using == MAY_CONNECT | set(MAY_NAME)


def test_what_signs_people_in_elsewhere_goes_through_the_door_too() -> None:
    """allauth would use `requests`; the one place where it makes a session of its own is the one that we replace."""
    package = Path(allauth.__file__).parent
    used = [*package.glob("account/**/*.py"), *package.glob("mfa/**/*.py"), *package.glob("core/**/*.py")]
    social = [path for path in package.glob("socialaccount/**/*.py") if "providers" not in path.parts]
    spoken = [
        path
        for name in ("base", "oauth2", "openid_connect")
        for path in package.glob(f"socialaccount/providers/{name}/*.py")
    ]
    assert spoken
    found = {
        str(path.relative_to(package)): names
        for path in (*used, *social, *spoken)
        if (names := called(ast.parse(path.read_text())) & OPENING)
    }
    assert {name for name, names in found.items() if names != {"get_requests_session"}} == {"socialaccount/adapter.py"}
    assert get_adapter().get_requests_session.__module__ == "gallery.views.sso_rules"
