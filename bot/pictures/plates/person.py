"""A person for scale, as a silhouette."""

from bot.pictures.plates.drawing import Drawing, Rgb
from bot.pictures.plates.geometry import Tube, ellipse, polar

HEIGHT = 1.72
"""Metres, without the hat."""


def draw_person(
    drawing: Drawing, foot: complex, height: float, colour: Rgb, *, flees: bool
) -> None:
    """Draw somebody with a hat who waves, or runs to the left."""
    hip = foot + 1j * height * (0.47 if flees else 0.49)
    lean = 104 if flees else 90
    neck = hip + polar(0.36 * height, lean)
    head = neck + polar(0.095 * height, lean)
    along = (neck - hip) / abs(neck - hip)
    shoulder = neck - along * 0.055 * height
    leg, arm = (0.115, 0.085, 0.065, 0.05), (0.06, 0.052, 0.042)
    if flees:
        limbs = (
            (hip, ((0.24, 208), (0.25, 292), (0.08, 205)), leg),
            (hip, ((0.24, 282), (0.25, 340), (0.08, 262)), leg),
            (shoulder, ((0.17, 232), (0.15, 150)), arm),
            (shoulder, ((0.17, 318), (0.15, 44)), arm),
        )
    else:
        across = 0.04 * height
        limbs = (
            (hip - across, ((0.245, 267), (0.225, 269), (0.07, 350)), leg),
            (hip + across, ((0.245, 277), (0.225, 273), (0.07, 354)), leg),
            (shoulder - across * 1.6, ((0.17, 252), (0.16, 286)), arm),
            (shoulder + across * 1.6, ((0.16, 4), (0.17, 72)), arm),
        )
    for start, parts, widths in limbs:
        points = [start]
        for length, angle in parts:
            points.append(points[-1] + polar(length * height, angle))
        half = [width * height / 2 for width in widths]
        drawing.fill(colour, Tube(points, half, half, stretch=1).outline())
        drawing.disc(colour, points[-1], half[-1])
    trunk = [
        hip - along * 0.05 * height,
        *(hip + (neck - hip) * t for t in (0.3, 0.62, 0.85, 1.15)),
    ]
    half = [height * part for part in (0.085, 0.08, 0.098, 0.09, 0.028)]
    drawing.fill(colour, Tube(trunk, half, half, stretch=1).outline())
    turn = lean - 90
    drawing.fill(colour, ellipse(head, height * 0.05, height * 0.064, turn))
    brim = head + along * 0.03 * height
    drawing.fill(colour, ellipse(brim, height * 0.105, height * 0.014, turn))
    crown = ((-0.054, 0), (-0.046, 0.055), (0, 0.046), (0.046, 0.055), (0.054, 0))
    drawing.fill(colour, [brim + polar(height, turn) * complex(x, y) for x, y in crown])
