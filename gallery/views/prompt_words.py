"""How a prompt was written, as far as its reader sees the words it was written with."""

from typing import Any

from gallery.models import Generation, Snippet, User
from gallery.services import brace_faults


def words_seen(generation: Generation, user: User) -> dict[str, Any]:
    """`prompt` only where it says more than what was sent. A style or a list of somebody's own stays theirs."""
    written = generation.written or {}
    prompt, styles = written.get("prompt", ""), written.get("styles", [])
    if written and generation.owner_id != user.pk:
        seen = set(Snippet.objects.styles_for(user).values_list("pk", flat=True))
        is_whole = all(style["id"] in seen for style in styles)
        is_whole = is_whole and not brace_faults.unknown_names(prompt, Snippet.objects.lists_for(user))
        prompt = prompt if is_whole else ""
        styles = [style for style in styles if style["id"] in seen]
    return {"prompt": prompt if prompt != generation.prompt else "", "styles": [style["name"] for style in styles]}
