"""The folders of the releases, and how their files are read."""

import sqlite3
from pathlib import Path

from models.names.generator import NamesRequest, generate_names
from models.tasks import TASKS
from models.verse.poem import SonnetRequest
from models.weights import Trained
from tests.models.tiny import anything
from tests.models.verse.versifier import finished

FOLDER = Path(__file__).parent
RELEASES = sorted(
    (path for path in FOLDER.glob("*.*.*") if path.is_dir()),
    key=lambda path: [*map(int, path.name.split("."))],
)
"""Oldest first."""
FIRST = RELEASES[0]
"""Version 0.7.0, which has a database and a backup only."""
STORED = "rnn.safetensors"
"""The weight file that is also in the database, of a namer and a version: a small one."""


def load(release: Path, path: Path) -> None:
    """Make the SQLite file of a release."""
    with sqlite3.connect(path) as file:
        file.executescript((release / "database.sql").read_text("utf-8"))
    file.close()


def names_of(trained: Trained) -> tuple[str, ...]:
    """Names that a network writes."""
    return generate_names(trained, NamesRequest(count=3, seed=7), anything).names


def texts_of(request: NamesRequest | SonnetRequest, release: Path) -> list[str]:
    """What a request gives with the weights of a release."""
    if isinstance(request, NamesRequest):
        names = TASKS["names"].load(release / "names.safetensors")
        return [*generate_names(names, request, anything).names]
    (poem,) = finished([request], TASKS["sonnets"].load(release / "sonnets.safetensors"))
    return [*poem.lines]
