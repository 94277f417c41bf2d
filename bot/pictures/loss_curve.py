"""Loss curve of a training.

The lines are drawn larger than they will be shown and then scaled down, which smooths them. The
background is white, which suits light and dark themes.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

import numpy as np
from PIL import Image, ImageDraw

from bot.pictures.canvas import Color, png_of
from bot.pictures.text import FontStyle, draw_text, drawable_text, fitting_size, text_width

LONGEST_PLOTTED = 5_000
"""Updates; the losses of single batches are left out of a longer training's plot."""

WIDTH, HEIGHT = 960, 540
LEFT, TOP, RIGHT, BOTTOM = 92, 52, WIDTH - 28, HEIGHT - 68
"""The area of the curves."""
SCALE = 3
"""How much larger the lines are drawn."""
TITLE_SIZE, LABEL_SIZE = 20, 16
"""Font sizes in pixels."""
INSIDE = 0.04
"""The share of the height that is left empty above and below the curves."""

Points = Sequence[tuple[float, float]]
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
    title: str,
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
    axes = _Axes.around([*batches, *(point for line in averages for point in line), *measured])
    image = Image.new("RGB", (WIDTH * SCALE, HEIGHT * SCALE), "white")
    pen = _Pen(ImageDraw.Draw(image), axes)
    pen.grid()
    pen.line(batches, BATCHES, 1)
    for step in restarts:
        pen.dotted_vertical(step, RESTART)
    for line in averages:
        pen.line(line, TRAINING, 2)
    pen.line(validation, VALIDATION, 2)
    for point in measured:
        pen.dot(point, VALIDATION)
    best = min(measured, key=lambda point: point[1], default=None)
    if best is not None:
        pen.ring(best, VALIDATION)
    image = image.resize((WIDTH, HEIGHT), Image.Resampling.BOX)
    _write_axes(image, axes, title)
    legend = [("training", TRAINING)] if averages else []
    if best is not None:
        # The last digit shows what the ring is about: the differences near the minimum are small.
        legend.append((f"validation, lowest {best[1]:.3f} at {best[0]:,.0f}", VALIDATION))
    if restarts:
        legend.append(("fitted again, to all", RESTART))
    _write_legend(image, legend)
    return png_of(image, optimize=True)


def ticks(low: float, high: float, count: int) -> list[float]:
    """At most `count` round numbers from low to high, one of 1, 2 and 5 times a power of ten apart.

    >>> ticks(0.9, 3.2, 6)
    [1.0, 1.5, 2.0, 2.5, 3.0]
    """
    least = (high - low) / count
    power = 10.0 ** math.floor(math.log10(least))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least)
    first, last = math.ceil(low / step), math.floor(high / step)
    return [float(f"{number * step:.13g}") for number in range(first, last + 1)]


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

    @classmethod
    def around(cls, points: Points) -> "_Axes":
        """Axes from 0 to the last update, and from the lowest to the highest loss."""
        heights = [y for _, y in points if math.isfinite(y)] or [0.0, 1.0]
        low, high = min(heights), max(heights)
        margin = INSIDE * (high - low) or 0.5
        return cls((0, max((x for x, _ in points), default=1)), (low - margin, high + margin))

    def place(self, point: tuple[float, float]) -> tuple[float, float]:
        """Where a point is drawn, in pixels."""
        (x0, x1), (y0, y1) = self.x, self.y
        right, up = (point[0] - x0) / (x1 - x0), (point[1] - y0) / (y1 - y0)
        return LEFT + right * (RIGHT - LEFT), BOTTOM - up * (BOTTOM - TOP)

    @property
    def ticks(self) -> tuple[list[float], list[float]]:
        """The numbers along both axes."""
        return [x for x in ticks(*self.x, 8) if x == int(x)], ticks(*self.y, 7)


@dataclass(frozen=True)
class _Pen:
    """Draws in the coordinates of the curve, `SCALE` times as large."""

    draw: ImageDraw.ImageDraw
    axes: _Axes

    def line(self, points: Points, color: Color, width: float) -> None:
        """Draw a line through points, which ends where one is not finite."""
        for is_finite, part in groupby(points, key=lambda point: math.isfinite(point[1])):
            if is_finite:
                places = [self._place(point) for point in part]
                self.draw.line(places, color, round(width * SCALE), joint="curve")

    def dot(self, point: tuple[float, float], color: Color) -> None:
        """Draw a measured point."""
        self.draw.circle(self._place(point), 3.4 * SCALE, color)

    def ring(self, point: tuple[float, float], color: Color) -> None:
        """Draw a ring around a point."""
        self.draw.circle(self._place(point), 8 * SCALE, None, color, 2 * SCALE)

    def grid(self) -> None:
        """Draw a line for each tick, and the axes."""
        across, up = self.axes.ticks
        for x in across:
            place = self._place((x, self.axes.y[0]))[0]
            self.draw.line((place, TOP * SCALE, place, BOTTOM * SCALE), GRID, SCALE)
        for y in up:
            place = self._place((0, y))[1]
            self.draw.line((LEFT * SCALE, place, RIGHT * SCALE, place), GRID, SCALE)
        corner = (LEFT * SCALE, BOTTOM * SCALE)
        self.draw.line((LEFT * SCALE, TOP * SCALE, *corner), RESTART, SCALE)
        self.draw.line((*corner, RIGHT * SCALE, BOTTOM * SCALE), RESTART, SCALE)

    def dotted_vertical(self, x: float, color: Color) -> None:
        """Draw a dotted line across all losses."""
        place = self._place((x, self.axes.y[0]))[0]
        for y in range(TOP, BOTTOM, 6):
            self.draw.line((place, y * SCALE, place, (y + 2) * SCALE), color, round(1.4 * SCALE))

    def _place(self, point: tuple[float, float]) -> tuple[float, float]:
        x, y = self.axes.place(point)
        return x * SCALE, y * SCALE


def _write_axes(image: Image.Image, axes: _Axes, title: str) -> None:
    """Write the title, the numbers along the axes, and what they are."""
    draw = ImageDraw.Draw(image)
    across, up = axes.ticks
    for x in across:
        left, _ = axes.place((x, 0))
        draw_text(draw, (left, BOTTOM + 24), f"{x:,.0f}", FontStyle.SANS, LABEL_SIZE, MUTED)
    decimals = max(0, -math.floor(math.log10(up[1] - up[0]) + 1e-9)) if len(up) > 1 else 3
    for y in up:
        label = f"{y:.{decimals}f}"
        left = LEFT - 10 - text_width(label, FontStyle.SANS, LABEL_SIZE)
        baseline = axes.place((0, y))[1] + 0.36 * LABEL_SIZE
        draw_text(draw, (left, baseline), label, FontStyle.SANS, LABEL_SIZE, MUTED, align="left")
    middle = (LEFT + RIGHT) / 2, (TOP + BOTTOM) / 2
    draw_text(draw, (middle[0], HEIGHT - 16), "updates", FontStyle.SANS, LABEL_SIZE, INK)
    drawable = drawable_text(title, FontStyle.SANS)
    size = fitting_size(drawable, FontStyle.SANS, TITLE_SIZE, RIGHT - LEFT)
    draw_text(draw, (middle[0], TOP - 18), drawable, FontStyle.SANS, size, INK)
    beside = Image.new("RGB", (BOTTOM - TOP, LABEL_SIZE + 10), "white")
    place = beside.width / 2, LABEL_SIZE
    label = "cross-entropy in nats"
    draw_text(ImageDraw.Draw(beside), place, label, FontStyle.SANS, LABEL_SIZE, INK)
    image.paste(beside.transpose(Image.Transpose.ROTATE_90), (10, TOP))


def _write_legend(image: Image.Image, lines: Sequence[tuple[str, Color]]) -> None:
    """Write what each color stands for, in the upper right corner, where losses rarely are."""
    if not lines:
        return
    draw, step = ImageDraw.Draw(image), LABEL_SIZE + 10
    width = max(text_width(label, FontStyle.SANS, LABEL_SIZE) for label, _ in lines)
    left, top = RIGHT - 12 - width - 46, TOP + 12
    box = (left - 12, top - 4, RIGHT - 12 + 4, top + step * len(lines) + 2)
    draw.rounded_rectangle(box, 6, "white", GRID)
    for number, (label, color) in enumerate(lines):
        baseline = top + step * number + 0.5 * step + 0.36 * LABEL_SIZE
        y = baseline - 0.36 * LABEL_SIZE
        for start, end in ((0, 4), (13, 17), (26, 30)) if color == RESTART else ((0, 30),):
            draw.rounded_rectangle((left + start, y - 1.5, left + end, y + 1.5), 1.5, color)
        corner = (left + 42, baseline)
        draw_text(draw, corner, label, FontStyle.SANS, LABEL_SIZE, INK, align="left")
