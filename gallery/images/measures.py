"""What is measured on decoded pixels: two hashes and the colour of a tile. Runs in the decoder process only."""

import colorsys
import hashlib

from PIL import Image

STRIP_BYTES = 1024 * 1024
FALLBACK_COLOUR = "#888888"
COLOUR_SIDE = 32
COLOURS = 6
SEEN_ALPHA = 128


def pixel_hash(image: Image.Image) -> str:
    """SHA-256 over mode, size and raw samples, so that the same pixels in another file are found. Hashed in strips."""
    digest = hashlib.sha256(f"{image.mode} {image.width} {image.height}\n".encode())
    rows = max(1, STRIP_BYTES // (image.width * len(image.getbands())))
    for top in range(0, image.height, rows):
        strip = image.crop((0, top, image.width, min(image.height, top + rows)))
        digest.update(strip.tobytes())
    return digest.hexdigest()


def difference_hash(image: Image.Image) -> str:
    """64-bit dHash as 16 hex digits: a bit tells if a pixel of a 9×8 grey copy is darker than its right one."""
    grey = on_white(image).convert("L").resize((9, 8), Image.Resampling.BOX)
    samples = grey.tobytes()
    bits = 0
    for row in range(8):
        for column in range(8):
            place = row * 9 + column
            bits = bits << 1 | (samples[place] < samples[place + 1])
    return f"{bits:016x}"


def dominant_colour(image: Image.Image) -> str:
    """`#rrggbb`: of a small copy's colours, a frequent one that is not dull; near-transparent pixels are left out."""
    small = image.convert("RGBA").resize((COLOUR_SIDE, COLOUR_SIDE), Image.Resampling.BOX)
    samples = small.tobytes()
    seen = b"".join(samples[at : at + 3] for at in range(0, len(samples), 4) if samples[at + 3] >= SEEN_ALPHA)
    if not seen:
        return FALLBACK_COLOUR
    quantised = Image.frombytes("RGB", (len(seen) // 3, 1), seen).quantize(COLOURS, Image.Quantize.MEDIANCUT)
    palette = bytes(quantised.getpalette() or [])
    colours = [palette[at : at + 3] for at in range(0, len(palette), 3)]
    counts = quantised.histogram()[: len(colours)]
    _, colour = max((count * _liking(*colour), colour) for count, colour in zip(counts, colours, strict=True))
    return f"#{colour.hex()}"


def on_white(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        return image
    ground = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(ground, image).convert("RGB")


def _liking(red: int, green: int, blue: int) -> float:
    """How much a colour is liked for a tile: saturation helps, near black and near white hurt."""
    _, lightness, saturation = colorsys.rgb_to_hls(red / 255, green / 255, blue / 255)
    middle = 1 - abs(2 * lightness - 1)
    return 0.25 + saturation * middle
