"""Plots, and the stored histories they are drawn from."""

import io
import json
from pathlib import Path

import pytest
from PIL import Image

from bot.evaluation.report.plots import Size, StoredRun, by_line, loss_curves, losses_by_size
from bot.evaluation.report.stored import read_runs, read_sizes
from bot.evaluation.results.board import ScoreboardError
from models.tasks import TASKS

NOTEBOOK = StoredRun("notebook", (), ((20_000, 1.9), (35_000, 1.8)), (), 35_000, 33.4)
RUN = StoredRun("best", (3.0, 2.0, 1.5, 1.4), ((2, 2.1), (4, 1.6)), (3,), 4, 90.0)
HISTORY = {
    "kind": "names",
    "recipe": "best",
    "corpus": "Genus names",
    "losses": [3.0, 2.0, 1.5, 1.4],
    "validation": [[2, 2.1], [4, 1.6]],
    "begun_anew": [3],
    "updates": 4,
    "seconds": 90.0,
}
SHARES: list[float | None] = [0.9] * 13
SIZES = [{"line": "two", "units": 64, "parameters": 9_000, "validation": 1.51, "held_out": 1.55}]


def size_of(png: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(png)) as image:
        assert image.convert("RGB").getpixel((0, 0)) == (255, 255, 255)
        return image.size


def test_plot_size() -> None:
    sizes = [Size("one", 32, 1_000, 1.6, 1.7), Size("four", 64, 9_000, 1.5, 1.6)]
    shares = {"ours": [None, *SHARES], "Shakespeare": [*SHARES, 0.8]}
    pictures = (
        loss_curves(
            [RUN, StoredRun("notebook", (), ((20_000, 1.9), (35_000, 1.8)), (), 35_000, 33.4)]
        ),
        losses_by_size(sizes, {"Kneser-Ney, order 6": 1.563}),
        by_line({"rhymes": shares, "iambic": shares}),
    )
    assert {size_of(png) for png in pictures} == {(960, 540)}


def test_plot_without_points() -> None:
    assert size_of(by_line({"rhymes": {"ours": [None] * 14}})) == (960, 540)


def test_histories_by_task(tmp_path: Path) -> None:
    (tmp_path / "names-best.json").write_text(json.dumps(HISTORY))
    (tmp_path / "sonnets-best.json").write_text(json.dumps(HISTORY | {"recipe": "other"}))
    (tmp_path / "names-sizes.json").write_text(json.dumps(SIZES))
    assert read_runs("names", tmp_path) == [RUN]
    assert read_sizes("names", tmp_path) == [Size("two", 64, 9_000, 1.51, 1.55)]
    assert read_sizes("sonnets", tmp_path) == []


def test_losses_per_name_are_skipped(tmp_path: Path) -> None:
    (tmp_path / "names-notebook.json").write_text(json.dumps(HISTORY | {"recipe": "notebook"}))
    (run,) = read_runs("names", tmp_path)
    assert run.losses == ()
    assert run.validation == RUN.validation


@pytest.mark.parametrize("content", ["", "[]", '{"kind": "names"}', "3"])
def test_invalid_history_is_rejected(tmp_path: Path, content: str) -> None:
    (tmp_path / "names-best.json").write_text(content)
    with pytest.raises(ScoreboardError, match=r"names-best\.json is no"):
        read_runs("names", tmp_path)


@pytest.mark.parametrize("content", ["3", "[3]", '[{"units": 3}]'])
def test_invalid_sizes_are_rejected(tmp_path: Path, content: str) -> None:
    (tmp_path / "names-sizes.json").write_text(content)
    with pytest.raises(ScoreboardError, match="is not a list of sizes"):
        read_sizes("names", tmp_path)


def test_stored_histories_are_valid() -> None:
    for kind in TASKS:
        read_runs(kind)
        read_sizes(kind)
