"""The XMP packet that tells every program the prompt and the model, and us the whole recipe."""

import html
import re
from collections.abc import Iterator, Mapping
from typing import Any
from xml.parsers import expat

from gallery.images.errors import PictureRefused
from gallery.images.metadata.packing import encode_json, pack, unpack

NAMESPACE = "urn:proofsheet:recipe:1/"
LONGEST_PACKET = 4 * 1024 * 1024
PIECE_BYTES = 16 * 1024
SHORT_DESCRIPTION = 4000
EMPTY_PACKET = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
)
OUR_BLOCK_START = f'<rdf:Description rdf:about="" xmlns:proofsheet="{NAMESPACE}"'
OUR_BLOCK = re.compile(re.escape(OUR_BLOCK_START) + r"[^<]*(?:<(?!/rdf:Description>)[^<]*)*</rdf:Description>")
ILLEGAL_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
DOES_NOT_FIT = "This recipe is too long for a JPEG file. Download the picture as PNG or WebP, or without its recipe."


def with_recipe(packet: bytes, recipe: Mapping[str, Any], *, most_bytes: int = LONGEST_PACKET) -> bytes:
    """`packet` with this recipe in place of an earlier one of ours; what others wrote stays, unless it cannot be read.

    Where room is short the JSON is packed, then goes without the spec. Raises PictureRefused: too_large.
    """
    foreign = _without_recipe(packet)
    for block in _blocks(recipe, foreign):
        written = foreign.replace("</rdf:RDF>", f"{block}</rdf:RDF>").encode()
        if len(written) <= most_bytes:
            return written
    raise PictureRefused("too_large", DOES_NOT_FIT)


def _without_recipe(packet: bytes) -> str:
    """The packet of others, fit to be added to, else an empty one."""
    try:
        text = OUR_BLOCK.sub("", packet[: LONGEST_PACKET + 1].decode())
    except UnicodeDecodeError:
        return EMPTY_PACKET
    is_foreign = "<rdf:Description" in text and text.count("</rdf:RDF>") == 1
    # What a parser cannot make sense of would take our part down with it.
    return text if is_foreign and PacketReader().read(text.encode()) else EMPTY_PACKET


def _blocks(recipe: Mapping[str, Any], foreign: str) -> Iterator[str]:
    prompt = str(recipe.get("prompt", ""))
    short = prompt if len(prompt) <= SHORT_DESCRIPTION else prompt[:SHORT_DESCRIPTION] + "…"
    text = encode_json(recipe)
    without_spec = encode_json({name: value for name, value in recipe.items() if name != "spec"})
    yield _block(recipe, prompt, foreign, f"<proofsheet:recipe>{_escape(text)}</proofsheet:recipe>")
    yield _block(recipe, short, foreign, f"<proofsheet:packed>{pack(text)}</proofsheet:packed>")
    yield _block(recipe, short, foreign, f"<proofsheet:packed>{pack(without_spec)}</proofsheet:packed>")


def _block(recipe: Mapping[str, Any], description: str, foreign: str, content: str) -> str:
    """A property stands once in a packet: what others say in it already is theirs."""
    tool, words = "", ""
    if "xmp:CreatorTool" not in foreign:
        model = recipe.get("model_name") or recipe.get("model") or ""
        tool = f"<xmp:CreatorTool>{_escape(f'Proofsheet, {model}')}</xmp:CreatorTool>"
    if "dc:description" not in foreign:
        words = (
            f'<dc:description><rdf:Alt><rdf:li xml:lang="x-default">{_escape(description)}'
            "</rdf:li></rdf:Alt></dc:description>"
        )
    return (
        f'{OUR_BLOCK_START} xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"{tool}{words}{content}</rdf:Description>"
    )


def _escape(text: str) -> str:
    return html.escape(ILLEGAL_IN_XML.sub("", text), quote=False)


def find_recipe(packet: bytes) -> bytes | None:
    """The recipe's JSON, whichever way it was written; None when there is none or the packet makes no sense."""
    reader = PacketReader()
    if len(packet) > LONGEST_PACKET or not reader.read(packet):
        return None
    if plain := reader.found.get("recipe"):
        return plain.encode()
    return unpack(reader.found.get("packed", ""))


class PacketReader:
    """Collects the values in our namespace, written as elements or, by other programs, as attributes; holds no tree."""

    def __init__(self) -> None:
        self.found: dict[str, str] = {}
        self.inside = ""
        self.pieces: list[str] = []
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start_element
        self.parser.EndElementHandler = self.end_element
        self.parser.StartDoctypeDeclHandler = self.refuse_declaration

    def read(self, packet: bytes) -> bool:
        """Whether it is well-formed XML without a document type."""
        # Programs fill packets up with spaces, some with NULs.
        content = packet.rstrip(b"\0")
        try:
            for start in range(0, len(content), PIECE_BYTES):
                self.parser.Parse(content[start : start + PIECE_BYTES], False)
            self.parser.Parse(b"", True)
        except (expat.ExpatError, ValueError, LookupError):
            return False
        return True

    def start_element(self, name: str, attributes: dict[str, str]) -> None:
        for attribute, value in attributes.items():
            self.keep(attribute, value)
        self.inside = name
        self.pieces = []
        is_ours = name.startswith(f"{NAMESPACE} ")
        self.parser.CharacterDataHandler = self.pieces.append if is_ours else None

    def end_element(self, name: str) -> None:
        if name == self.inside:
            self.keep(name, "".join(self.pieces))
        self.inside = ""
        self.parser.CharacterDataHandler = None

    def keep(self, name: str, value: str) -> None:
        if name.startswith(f"{NAMESPACE} "):
            self.found.setdefault(name.removeprefix(f"{NAMESPACE} "), value)

    def refuse_declaration(self, *declaration: object) -> None:
        raise ValueError("a document type")
