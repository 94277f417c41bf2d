"""The loss curve: any training can be drawn, and the best point is marked."""

import io
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

from bot.pictures.day_plot import Chart, Series, day_plot, segments
from bot.pictures.loss_curve import HEIGHT, LONGEST_PLOTTED, VALIDATION, WIDTH, loss_curve
from bot.pictures.scales import round_above, ticks
from bot.text.technical import technical
from tests.bot.pictures.pixels import decoded

LOSSES = [2.0, 1.5] * 60
NAN = float("nan")


def picture(
    losses: Sequence[float] = LOSSES,
    validation: Sequence[tuple[int, float]] = ((60, 1.8), (120, 1.6)),
    restarts: Sequence[int] = (61,),
) -> Image.Image:
    return Image.open(io.BytesIO(loss_curve(losses, validation, restarts))).convert("RGB")


@pytest.mark.parametrize(
    ("losses", "validation", "restarts"),
    [
        ([], [], []),
        ([1.0], [], []),
        ([1.0], [(1, 1.0)], [1]),
        ([0.0] * 9, [(9, 0.0)], []),
        ([NAN, 1.0, float("inf"), 2.0] * 50, [(100, NAN), (200, 1.5)], []),
        ([NAN] * 9, [(9, NAN)], []),
        ([2.0] * (LONGEST_PLOTTED + 1), [], []),
        ([1e-9, 1e9], [], []),
    ],
)
def test_any_training_can_be_drawn(
    losses: list[float], validation: list[tuple[int, float]], restarts: list[int]
) -> None:
    assert picture(losses, validation, restarts).size == (WIDTH, HEIGHT)


def test_lowest_validation_loss_has_a_ring() -> None:
    """More pixels of its color than around other points."""
    validation = [(30, 1.9), (60, 1.7), (90, 1.6), (120, 1.65)]
    mask = (np.asarray(picture(validation=validation)) == VALIDATION).all(axis=2)
    columns = mask[100:].sum(axis=0)  # below the legend
    of_point = {x: columns[92 + 7 * x - 12 : 92 + 7 * x + 13].sum() for x, _ in validation[:3]}
    assert max(of_point, key=lambda x: of_point[x]) == 90


# The plot of the last day


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


# Round numbers of scales


@pytest.mark.parametrize(
    ("value", "top"), [(0, 1), (0.3, 0.5), (1, 1), (1.1, 2), (180, 200), (501, 1000)]
)
def test_scale(value: float, top: float) -> None:
    assert round_above(value) == top


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6), st.integers(2, 12))
@example(10_000.0, 6.103515625e-05, 2)
def test_ticks_are_few_and_inside(low: float, span: float, count: int) -> None:
    high = low + span
    found = ticks(low, high, count)
    assert len(found) <= count + 1
    assert all(
        low - 1e-6 * span <= x <= high + 1e-6 * span or span < 1e-9 * abs(low) for x in found
    )
