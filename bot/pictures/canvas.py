"""Canvas: the dark picture on which dissections, traces and plots are drawn, and its colors.

It has its own background to suit light and dark themes.
"""

import io
import math

from PIL import Image, ImageDraw

from bot.pictures.text import FontStyle, draw_text, drawable_text, fitting_size

MARGIN = 28
GAP = 6
"""Pixels between two cells."""

Color = tuple[int, int, int]
Box = tuple[int, int, int, int]
"""Left, top, right, bottom."""
BACKGROUND: Color = (0x1E, 0x1F, 0x22)
UNLIKELY: Color = (0x2F, 0x32, 0x38)
LIKELY: Color = (0x74, 0xE0, 0xA2)
CHOSEN: Color = (0xFF, 0xA0, 0x3A)
TEXT: Color = (0xF2, 0xF3, 0xF5)
MUTED: Color = (0xB5, 0xBA, 0xC1)
TEXT_COLORS: tuple[Color, Color] = ((0xFF, 0xFF, 0xFF), (0, 0, 0))
"""On any background, one of the two has a contrast of at least 4.58."""


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
    """A picture with text and cells. Letters that no font has are left out."""

    def __init__(self, width: int, height: int) -> None:
        """An empty picture of this size in pixels."""
        self.image = Image.new("RGB", (width, height), BACKGROUND)
        self.draw = ImageDraw.Draw(self.image)

    def write(
        self,
        position: tuple[float, float],
        words: str,
        size: int,
        color: Color,
        *,
        width: float | None = None,
        stroke_width: int = 0,
    ) -> None:
        """Write words from the left end of their baseline, in a font of `size` pixels.

        It is smaller if the words would be wider than `width`.
        """
        words, sans = drawable_text(words, FontStyle.SANS), FontStyle.SANS
        size = fitting_size(words, sans, size, width) if width else size
        draw_text(
            self.draw, position, words, sans, size, color, align="left", stroke_width=stroke_width
        )

    def write_on(self, background: Color, box: Box, words: str, size: int, margin: int) -> None:
        """Write words in the middle of a box, in white or black; smaller if needed."""
        left, top, right, bottom = box
        words = drawable_text(words, FontStyle.SANS)
        size = fitting_size(words, FontStyle.SANS, size, right - left - 2 * margin)
        # Half of a capital's height below the middle, so letters share one baseline.
        position = (left + right) / 2, (top + bottom) / 2 + 0.33 * size
        draw_text(self.draw, position, words, FontStyle.SANS, size, text_color_on(background))

    def cell(self, box: Box, background: Color, *, framed: bool = False) -> None:
        """Draw a box with round corners."""
        left, top, right, bottom = box
        # A dark line inside the box separates it from any shade.
        layers = ((CHOSEN, 0), (BACKGROUND, 4), (background, 6)) if framed else ((background, 0),)
        for color, inset in layers:
            inner = (left + inset, top + inset, right - inset, bottom - inset)
            self.draw.rounded_rectangle(inner, 8 - inset, color)

    def png(self, *, optimize: bool = True) -> bytes:
        """The picture as a PNG file."""
        return png_of(self.image, optimize=optimize)


def png_of(image: Image.Image, **options: int) -> bytes:
    """A PNG file. options: those of Pillow."""
    file = io.BytesIO()
    image.save(file, format="png", **options)
    return file.getvalue()
