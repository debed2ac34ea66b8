"""The sandbox over real HTTP, so that a gateway's base URL can point at it."""

from typing import Any

import uvicorn
from django.core.management.base import BaseCommand, CommandParser

from gallery.gateway.sandbox.app import SandboxApp
from gallery.gateway.sandbox.gateways import API_PATHS


class Command(BaseCommand):
    help = "Serve the sandbox gateway, which draws placeholder pictures, on this machine."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=9000)
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--pace", type=float, default=1.0, help="1 takes a believable moment, 0 answers at once.")

    def handle(self, *args: Any, **options: Any) -> None:
        host, port = options["host"], options["port"]
        for slug, path in API_PATHS.items():
            self.stdout.write(f"{slug}: http://{f'[{host}]' if ':' in host else host}:{port}/{slug}{path}")
        self.stdout.write("Any API key is good that does not contain the word wrong. Stop with Ctrl-C.")
        self.stdout.flush()
        uvicorn.run(SandboxApp(pace=options["pace"]), host=host, port=port, log_level="warning", server_header=False)
