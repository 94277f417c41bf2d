"""Patterns: markings of the body, in coordinates of its spine, so that they stay within it."""

import math
from itertools import pairwise

from bot.creatures.profile import Pattern
from bot.pictures.plates.drawing import mix
from bot.pictures.plates.geometry import Tube, leaf, lerp, polar
from bot.pictures.plates.palette import CREAM, SHADOW, WHITE
from bot.pictures.plates.skeleton import Sketch


def draw_body(sketch: Sketch) -> None:
    """Draw trunk, neck and tail with the light belly."""
    drawing, skeleton, palette = sketch.drawing, sketch.skeleton, sketch.palette
    body, hip, nape = skeleton.body, skeleton.hip, skeleton.nape
    marks = (
        (0.0, -0.35), (hip * 0.6, -0.42), (hip, -0.62), ((hip + skeleton.shoulder) / 2, -0.44),
        (skeleton.shoulder, -0.30), (nape, -0.12), (1.0, 0.0),
    )  # fmt: skip
    upper = []
    for (s, v), (later, next_v) in pairwise(marks):
        for step in range(8):
            part = step / 8
            eased = part * part * (3 - 2 * part)
            upper.append(body.at(lerp(s, later, part), lerp(v, next_v, eased)))
    drawing.fill(palette.base, body.outline())
    drawing.fill(palette.belly, upper + body.edge(-1, 1, 0))
    # It sets a pale belly off from hills of its colour.
    drawing.line(mix(palette.belly, SHADOW, 0.22), 2.5, body.edge(-1, hip * 0.5, nape))


def draw_pattern(sketch: Sketch) -> None:
    """Draw the dark back, over the thigh, and the markings of a pattern from tail to neck."""
    drawing, skeleton, palette, body = sketch.drawing, sketch.skeleton, sketch.palette, sketch.body
    back = [body.at(i / 40, 0.62 - 0.16 * math.sin(i / 40 * math.pi)) for i in range(40)]
    drawing.fill(palette.back, back + body.edge(1, 0.975, 0))
    nape = skeleton.nape - 0.02
    tint, pattern = palette.marking, sketch.profile.pattern
    if pattern is Pattern.STRIPES:
        count = round(sketch.variation.within("stripes", 16, 24))
        lean = sketch.variation.within("lean", -0.012, 0.02)
        for i in range(count):
            s = 0.05 + (nape - 0.05) * i / (count - 1)
            broad = (nape / count) * sketch.variation.within(f"broad {i}", 0.26, 0.42)
            deep = sketch.variation.within(f"deep {i}", -0.35, 0.15)
            drawing.fill(tint, _stripe(body, s, broad, deep, lean))
    elif pattern is Pattern.RINGS:
        count = 13
        throat = skeleton.nape - 0.4 * skeleton.head.length / body.length
        for i in range(count):
            s = 0.05 + (nape - 0.05) * i / (count - 1)
            if skeleton.hip - 0.02 < s < skeleton.shoulder + 0.05:
                drawing.fill(tint, _stripe(body, s, 0.016, 0.0, 0.004))
            else:
                low = -0.3 if s > throat else -1.0
                drawing.fill(tint, body.band(s - 0.012, s + 0.012, 1, low))
    elif pattern is Pattern.SADDLES:
        count = round(sketch.variation.within("saddles", 6, 9))
        for i in range(count):
            s = 0.10 + (nape - 0.16) * i / (count - 1)
            broad = nape / count * 0.33
            deep = sketch.variation.within(f"deep {i}", -0.05, 0.2)
            outline = [
                (s - broad, 1.0), (s - broad * 0.9, 0.55), (s - broad * 0.3, deep),
                (s + broad * 0.4, deep + 0.1), (s + broad, 0.6), (s + broad * 1.05, 1.0), (s, 1.2),
            ]  # fmt: skip
            drawing.fill(mix(tint, SHADOW, 0.12), body.patch(outline))
            inner = [(lerp(s, a, 0.62), lerp(0.8, b, 0.62)) for a, b in outline]
            drawing.fill(tint, body.patch(inner))
    elif pattern is Pattern.SPOTS:
        columns = round(sketch.variation.within("columns", 19, 27))
        for i in range(columns):
            for row, v in enumerate((0.80, 0.42, 0.04)):
                label = f"spot {i} {row}"
                s = 0.07 + (nape - 0.08) * (i + (row % 2) * 0.5) / columns
                s += sketch.variation.within(label + "s", -0.006, 0.006)
                v += sketch.variation.within(label + "v", -0.10, 0.10)
                radius = min(body.width(s) * 0.1, 11.5) * sketch.variation.within(label, 0.45, 1.1)
                drawing.disc(tint, body.at(s, v), radius)


def draw_stars(sketch: Sketch) -> None:
    """Draw stars on the body of an animal of the night."""
    body, own = sketch.body, sketch.variation
    for i in range(34):
        s = 0.08 + 0.84 * (i + own.unit(f"star {i}")) / 34
        at = body.at(s, own.within(f"star v {i}", -0.5, 0.85))
        size = min(body.width(s) * 0.045, 6.0) * own.within(f"star size {i}", 0.5, 1.2)
        sketch.drawing.disc(CREAM, at, size)


def draw_glitter(sketch: Sketch) -> None:
    """Draw how a golden animal glitters: crosses of light on its back."""
    body, own = sketch.body, sketch.variation
    for i in range(7):
        at = body.at(0.16 + 0.78 * i / 6, own.within(f"glitter v {i}", 0.1, 0.8))
        size = own.within(f"glitter {i}", 14, 26)
        rays = [leaf(at, at + polar(size, turn), 0.24) for turn in (0, 90, 180, 270)]
        sketch.drawing.fill(WHITE, *rays)


def _stripe(body: Tube, s: float, broad: float, deep: float, lean: float) -> list[complex]:
    return body.patch(
        [
            (s - broad, 1.0), (s - broad * 0.85 + lean * 0.4, 0.45), (s + lean, deep),
            (s + broad * 0.85 + lean * 0.4, 0.5), (s + broad, 1.0), (s, 1.15),
        ]
    )  # fmt: skip
