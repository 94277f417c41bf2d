"""Canvas: the dark picture on which dissections, traces and plots are drawn, and its colors.

It has its own background to suit light and dark themes.
"""

import math
from collections.abc import Iterable

from bot.pictures.svg import svg_of
from bot.pictures.text import FontStyle, drawable_text, fitting_size, text_element
from data.phrases import Showable

MARGIN = 28
GAP = 6
"""Pixels between two cells."""

Color = tuple[int, int, int]
Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""
Points = Iterable[tuple[float, float]]
BACKGROUND: Color = (0x1E, 0x1F, 0x22)
UNLIKELY: Color = (0x2F, 0x32, 0x38)
LIKELY: Color = (0x74, 0xE0, 0xA2)
CHOSEN: Color = (0xFF, 0xA0, 0x3A)
TEXT: Color = (0xF2, 0xF3, 0xF5)
MUTED: Color = (0xB5, 0xBA, 0xC1)
TEXT_COLORS: tuple[Color, Color] = ((0xFF, 0xFF, 0xFF), (0, 0, 0))
"""Colours of text: on any background, one of the two has a contrast of at least 4.58."""


def shade(probability: float) -> Color:
    """Background color for a probability, by its square root: so 1% and 5% differ from 0%."""
    share = math.sqrt(probability)
    red, green, blue = (
        round(low + (high - low) * share) for low, high in zip(UNLIKELY, LIKELY, strict=True)
    )
    return red, green, blue


def contrast(one: Color, other: Color) -> float:
    """Contrast ratio of two colors, 1 to 21 (WCAG 2.2, "contrast ratio")."""
    darker, brighter = sorted((_luminance(one), _luminance(other)))
    return (brighter + 0.05) / (darker + 0.05)


def _luminance(color: Color) -> float:
    """Relative luminance, 0 to 1 (WCAG 2.2)."""
    shares = (part / 255 for part in color)
    red, green, blue = (s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def text_color_on(background: Color) -> Color:
    """White or black, whichever has more contrast with the background."""
    return max(TEXT_COLORS, key=lambda color: contrast(color, background))


class Canvas:
    """A picture with text, lines and cells. Letters that no font has are left out."""

    def __init__(self, width: int, height: int, background: Color = BACKGROUND) -> None:
        """An empty picture of this size in pixels."""
        self._size = width, height
        self._elements: list[str] = []
        self.cell((0, 0, width, height), background, radius=0)

    def add(self, element: str, color: Color) -> None:
        """Draw an element of SVG, filled with a color unless it says otherwise."""
        self._elements.append(f'<g fill="rgb{color}">{element}</g>')

    def write(
        self,
        position: tuple[float, float],
        words: Showable,
        size: float,
        color: Color,
        *,
        width: float | None = None,
        style: FontStyle = FontStyle.SANS,
        align: float = 0,
    ) -> None:
        """Write words in a font of `size` pixels, or smaller if they would be wider than `width`.

        position: a point of their baseline: its left end, or at `align` of its width.
        """
        drawn = drawable_text(words, style)
        size = fitting_size(drawn, style, size, width) if width else size
        self.add(text_element(*position, drawn, style, size, align), color)

    def write_on(
        self, background: Color, box: Box, words: Showable, size: float, margin: int
    ) -> None:
        """Write words in the middle of a box, in white or black; smaller if needed."""
        left, top, right, bottom = box
        drawn, width = drawable_text(words, FontStyle.SANS), right - left - 2 * margin
        size = fitting_size(drawn, FontStyle.SANS, size, width)
        # Half of a capital's height below the middle, so letters share one baseline.
        position = (left + right) / 2, (top + bottom) / 2 + 0.33 * size
        color = text_color_on(background)
        self.add(text_element(*position, drawn, FontStyle.SANS, size), color)

    def cell(self, box: Box, background: Color, *, framed: bool = False, radius: float = 8) -> None:
        """Draw a box with round corners."""
        left, top, right, bottom = box
        # A dark line inside the box separates it from any shade.
        layers = ((CHOSEN, 0), (BACKGROUND, 4), (background, 6)) if framed else ((background, 0),)
        for color, inset in layers:
            size = f'width="{right - left - 2 * inset:g}" height="{bottom - top - 2 * inset:g}"'
            corner = f'x="{left + inset:g}" y="{top + inset:g}" rx="{max(0, radius - inset):g}"'
            self.add(f"<rect {corner} {size}/>", color)

    def line(self, points: Points, color: Color, width: float = 1) -> None:
        """Draw a line through points."""
        places = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        stroke = f'stroke="rgb{color}" stroke-width="{width:g}" stroke-linejoin="round"'
        self._elements.append(f'<polyline points="{places}" fill="none" {stroke}/>')

    def svg(self) -> str:
        """The picture in SVG."""
        return svg_of(*self._size, *self._elements)
