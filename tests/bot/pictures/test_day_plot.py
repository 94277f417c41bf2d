"""The plot of the last day."""

import pytest

from bot.pictures.day_plot import Chart, Series, day_plot, segments
from bot.text.technical import technical
from tests.bot.pictures.pixels import decoded


def test_gaps() -> None:
    """A missing value, and a pause of the bot."""
    hours = [5.0, 4.99, 4.98, 4.97, 1.0]
    assert [*segments(hours, [1, 2, None, 3, 4])] == [
        [(5.0, 1), (4.99, 2)],
        [(4.97, 3)],
        [(1.0, 4)],
    ]


@pytest.mark.parametrize("values", [[], [3.0], [None, None], [0.0, 0.0, 1e9]])
def test_any_day_can_be_drawn(values: list[float | None]) -> None:
    hours = [24.0 - number for number in range(len(values))]
    one, two, unit = technical("One"), technical("Two"), technical("s")
    charts = [
        Chart(one, unit, (Series(values),)),
        Chart(two, unit, (Series(values, one), Series(values, two))),
    ]
    picture = decoded(day_plot(hours, charts))
    assert picture.width == 1080
    empty = decoded(day_plot([], [Chart(one, unit, ()), Chart(two, unit, ())]))
    assert picture.size == empty.size
