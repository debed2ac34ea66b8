"""Everything that can go wrong between bytes from outside and a stored picture. Drawn once, here.

PictureError
├── PictureRefused       the bytes are at fault: `kind` is one of KINDS
├── PictureNotStored     disk or storage is at fault; the same bytes may be taken in again
└── DecoderNotStarted    this installation is at fault: the decoder process does not come up
"""

SENTENCES = {
    "not_a_picture": "This file is not a picture. Choose a PNG, JPEG, WebP or GIF file.",
    "unsupported_format": "This kind of picture is not taken. Save it as PNG, JPEG or WebP and try that copy.",
    "broken": "This picture is damaged or incomplete. Get the file again, or export it anew.",
    "too_large": "This picture is too large. Scale it down and try the smaller copy.",
    "crashed": "This picture could not be read. Save it again as PNG in another program and try that copy.",
    "too_slow": "Reading this picture took too long. Save it again as a plain PNG or JPEG and try that copy.",
}
KINDS = tuple(SENTENCES)
# Also what a good picture meets where memory or time is short.
UNDECIDED = ("crashed", "too_slow")


class PictureError(Exception):
    """`sentence` is for people and stands alone; `detail` is technical, without paths."""

    def __init__(self, sentence: str, detail: str = ""):
        super().__init__(sentence)
        self.sentence = sentence
        self.detail = detail[:1000]


class PictureRefused(PictureError):
    """`kind` is one of KINDS; a sentence more telling than the kind's own may be given."""

    def __init__(self, kind: str, sentence: str = "", detail: str = ""):
        super().__init__(sentence or SENTENCES[kind], detail)
        self.kind = kind

    @property
    def is_undecided(self) -> bool:
        """Whether the same bytes may be taken another time."""
        return self.kind in UNDECIDED


class PictureNotStored(PictureError):
    def __init__(self, detail: str = ""):
        super().__init__(
            "The picture could not be stored. The disk may be full; ask an administrator, then try again.", detail
        )


class DecoderNotStarted(PictureError):
    def __init__(self, detail: str = ""):
        super().__init__(
            "Pictures cannot be read on this server at the moment. Ask an administrator to look at its log.", detail
        )
