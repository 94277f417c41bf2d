"""The loss curve: any title can be drawn."""

import io
import warnings

import pytest
from PIL import Image

from bot.images.loss_curve import loss_curve


@pytest.mark.parametrize("title", ["dinos.txt, recipe quick", "恐竜.txt", "$1_{.txt and $2", ""])
def test_any_title_can_be_drawn(title: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # matplotlib warns of each empty box
        png = loss_curve([2.0, 1.5] * 60, [(60, 1.8), (120, 1.6)], [61], title)
    assert Image.open(io.BytesIO(png)).size == (960, 540)
