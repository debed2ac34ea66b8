"""What in a module's text could open a connection, start a program or load code by its name, read from its syntax tree.

This is for slips and short cuts, not against an author who hides: names can be put together in more ways than a lint can know.
"""

import ast
import re
from collections.abc import Iterator

CONNECTING = {
    "_socket", "_ssl", "aiohttp", "aiosmtplib", "anyio", "asyncio.streams", "asyncssh", "boto3", "botocore", "cffi", "code",
    "ctypes", "django.core.mail", "dns", "ftplib", "grpc", "h11", "h2", "http.client", "httpcore", "httplib2",
    "httpx_aiohttp", "imaplib", "kombu", "ldap3", "logging.handlers", "lxml", "multiprocessing", "nntplib", "paramiko",
    "poplib", "psycopg", "pycurl", "redis", "requests", "smtplib", "socket", "socketserver", "ssl", "telnetlib", "trio",
    "urllib.request", "urllib.robotparser", "urllib3", "webbrowser", "websocket", "websockets", "wsgiref", "xml.dom",
    "xml.sax.expatreader", "xmlrpc",
}  # fmt: skip
# Modules that load others by their names.
LOADING = {"importlib", "runpy", "pkgutil", "imp", "zipimport", "django.utils.module_loading"}
STARTING = {"subprocess", "pty"}
# Wherever one of these is mentioned, called or not: a name of its own for it is no way round.
NAMES = {
    "AdminEmailHandler", "AsyncClient", "AsyncHTTPTransport", "ClientSession", "EmailMultiAlternatives", "HTTPConnection",
    "HTTPHandler", "HTTPSConnection", "HTTPTransport", "SMTPHandler", "SocketHandler", "create_connection",
    "create_datagram_endpoint", "create_unix_connection", "email_user", "getaddrinfo", "gethostbyname", "mail_admins",
    "mail_managers", "open_connection", "open_unix_connection", "send_mail", "send_mass_mail", "sock_connect", "start_tls",
    "urlopen", "urlretrieve", "wrap_socket",
    # Programs
    "create_subprocess_exec", "create_subprocess_shell", "fork", "forkpty", "posix_spawn", "posix_spawnp", "startfile",
    "subprocess_exec", "subprocess_shell",
    # Code by its name
    "__builtins__", "__import__", "__loader__", "exec_module", "import_module", "import_string", "load_module",
    "run_module", "run_path",
}  # fmt: skip
WHOLE_NAMES = {"os.popen", "os.system", "sys.modules"}
FAMILIES = re.compile(r"(?:exec|spawn)[lv]p?e?\Z")
BUILT_IN = {"compile", "eval", "exec"}
# Of these only addresses are parsed and errors named: they have clients too, and calls like `httpx.get(…)`.
PARSING = {"httpx", "yarl"}
CLIENTS = {"Client", "delete", "get", "head", "options", "patch", "post", "put", "request", "stream"}
DOTTED = re.compile(r"[a-z_]\w*(?:\.\w+)+\Z")


def ways_out(tree: ast.AST) -> set[str]:
    modules = _modules(tree)
    return {name for node in ast.walk(tree) for name in _of(node, modules)}


def _of(node: ast.AST, modules: dict[str, str]) -> Iterator[str]:
    if isinstance(node, ast.Import | ast.ImportFrom):
        yield from _imported(node)
    elif isinstance(node, ast.Attribute):
        whole = f"{modules.get(name_of(node.value), '')}.{node.attr}"
        if _is_named(node.attr):
            yield node.attr
        elif whole in WHOLE_NAMES or _is_client(whole):
            yield whole
    elif isinstance(node, ast.Name) and (_is_named(node.id) or node.id in BUILT_IN):
        yield node.id
    elif isinstance(node, ast.Call):
        yield from _taken_by_name(node, modules)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield from _text(node.value)


def _text(words: str) -> Iterator[str]:
    """Settings and logging load classes by such texts."""
    if DOTTED.match(words) and (_is_below(words, CONNECTING) or _is_named(words.rpartition(".")[2])):
        yield words


def _imported(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    else:
        names = [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
    for name in names:
        is_module = _is_below(name, CONNECTING | LOADING | STARTING) or name.endswith(".*")
        if is_module or name in WHOLE_NAMES or _is_client(name) or _is_named(name.rpartition(".")[2]):
            yield name


def _taken_by_name(node: ast.Call, modules: dict[str, str]) -> Iterator[str]:
    """`getattr(asyncio, …)`, whatever is asked for, and `getattr(anything, "urlopen")`."""
    if name_of(node.func) not in ("getattr", "attrgetter", "methodcaller", "vars"):
        return
    yield from (
        f"{name_of(node.func)}({one.id})" for one in node.args if isinstance(one, ast.Name) and one.id in modules
    )
    words = {str(one.value) for one in node.args if isinstance(one, ast.Constant)}
    yield from sorted(word for word in words if _is_named(word))


def _modules(tree: ast.AST) -> dict[str, str]:
    """Names that stand for a module, and for which."""
    return {
        alias.asname or alias.name.partition(".")[0]: alias.name if alias.asname else alias.name.partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }


def _is_below(name: str, modules: set[str]) -> bool:
    return any(f"{name}.".startswith(f"{one}.") for one in modules)


def _is_named(name: str) -> bool:
    return name in NAMES or bool(FAMILIES.match(name))


def _is_client(name: str) -> bool:
    module, _, last = name.rpartition(".")
    return module in PARSING and last in CLIENTS


def name_of(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
