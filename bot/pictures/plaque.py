"""Plaque for the winner of a poll: engraved brass on a walnut board.

The picture is three times as wide as a phone shows it, and no text is smaller than `MIN_SIZE`. The
board is part of the picture, which suits light and dark themes.
"""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations, pairwise
from math import cos, radians, sin

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from bot.formats import shortened
from bot.pictures.text import FontStyle, draw_text, drawable_text, fitting_size, text_width

WIDTH, HEIGHT = 1200, 630
PLATE = (30, 30, WIDTH - 30, HEIGHT - 30)
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
"""Height in pixels of the footprints between the name and the rest."""

Color = tuple[int, int, int]
WALNUT: tuple[Color, Color] = ((0x4A, 0x2C, 0x1A), (0x2B, 0x18, 0x0E))
BRASS: tuple[Color, Color] = ((0xE4, 0xC6, 0x7C), (0xBE, 0x95, 0x45))
INK: Color = (0x2A, 0x1B, 0x08)
GLINT: Color = (0xF8, 0xE8, 0xB8)
GLINT_OFFSET = 2
"""Pixels right and down: light on the lower edge of each engraved line."""


@dataclass(frozen=True, slots=True)
class Block:
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
    png = io.BytesIO()
    image.save(png, format="png", compress_level=4)
    return png.getvalue()


def name_block(name: str, height: float) -> Block:
    """The largest block of a drawable name: on 1 to 3 lines, at most `height` pixels high."""
    blocks = [_fit(lines, height) for lines in _line_breaks(_parts(name), FontStyle.SERIF_BOLD, 3)]
    # Another line must make the letters larger by an eighth.
    best = max(blocks, key=lambda block: block.size * 0.88 ** len(block.lines))
    if best.size < MIN_SIZE:
        pieces = [_equal_pieces(name, count) for count in (2, 3)]
        best = max([best, *(_fit(lines, height) for lines in pieces)], key=lambda b: b.size)
    return best


def _fit(lines: Sequence[str], height: float) -> Block:
    size = max(1, int(min(MAX_SIZES[len(lines) - 1], height / (len(lines) * LINE_HEIGHT))))
    return Block(tuple(lines), FontStyle.SERIF_BOLD, _fitting(lines, FontStyle.SERIF_BOLD, size))


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


def _meaning_block(meaning: str) -> Block:
    """A meaning on one line, or on two if one would be smaller than `MIN_SIZE`."""
    for lines in _line_breaks(_parts(meaning), FontStyle.SERIF_ITALIC, 2):
        size = _fitting(lines, FontStyle.SERIF_ITALIC, MEANING_SIZE)
        if size >= MIN_SIZE:
            return Block(tuple(lines), FontStyle.SERIF_ITALIC, size)
    return _one_line(meaning, FontStyle.SERIF_ITALIC, MEANING_SIZE)


def _one_line(text: str, style: FontStyle, size: int) -> Block:
    """A text on one line: smaller if needed, and cut rather than smaller than `MIN_SIZE`."""
    kept = text
    while text_width(kept, style, MIN_SIZE) > TEXT_WIDTH and len(kept) > 1:
        kept = shortened(text, len(kept) - 1)
    return Block((kept,), style, max(MIN_SIZE, _fitting([kept], style, size)))


def _engrave(blocks: Sequence[Block]) -> Image.Image:
    """The plate with these blocks, and the footprints below the first block."""
    image = _plate().copy()
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
            tracks = _tracks()
            mask.paste(tracks, ((mask.width - tracks.width) // 2, round(y)))
            y += TRACKS_HEIGHT
        y += gap
    image.paste(GLINT, (left + GLINT_OFFSET, top + GLINT_OFFSET), mask.point(lambda a: a * 0.8))
    image.paste(INK, (left, top), mask)
    return image


@cache
def _plate() -> Image.Image:
    """The board and the empty plate on it, with its rim and screws."""
    image = _gradient(WALNUT, grain=9.0)
    shade = Image.new("L", image.size)
    left, top, right, bottom = PLATE
    ImageDraw.Draw(shade).rounded_rectangle((left + 4, top + 8, right + 4, bottom + 8), 26, 200)
    image.paste((0, 0, 0), (0, 0), shade.filter(ImageFilter.BoxBlur(7)))
    lit, dark = _gradient((GLINT, BRASS[0]), 0.0), _gradient((BRASS[1], (0x6B, 0x4C, 0x1C)), 0.0)
    whole, upper, face = (
        _rounded(PLATE, 26),
        _rounded((left, top, right - 5, bottom - 5), 26),
        _rounded((left + 5, top + 5, right - 5, bottom - 5), 22),
    )
    image.paste(dark, (0, 0), whole)
    image.paste(lit, (0, 0), upper)
    image.paste(_gradient(BRASS, grain=3.0), (0, 0), face)
    rim = (left + 16, top + 16, right - 16, bottom - 16)
    outline = ImageChops.subtract(
        _rounded(rim, 14), _rounded((rim[0] + 3, rim[1] + 3, rim[2] - 3, rim[3] - 3), 12)
    )
    image.paste(GLINT, (GLINT_OFFSET, GLINT_OFFSET), outline)
    image.paste((0x6B, 0x4C, 0x1C), (0, 0), outline)
    for x, turn in ((left + 48, 25), (right - 48, 70)):
        for y, more in ((top + 48, 0), (bottom - 48, 40)):
            _screw(image, x, y, turn + more)
    return image


def _gradient(colors: tuple[Color, Color], grain: float) -> Image.Image:
    """A background that darkens downwards; `grain` is how many shades rows differ by."""
    rows = np.arange(HEIGHT, dtype=np.float64)[:, None]
    light, dark = (np.array(color, np.float64) for color in colors)
    shades = light + (dark - light) * rows / HEIGHT
    # Waves of unrelated lengths look random, and give the same picture every time.
    waves = sum(np.sin(rows * step + 7 * step) for step in (0.9, 1.7, 2.83, 0.213))
    column = np.clip(shades + grain * waves / 2, 0, 255).astype(np.uint8)
    return Image.fromarray(column[:, None, :]).resize((WIDTH, HEIGHT), Image.Resampling.NEAREST)


def _rounded(box: tuple[int, int, int, int], radius: int) -> Image.Image:
    """A mask of a rectangle with antialiased round corners."""
    mask = Image.new("L", (WIDTH, HEIGHT))
    ImageDraw.Draw(mask).rounded_rectangle(box, radius, 255)
    return mask.filter(ImageFilter.BoxBlur(0.6))


def _screw(image: Image.Image, x: int, y: int, turn: float) -> None:
    """Draw a slotted screw around (x, y), rotated by `turn` degrees."""
    scale, radius = 4, 15
    side = 2 * (radius + 3)
    for color, inset, slot in (
        ((0x5A, 0x3F, 0x16), 0, False),
        (BRASS[0], 2, False),
        ((0x4A, 0x33, 0x12), 2, True),
    ):
        mask = Image.new("L", (side * scale, side * scale))
        draw = ImageDraw.Draw(mask)
        middle, reach = side * scale / 2, (radius - inset) * scale
        if slot:
            dx, dy = reach * 0.86 * cos(radians(turn)), reach * 0.86 * sin(radians(turn))
            ends = (middle - dx, middle - dy, middle + dx, middle + dy)
            draw.line(ends, 255, 4 * scale)
        else:
            draw.ellipse((middle - reach, middle - reach, middle + reach, middle + reach), 255)
        smooth = mask.resize((side, side), Image.Resampling.BOX)
        image.paste(color, (x - side // 2, y - side // 2), smooth)


@cache
def _tracks() -> Image.Image:
    """A mask `TRACKS_HEIGHT` pixels high: two lines, and three footprints between them."""
    scale, width = 4, 620
    mask = Image.new("L", (width * scale, TRACKS_HEIGHT * scale))
    draw = ImageDraw.Draw(mask)
    middle = TRACKS_HEIGHT / 2
    for left in (0, width - 215):
        draw.rectangle(
            (left * scale, (middle - 1) * scale, (left + 215) * scale, (middle + 1.5) * scale), 255
        )
    for x, y in (
        (width / 2 - 48, middle + 6),
        (width / 2, middle - 6),
        (width / 2 + 48, middle + 6),
    ):
        _footprint(draw, x * scale, y * scale, 25 * scale)
    return mask.resize((width, TRACKS_HEIGHT), Image.Resampling.BOX)


def _footprint(draw: ImageDraw.ImageDraw, x: float, y: float, reach: float) -> None:
    """Draw a footprint with three toes that points to the right."""
    for turn, share in ((-44, 0.8), (0, 1.0), (44, 0.8)):
        toe = [(-0.12, 0.0), (0.15, -0.1), (0.55, -0.13), (1.0, 0.0), (0.55, 0.13), (0.15, 0.1)]
        c, s = cos(radians(turn)), sin(radians(turn))
        draw.polygon(
            [
                (x + reach * share * (a * c - b * s), y + reach * share * (a * s + b * c))
                for a, b in toe
            ],
            255,
        )
    draw.ellipse((x - 0.36 * reach, y - 0.2 * reach, x + 0.04 * reach, y + 0.2 * reach), 255)
