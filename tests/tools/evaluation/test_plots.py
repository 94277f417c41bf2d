"""Plots, and the stored histories they are drawn from."""

import io
import json
from pathlib import Path

from PIL import Image

from tools.evaluation.plots import training_plots

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


def size_of(png: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(png)) as image:
        assert image.convert("RGB").getpixel((0, 0)) == (255, 255, 255)
        return image.size


def test_plots_of_stored_histories(tmp_path: Path) -> None:
    (tmp_path / "names-best.json").write_text(json.dumps(HISTORY))
    (tmp_path / "names-notebook.json").write_text(json.dumps(NOTEBOOK))
    ((plot, png),) = training_plots("names", tmp_path).items()
    assert plot.file == "names-loss.png"
    assert size_of(png) == (960, 540)
    assert training_plots("sonnets", tmp_path) == {}
