"""The palettes of the placeholder pictures, and which words of a prompt call for which."""

import random
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from gallery.gateway.sandbox.colours import Colour, parse_hex


@dataclass(frozen=True, kw_only=True)
class Palette:
    """`ramp` goes from the darkest to the lightest, `sky` from the zenith to the horizon; `light` is the sun or moon;
    `accents` are for shapes and stand well on `paper` and beside each other."""

    name: str
    ramp: tuple[Colour, ...]
    sky: tuple[Colour, ...]
    light: Colour
    paper: Colour
    accents: tuple[Colour, ...]
    is_night: bool = False


def _palette(name: str, ramp: str, sky: str, light: str, paper: str, accents: str, is_night: bool = False) -> Palette:
    return Palette(
        name=name,
        ramp=tuple(map(parse_hex, ramp.split())),
        sky=tuple(map(parse_hex, sky.split())),
        light=parse_hex(light),
        paper=parse_hex(paper),
        accents=tuple(map(parse_hex, accents.split())),
        is_night=is_night,
    )


def _words(*lines: str) -> list[str]:
    return " ".join(lines).split()


_ALL = (
    _palette(
        "ruby",
        "1f1a2e 4a1f3d a3203f ec2a45 ffc9ae",
        "c4122f f4475a ffa791",
        "fff3d8",
        "f6e7da",
        "e3263f 2b2d4a f2a07b 8a1c3b fbe3cd 5f6f94",
    ),
    _palette(
        "ochre",
        "201408 553410 a6691a e0a63c fbeac4",
        "b58a45 e6b662 f8e2b0",
        "fff6dc",
        "f3e6cb",
        "c98a1f 2f4545 b5502a f0c873 6b4a26 8fa394",
    ),
    _palette(
        "sage",
        "1d2417 4a4628 7d7a52 b0b48a f0ecd6",
        "8d9a7c b9bf9c e8e3c4",
        "fffbe6",
        "efeadb",
        "8b9a72 5c3a1e d9a25f 3d4a38 c9cfae b8694a",
    ),
    _palette(
        "teal",
        "051c24 0b4650 17807f 6cc4b2 eaf5df",
        "0f6a76 5bb3a8 f0e2bd",
        "fff2cf",
        "eef0e2",
        "137a7c f08a5d 0c3140 f2c063 8fd0bf e2563f",
    ),
    _palette(
        "night",
        "060a1c 131c47 2b3f8c 7f8fd6 f4ecd8",
        "070d26 18245c 4a5aa6",
        "f8f2dc",
        "e6e6f0",
        "22317a f2c14e 0b1230 8ea2e0 e97f6b d8def5",
        True,
    ),
    _palette(
        "sunset",
        "2b1638 6d2455 c9435a f58a4b ffe2a6",
        "4a2a6b d1495b ffb36b",
        "fff0c4",
        "fbe9d2",
        "ef6a4c 3c1f54 f9b45c b5366a 5c6bb0 fde0b5",
    ),
    _palette(
        "forest",
        "07150f 12352a 2c6b4b 7fb685 ecf3d6",
        "41735c 93b795 e6e8c4",
        "fdf6d6",
        "ebeedb",
        "25604a d98b3a 0f2a22 a4c58d e5d6a1 8a4b2a",
    ),
    _palette(
        "sea",
        "061a33 0d3f70 2a7fb8 8cc7e0 f6efdc",
        "2c7fb5 86c2dd fbe6c4",
        "fff8e0",
        "eef3f2",
        "1f6fae f4a261 0a2a4d a6d6e3 e76f51 f3e3bd",
    ),
    _palette(
        "gold",
        "14100c 3d2c12 8c6420 dca93f fff0bf",
        "2a2016 7a5a22 e6b85a",
        "fff4cc",
        "f4ecd8",
        "d8a43a 1d1a18 9a6b24 f4dc94 5a4630 b8402e",
    ),
    _palette(
        "pastel",
        "5b5a83 9c8fc2 f0a9b8 f9d2bf fff7ea",
        "b9c6ea f3cfdc fff0d8",
        "fffaf0",
        "fdf4ea",
        "f2a7b5 a9c8e8 fbd8a4 b7dcc2 8f86bd fff3e3",
    ),
    _palette(
        "neon",
        "0a0416 32086b 8b12c8 ff2fa0 5ff4ff",
        "0b0524 43108a ff4fb0",
        "ffe96b",
        "120a2c",
        "ff2f92 22d3ee 5b21d6 fde047 1a0b3d 7cf5a5",
        True,
    ),
    _palette(
        "monochrome",
        "0d0d0f 35363a 7c7d81 c2c2c2 f7f5f0",
        "8e8f92 c9c9c8 f2f0ea",
        "fffef9",
        "f2f0ea",
        "1b1b1e 8d8d8f f7f5f0 4d4e52 cfcdc8 6b6b6e",
    ),
    _palette(
        "violet",
        "12071f 35155f 7a35c0 b98af0 f6e9ff",
        "3a1c78 8a5ad0 f2c2dd",
        "fff1e0",
        "f1eaf6",
        "7a3fc4 f2b15a 240f45 c9a7f0 e86a8d 4fa3a8",
    ),
    _palette(
        "clay",
        "23140f 5d2c1c b0573a e29a76 f8e6d3",
        "c98a6c ecbd9c fbe8d2",
        "fff5e2",
        "f6eadc",
        "b9593a 33485a e9b58f 7a3522 dfd0b8 7f9a8c",
    ),
    _palette(
        "rose",
        "2a1220 6b2a4a c75c82 f0a8b8 fff0ea",
        "b5627f efa9b1 fde3d4",
        "fff7ea",
        "faece8",
        "d95f86 40324f f6bfc0 8c2f56 f3d9a9 6e9a94",
    ),
    _palette(
        "ice",
        "0b1722 23445c 5f93ad b9d8e2 fbfdfc",
        "6f9fb8 b7d5de f3f3ec",
        "ffffff",
        "eff4f4",
        "4d88a6 16303f e3b68a bcdae2 8aa3b5 d96c5a",
    ),
    _palette(
        "ember",
        "0a0506 3b0a08 a01f08 f0760c ffe08a",
        "1a0808 7d1a0c f08a2c",
        "ffe9a8",
        "f4e2cd",
        "e2571a 1c1112 f6a51c 7d150d fbe1a2 3c4a56",
    ),
    _palette(
        "meadow",
        "14240f 3a5a1c 7fa22e cbd65c fbf7cf",
        "6fb0c4 b5dbc9 f8f3c8",
        "fffbdc",
        "f3f3dc",
        "7fa230 e8b23a 2f4f2a c3587a a8d0c4 f4e9b6",
    ),
)
PALETTES: Mapping[str, Palette] = {palette.name: palette for palette in _ALL}

_WORDS: Mapping[str, str] = {
    "ruby": "red scarlet crimson ruby cherry tomato strawberry lipstick poppy",
    "ochre": "ochre ocher mustard sand sandy desert dune dunes wheat straw honey dusk",
    "sage": "sage olive linen khaki moss matcha earth tea stone",
    "teal": "teal turquoise petrol aqua cyan lagoon emerald jade",
    "night": "night midnight moon moonlight moonlit stars starry navy indigo space galaxy cosmos nocturnal",
    "sunset": "sunset sunrise dawn evening twilight orange tangerine peach coral salmon apricot",
    "forest": "forest green pine pines woods woodland jungle fern wood trees tree",
    "sea": "sea ocean water wave waves blue azure coast beach lake river harbour harbor swimming underwater",
    "gold": "gold golden brass luxury honeycomb whisky amber jewel jewellery jewelry",
    "pastel": "pastel soft baby candy spring gentle cotton marshmallow dreamy",
    "neon": "neon cyberpunk synthwave vaporwave futuristic glowing disco electric",
    "monochrome": "black white monochrome grey gray noir ink charcoal newspaper",
    "violet": "violet purple lavender lilac plum amethyst magic magical mystic",
    "clay": "clay terracotta ceramic brick rust autumn adobe pottery canyon copper brown coffee leather",
    "rose": "rose rosy pink blush magenta fuchsia blossom flamingo romantic wedding",
    "ice": "ice icy snow snowy winter frost cold glacier arctic polar fog foggy mist misty silver",
    "ember": "fire flame flames lava ember embers volcano hot inferno dragon",
    "meadow": "meadow grass summer yellow lemon sunflower garden field lime picnic",
}
# The names of colours count for more than things that merely have one.
_COLOURS = frozenset(
    _words(
        "red scarlet crimson ruby ochre ocher mustard sage olive teal turquoise cyan aqua navy indigo orange peach",
        "coral salmon apricot rose amber",
        "green emerald blue azure gold golden pastel neon monochrome noir violet purple lavender lilac",
        "clay terracotta rust copper pink magenta fuchsia yellow silver brown night sunset",
    )
)
_BY_WORD = {word: name for name, words in _WORDS.items() for word in words.split()}


def words_of(prompt: str) -> list[str]:
    return re.findall(r"[a-zà-ÿ]+", prompt.lower())


def choose_palette(prompt: str, chance: random.Random, fitting: Collection[str] = ()) -> Palette:
    """By the prompt's colour words, the one called for most; without one by chance among `fitting`, or among all."""
    called = [_BY_WORD[word] for word in words_of(prompt) for _ in range(1 + (word in _COLOURS)) if word in _BY_WORD]
    if called:
        return PALETTES[max(called, key=lambda name: (called.count(name), -called.index(name)))]
    return PALETTES[chance.choice(sorted(fitting or PALETTES))]
