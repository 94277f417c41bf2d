"""Picture of how a line of verse was written: its particles token by token.

On top are the last words that the network expected, and those that the rhyme allowed. Below, each
row is a particle and each column a token; the first column is the planned last word. Brighter
particles have more weight. Connectors lead from each particle to those that continue it: several
from one that was drawn several times, none from one that died out.
"""

from collections.abc import Sequence

from bot.pictures.canvas import CHOSEN, GAP, MARGIN, MUTED, TEXT, Box, Canvas, Color, shade
from bot.pictures.renderer import png_of_svg
from bot.text.formats import odds, percent, spaced
from bot.text.technical import technical
from bot.text.written import already_filtered
from data.phrases import Phrase, Showable
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
    technical("Each row is a draft of the line, a particle; brighter ones have more weight."),
    technical("%: the share of the network's prediction that metre and last word allowed."),
    technical("Resampled: some drafts were drawn several times by their weight, others died out."),
    technical("A draft that breaks off at the right was dropped: most others had ended."),
    technical("Orange: the draft that became the line."),
)


def trace_picture(trace: LineTrace) -> bytes:
    """The picture as a PNG."""
    lanes = lanes_of(trace.steps)
    columns, rows = len(lanes), max(map(max, lanes)) + 1
    width = max(MIN_WIDTH, 2 * MARGIN + columns * (CELL_WIDTH + CONNECTOR) - CONNECTOR)
    top = MARGIN + TITLE_SIZE + 28
    grid = top + 2 * (HEADING_SIZE + 16 + EXPECTED_HEIGHT + 20) + HEADING_SIZE + 16
    legend = grid + rows * (CELL_HEIGHT + GAP) + 20
    height = legend + len(LEGEND) * (HEADING_SIZE + 10) + MARGIN
    canvas = Canvas(width, height)
    inner, line = width - 2 * MARGIN, already_filtered(trace.line)
    canvas.write((MARGIN, MARGIN + 0.8 * TITLE_SIZE), line, TITLE_SIZE, TEXT, width=inner)
    _draw_expected(canvas, top, trace)
    _draw_steps(canvas, grid, trace, lanes)
    for number, words in enumerate(LEGEND):
        baseline = legend + number * (HEADING_SIZE + 10) + 0.8 * HEADING_SIZE
        canvas.write((MARGIN, baseline), words, HEADING_SIZE, MUTED, width=inner)
    return png_of_svg(canvas.svg())


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


def _draw_expected(canvas: Canvas, top: int, trace: LineTrace) -> None:
    """The last words that the network expected, and below them those that were allowed."""
    share = odds(trace.allowed_share)
    rule: Showable = technical("a new rhyme")
    if trace.rhymes_with:
        rule = Phrase("the rhyme with “{word}”").format(word=already_filtered(trace.rhymes_with))
    allowed = Phrase("Of its prediction, {rule} allowed {share}").format(rule=rule, share=share)
    for heading, words in (
        (technical("The last word comes first. The network expected"), trace.expected),
        (allowed, trace.allowed),
    ):
        canvas.write((MARGIN, top + 0.8 * HEADING_SIZE), heading, HEADING_SIZE, MUTED)
        top += HEADING_SIZE + 16
        for number, word in enumerate(words):
            _draw_word(canvas, MARGIN + number * (EXPECTED_WIDTH + GAP), top, word)
        top += EXPECTED_HEIGHT + 20


def _draw_word(canvas: Canvas, left: int, top: int, word: ExpectedWord) -> None:
    box = (left, top, left + EXPECTED_WIDTH, top + EXPECTED_HEIGHT)
    background = shade(word.probability) if word.allowed else STUCK
    canvas.cell(box, background)
    words = spaced([already_filtered(word.word), odds(word.probability)])
    canvas.write_on(background, box, words, TOKEN_SIZE - 4, margin=6)
    if not word.allowed:
        middle = top + EXPECTED_HEIGHT // 2
        canvas.line([(left + 10, middle), (box[2] - 10, middle)], MUTED, 2)


def _draw_steps(canvas: Canvas, top: int, trace: LineTrace, lanes: Sequence[Sequence[int]]) -> None:
    above = top - 0.2 * SHARE_SIZE - 8
    canvas.write((MARGIN, above), technical("plan"), SHARE_SIZE, MUTED)
    for number, step in enumerate(trace.steps):
        left = MARGIN + number * (CELL_WIDTH + CONNECTOR)
        if number and len(set(step.parents)) < len(step.parents):
            resampled = technical("resampled")
            canvas.write((left, above), resampled, SHARE_SIZE, CHOSEN, width=CELL_WIDTH)
        kept = trace.kept[number] if number < len(trace.kept) else None
        for row in sorted(range(len(step.words)), key=lambda row: row == kept):  # kept one on top
            upper = top + lanes[number][row] * (CELL_HEIGHT + GAP)
            if number:
                parent = top + lanes[number - 1][step.parents[row]] * (CELL_HEIGHT + GAP)
                half = CELL_HEIGHT // 2
                ends = [(left - CONNECTOR, parent + half), (left, upper + half)]
                canvas.line(ends, CHOSEN if row == kept else LINE, 4)
            box = (left, upper, left + CELL_WIDTH, upper + CELL_HEIGHT)
            # Particles of equal weight have the same shade, however many are left.
            weight = step.weights[row] * len(step.words) / len(trace.steps[0].words)
            background = shade(min(weight, 1.0)) if step.allowed[row] else STUCK
            canvas.cell(box, background, framed=row == kept)
            # All plans have the same share, which is shown above.
            share = step.allowed[row] if number else None
            _draw_token(canvas, box, step.words[row], step.allowed[row] > 0, share, background)


def _draw_token(
    canvas: Canvas, box: Box, token: str, allowed: bool, share: float | None, background: Color
) -> None:
    """Draw what a particle wrote and, below it, the share of the prediction that it was allowed."""
    words = already_filtered(token)
    if not allowed or token == "\n":
        words = technical("(end)") if allowed else technical("stuck")
    left, top, right, bottom = box
    if share is None:
        canvas.write_on(background, box, words, TOKEN_SIZE, margin=6)
        return
    upper, lower = (left, top, right, bottom - 20), (left, top + 33, right, bottom - 2)
    canvas.write_on(background, upper, words, TOKEN_SIZE, margin=6)
    canvas.write_on(background, lower, percent(share), SHARE_SIZE, margin=6)
