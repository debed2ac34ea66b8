"""The way out to gateways, and what comes back."""

import sys

# httpx reads its command line along wherever click and rich happen to be installed: time and memory of every process.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
