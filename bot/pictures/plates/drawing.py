"""Drawing: filled outlines in SVG, with their bounds; colours; variation between names."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

Rgb = tuple[int, int, int]
T = TypeVar("T")


def rgb(code: str) -> Rgb:
    """The colour of six hexadecimal digits."""
    return int(code[:2], 16), int(code[2:4], 16), int(code[4:], 16)


def mix(colour: Rgb, other: Rgb, part: float) -> Rgb:
    """A colour moved towards another one by a part, 0 to 1."""
    red, green, blue = (round(a + (b - a) * part) for a, b in zip(colour, other, strict=True))
    return red, green, blue


def luminance(colour: Rgb) -> float:
    """How light a colour looks, 0 to 1."""
    red, green, blue = colour
    return (0.299 * red + 0.587 * green + 0.114 * blue) / 255


class Variation:
    """Numbers that differ between names, and are always the same for one name."""

    def __init__(self, name: str) -> None:
        self._name = name

    def unit(self, what: str) -> float:
        """A number from 0 to 1 for a detail."""
        digest = hashlib.sha256(f"{what}:{self._name}".encode()).digest()
        return int.from_bytes(digest[:4], "big") / 2**32

    def choice(self, what: str, among: Sequence[T]) -> T:
        """One of several for a detail."""
        return among[int(self.unit(what) * len(among))]

    def point(
        self, what: str, across: tuple[float, float], upright: tuple[float, float]
    ) -> complex:
        """A point between two x and two y."""
        return complex(self.within(what, *across), self.within(f"{what} y", *upright))

    def part(self, what: str) -> "Variation":
        """The variation of a detail that has details."""
        return Variation(f"{what}:{self._name}")

    def within(self, what: str, low: float, high: float) -> float:
        """A number between two others for a detail."""
        return low + (high - low) * self.unit(what)


@dataclass
class Drawing:
    """Elements of SVG, from the back to the front. Its y points upwards, that of SVG downwards."""

    elements: list[str] = field(default_factory=list)
    left: float = 1e9
    right: float = -1e9
    bottom: float = 1e9
    top: float = -1e9

    def fill(self, colour: Rgb, *outlines: Sequence[complex], opacity: float = 1.0) -> None:
        """Fill closed outlines with a colour."""
        path = "".join(f"M{_coordinates(outline)}Z" for outline in outlines)
        self._add(f'<path fill="{_paint(colour)}"{_opacity(opacity)} d="{path}"/>', outlines)

    def line(
        self, colour: Rgb, width: float, points: Sequence[complex], *, opacity: float = 1.0
    ) -> None:
        """Draw a line with round ends."""
        self._add(
            f'<path fill="none" stroke="{_paint(colour)}" stroke-width="{width:.1f}"'
            f' stroke-linecap="round" stroke-linejoin="round"{_opacity(opacity, "stroke")}'
            f' d="M{_coordinates(points)}"/>',
            [points],
        )

    def disc(self, colour: Rgb, centre: complex, radius: float, *, opacity: float = 1.0) -> None:
        """Fill a circle."""
        self._add(
            f'<circle fill="{_paint(colour)}"{_opacity(opacity)} cx="{centre.real:.1f}"'
            f' cy="{-centre.imag:.1f}" r="{radius:.1f}"/>',
            [[centre - complex(radius, radius), centre + complex(radius, radius)]],
        )

    def add(
        self, other: "Drawing", scale: float = 1.0, at: complex = 0j, *, flipped: bool = False
    ) -> None:
        """Put another drawing in front, with its origin at a point, or its mirror image."""
        across = -scale if flipped else scale
        corners = ((other.left, other.bottom), (other.right, other.top))
        self._add(
            f'<g transform="translate({at.real:.1f} {-at.imag:.1f})'
            f' scale({across:.4f} {scale:.4f})">{"".join(other.elements)}</g>',
            [[at + complex(x * across, y * scale) for x, y in corners]],
        )

    def _add(self, element: str, outlines: Sequence[Sequence[complex]]) -> None:
        self.elements.append(element)
        for outline in outlines:
            across = [point.real for point in outline]
            upright = [point.imag for point in outline]
            self.left, self.right = min(self.left, *across), max(self.right, *across)
            self.bottom, self.top = min(self.bottom, *upright), max(self.top, *upright)


def _coordinates(points: Sequence[complex]) -> str:
    return " ".join(f"{point.real:.1f},{-point.imag:.1f}" for point in points)


def _paint(colour: Rgb) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)


def _opacity(opacity: float, of: str = "fill") -> str:
    """Opacity of a fill or stroke: the opacity of an element would cost the renderer a layer."""
    return "" if opacity >= 1 else f' {of}-opacity="{opacity:.2f}"'
