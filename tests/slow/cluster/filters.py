"""Word filters that tell where a text is written. Workers import this module."""

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Telling:
    """Allows everything, notes the process that asks, and takes its time."""

    folder: Path
    seconds: float = 0.0

    def allows(self, _text: str) -> bool:
        """Whether a text may be shown: always."""
        with (self.folder / str(os.getpid())).open("a") as file:
            file.write("x")
        time.sleep(self.seconds)
        return True

    @property
    def processes(self) -> set[int]:
        """Those that have asked."""
        return {int(path.name) for path in self.folder.iterdir()}

    @property
    def elsewhere(self) -> set[int]:
        """Those that have asked, without this one."""
        return self.processes - {os.getpid()}

    @property
    def questions(self) -> int:
        """How often it was asked."""
        return sum(path.stat().st_size for path in self.folder.iterdir())


def failing(text: str) -> bool:
    """A filter with a defect."""
    raise ZeroDivisionError(text)


class UnpicklableError(Exception):
    """An error that can't be restored from its message."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(first + second)


def raising_unpicklable(_text: str) -> bool:
    """A filter with such an error."""
    raise UnpicklableError("first", "second")


@dataclass(frozen=True)
class Freezing:
    """Allows everything, and stops a worker as a machine without power stops."""

    folder: Path
    own: int

    def allows(self, _text: str) -> bool:
        """Whether a text may be shown: always."""
        frozen = self.folder / "frozen"
        if os.getpid() != self.own and not frozen.exists():
            frozen.write_text(str(os.getpid()))
            os.kill(os.getpid(), signal.SIGSTOP)
        return True
