"""Stored histories of trainings, for the plots.

`docs/runs` has the histories that `bot.train` wrote beside its weights (`names-best.json`), and
for each task the loss by size of the network (`names-sizes.json`).
"""

import json
from pathlib import Path
from typing import Any

from bot.evaluation.report.plots import Size, StoredRun
from bot.evaluation.results.board import ScoreboardError

RUNS = Path(__file__).parents[3] / "docs" / "runs"
IN_NATS_PER_NAME = frozenset({("names", "notebook")})
"""Recipes whose training losses are not in nats per character, and are not plotted."""


def read_runs(task: str, folder: Path = RUNS) -> list[StoredRun]:
    """The histories of a task, by file name. Raises `ScoreboardError` for an invalid file."""
    paths = sorted(folder.glob(f"{task}-*.json"))
    return [_run(_read(path), path) for path in paths if path.stem != f"{task}-sizes"]


def read_sizes(task: str, folder: Path = RUNS) -> list[Size]:
    """Networks of several sizes; empty if none are stored. Raises like `read_runs`."""
    path = folder / f"{task}-sizes.json"
    if not path.exists():
        return []
    try:
        return [
            Size(s["line"], s["units"], s["parameters"], s["validation"], s["held_out"])
            for s in _read(path)
        ]
    except (KeyError, TypeError) as error:
        raise ScoreboardError(f"{path} is not a list of sizes and losses: {error!r}.") from error


def _run(history: dict[str, Any], path: Path) -> StoredRun:
    try:
        drawn = (history["kind"], history["recipe"]) not in IN_NATS_PER_NAME
        return StoredRun(
            history["recipe"],
            tuple(history["losses"]) if drawn else (),
            tuple((step, loss) for step, loss in history["validation"]),
            tuple(history["begun_anew"]),
            history["updates"],
            history["seconds"],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ScoreboardError(f"{path} is not the history of a training: {error!r}.") from error


def _read(path: Path) -> Any:  # noqa: ANN401 (any JSON)
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ScoreboardError(f"{path} is not JSON: {error}.") from error
