"""Plaque for the winner of a poll: engraved brass on a walnut board.

The picture is three times as wide as a phone shows it, and no text is smaller than `MIN_SIZE`. The
board with the empty plate (`plate.png`) is part of it, which suits light and dark themes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations, pairwise
from pathlib import Path

from PIL import Image, ImageDraw

from bot.formats import shortened
from bot.pictures.canvas import Color, png_of
from bot.pictures.text import FontStyle, draw_text, drawable_text, fitting_size, text_width

WIDTH, HEIGHT = 1200, 630
TEXT_BOX = (96, 58, WIDTH - 96, HEIGHT - 58)
"""The area for text: left, top, right, bottom."""
TEXT_WIDTH = TEXT_BOX[2] - TEXT_BOX[0]

MIN_SIZE = 42
"""Smallest font size in pixels: 14 where the picture is shown 400 pixels wide."""
MAX_SIZES = (128, 96, 68)
"""Largest font size of a name on one, two and three lines."""
MEANING_SIZE, DETAIL_SIZE = 50, 44
LONGEST_NAME, LONGEST_MEANING = 64, 90
"""Characters; the rest is cut off."""
LINE_HEIGHT = 1.22
"""Distance between two baselines, in font sizes."""
MAX_GAP = 18
"""Additional pixels between blocks, if they fit."""
TRACKS_HEIGHT = 54
"""Height in pixels of the footprints between the name and the rest (`footprints.png`)."""

INK: Color = (0x2A, 0x1B, 0x08)
GLINT: Color = (0xF8, 0xE8, 0xB8)
GLINT_OFFSET = 2
"""Pixels right and down: light on the lower edge of each engraved line."""


@dataclass(frozen=True, slots=True)
class TextBlock:
    """Lines of one style and size."""

    lines: tuple[str, ...]
    style: FontStyle
    size: int
    """Font size in pixels."""

    @property
    def height(self) -> float:
        """Height in pixels."""
        return len(self.lines) * self.size * LINE_HEIGHT


def plaque(
    name: str, meaning: str | None, details: Sequence[str], *, placeholder: str = ""
) -> bytes:
    """The plaque as a PNG of `WIDTH` by `HEIGHT` pixels; equal arguments give equal bytes.

    `details` are lines below the meaning, which must be drawable. The `placeholder` takes the place
    of a name of which no letter can be drawn; the message with the plaque shows it as text.
    """
    below = [_one_line(line, FontStyle.SERIF, DETAIL_SIZE) for line in details]
    drawable_meaning = drawable_text(
        shortened(meaning or "", LONGEST_MEANING), FontStyle.SERIF_ITALIC
    )
    if drawable_meaning:
        below.insert(0, _meaning_block(f"“{drawable_meaning}”"))
    height = TEXT_BOX[3] - TEXT_BOX[1] - TRACKS_HEIGHT - sum(block.height for block in below)
    title = drawable_text(name[:LONGEST_NAME], FontStyle.SERIF_BOLD) or placeholder
    image = _engrave([name_block(title, height), *below])
    return png_of(image, compress_level=4)


def name_block(name: str, height: float) -> TextBlock:
    """The largest block of a drawable name: on 1 to 3 lines, at most `height` pixels high."""
    blocks = [_fit(lines, height) for lines in _line_breaks(_parts(name), FontStyle.SERIF_BOLD, 3)]
    # Another line must make the letters larger by an eighth.
    best = max(blocks, key=lambda block: block.size * 0.88 ** len(block.lines))
    if best.size < MIN_SIZE:
        pieces = [_equal_pieces(name, count) for count in (2, 3)]
        best = max([best, *(_fit(lines, height) for lines in pieces)], key=lambda b: b.size)
    return best


def _fit(lines: Sequence[str], height: float) -> TextBlock:
    size = max(1, int(min(MAX_SIZES[len(lines) - 1], height / (len(lines) * LINE_HEIGHT))))
    return TextBlock(
        tuple(lines), FontStyle.SERIF_BOLD, _fitting(lines, FontStyle.SERIF_BOLD, size)
    )


def _fitting(lines: Iterable[str], style: FontStyle, size: int) -> int:
    return min(fitting_size(line, style, size, TEXT_WIDTH) for line in lines)


def _parts(name: str) -> list[str]:
    """The parts between which a name may be broken: after spaces and hyphens."""
    parts = name.replace("-", "-\0").replace(" ", " \0").split("\0")
    return [part for part in parts if part.strip()]


def _line_breaks(parts: Sequence[str], style: FontStyle, max_lines: int) -> Iterable[list[str]]:
    """The parts on 1, 2, … lines, each time with the widest line as narrow as possible."""
    widths = [text_width(part, style) for part in parts]
    for count in range(min(max_lines, len(parts))):
        breaks = min(
            combinations(range(1, len(parts)), count),
            key=lambda ends: max(sum(widths[a:b]) for a, b in pairwise((0, *ends, len(parts)))),
        )
        yield ["".join(parts[a:b]).strip() for a, b in pairwise((0, *breaks, len(parts)))]


def _equal_pieces(name: str, count: int) -> list[str]:
    """A name cut anywhere, into pieces of about the same number of characters."""
    step = -(-len(name) // count)
    return [name[i : i + step].strip() or " " for i in range(0, len(name), step)]


def _meaning_block(meaning: str) -> TextBlock:
    """A meaning on one line, or on two if one would be smaller than `MIN_SIZE`."""
    for lines in _line_breaks(_parts(meaning), FontStyle.SERIF_ITALIC, 2):
        size = _fitting(lines, FontStyle.SERIF_ITALIC, MEANING_SIZE)
        if size >= MIN_SIZE:
            return TextBlock(tuple(lines), FontStyle.SERIF_ITALIC, size)
    return _one_line(meaning, FontStyle.SERIF_ITALIC, MEANING_SIZE)


def _one_line(text: str, style: FontStyle, size: int) -> TextBlock:
    """A text on one line: smaller if needed, and cut rather than smaller than `MIN_SIZE`."""
    kept = text
    while text_width(kept, style, MIN_SIZE) > TEXT_WIDTH and len(kept) > 1:
        kept = shortened(text, len(kept) - 1)
    return TextBlock((kept,), style, max(MIN_SIZE, _fitting([kept], style, size)))


def _engrave(blocks: Sequence[TextBlock]) -> Image.Image:
    """The plate with these blocks, and the footprints below the first block."""
    image = _part("plate").copy()
    left, top, right, bottom = TEXT_BOX
    mask = Image.new("L", (right - left, bottom - top))  # crops to TEXT_BOX
    draw = ImageDraw.Draw(mask)
    spare = mask.height - TRACKS_HEIGHT - sum(block.height for block in blocks)
    gap = max(0.0, min(MAX_GAP, spare / (len(blocks) + 2)))
    y = (spare - gap * len(blocks)) / 2  # one gap before the footprints, none after the last block
    for index, block in enumerate(blocks):
        for line in block.lines:
            baseline = mask.width / 2, y + 0.94 * block.size
            draw_text(draw, baseline, line, block.style, block.size, 255)
            y += block.size * LINE_HEIGHT
        if index == 0:
            y += gap
            tracks = _part("footprints")
            mask.paste(tracks, ((mask.width - tracks.width) // 2, round(y)))
            y += TRACKS_HEIGHT
        y += gap
    image.paste(GLINT, (left + GLINT_OFFSET, top + GLINT_OFFSET), mask.point(lambda a: a * 0.8))
    image.paste(INK, (left, top), mask)
    return image


@cache
def _part(name: str) -> Image.Image:
    """A part that all plaques share, from a file beside this one."""
    with Image.open(Path(__file__).with_name(f"{name}.png")) as image:
        return image.copy()
