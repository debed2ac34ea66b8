"""Placeholder pictures: from a prompt and a seed to a picture, the same every time. Pure functions."""

import hashlib
import random
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from PIL import Image, ImageOps

from gallery.gateway.sandbox import abstracts, collage, fields, figures, landscapes, plants, posters, still_lifes
from gallery.gateway.sandbox.canvas import Canvas
from gallery.gateway.sandbox.palettes import choose_palette, words_of

# Above it pictures are drawn smaller and enlarged; the grain is laid on at the full size.
LARGEST_DRAWN = 2048
GRAIN = 9.0

Motif = Callable[[Canvas], None]

MOTIFS: Mapping[str, Motif] = {
    "hills": landscapes.draw_hills,
    "sea": landscapes.draw_sea,
    "forest": landscapes.draw_forest,
    "city": landscapes.draw_city,
    "still_life": still_lifes.draw_still_life,
    "teapot": partial(still_lifes.draw_still_life, main="teapot"),
    "cup": partial(still_lifes.draw_still_life, main="cup"),
    "vase": partial(still_lifes.draw_still_life, main="vase"),
    "bottle": partial(still_lifes.draw_still_life, main="bottle"),
    "figure": figures.draw_figure,
    "plant": plants.draw_plant,
    "flame": abstracts.draw_flame,
    "contours": abstracts.draw_contours,
    "silk": abstracts.draw_silk,
    "shapes": abstracts.draw_shapes,
    "grid": posters.draw_grid,
    "planet": abstracts.draw_planet,
}
_WORDS: Mapping[str, str] = {
    "hills": "mountain mountains landscape sunset sunrise hill hills valley canyon desert dune dunes alps horizon "
    "volcano",
    "sea": "lighthouse sea ocean beach coast lake island boat ship sailing harbour harbor river waves fish whale surfing",
    "forest": "forest pine pines woods woodland trees tree jungle fox deer bear wolf owl snow winter",
    "city": "city cityscape skyline street building buildings architecture town tokyo paris london york house houses "
    "car cars",
    "still_life": "product still fruit apple lemon pear bowl table kitchen food breakfast ceramic pottery jug lamp "
    "chair furniture",
    "teapot": "teapot tea kettle",
    "cup": "cup mug coffee espresso cocoa",
    "vase": "vase amphora urn sculpture",
    "bottle": "bottle perfume wine shampoo cosmetics packaging skincare",
    "figure": "portrait person woman man girl boy face headshot fashion model executive people human character "
    "king queen dancer musician selfie actor",
    "plant": "flower flowers plant plants leaf leaves garden botanical blossom tulip rose bouquet herb fern mushroom "
    "mushrooms bird butterfly meadow",
    "flame": "fire flame flames ink lava smoke dragon explosion energy lightning",
    "contours": "marble map topographic agate pattern texture psychedelic wood grain",
    "silk": "flow silk fabric liquid abstract gradient aurora wallpaper background dream cloud clouds underwater",
    "shapes": "shapes minimal composition collage cutout cat dog toy robot app icon",
    "grid": "poster logo geometric bauhaus typography lettering grid mosaic tile tiles campaign brand cover magazine",
    "planet": "planet space galaxy cosmos astronaut moon orbit star stars saturn universe rocket",
}
_BY_WORD = {word: name for name, words in _WORDS.items() for word in words.split()}
# Words for a material or a mood step back behind those for a thing.
_FAINT = ("still_life", "shapes", "silk", "contours")
# Without a colour word, a motif takes one of these.
_PALETTES: Mapping[str, tuple[str, ...]] = {
    "sea": ("sea", "sunset", "teal", "ice", "rose", "pastel"),
    "forest": ("forest", "sage", "ice", "teal", "sunset", "ochre"),
    "city": ("sunset", "night", "rose", "violet", "ochre", "teal"),
    "figure": ("clay", "sunset", "ochre", "rose", "sea", "teal", "ruby", "gold"),
    "plant": ("meadow", "forest", "rose", "clay", "sage", "pastel"),
    "flame": ("ember", "violet", "sea", "teal", "gold", "neon"),
    "planet": ("night", "violet", "ember", "teal", "neon", "sunset"),
}
# Without a subject, chance chooses among these: they stand for anything.
_FOR_ANYTHING = (
    "hills",
    "sea",
    "contours",
    "flame",
    "silk",
    "shapes",
    "grid",
    "plant",
    "still_life",
    "planet",
    "forest",
    "city",
)


def draw(
    prompt: str,
    *,
    width: int,
    height: int,
    seed: int,
    references: Sequence[Image.Image] = (),
    manner: str = "prints",
    motif: str = "",
) -> Image.Image:
    """A picture of mode RGB. `motif` is a name of `MOTIFS`, chosen by the prompt's words without one; `manner` is how
    references are worked in, a name of `collage.MANNERS`."""
    chance = random.Random(_number(prompt, seed))
    motif = motif or choose_motif(prompt, chance)
    palette = choose_palette(prompt, chance, _PALETTES.get(motif, ()))
    scale = min(1.0, LARGEST_DRAWN / max(width, height))
    canvas = Canvas((max(1, round(width * scale)), max(1, round(height * scale))), palette, chance)
    MOTIFS[motif](canvas)
    # The light then comes from the other side, which makes four pictures of one prompt four pictures.
    picture = ImageOps.mirror(canvas.image) if chance.random() < 0.5 else canvas.image
    if references:
        picture = collage.MANNERS[manner](picture, references, palette, chance)
    if picture.size != (width, height):
        picture = picture.resize((width, height), Image.Resampling.BICUBIC)
    return fields.add_grain(picture, chance, GRAIN)


def choose_motif(prompt: str, chance: random.Random) -> str:
    """By the first of the prompt's words that names a subject; by chance without one."""
    named = [_BY_WORD[word] for word in words_of(prompt) if word in _BY_WORD]
    named.sort(key=lambda name: name in _FAINT)
    return named[0] if named else chance.choice(_FOR_ANYTHING)


def _number(prompt: str, seed: int) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}\n{prompt}".encode("utf-8", "replace")).digest())
