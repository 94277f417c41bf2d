"""Captions: names below animals, on paper, large enough where a picture is shown 400 wide."""

from collections.abc import Sequence

from bot.creatures.profile import Profile
from bot.pictures.plates.drawing import Drawing, rgb
from bot.pictures.text import FontStyle, drawable_text, text_element, text_width
from bot.text.formats import cut
from data.phrases import Showable

Exhibited = tuple[Showable, Profile]
"""An animal, and its name as readers see it."""
SHOWN, LEAST = 400, 14.6
"""Pixels of a picture's width where it is shown, and of the letters there."""
LEADING = 1.3
"""Height of a line, in font sizes."""
NARROWEST = 0.7
"""How narrow letters become before a name is cut."""
PAPER, INK = rgb("f7efdc"), rgb("33281c")
STYLE = FontStyle.SANS_BOLD


def font_size(width: float) -> float:
    """The font size in a picture of a width."""
    return LEAST * width / SHOWN


def draw_caption(
    drawing: Drawing,
    words: Showable,
    middle: complex,
    size: float,
    room: float,
    align: float = 0.5,
) -> None:
    """Write words with their middle, or what `align` says, at a point: if needed narrower or cut.

    Nothing is written of letters that no font has.
    """
    whole = kept = drawable_text(words, STYLE)
    narrow = 1.0
    while kept and (narrow := min(1.0, room / text_width(kept, STYLE, size))) < NARROWEST:
        kept = cut(whole, len(kept) - 1)
    x, y = middle.real, -middle.imag + 0.36 * size
    drawing.elements.append(
        f'<g fill="rgb{INK}" transform="translate({x:.1f} {y:.1f}) scale({narrow:.3f} 1)">'
        f"{text_element(0, 0, kept, STYLE, size, align)}</g>"
    )


def draw_paper(drawing: Drawing, left: float, bottom: float, right: float, top: float) -> None:
    """Draw what captions are written on."""
    corners = [complex(left, bottom), complex(left, top), complex(right, top)]
    drawing.fill(PAPER, [*corners, complex(right, bottom)])


def draw_row(
    drawing: Drawing, names: Sequence[Showable], middles: Sequence[float], width: float, low: float
) -> None:
    """Write names below animals that stand side by side: alternately above and below each other."""
    size = font_size(width)
    lines = 1 if len(names) == 1 else 2
    draw_paper(drawing, 0, low, width, low + row_height(width, len(names)))
    room = width - 12 if lines == 1 else width / (2 if len(names) < 4 else 3) - 12
    for i, (name, middle) in enumerate(zip(names, middles, strict=True)):
        line = size * LEADING * (0.62 + (lines - 1 - i % 2 if lines == 2 else 0))
        half = min(room, text_width(drawable_text(name, STYLE), STYLE, size)) / 2 + 6
        x = min(max(middle, half), width - half)
        draw_caption(drawing, name, complex(x, low + line), size, room)


def row_height(width: float, count: int) -> float:
    """Height of the captions of so many animals side by side."""
    return font_size(width) * LEADING * (1.25 if count == 1 else 2.25)
