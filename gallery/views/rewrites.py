"""What a model made of a prompt before it drew: what was sent, what came back, and how they differ."""

from collections.abc import Sequence
from dataclasses import dataclass

from gallery.models import Generation
from gallery.views.differences import Piece, compare_words


@dataclass(frozen=True, kw_only=True)
class Rewrite:
    """`pieces` are what came back, with what was taken out of what was sent."""

    sent: str
    came_back: str
    pieces: Sequence[Piece]

    @property
    def is_compared(self) -> bool:
        """Whether enough of it stayed to show the two as one text."""
        same = sum(len(piece.text) for piece in self.pieces if piece.kind == "same" and piece.text.strip())
        return any(piece.kind != "same" for piece in self.pieces) and 3 * same > len(self.sent)


def find_rewrite(generation: Generation) -> Rewrite | None:
    """None where the model told of no other prompt."""
    sent, came_back = generation.prompt.strip(), generation.revised_prompt.strip()
    if not came_back or came_back == sent:
        return None
    return Rewrite(sent=sent, came_back=came_back, pieces=compare_words(sent, came_back))
