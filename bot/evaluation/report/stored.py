"""Trainings of the past, from which the page draws: nothing long is trained for a picture.

`docs/runs` holds the histories that `bot.train` wrote beside its weights (`names-best.json`), and
for each task how the loss changes with the size of the network (`names-sizes.json`).
"""

import json
from pathlib import Path
from typing import Any

from bot.evaluation.report.board import ScoreboardError
from bot.evaluation.report.plots import Size, StoredRun

RUNS = Path(__file__).parents[3] / "docs" / "runs"
IN_NATS_PER_NAME = frozenset({("names", "notebook")})
"""Recipes whose losses cannot be drawn beside validation, which is in nats per character."""


def read_runs(task: str, folder: Path = RUNS) -> list[StoredRun]:
    """The histories of one task, by file name. Raises `ScoreboardError` for a file that is none."""
    paths = sorted(folder.glob(f"{task}-*.json"))
    return [_run(_read(path), path) for path in paths if path.stem != f"{task}-sizes"]


def read_sizes(task: str, folder: Path = RUNS) -> list[Size]:
    """Networks of several sizes; none if none were stored.

    Raises `ScoreboardError` as `read_runs` does.
    """
    path = folder / f"{task}-sizes.json"
    if not path.exists():
        return []
    try:
        return [
            Size(s["line"], s["units"], s["parameters"], s["validation"], s["held_out"])
            for s in _read(path)
        ]
    except (KeyError, TypeError) as error:
        raise ScoreboardError(f"{path} is no list of sizes and losses: {error!r}.") from error


def _run(history: dict[str, Any], path: Path) -> StoredRun:
    try:
        drawn = (history["kind"], history["recipe"]) not in IN_NATS_PER_NAME
        return StoredRun(
            history["recipe"],
            tuple(history["losses"]) if drawn else (),
            tuple((step, loss) for step, loss in history["validation"]),
            tuple(history["begun_anew"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ScoreboardError(f"{path} is no history of a training: {error!r}.") from error


def _read(path: Path) -> Any:  # noqa: ANN401 (whatever the JSON holds)
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ScoreboardError(f"{path} is no JSON: {error}.") from error
