"""A museum's plaque for the name that has won a vote: engraved brass on a board of walnut.

It is drawn at three times the width at which a phone shows it; no lettering is smaller than
`SMALLEST`. The board is part of the picture, so that any theme may lie around it.
"""

import datetime
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations, pairwise
from math import cos, radians, sin

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from bot.formats import plural, shortened
from bot.images.text import (
    REFERENCE,
    Type,
    drawable,
    length,
    write,
)

WIDTH, HEIGHT = 1200, 630
PLATE = (30, 30, WIDTH - 30, HEIGHT - 30)
TEXT_BOX = (96, 58, WIDTH - 96, HEIGHT - 58)
"""Where something may be engraved: left, top, right, bottom."""
ROOM = TEXT_BOX[2] - TEXT_BOX[0]

SMALLEST = 42
"""The smallest type, in pixels: 14 where the picture is shown 400 pixels wide."""
LARGEST = (128, 96, 68)
"""The largest type of a name on one line, on two, on three."""
MEANING, DETAIL = 50, 44
LONGEST_NAME, LONGEST_MEANING = 64, 90
"""Characters."""
LEADING = 1.22
"""From one base line to the next, in sizes of type."""
MOST_GAP = 18
"""Pixels between lines, beyond their leading, where there is room."""
TRAIL = 54
"""The height of the footprints that part the name from the rest."""

UNCUTTABLE = "A name beyond our chisels"
"""Stands for a name in letters that no type here has; the message around the plaque tells it."""

Colour = tuple[int, int, int]
WALNUT: tuple[Colour, Colour] = ((0x4A, 0x2C, 0x1A), (0x2B, 0x18, 0x0E))
BRASS: tuple[Colour, Colour] = ((0xE4, 0xC6, 0x7C), (0xBE, 0x95, 0x45))
INK: Colour = (0x2A, 0x1B, 0x08)
GLINT: Colour = (0xF8, 0xE8, 0xB8)
GLINT_OFFSET = 2
"""Pixels right and down: the lower edge of a cut catches the light."""

MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)


@dataclass(frozen=True, slots=True)
class Block:
    """Lines of one size and cut."""

    lines: tuple[str, ...]
    cut: Type
    size: int

    @property
    def height(self) -> float:
        return len(self.lines) * self.size * LEADING


def plaque(
    name: str, meaning: str | None, discoverer: str | None, date: datetime.date, votes: int
) -> bytes:
    """The plaque as a PNG of `WIDTH` by `HEIGHT` pixels; the same words give the same bytes."""
    details = [f"{date.day} {MONTHS[date.month - 1]} {date.year} · {plural(votes, 'vote')}"]
    if found_by := drawable(discoverer or "", Type.PLAIN):
        details.insert(0, f"discovered by {found_by}")
    below = [_one_line(words, Type.PLAIN, DETAIL) for words in details]
    if means := drawable(shortened(meaning or "", LONGEST_MEANING), Type.ITALIC):
        below.insert(0, _meaning_block(f"“{means}”"))
    room = TEXT_BOX[3] - TEXT_BOX[1] - TRAIL - sum(block.height for block in below)
    title = drawable(name[:LONGEST_NAME], Type.BOLD) or UNCUTTABLE
    image = _engraved([name_block(title, room), *below])
    png = io.BytesIO()
    image.save(png, format="png", compress_level=4)
    return png.getvalue()


def name_block(name: str, room: float) -> Block:
    """A drawable name as large as it can stand in so many pixels of height, on at most 3 lines."""
    blocks = [_fitting(lines, room) for lines in _divided(_words(name), Type.BOLD, 3)]
    # A second line must be worth it: the letters are to be larger by an eighth.
    best = max(blocks, key=lambda block: block.size * 0.88 ** len(block.lines))
    if best.size < SMALLEST:
        chunks = [_chunks(name, count) for count in (2, 3)]
        best = max([best, *(_fitting(lines, room) for lines in chunks)], key=lambda b: b.size)
    return best


def _fitting(lines: Sequence[str], room: float) -> Block:
    widest = max(length(line, Type.BOLD) for line in lines)
    size = min(
        LARGEST[len(lines) - 1],
        REFERENCE * ROOM / max(widest, 1),
        room / (len(lines) * LEADING),
    )
    return Block(tuple(lines), Type.BOLD, max(1, int(size)))


def _words(name: str) -> list[str]:
    """The parts between which a name may be broken: after spaces and hyphens."""
    parts = name.replace("-", "-\0").replace(" ", " \0").split("\0")
    return [part for part in parts if part.strip()]


def _divided(parts: Sequence[str], cut: Type, most: int) -> Iterable[list[str]]:
    """The parts on one line, on two, …: each time so that the widest line is narrowest."""
    widths = [length(part, cut) for part in parts]
    for breaks in range(min(most, len(parts))):
        cuts = min(
            combinations(range(1, len(parts)), breaks),
            key=lambda cuts: max(sum(widths[a:b]) for a, b in pairwise((0, *cuts, len(parts)))),
        )
        yield ["".join(parts[a:b]).strip() for a, b in pairwise((0, *cuts, len(parts)))]


def _chunks(name: str, count: int) -> list[str]:
    """A name that cannot be broken, broken: in pieces of about the same number of characters."""
    step = -(-len(name) // count)
    return [name[i : i + step].strip() or " " for i in range(0, len(name), step)]


def _meaning_block(words: str) -> Block:
    """A meaning on one line, or on two if one would be too small."""
    for lines in _divided(_words(words), Type.ITALIC, 2):
        widest = max(length(line, Type.ITALIC) for line in lines)
        size = min(MEANING, int(REFERENCE * ROOM / max(widest, 1)))
        if size >= SMALLEST:
            return Block(tuple(lines), Type.ITALIC, size)
    return _one_line(words, Type.ITALIC, MEANING)


def _one_line(words: str, cut: Type, size: int) -> Block:
    """Words on one line: smaller if they must be, and cut short rather than too small to read."""
    kept = words
    while length(kept, cut, SMALLEST) > ROOM and len(kept) > 1:
        kept = shortened(words, len(kept) - 1)
    fitting = int(REFERENCE * ROOM / max(length(kept, cut), 1))
    return Block((kept,), cut, max(SMALLEST, min(size, fitting)))


def _engraved(blocks: Sequence[Block]) -> Image.Image:
    """The plate with these blocks cut into it, the footprints below the first."""
    image = _plate().copy()
    left, top, right, bottom = TEXT_BOX
    cut = Image.new("L", (right - left, bottom - top))  # nothing is engraved beyond it
    draw = ImageDraw.Draw(cut)
    spare = cut.height - TRAIL - sum(block.height for block in blocks)
    gap = max(0.0, min(MOST_GAP, spare / (len(blocks) + 2)))
    y = (spare - gap * len(blocks)) / 2  # one gap before the footprints, none after the last
    for index, block in enumerate(blocks):
        for line in block.lines:
            base = y + 0.94 * block.size
            write(draw, (cut.width / 2, base), line, block.cut, block.size, 255)
            y += block.size * LEADING
        if index == 0:
            y += gap
            trail = _trail()
            cut.paste(trail, ((cut.width - trail.width) // 2, round(y)))
            y += TRAIL
        y += gap
    image.paste(GLINT, (left + GLINT_OFFSET, top + GLINT_OFFSET), cut.point(lambda a: a * 0.8))
    image.paste(INK, (left, top), cut)
    return image


@cache
def _plate() -> Image.Image:
    """The board and the bare plate on it, with its rim and screws."""
    image = _graded(WALNUT, grain=9.0)
    shade = Image.new("L", image.size)
    left, top, right, bottom = PLATE
    ImageDraw.Draw(shade).rounded_rectangle((left + 4, top + 8, right + 4, bottom + 8), 26, 200)
    image.paste((0, 0, 0), (0, 0), shade.filter(ImageFilter.BoxBlur(7)))
    lit, dark = _graded((GLINT, BRASS[0]), 0.0), _graded((BRASS[1], (0x6B, 0x4C, 0x1C)), 0.0)
    whole, upper, face = (
        _rounded(PLATE, 26),
        _rounded((left, top, right - 5, bottom - 5), 26),
        _rounded((left + 5, top + 5, right - 5, bottom - 5), 22),
    )
    image.paste(dark, (0, 0), whole)
    image.paste(lit, (0, 0), upper)
    image.paste(_graded(BRASS, grain=3.0), (0, 0), face)
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


def _graded(colours: tuple[Colour, Colour], grain: float) -> Image.Image:
    """A ground that darkens downwards, with a grain of so many shades from row to row."""
    rows = np.arange(HEIGHT, dtype=np.float64)[:, None]
    light, dark = (np.array(colour, np.float64) for colour in colours)
    shades = light + (dark - light) * rows / HEIGHT
    # Waves that never meet look like chance, and are the same every time.
    waves = sum(np.sin(rows * step + 7 * step) for step in (0.9, 1.7, 2.83, 0.213))
    column = np.clip(shades + grain * waves / 2, 0, 255).astype(np.uint8)
    return Image.fromarray(column[:, None, :]).resize((WIDTH, HEIGHT), Image.Resampling.NEAREST)


def _rounded(box: tuple[int, int, int, int], radius: int) -> Image.Image:
    """A mask of a rectangle with smooth round corners."""
    mask = Image.new("L", (WIDTH, HEIGHT))
    ImageDraw.Draw(mask).rounded_rectangle(box, radius, 255)
    return mask.filter(ImageFilter.BoxBlur(0.6))


def _screw(image: Image.Image, x: int, y: int, turn: float) -> None:
    """A slotted screw with its middle at a point, turned by so many degrees."""
    scale, radius = 4, 15
    side = 2 * (radius + 3)
    for colour, inset, slot in (
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
        image.paste(colour, (x - side // 2, y - side // 2), smooth)


@cache
def _trail() -> Image.Image:
    """A mask of `TRAIL` pixels' height: three footprints that walk to the right, between rules."""
    scale, width = 4, 620
    mask = Image.new("L", (width * scale, TRAIL * scale))
    draw = ImageDraw.Draw(mask)
    middle = TRAIL / 2
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
    return mask.resize((width, TRAIL), Image.Resampling.BOX)


def _footprint(draw: ImageDraw.ImageDraw, x: float, y: float, reach: float) -> None:
    """The track of three toes, around a heel, that points to the right."""
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
