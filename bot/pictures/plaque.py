"""Plaque for the winner of a poll: engraved brass on a walnut board.

The picture is three times as wide as a phone shows it, and no text is smaller than `MIN_SIZE`. The
board with the empty plate (`plate.png`) is part of it, which suits light and dark themes.
"""

import re
from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations, pairwise
from pathlib import Path

from bot.creatures.profile import Profile
from bot.pictures.canvas import Color
from bot.pictures.svg import svg_of
from bot.pictures.text import (
    FontStyle,
    drawable_text,
    fitting_size,
    is_drawable,
    text_element,
    text_width,
)
from bot.text.formats import cut
from data.phrases import Showable

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
"""Characters that fit; the rest of a name is cut off."""
LINE_HEIGHT = 1.22
"""Distance between two baselines, in font sizes."""
MAX_GAP = 18
"""Additional pixels between blocks, if they fit."""
TRACKS_HEIGHT = 54
"""Height in pixels of the footprints between the name and the rest."""

INK: Color = (0x2A, 0x1B, 0x08)
GLINT: Color = (0xF8, 0xE8, 0xB8)
GLINT_OFFSET = 2
"""Pixels right and down: light on the lower edge of each engraved line."""


@dataclass(frozen=True, slots=True)
class TextBlock:
    """Lines of one style and size."""

    lines: tuple[str, ...]
    style: FontStyle
    size: float
    """Font size in pixels."""

    @property
    def height(self) -> float:
        """Height in pixels."""
        return len(self.lines) * self.size * LINE_HEIGHT


Wordings = Sequence[Showable]
"""A text in several languages. The first one is drawn of which the fonts have every letter."""


def plaque(
    name: Showable,
    dinosaur: Profile | None,
    meaning: Wordings,
    discoverer: Wordings,
    summary: Wordings,
    discovered: Wordings,
    placeholder: Wordings,
) -> str:
    """The plaque in SVG, `WIDTH` by `HEIGHT` pixels.

    dinosaur: its plate is drawn above, as wide as the plaque.
    meaning, discoverer: may be empty, and are left out if no letter of them can be drawn.
    summary: the last line.
    discovered: the line of the discoverer, a sentence with this field.
    placeholder: takes the place of a name of which no letter can be drawn; the message with the
    plaque shows it as text.
    """
    details = [_drawable(summary, FontStyle.SERIF)]
    if drawable := _drawable(discoverer, FontStyle.SERIF):
        details.insert(0, _drawable(discovered, FontStyle.SERIF).format(discoverer=drawable))
    below = [_one_line(line, FontStyle.SERIF, DETAIL_SIZE) for line in details]
    if drawable := _drawable(meaning, FontStyle.SERIF_ITALIC):
        below.insert(0, _meaning_block(drawable))
    height = TEXT_BOX[3] - TEXT_BOX[1] - TRACKS_HEIGHT - sum(block.height for block in below)
    title = drawable_text(name, FontStyle.SERIF_BOLD)[:LONGEST_NAME]
    title = title or _drawable(placeholder, FontStyle.SERIF_BOLD)
    engraved = _engraved([name_block(title, height), *below])
    return engraved if dinosaur is None else _below_plate(engraved, dinosaur)


def _below_plate(engraved: str, dinosaur: Profile) -> str:
    from bot.pictures.plates import plate, scenery  # here: only the process that draws needs it

    scale = WIDTH / scenery.WIDTH
    high = round(scenery.HEIGHT * scale)
    above = f'<g transform="scale({scale:g})">{plate.plate_svg(dinosaur)}</g>'
    below = f'<g transform="translate(0 {high})">{engraved}</g>'
    return svg_of(WIDTH, high + HEIGHT, above, below)


def _drawable(wordings: Wordings, style: FontStyle) -> str:
    """The first wording with a font for every letter, or else what can be drawn of the last."""
    chosen = next((words for words in wordings if is_drawable(words, style)), wordings[-1])
    return drawable_text(chosen, style)


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
    size = min(MAX_SIZES[len(lines) - 1], height / (len(lines) * LINE_HEIGHT))
    return TextBlock(
        tuple(lines), FontStyle.SERIF_BOLD, _fitting(lines, FontStyle.SERIF_BOLD, size)
    )


def _fitting(lines: Iterable[str], style: FontStyle, size: float) -> float:
    return min(fitting_size(line, style, size, TEXT_WIDTH) for line in lines)


def _parts(name: str) -> list[str]:
    """The parts between which a name may be broken: after spaces and hyphens."""
    return [part for part in re.split("(?<=[ -])", name) if part.strip()]


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
        kept = cut(text, len(kept) - 1)
    return TextBlock((kept,), style, max(MIN_SIZE, _fitting([kept], style, size)))


def _engraved(blocks: Sequence[TextBlock]) -> str:
    """The plate with these blocks, and the footprints below the first block."""
    left, top, right, bottom = TEXT_BOX
    spare = bottom - top - TRACKS_HEIGHT - sum(block.height for block in blocks)
    gap = max(0.0, min(MAX_GAP, spare / (len(blocks) + 2)))
    # One gap before the footprints, none after the last block.
    y = top + (spare - gap * len(blocks)) / 2
    middle, engraving = (left + right) / 2, ""
    for index, block in enumerate(blocks):
        for line in block.lines:
            baseline = y + 0.94 * block.size
            engraving += text_element(middle, baseline, line, block.style, block.size)
            y += block.size * LINE_HEIGHT
        if index == 0:
            place = f"{middle:g} {y + gap + TRACKS_HEIGHT / 2:.1f}"
            engraving += f'<g transform="translate({place})">{_FOOTPRINTS}</g>'
            y += gap + TRACKS_HEIGHT
        y += gap
    offset = f'transform="translate({GLINT_OFFSET} {GLINT_OFFSET})"'
    glint = f'<g fill="rgb{GLINT}" opacity="0.8" {offset}>{engraving}</g>'
    return svg_of(WIDTH, HEIGHT, _plate(), glint, f'<g fill="rgb{INK}">{engraving}</g>')


@cache
def _plate() -> str:
    """The board with the empty plate, which no argument changes."""
    png = b64encode(Path(__file__).with_name("plate.png").read_bytes()).decode()
    return f'<image width="{WIDTH}" height="{HEIGHT}" href="data:image/png;base64,{png}"/>'


_TOE = '<path transform="rotate({}) scale({})" d="M-3 0 4-2.5 14-3.2 25 0 14 3.2 4 2.5Z"/>'
_FOOTPRINT = '<g transform="translate({} {})"><circle cx="-4" r="5"/>' + "".join(
    _TOE.format(turn, size) for turn, size in ((-44, 0.8), (0, 1), (44, 0.8))
)
_FOOTPRINTS = '<path d="M-310-1h215v2.5h-215zM95-1h215v2.5h-215z"/>' + "".join(
    f"{_FOOTPRINT.format(x, y)}</g>" for x, y in ((-48, 6), (0, -6), (48, 6))
)
"""Two lines, and between them three footprints with three toes that point to the right."""
