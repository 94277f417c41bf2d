"""Loss curve of a training.

The background is white, which suits light and dark themes.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

import numpy as np

from bot.pictures.canvas import Canvas, Color, Points
from bot.pictures.renderer import png_of_svg
from bot.pictures.scales import ticks
from bot.pictures.text import FontStyle, text_element, text_width
from bot.text.technical import technical
from data.phrases import Phrase, Showable

LONGEST_PLOTTED = 5_000
"""Updates; the losses of single batches are left out of a longer training's plot."""

WIDTH, HEIGHT = 960, 540
LEFT, TOP, RIGHT, BOTTOM = 92, 28, WIDTH - 28, HEIGHT - 68
"""The area of the curves."""
LABEL_SIZE = 16
"""Font size in pixels."""
INSIDE = 0.04
"""The share of the height that is left empty above and below the curves."""

WHITE: Color = (0xFF, 0xFF, 0xFF)
INK: Color = (0x26, 0x28, 0x2C)
MUTED: Color = (0x5F, 0x63, 0x6B)
GRID: Color = (0xE4, 0xE5, 0xE8)
BATCHES: Color = (0xD3, 0xD7, 0xFB)
TRAINING: Color = (0x44, 0x53, 0xD6)
VALIDATION: Color = (0xD9, 0x62, 0x2B)
RESTART: Color = (0x8A, 0x8D, 0x93)


def loss_curve(
    losses: Sequence[float],
    validation: Sequence[tuple[int, float]],
    restarts: Sequence[int],
) -> bytes:
    """A PNG of the loss by update: each batch, the moving average, and the validation loss.

    A ring marks the lowest validation loss. Losses that are not finite leave gaps.

    losses: one for each update.
    validation: pairs of update and validation loss.
    restarts: updates at which training started over, on the whole corpus.
    """
    batches = [*enumerate(losses, 1)] if len(losses) <= LONGEST_PLOTTED else []
    averages = [*_moving_averages(losses, restarts)]
    measured = [(x, y) for x, y in validation if math.isfinite(y)]
    known = [*batches, *(point for line in averages for point in line), *measured]
    heights = [y for _, y in known if math.isfinite(y)] or [0.0, 1.0]
    low, high = min(heights), max(heights)
    margin = INSIDE * (high - low) or 0.5
    axes = _Axes((0, max((x for x, _ in known), default=1)), (low - margin, high + margin))
    canvas = Canvas(WIDTH, HEIGHT, WHITE)
    _draw_axes(canvas, axes)

    def draw(points: Points, color: Color, width: float) -> None:
        """Draw a line through points, which ends where one is not finite."""
        for is_finite, part in groupby(points, key=lambda point: math.isfinite(point[1])):
            if is_finite:
                canvas.line(map(axes.place, part), color, width)

    draw(batches, BATCHES, 1)
    for step in restarts:
        x, _ = axes.place((step, 0))
        for y in range(TOP, BOTTOM, 6):
            canvas.line([(x, y), (x, y + 2)], RESTART, 1.4)
    for line in averages:
        draw(line, TRAINING, 2)
    draw(validation, VALIDATION, 2)
    for point in measured:
        canvas.add(_circle(axes.place(point), 'r="3.4"'), VALIDATION)
    best = min(measured, key=lambda point: point[1], default=None)
    legend: list[tuple[Showable, Color]] = []
    if averages:
        legend.append((technical("training"), TRAINING))
    if best is not None:
        ring = f'r="7" fill="none" stroke="rgb{VALIDATION}" stroke-width="2"'
        canvas.add(_circle(axes.place(best), ring), VALIDATION)
        # The last digit shows what the ring is about: the differences near the minimum are small.
        lowest = Phrase("validation, lowest {loss:.3f} at {step:,.0f}")
        legend.append((lowest.format(loss=best[1], step=best[0]), VALIDATION))
    if restarts:
        legend.append((technical("fitted again, to all"), RESTART))
    _write_legend(canvas, legend)
    return png_of_svg(canvas.svg())


def _circle(place: tuple[float, float], attributes: str) -> str:
    return f'<circle cx="{place[0]:.1f}" cy="{place[1]:.1f}" {attributes}/>'


def _moving_averages(losses: Sequence[float], restarts: Sequence[int]) -> Iterator[Points]:
    """The mean of the last losses, as one line for each time that training started."""
    width = max(1, len(losses) // 50)
    ends = [step - 1 for step in restarts]
    for begin, end in pairwise([0, *ends, len(losses)]):
        if end - begin >= width:
            smooth = np.convolve(losses[begin:end], np.ones(width) / width, mode="valid")
            yield [*enumerate(smooth.tolist(), begin + width)]


@dataclass(frozen=True)
class _Axes:
    """The ranges of updates and losses, with the place of each on the picture."""

    x: tuple[float, float]
    y: tuple[float, float]

    def place(self, point: tuple[float, float]) -> tuple[float, float]:
        """Position of a point in the drawing, in pixels."""
        (x0, x1), (y0, y1) = self.x, self.y
        right, up = (point[0] - x0) / (x1 - x0), (point[1] - y0) / (y1 - y0)
        return LEFT + right * (RIGHT - LEFT), BOTTOM - up * (BOTTOM - TOP)


def _draw_axes(canvas: Canvas, axes: _Axes) -> None:
    """Draw a line for each tick and the axes, with numbers, and what they are."""
    up = ticks(*axes.y, 7)
    for x in filter(float.is_integer, ticks(*axes.x, 8)):
        place = round(axes.place((x, 0))[0]) + 0.5
        canvas.line([(place, TOP), (place, BOTTOM)], GRID)
        step = Phrase("{x:,.0f}").format(x=x)
        canvas.write((place, BOTTOM + 24), step, LABEL_SIZE, MUTED, align=0.5)
    decimals = max(0, -math.floor(math.log10(up[1] - up[0]) + 1e-9)) if len(up) > 1 else 3
    for y in up:
        place = round(axes.place((0, y))[1]) + 0.5
        canvas.line([(LEFT, place), (RIGHT, place)], GRID)
        corner = LEFT - 10, place + 0.36 * LABEL_SIZE
        canvas.write(corner, technical(f"{y:.{decimals}f}"), LABEL_SIZE, MUTED, align=1)
    canvas.line([(LEFT + 0.5, TOP), (LEFT + 0.5, BOTTOM + 0.5), (RIGHT, BOTTOM + 0.5)], RESTART)
    middle = (LEFT + RIGHT) / 2
    canvas.write((middle, HEIGHT - 16), technical("updates"), LABEL_SIZE, INK, align=0.5)
    beside = text_element(0, 0, "cross-entropy in nats", FontStyle.SANS, LABEL_SIZE)
    turned = f'transform="translate({10 + LABEL_SIZE} {(TOP + BOTTOM) / 2}) rotate(-90)"'
    canvas.add(f"<g {turned}>{beside}</g>", INK)


def _write_legend(canvas: Canvas, lines: Sequence[tuple[Showable, Color]]) -> None:
    """Write what each color stands for, in the upper right corner, where losses rarely are."""
    if not lines:
        return
    step = LABEL_SIZE + 10
    width = max(text_width(label, FontStyle.SANS, LABEL_SIZE) for label, _ in lines)
    left, top = RIGHT - 12 - width - 46, TOP + 12
    canvas.cell((left - 12, top - 4, RIGHT - 8, top + step * len(lines) + 2), WHITE)
    for number, (label, color) in enumerate(lines):
        y = top + step * (number + 0.5)
        for start, end in ((0, 4), (13, 17), (26, 30)) if color == RESTART else ((0, 30),):
            canvas.cell((left + start, y - 1.5, left + end, y + 1.5), color, radius=1.5)
        canvas.write((left + 42, y + 0.36 * LABEL_SIZE), label, LABEL_SIZE, INK)
