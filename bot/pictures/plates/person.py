"""A person for scale, as a silhouette."""

import math

from bot.pictures.plates.drawing import Drawing, Rgb
from bot.pictures.plates.geometry import Tube, ellipse, polar, smooth

HEIGHT = 1.72
"""Metres, without the hat."""


def draw_person(drawing: Drawing, foot: complex, height: float, colour: Rgb, *, flees: bool) -> None:
    """Draw somebody with a hat who waves, or runs to the left."""
    def limb(start: complex, parts: tuple[tuple[float, float], ...], widths: tuple[float, ...]) -> None:
        points = [start]
        for length, angle in parts:
            points.append(points[-1] + polar(length * height, angle))
        half = [width * height / 2 for width in widths]
        drawing.fill(colour, Tube(points, half, half, stretch=1).outline())
        drawing.disc(colour, points[-1], half[-1])

    hip = foot + 1j * height * (0.49 if not flees else 0.46)
    lean = 84 if not flees else 106
    shoulder = hip + polar(0.325 * height, lean)
    head = shoulder + polar(0.125 * height, lean)
    if flees:
        limb(hip, ((0.24, 205), (0.24, 285), (0.06, 200)), (0.10, 0.075, 0.05, 0.04))
        limb(hip, ((0.24, 285), (0.25, 332), (0.06, 250)), (0.10, 0.075, 0.05, 0.04))
        limb(shoulder, ((0.16, 230), (0.15, 150)), (0.07, 0.055, 0.04))
        limb(shoulder, ((0.16, 320), (0.15, 40)), (0.07, 0.055, 0.04))
    else:
        limb(hip - 0.03 * height, ((0.245, 268), (0.225, 269), (0.075, 352)), (0.10, 0.08, 0.055, 0.035))
        limb(hip + 0.03 * height, ((0.245, 276), (0.225, 272), (0.075, 355)), (0.10, 0.08, 0.055, 0.035))
        limb(shoulder - 0.05 * height, ((0.17, 250), (0.15, 300)), (0.07, 0.055, 0.04))
        limb(shoulder + 0.05 * height, ((0.16, 10), (0.17, 78)), (0.07, 0.055, 0.04))
    across = polar(1, lean - 90) * height
    trunk = smooth(
        [
            hip - across * 0.075, hip + (shoulder - hip) * 0.45 - across * 0.066,
            shoulder - across * 0.098, shoulder + (head - shoulder) * 0.35,
            shoulder + across * 0.098, hip + (shoulder - hip) * 0.45 + across * 0.066,
            hip + across * 0.075,
        ]
    )  # fmt: skip
    drawing.fill(colour, trunk)
    drawing.fill(colour, ellipse(head, height * 0.055, height * 0.066, lean - 90))
    turn = lean - 90
    brim = head + across * 0.035j
    drawing.fill(colour, ellipse(brim, height * 0.115, height * 0.013, turn))
    crown = [brim + across * complex(x, y) for x, y in ((-0.055, 0), (-0.045, 0.055), (0.0, 0.045), (0.045, 0.058), (0.055, 0))]
    drawing.fill(colour, crown)


def reach_of(height: float) -> float:
    """How far to each side a person of a height reaches."""
    return height * 0.3 * math.sqrt(1.0)
