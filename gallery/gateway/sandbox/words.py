"""What the sandbox says: the plain facts of the pictures it was shown, since it understands none of them."""

from collections.abc import Sequence

from gallery.gateway.sandbox.references import Reference, describe

WITH_A_PICTURE = "Here is the picture you asked for."
INSTEAD_OF_A_PICTURE = "I can describe that scene to you, but I did not draw it."


def about(references: Sequence[Reference]) -> str:
    if not references:
        return "This is the sandbox. Your message arrived, but no model was asked, so there is no answer to it."
    facts = [f"Picture {number}: {describe(reference)}" for number, reference in enumerate(references, start=1)]
    return "\n".join([*facts, "This is the sandbox: it measures pictures and does not understand them."])


def tokens_of(text: str) -> int:
    """About as many as a real model counts."""
    return len(text) // 4 + 1
