"""Folders of trainings: corpus, checkpoint and results, readable only by the bot."""

import os
import re
import shutil
import time
from collections.abc import Container, Iterable
from contextlib import suppress
from pathlib import Path, PurePath
from typing import BinaryIO

from bot.training.training_queries import TrainingRequest

_UNSAFE = re.compile(r"[^\w.-]+")
_LEFTOVERS = ("namers", "retraining.json")
"""Files of version 0.3.0 in the state directory."""


class RunFolder:
    """Folder `STATE_DIR/training/<id>`."""

    def __init__(self, root: Path, training_id: int) -> None:
        self.path = root.absolute() / str(training_id)

    def weights(self, task: str) -> Path:
        """Where the trainer writes the weights."""
        return self.path / f"{task}.safetensors"

    def checkpoint(self, task: str) -> Path:
        """Where an interrupted trainer leaves its state."""
        return self.path / f"{task}.checkpoint"

    @property
    def errors(self) -> Path:
        """Standard error of the trainer."""
        return self.path / "errors.txt"

    def corpus(self, request: TrainingRequest) -> Path | None:
        """The corpus file, named like the upload; `None` for the project's corpus."""
        if request.corpus is None:
            return None
        return self.path / "corpus" / file_name(request.title)

    def extra_names(self, request: TrainingRequest) -> Path | None:
        """The file of additional names. Its name appears in reports."""
        return self.path / "the hall of fame" if request.extra_names else None

    def prepare(self, request: TrainingRequest) -> None:
        """Create the folder and write the trainer's input. Raises `OSError`."""
        for folder in (self.path.parent, self.path):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.chmod(0o700)  # also of an earlier version
        if (corpus := self.corpus(request)) is not None:
            corpus.parent.mkdir(mode=0o700, exist_ok=True)
            _write(corpus, request.corpus or b"")
        if (extra_names := self.extra_names(request)) is not None:
            _write(extra_names, ("\n".join(request.extra_names) + "\n").encode())

    def remove(self) -> None:
        """Delete everything in it."""
        shutil.rmtree(self.path, ignore_errors=True)


def leftovers(state_dir: Path, root: Path, *, min_age_s: float = 0) -> list[Path]:
    """The folders of trainings, and files of version 0.3.0, that have not changed for a time."""
    latest = time.time() - min_age_s
    found = [*root.glob("*"), *(state_dir / name for name in _LEFTOVERS)]
    return [path for path in found if path.exists() and path.stat().st_mtime <= latest]


def sweep(found: Iterable[Path], active: Container[int]) -> None:
    """Delete `leftovers`, except for the folders of trainings that are `active`."""
    for path in found:
        if path.name.isdecimal() and int(path.name) in active:
            continue
        shutil.rmtree(path, ignore_errors=True)
        with suppress(OSError):
            path.unlink()


def file_name(title: str) -> str:
    """A file name that resembles a title, without path separators."""
    return _UNSAFE.sub("_", PurePath(title).name).strip("._")[-60:] or "corpus.txt"


def open_private(path: Path) -> BinaryIO:
    """Open a file for writing that only the bot's user can read. Raises `OSError`."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")


def _write(path: Path, content: bytes) -> None:
    """Write a file. Errors name its folder only: its name can have words of a member."""
    try:
        with open_private(path) as file:
            file.write(content)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path.parent)) from None
