"""The long training goes on where it was stopped."""

import csv
import signal
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from models.training.schedules import WordSchedule
from models.verse.training_folder import LIMERICKS, load_network, load_vocabulary
from tests import keras
from tests.tools.verse.prepared import prepare_small
from tools.verse import long_training
from tools.verse.long_training import run

if keras.IS_SKIPPED:
    pytest.skip(keras.REASON, allow_module_level=True)

SCHEDULE = WordSchedule(4, 1e-2, 0.1, 2, 20, 8, interval=2, cooldown=0.25, half=True)


def test_stops_and_resumes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare_small(tmp_path, monkeypatch)
    handlers: dict[int, Callable[..., None]] = {}
    monkeypatch.setattr(signal, "signal", handlers.__setitem__)
    append = long_training._append

    def stop_at_first_row(path: Path, row: list[object]) -> None:
        append(path, row)
        handlers[signal.SIGTERM]()

    monkeypatch.setattr(long_training, "_append", stop_at_first_row)
    for expected in ([2], [2, 4], [2, 4]):
        run(tmp_path, SCHEDULE, 8, (10, 8), seed=1, prose=0.5, copy=tmp_path / "data")
        with (tmp_path / "log.csv").open() as file:
            rows = list(csv.DictReader(file))
        assert [int(row["updates"]) for row in rows] == expected
        tokens = [int(row["tokens"]) for row in rows]
        assert tokens == sorted(set(tokens))
        assert all(np.isfinite(float(row["validation_planned"])) for row in rows)
        assert all(np.isfinite(float(row["lyric"])) and row["prose"] == "0.5" for row in rows)
    checkpoint = "checkpoint.safetensors"
    assert (tmp_path / "data" / checkpoint).read_bytes() == (tmp_path / checkpoint).read_bytes()
    network = load_network(tmp_path)
    assert network.vocabulary == load_vocabulary(tmp_path)
    assert network.F is not None


def test_limericks_are_read_in_the_cooldown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two beside each other in a passage; without any, there is no such source."""
    prepare_small(tmp_path, monkeypatch)
    vocabulary = load_vocabulary(tmp_path)
    without = long_training._sources(tmp_path, vocabulary, 0.5)
    (tmp_path / LIMERICKS).write_text("the king\nof a thing\n\nthe song\nwas so long\n\n")
    *others, limericks = long_training._sources(tmp_path, vocabulary, 0.5)
    assert len(others) == len(without)
    assert (limericks.share, limericks.last) == (0, long_training.OF_COOLDOWN)
    assert sum(source.last or 0 for source in (*others, limericks)) == pytest.approx(1)
    assert len(limericks.lines.passages) - 1 == 1
