"""The loss curve: any training can be drawn, and the best point is marked."""

import io
from collections.abc import Sequence

import numpy as np
import pytest
from PIL import Image

from bot.pictures.loss_curve import HEIGHT, LONGEST_PLOTTED, VALIDATION, WIDTH, loss_curve

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
