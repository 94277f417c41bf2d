"""Plot of the last day: several charts above each other, with hours before now on the x axis."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.pictures.canvas import CHOSEN, MARGIN, MUTED, TEXT, Canvas, Color
from bot.pictures.scales import round_above
from bot.pictures.text import FontStyle, text_width
from bot.text.technical import technical
from data.phrases import NOTHING, Phrase, Showable

HOURS = 24
WIDTH, PLOT_HEIGHT = 1_080, 150
TITLE_SIZE, LABEL_SIZE = 26, 18
"""Font sizes in pixels."""
CHART_HEIGHT = TITLE_SIZE + PLOT_HEIGHT + 34
GRID: Color = (0x3A, 0x3F, 0x47)
LINES: tuple[Color, ...] = ((0x7A, 0x9C, 0xF5), CHOSEN)
"""Colors of the first and the second series of a chart."""
GAP_HOURS = 0.05
"""Three minutes: points that are further apart are not connected."""


@dataclass(frozen=True, slots=True)
class Series:
    """Values over time."""

    values: Sequence[float | None]
    """One for each time of the plot; `None` is a gap."""
    name: Showable = NOTHING
    """Name of the series, shown if there are two."""


@dataclass(frozen=True, slots=True)
class Chart:
    """One or two series with a common scale, from 0 to a round number above the largest value."""

    title: Showable
    unit: Showable
    series: tuple[Series, ...]


def day_plot(hours_ago: Sequence[float], charts: Sequence[Chart]) -> str:
    """Charts in SVG.

    hours_ago: the times of all values, falling, from 24 to 0.
    """
    height = 2 * MARGIN + len(charts) * CHART_HEIGHT + LABEL_SIZE
    canvas = Canvas(WIDTH, height)
    for number, chart in enumerate(charts):
        _draw_chart(canvas, MARGIN + number * CHART_HEIGHT, hours_ago, chart)
    for hours in range(HOURS, -1, -6):
        label = Phrase("{hours} h ago").format(hours=hours) if hours else technical("now")
        place, align = (_x(hours), height - MARGIN), {HOURS: 0.0, 0: 1.0}.get(hours, 0.5)
        canvas.write(place, label, LABEL_SIZE, MUTED, align=align)
    return canvas.svg()


def segments(
    hours_ago: Sequence[float], values: Sequence[float | None]
) -> Iterator[list[tuple[float, float]]]:
    """The parts of a series without gaps, as points of time and value."""
    points: list[tuple[float, float]] = []
    for time, value in zip(hours_ago, values, strict=True):
        if points and (value is None or points[-1][0] - time > GAP_HOURS):
            yield points
            points = []
        if value is not None:
            points.append((time, value))
    if points:
        yield points


def _draw_chart(canvas: Canvas, top: int, hours_ago: Sequence[float], chart: Chart) -> None:
    known = [value for series in chart.series for value in series.values if value is not None]
    highest = round_above(max(known, default=0.0))
    baseline = top + TITLE_SIZE
    canvas.write((MARGIN, baseline), chart.title, TITLE_SIZE, TEXT)
    left = MARGIN + text_width(chart.title, FontStyle.SANS, TITLE_SIZE)
    named = chart.series if len(chart.series) > 1 else ()
    for series, color in zip(named, LINES, strict=False):
        canvas.write((left + 24, baseline), series.name, LABEL_SIZE, color)
        left += 24 + text_width(series.name, FontStyle.SANS, LABEL_SIZE)
    label = Phrase("{highest:,g} {unit}").format(highest=highest, unit=chart.unit)
    canvas.write((WIDTH - MARGIN, baseline), label, LABEL_SIZE, MUTED, align=1)
    plot = baseline + 14
    for share in (0.0, 0.5, 1.0):
        y = plot + share * PLOT_HEIGHT + 0.5
        canvas.line([(MARGIN, y), (WIDTH - MARGIN, y)], GRID)
    for series, color in zip(chart.series, LINES, strict=False):
        for points in segments(hours_ago, series.values):
            line = [(_x(time), plot + (1 - y / highest) * PLOT_HEIGHT) for time, y in points]
            if len(line) == 1:
                line.append((line[0][0] + 1, line[0][1]))
            canvas.line(line, color, 2)


def _x(hours: float) -> float:
    return MARGIN + (1 - min(hours, HOURS) / HOURS) * (WIDTH - 2 * MARGIN)
