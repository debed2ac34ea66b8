"""What every client program shares: where the studio is, and how it tells its test what it saw."""

import base64
import json
import os
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

ADDRESS = os.environ["STUDIO_ADDRESS"]
TOKEN = os.environ["STUDIO_TOKEN"]
PICTURE = Path(os.environ["STUDIO_PICTURE"])
MASK = Path(os.environ["STUDIO_MASK"])


def picture_as_data_url() -> str:
    return f"data:image/png;base64,{base64.b64encode(PICTURE.read_bytes()).decode()}"


def question_about_picture() -> list[dict[str, Any]]:
    parts = [
        {"type": "text", "text": "How large is this picture?"},
        {"type": "image_url", "image_url": {"url": picture_as_data_url()}},
    ]
    return [{"role": "user", "content": parts}]


def tell(*facts: Callable[[], Any]) -> None:
    """Print one JSON object: by each function's name what it gave, or under `failed` why it gave nothing."""
    seen = {}
    for fact in facts:
        try:
            seen[fact.__name__] = fact()
        except Exception:
            seen[fact.__name__] = {"failed": traceback.format_exc(limit=-6)}
    print(json.dumps(seen))
