"""Plots, and the stored histories they are drawn from."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bot.evaluation import plots
from bot.evaluation.held_out import HeldOutLosses
from bot.evaluation.plots import StoredRun, by_line, training_plots
from models.training.losses import Losses

HISTORY = {
    "kind": "names",
    "recipe": "best",
    "losses": [3.0, 2.0, 1.5, 1.4],
    "validation": [[2, 2.1], [4, 1.6]],
    "begun_anew": [3],
    "updates": 4,
    "seconds": 90.0,
}
NOTEBOOK = HISTORY | {"recipe": "notebook", "begun_anew": []}
SHARES: list[float | None] = [0.9] * 13
SIZES = [
    {"line": "one", "units": 32, "parameters": 1_000, "validation": 1.6, "held_out": 1.7},
    {"line": "four", "units": 64, "parameters": 9_000, "validation": 1.51, "held_out": 1.55},
]
LOSSES = HeldOutLosses([], {"Kneser-Ney, order 6": Losses(np.array([15.63]), np.array([10.0]))})


def size_of(png: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(png)) as image:
        assert image.convert("RGB").getpixel((0, 0)) == (255, 255, 255)
        return image.size


def test_shares_by_line() -> None:
    shares = {"ours": [None, *SHARES], "Shakespeare": [*SHARES, 0.8]}
    assert size_of(by_line({"rhymes": shares, "iambic": shares})) == (960, 540)
    assert size_of(by_line({"rhymes": {"ours": [None] * 14}})) == (960, 540)


def test_plots_of_stored_histories(tmp_path: Path) -> None:
    (tmp_path / "names-best.json").write_text(json.dumps(HISTORY))
    (tmp_path / "names-notebook.json").write_text(json.dumps(NOTEBOOK))
    (tmp_path / "names-sizes.json").write_text(json.dumps(SIZES))
    pictures = training_plots("names", LOSSES, tmp_path)
    assert [plot.file for plot in pictures] == ["names-loss.png", "names-sizes.png"]
    assert {size_of(png) for png in pictures.values()} == {(960, 540)}
    assert training_plots("sonnets", LOSSES, tmp_path) == {}


def test_losses_per_name_are_not_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """The notebook's training loss is per name, so that only its validation loss is drawn."""
    drawn: list[int] = []
    monkeypatch.setattr(plots, "_png", lambda figure: drawn.append(len(figure.axes[0].lines)))

    def draw(run: StoredRun) -> int:
        plots.loss_curves([run])
        return drawn[-1]

    assert draw(HISTORY) == 3  # before and after it starts again, and validation
    assert draw(NOTEBOOK) == 1
