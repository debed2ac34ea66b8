"""An SVG written anew without what is not drawn: comments, titles, metadata, scripts, and what other programs keep in it."""

import re
from collections.abc import Iterator
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from gallery.images.containers import Data
from gallery.images.errors import PictureRefused
from gallery.images.metadata.edits import Edited, edit

SVG = "http://www.w3.org/2000/svg"
DRAWN_NAMESPACES = (SVG, "http://www.w3.org/1999/xhtml", "http://www.w3.org/1999/xlink")
NOT_DRAWN = ("title", "desc", "metadata", "script")
KEPT_ATTRIBUTES = ("xml:space", "xml:lang")
DROPPED_ATTRIBUTES = re.compile(r"data-|aria-|on|title\Z|alt\Z|about\Z|content\Z|property\Z")
STYLE_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)


def without_metadata(data: Data) -> Edited:
    """Raises PictureRefused. Names that shapes have (`id`, `class`) stay: the drawing refers to them."""
    writer = DrawnWriter()
    try:
        writer.parser.Parse(data[:], True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise PictureRefused("broken", detail=str(error)) from error
    return edit(data, ["".join(writer.written).encode()])


class DrawnWriter:
    """Writes down what is drawn while expat walks. `left_out` counts the open elements inside one that is not."""

    def __init__(self) -> None:
        self.written: list[str] = []
        self.styles: list[str] | None = None
        self.left_out = 0
        self.drawn_prefixes: set[str] = set()
        self.parser = expat.ParserCreate()
        self.parser.ordered_attributes = True
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start_element
        self.parser.EndElementHandler = self.end_element
        self.parser.CharacterDataHandler = self.text
        self.parser.StartDoctypeDeclHandler = self.refuse_declaration

    def start_element(self, name: str, flat: list[str]) -> None:
        attributes = dict(zip(flat[::2], flat[1::2], strict=True))
        if self.left_out or not self.is_drawn(name, attributes):
            self.left_out += 1
            return
        kept = "".join(f" {key}={quoteattr(value)}" for key, value in self.keep(attributes))
        self.written.append(f"<{name}{kept}>")
        self.styles = [] if name.rpartition(":")[2] == "style" else self.styles

    def is_drawn(self, name: str, attributes: dict[str, str]) -> bool:
        for key, namespace in attributes.items():
            if key.startswith("xmlns:"):
                change = self.drawn_prefixes.add if namespace in DRAWN_NAMESPACES else self.drawn_prefixes.discard
                change(key.removeprefix("xmlns:"))
        prefix, _, local = name.rpartition(":")
        is_known = prefix in self.drawn_prefixes if prefix else attributes.get("xmlns", SVG) in DRAWN_NAMESPACES
        return is_known and local not in NOT_DRAWN

    def keep(self, attributes: dict[str, str]) -> Iterator[tuple[str, str]]:
        for key, value in attributes.items():
            prefix, _, local = key.rpartition(":")
            is_plain = not prefix and not DROPPED_ATTRIBUTES.match(key)
            is_binding = prefix == "xmlns" and value in DRAWN_NAMESPACES
            is_link = local == "href" and prefix in self.drawn_prefixes
            if is_plain or is_binding or is_link or key in KEPT_ATTRIBUTES:
                yield key, STYLE_COMMENT.sub("", value) if key == "style" else value

    def end_element(self, name: str) -> None:
        if self.left_out:
            self.left_out -= 1
            return
        if self.styles is not None:
            self.written.append(escape(STYLE_COMMENT.sub("", "".join(self.styles))))
            self.styles = None
        self.written.append(f"</{name}>")

    def text(self, text: str) -> None:
        if self.left_out:
            return
        if self.styles is None:
            self.written.append(escape(text))
        else:
            self.styles.append(text)

    def refuse_declaration(self, *declaration: object) -> None:
        raise ValueError("a document type")
