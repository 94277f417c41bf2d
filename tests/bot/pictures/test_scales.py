"""Round numbers of scales."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.pictures.scales import round_above, ticks


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
