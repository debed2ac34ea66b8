"""Placeholder pictures as SVG: plain shapes, no scripts, no links, nothing from outside."""

import hashlib
import random
from collections.abc import Callable, Mapping

from gallery.gateway.sandbox.colours import Colour, lightness, mix, to_hex
from gallery.gateway.sandbox.drawing import choose_motif
from gallery.gateway.sandbox.palettes import choose_palette
from gallery.gateway.sandbox.scenes import SCENES, Form, Sheet

_MOTIFS_OF: Mapping[str, str] = {
    "land": "hills sea forest planet",
    "vessel": "still_life teapot cup vase bottle figure",
    "plant": "plant silk",
    "grid": "city grid shapes contours flame",
}
_SCENE_OF = {motif: scene for scene, motifs in _MOTIFS_OF.items() for motif in motifs.split()}


def draw_svg(prompt: str, *, width: int, height: int, seed: int, style: str = "any") -> str:
    """`style` is one of `STYLES`; another is drawn as "any"."""
    number = int.from_bytes(hashlib.sha256(f"{seed}\n{prompt}".encode("utf-8", "replace")).digest())
    chance = random.Random(number)
    scene = _SCENE_OF[choose_motif(prompt, chance)]
    sheet = Sheet(width, height, choose_palette(prompt, chance), chance)
    parts = STYLES.get(style, _flat)(sheet, SCENES[scene](sheet))
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
    )
    return "\n".join([opening, *parts, "</svg>"]) + "\n"


def _flat(sheet: Sheet, forms: list[Form]) -> list[str]:
    """Every form in its colour, a little deeper at its foot."""
    colours = sorted({form.colour for form in forms})
    names = {colour: f"c{number}" for number, colour in enumerate(colours)}
    parts = ["<defs>"]
    for colour, name in names.items():
        foot = to_hex(mix(colour, sheet.palette.ramp[1], 0.28))
        parts.append(
            f'<linearGradient id="{name}" x1="0" y1="0" x2="0.3" y2="1">'
            f'<stop offset="0.2" stop-color="{to_hex(colour)}"/>'
            f'<stop offset="1" stop-color="{foot}"/></linearGradient>'
        )
    parts.append("</defs>")
    return parts + [f'<path d="{form.path}" fill="url(#{names[form.colour]})"/>' for form in forms]


def _line_art(sheet: Sheet, forms: list[Form]) -> list[str]:
    """Even outlines; each form covers what lies behind it."""
    paper, ink = to_hex(mix(sheet.palette.paper, (255, 255, 255), 0.5)), to_hex(sheet.palette.ramp[0])
    opening = f'<g fill="{paper}" stroke="{ink}" stroke-width="{sheet.unit / 260:.1f}" stroke-linejoin="round">'
    return [opening, *(f'<path d="{form.path}"/>' for form in forms), "</g>"]


def _engraving(sheet: Sheet, forms: list[Form]) -> list[str]:
    """Hatching that is closer the darker a form is, in a direction that changes from form to form."""
    paper, ink = sheet.palette.paper, sheet.palette.ramp[0]
    parts = [f'<rect width="{sheet.width}" height="{sheet.height}" fill="{to_hex(paper)}"/>']
    for number, form in enumerate(forms):
        dark = 1 - lightness(form.colour)
        step = sheet.unit * (0.026 - 0.019 * min(1.0, dark * 1.25))
        if dark < 0.1:
            parts.append(f'<path d="{form.path}" fill="{to_hex(paper)}"/>')
        else:
            parts += _hatched(form, number, step, step * (0.16 + 0.5 * dark), paper, ink)
        parts.append(
            f'<path d="{form.path}" fill="none" stroke="{to_hex(ink)}" stroke-width="{sheet.unit / 420:.1f}"/>'
        )
    return parts


def _linocut(sheet: Sheet, forms: list[Form]) -> list[str]:
    """One ink on paper; forms are black or carved away, and the black is opened by cuts."""
    paper, ink = sheet.palette.paper, mix(sheet.palette.ramp[0], sheet.palette.accents[0], 0.12)
    parts = [f'<rect width="{sheet.width}" height="{sheet.height}" fill="{to_hex(paper)}"/>']
    for number, form in enumerate(forms):
        dark = 1 - lightness(form.colour)
        front, back = (ink, paper) if dark > 0.36 and number else (paper, ink)
        is_small = min(form.box[2] - form.box[0], form.box[3] - form.box[1]) < sheet.unit * 0.07
        if is_small or dark < 0.2:
            parts.append(f'<path d="{form.path}" fill="{to_hex(front)}"/>')
        else:
            step = sheet.unit * (0.02 + 0.03 * abs(dark - 0.36))
            parts += _hatched(form, number, step, step * (0.3 - 0.25 * abs(dark - 0.36)), front, back)
        parts.append(
            f'<path d="{form.path}" fill="none" stroke="{to_hex(paper)}" stroke-width="{sheet.unit / 120:.1f}"/>'
        )
    return parts


def _line_circuit(sheet: Sheet, forms: list[Form]) -> list[str]:
    """Traces that turn by eighths and end in pads, with the forms among them."""
    chance, palette, unit = sheet.chance, sheet.palette, sheet.unit
    back, trace, pad = palette.ramp[0], mix(palette.ramp[2], palette.ramp[3], 0.5), palette.accents[3]
    if lightness(pad) < 0.6:
        pad = palette.light
    parts = [
        f'<rect width="{sheet.width}" height="{sheet.height}" fill="{to_hex(back)}"/>',
        f'<g fill="none" stroke="{to_hex(trace)}" stroke-width="{unit / 240:.1f}" stroke-linecap="round">',
    ]
    pads: list[str] = []
    cell = unit / 26
    for _ in range(round(90 * sheet.width * sheet.height / unit / unit)):
        x, y = (cell * chance.randrange(1 + round(side / cell)) for side in (sheet.width, sheet.height))
        across, turn, rest = (cell * chance.randint(1, 4) for _ in range(3))
        side, down = chance.choice((-1, 1)), chance.choice((-1, 1))
        parts.append(
            f'<path d="M{x:.1f} {y:.1f}h{side * across:.1f}l{side * turn:.1f} {down * turn:.1f}v{down * rest:.1f}"/>'
        )
        for end_x, end_y in ((x, y), (x + side * (across + turn), y + down * (turn + rest))):
            pads.append(f'<circle cx="{end_x:.1f}" cy="{end_y:.1f}" r="{unit / 150:.1f}"/>')
    parts += [
        "</g>",
        f'<g fill="{to_hex(back)}" stroke="{to_hex(pad)}" stroke-width="{unit / 320:.1f}">',
        *pads,
        "</g>",
    ]
    parts.append(f'<g fill="{to_hex(back)}" fill-opacity="0.5" stroke="{to_hex(pad)}" stroke-width="{unit / 200:.1f}">')
    return [*parts, *(f'<path d="{form.path}"/>' for form in forms[1:]), "</g>"]


STYLES: Mapping[str, Callable[[Sheet, list[Form]], list[str]]] = {
    "any": _flat,
    "engraving": _engraving,
    "line_art": _line_art,
    "line_circuit": _line_circuit,
    "linocut": _linocut,
}


def _hatched(form: Form, number: int, step: float, stroke: float, back: Colour, front: Colour) -> list[str]:
    """A form filled with one colour and lines of another."""
    left, top, right, bottom = form.box
    lean = (0.0, 0.35, -0.35, 0.7)[number % 4] * (bottom - top)
    lines = []
    y = top - abs(lean)
    while y < bottom + abs(lean):
        lines.append(f"M{left:.1f} {y:.1f}L{right:.1f} {y + lean:.1f}")
        y += max(step, 1.5)
    hatching = "".join(lines)
    return [
        f'<clipPath id="f{number}"><path d="{form.path}"/></clipPath>',
        f'<path d="{form.path}" fill="{to_hex(back)}"/>',
        f'<path d="{hatching}" clip-path="url(#f{number})" stroke="{to_hex(front)}" stroke-width="{stroke:.2f}"/>',
    ]
