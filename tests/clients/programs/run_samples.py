"""Runs the named samples, one after the other in this process; prints as JSON what each printed."""

import contextlib
import io
import json
import runpy
import sys
import traceback
from pathlib import Path

seen = {}
for path in sys.argv[1:]:
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            runpy.run_path(path)
    except Exception:
        printed.write(traceback.format_exc(limit=-3))
    seen[Path(path).name] = printed.getvalue()
print(json.dumps(seen))
