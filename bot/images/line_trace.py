"""Picture of how a line of verse was written: its particles token by token.

On top are the last words that the network expected, and those that the rhyme allowed. Below, each
row is a particle and each column a token; the first column is the planned last word. Brighter
particles have more weight. Connectors lead from each particle to those that continue it: several
from one that was drawn several times, none from one that died out.
"""

import io
from collections.abc import Sequence

from PIL import Image, ImageDraw

from bot.formats import odds, percent
from bot.images.dissection import (
    BACKGROUND,
    CHOSEN,
    GAP,
    MARGIN,
    MUTED,
    TEXT,
    Color,
    draw_cell,
    shade,
    text_color_on,
)
from bot.images.text import FontStyle, draw_text, drawable_text, fitting_size
from models.verse.dissection import ExpectedWord, LineTrace
from models.verse.word_lines import ParticleStep

MIN_WIDTH = 1_200
CELL_WIDTH, CELL_HEIGHT, CONNECTOR = 96, 58, 26
"""Width and height of a particle's cell, and the space between two columns."""
EXPECTED_WIDTH, EXPECTED_HEIGHT = 184, 40
TITLE_SIZE, HEADING_SIZE, TOKEN_SIZE, SHARE_SIZE = 44, 24, 26, 18
"""Font sizes in pixels."""
LINE: Color = (0x6A, 0x70, 0x7A)
STUCK: Color = (0x45, 0x2B, 0x2E)
LEGEND = (
    "Each row is a draft of the line, a particle; brighter ones have more weight.",
    "%: the share of the network's prediction that metre and last word allowed.",
    "Resampled: some drafts were drawn several times by their weight, others died out.",
    "A draft that breaks off at the right was dropped: most others had ended.",
    "Orange: the draft that became the line.",
)

Box = tuple[int, int, int, int]


def trace_picture(trace: LineTrace) -> bytes:
    """The picture as a PNG."""
    lanes = lanes_of(trace.steps)
    columns, rows = len(lanes), max(map(max, lanes)) + 1
    width = max(MIN_WIDTH, 2 * MARGIN + columns * (CELL_WIDTH + CONNECTOR) - CONNECTOR)
    top = MARGIN + TITLE_SIZE + 28
    grid = top + 2 * (HEADING_SIZE + 16 + EXPECTED_HEIGHT + 20) + HEADING_SIZE + 16
    legend = grid + rows * (CELL_HEIGHT + GAP) + 20
    height = legend + len(LEGEND) * (HEADING_SIZE + 10) + MARGIN
    image = Image.new("RGB", (width, height), BACKGROUND)
    draw = ImageDraw.Draw(image)
    _write(draw, (MARGIN, MARGIN), trace.line, TITLE_SIZE, TEXT, width - 2 * MARGIN)
    _draw_expected(draw, top, trace)
    _draw_steps(draw, grid, trace, lanes)
    for number, words in enumerate(LEGEND):
        y = legend + number * (HEADING_SIZE + 10)
        _write(draw, (MARGIN, y), words, HEADING_SIZE, MUTED, width - 2 * MARGIN)
    png = io.BytesIO()
    image.save(png, format="png", optimize=True)
    return png.getvalue()


def lanes_of(steps: Sequence[ParticleStep]) -> list[list[int]]:
    """The row of the picture in which each particle of each step is drawn.

    The first particle that continues another stays in its row; the rest take the nearest free rows.
    """
    lanes = [list(range(len(steps[0].words)))]
    for step in steps[1:]:
        above = [lanes[-1][parent] for parent in step.parents]
        free = set(lanes[0]).difference(above)
        below: list[int] = []
        for lane in above:
            chosen = lane
            if lane in below:
                distance = {other: (abs(other - lane), other) for other in free}
                chosen = min(free, key=distance.__getitem__)
                free.remove(chosen)
            below.append(chosen)
        lanes.append(below)
    return lanes


def _draw_expected(draw: ImageDraw.ImageDraw, top: int, trace: LineTrace) -> None:
    """The last words that the network expected, and below them those that were allowed."""
    share = odds(trace.allowed_share)
    rule = f"the rhyme with “{trace.rhymes_with}”" if trace.rhymes_with else "a new rhyme"
    for heading, words in (
        ("The last word comes first. The network expected", trace.expected),
        (f"Of its prediction, {rule} allowed {share}", trace.allowed),
    ):
        _write(draw, (MARGIN, top), heading, HEADING_SIZE, MUTED)
        top += HEADING_SIZE + 16
        for number, word in enumerate(words):
            _draw_word(draw, (MARGIN + number * (EXPECTED_WIDTH + GAP), top), word)
        top += EXPECTED_HEIGHT + 20


def _draw_word(draw: ImageDraw.ImageDraw, corner: tuple[int, int], word: ExpectedWord) -> None:
    left, top = corner
    box = (left, top, left + EXPECTED_WIDTH, top + EXPECTED_HEIGHT)
    background = shade(word.probability) if word.allowed else STUCK
    draw_cell(draw, box, background)
    _centered(draw, box, f"{word.word} {odds(word.probability)}", TOKEN_SIZE - 4, background)
    if not word.allowed:
        middle = top + EXPECTED_HEIGHT // 2
        draw.line((left + 10, middle, box[2] - 10, middle), MUTED, 2)


def _draw_steps(
    draw: ImageDraw.ImageDraw, top: int, trace: LineTrace, lanes: Sequence[Sequence[int]]
) -> None:
    _write(draw, (MARGIN, top - SHARE_SIZE - 8), "plan", SHARE_SIZE, MUTED)
    for number, step in enumerate(trace.steps):
        left = MARGIN + number * (CELL_WIDTH + CONNECTOR)
        if number and len(set(step.parents)) < len(step.parents):
            _write(draw, (left, top - SHARE_SIZE - 8), "resampled", SHARE_SIZE, CHOSEN, CELL_WIDTH)
        rows = sorted(range(len(step.words)), key=lambda row: _kept(trace, number, row))
        for row in rows:  # the kept line on top
            upper = top + lanes[number][row] * (CELL_HEIGHT + GAP)
            kept = _kept(trace, number, row)
            if number:
                above = top + lanes[number - 1][step.parents[row]] * (CELL_HEIGHT + GAP)
                half = CELL_HEIGHT // 2
                ends = (left - CONNECTOR, above + half, left, upper + half)
                draw.line(ends, CHOSEN if kept else LINE, 4)
            box = (left, upper, left + CELL_WIDTH, upper + CELL_HEIGHT)
            # Particles of equal weight have the same shade, however many are left.
            weight = step.weights[row] * len(step.words) / len(trace.steps[0].words)
            background = shade(min(weight, 1.0)) if step.allowed[row] else STUCK
            draw_cell(draw, box, background, framed=kept)
            _draw_token(draw, box, step.words[row], step.allowed[row], background, plan=not number)


def _draw_token(
    draw: ImageDraw.ImageDraw,
    box: Box,
    token: str,
    allowed: float,
    background: Color,
    *,
    plan: bool,
) -> None:
    """Draw what a particle wrote and, below it, the share of the prediction that it was allowed.

    All plans have the same share, which is shown above.
    """
    token = "stuck" if not allowed else "(end)" if token == "\n" else token
    left, top, right, bottom = box
    if plan:
        _centered(draw, box, token, TOKEN_SIZE, background)
        return
    _centered(draw, (left, top, right, bottom - 20), token, TOKEN_SIZE, background)
    share = (left, top + 33, right, bottom - 2)
    _centered(draw, share, percent(allowed), SHARE_SIZE, background)


def _kept(trace: LineTrace, number: int, row: int) -> bool:
    return number < len(trace.kept) and trace.kept[number] == row


def _centered(
    draw: ImageDraw.ImageDraw, box: Box, words: str, size: int, background: Color
) -> None:
    left, top, right, bottom = box
    words = drawable_text(words, FontStyle.SANS)
    size = fitting_size(words, FontStyle.SANS, size, right - left - 12)
    position = (left + right) / 2, (top + bottom) / 2 + 0.33 * size
    draw_text(draw, position, words, FontStyle.SANS, size, text_color_on(background))


def _write(
    draw: ImageDraw.ImageDraw,
    corner: tuple[int, int],
    words: str,
    size: int,
    color: Color,
    width: int | None = None,
) -> None:
    """Write words from a left upper corner, smaller if they would be wider than `width`."""
    words = drawable_text(words, FontStyle.SANS)
    fitting = fitting_size(words, FontStyle.SANS, size, width) if width else size
    x, y = corner
    draw_text(draw, (x, y + 0.8 * size), words, FontStyle.SANS, fitting, color, align="left")
