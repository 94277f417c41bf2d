"""Plants: conifers, cycads, tree ferns, ferns; broadleaf trees and flowers."""

import math
from collections.abc import Callable

from bot.creatures.profile import Period, Theme
from bot.pictures.plates.drawing import Drawing, Rgb, Variation, mix, rgb
from bot.pictures.plates.geometry import between, ellipse, horn, leaf, polar

Plant = Callable[[Drawing, complex, float, Rgb, Variation], None]
"""Draws a plant at its foot, so high, in a colour."""

PETALS = (rgb("f4a7b9"), rgb("fff1e0"), rgb("f7d154"), rgb("c9a3e0"))


def conifer(drawing: Drawing, foot: complex, height: float, colour: Rgb, own: Variation) -> None:
    """A pointed conifer."""
    outlines = [horn(foot - 1j * height * 0.02, foot + 1j * height * 0.5, height * 0.07)]
    layers = 5
    for i in range(layers):
        low = foot + 1j * height * (0.14 + 0.16 * i)
        half = height * (0.22 - 0.032 * i) * own.within("width", 0.8, 1.1)
        top = low + 1j * height * (0.30 if i < layers - 1 else 0.24)
        edge = low - 1j * height * 0.02
        outlines.append([edge - half, top, edge + half, low + 1j * height * 0.03])
    drawing.fill(colour, *outlines)


def umbrella_tree(
    drawing: Drawing, foot: complex, height: float, colour: Rgb, own: Variation
) -> None:
    """An old araucaria: a bare trunk, a flat crown in layers."""
    lean = own.within("lean", -0.05, 0.05) * height
    top = foot + complex(lean, height)
    outlines = [horn(foot, top, height * 0.065, own.within("bend", -0.04, 0.04))]
    for i, (at, half) in enumerate(((0.98, 0.16), (0.88, 0.27), (0.76, 0.22))):
        centre = between(foot, top, at) + (0.05 * height if i == 2 else 0)
        outlines.append(ellipse(centre, height * half, height * 0.055))
    drawing.fill(colour, *outlines)


def _fronds(
    crown: complex, reach: float, count: int, low: float, high: float, own: Variation
) -> list[list[complex]]:
    fronds = []
    for i in range(count):
        angle = low + (high - low) * i / (count - 1)
        length = reach * own.within(f"frond {i}", 0.82, 1.1)
        tip = crown + polar(length, angle) - 1j * reach * 0.22 * abs(math.cos(math.radians(angle)))
        fronds.append(leaf(crown, tip, 0.2, 0.16 if angle < 90 else -0.16))
    return fronds


def tree_fern(
    drawing: Drawing, foot: complex, height: float, colour: Rgb, own: Variation, reach: float = 0.42
) -> None:
    """A slender trunk with a crown of fronds, `reach` heights long."""
    crown = foot + complex(own.within("lean", -0.08, 0.08) * height, height * 0.78)
    trunk = horn(foot, crown + 1j * height * 0.06, height * 0.075, own.within("bend", -0.05, 0.05))
    drawing.fill(colour, trunk, *_fronds(crown, height * reach, 7, -16, 196, own))


def cycad(drawing: Drawing, foot: complex, height: float, colour: Rgb, own: Variation) -> None:
    """A short thick trunk with a crown of stiff leaves."""
    crown = foot + 1j * height * 0.34
    trunk = [
        foot + complex(-0.11, -0.02) * height, crown + complex(-0.09, 0.02) * height,
        crown + complex(0.09, 0.02) * height, foot + complex(0.11, -0.02) * height,
    ]  # fmt: skip
    drawing.fill(mix(colour, rgb("6a4a35"), 0.4), trunk)
    drawing.fill(colour, *_fronds(crown, height * 0.66, 11, -8, 188, own))


def fern(drawing: Drawing, foot: complex, height: float, colour: Rgb, own: Variation) -> None:
    """Fronds from the ground."""
    drawing.fill(colour, *_fronds(foot - 1j * height * 0.03, height, 8, 14, 166, own))


def broadleaf(drawing: Drawing, foot: complex, height: float, colour: Rgb, own: Variation) -> None:
    """A tree with a round crown."""
    outlines = [horn(foot, foot + 1j * height * 0.8, height * 0.10)]
    for x, y, radius in ((0, 0.72, 0.24), (-0.2, 0.58, 0.18), (0.2, 0.6, 0.17), (0.08, 0.84, 0.16)):
        size = radius * height * own.within(f"crown {x}", 0.9, 1.12)
        outlines.append(ellipse(foot + complex(x, y) * height, size, size * 0.86))
    drawing.fill(colour, *outlines)


def flowers(drawing: Drawing, foot: complex, height: float, colour: Rgb, own: Variation) -> None:
    """Stems with leaves and large early flowers."""
    petal = own.choice("petals", PETALS)
    for i, (aside, part) in enumerate(((-0.3, 0.66), (0.02, 1.0), (0.32, 0.78))):
        base = foot + aside * 0.4 * height
        top = base + complex(aside * 0.5, part) * height
        drawing.line(colour, height * 0.035, [base, between(base, top, 0.5, 0.05), top])
        middle, turns = between(base, top, 0.45), (-130, -65, 0, 65, 130)
        leaves = (leaf(middle, middle + polar(height * 0.25, turn), 0.4) for turn in (150, 28))
        drawing.fill(colour, *leaves)
        size = height * (0.17 if i == 1 else 0.13)
        drawing.fill(petal, *(leaf(top, top + polar(size, 90 + turn), 0.62) for turn in turns))
        drawing.disc(rgb("f2b632"), top + 1j * size * 0.1, size * 0.24)


OLD_TREES: tuple[Plant, ...] = (conifer, umbrella_tree, tree_fern, conifer)
NEW_TREES: tuple[Plant, ...] = (conifer, broadleaf, umbrella_tree, broadleaf)
OLD_SHRUBS: tuple[Plant, ...] = (cycad, fern, fern)
NEW_SHRUBS: tuple[Plant, ...] = (flowers, fern, cycad, flowers)
CRETACEOUS = (Period.EARLY_CRETACEOUS, Period.LATE_CRETACEOUS)


def plants_of(period: Period, theme: Theme) -> tuple[tuple[Plant, ...], tuple[Plant, ...]]:
    """Trees and shrubs of a period. Flowers and broadleaf trees are Cretaceous."""
    is_new = period in CRETACEOUS
    trees, shrubs = (NEW_TREES, NEW_SHRUBS) if is_new else (OLD_TREES, OLD_SHRUBS)
    if is_new and theme is Theme.FLOWER:
        shrubs = (flowers,)
    elif theme in (Theme.DESERT, Theme.SUN):
        shrubs = (cycad, fern)
    return (conifer,) if theme in (Theme.ICE, Theme.MOUNTAIN) else trees, shrubs
