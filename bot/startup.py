"""How the process ends: exit codes, `StartupError`, and `LastResort` if something hangs."""

import logging
import os
import threading
from collections.abc import Callable
from enum import IntEnum

log = logging.getLogger(__name__)

STOP_S = 7.25
"""Seconds after which the process ends, whatever still hangs."""
LOGGING_S = 0.2
"""Seconds for the last line of the log, which can hang as well."""


class Exit(IntEnum):
    """Exit codes. 1 is a bug, with a traceback; 2 means wrong options."""

    OK = 0
    BAD_SETTINGS = 3
    NO_TOKEN = 4
    TOKEN_REJECTED = 5
    UNREACHABLE = 6
    BAD_WEIGHTS = 7
    BAD_STATE_DIR = 8
    PORT_IN_USE = 9
    BAD_DATABASE = 10
    MISSING_PACKAGE = 11
    BAD_BACKUP = 12
    PROBLEMS_FOUND = 13
    STOPPED_LATE = 14


class StartupError(Exception):
    """The bot cannot start. The message is a sentence for the operator."""

    def __init__(self, code: Exit, message: str) -> None:
        super().__init__(message)
        self.code = code


class LastResort:
    """Ends the process some seconds after `start` if it is still there.

    A query, a request or a computation that never ends can hold up the event loop, or keep a thread
    that Python waits for at its end.
    """

    def __init__(self, seconds: float | None = None, end: Callable[[int], None] = os._exit) -> None:
        """`seconds` is `STOP_S` by default. `end` gets the exit code."""
        self._seconds = STOP_S if seconds is None else seconds
        self._end = end
        self._timer: threading.Timer | None = None

    def start(self) -> None:
        """Begin to wait. Can be called in a signal handler, and again."""
        if self._timer is None:
            self._timer = threading.Timer(self._seconds, self._give_up)
            self._timer.daemon = True
            self._timer.start()

    def _give_up(self) -> None:
        line = threading.Thread(target=self._log, daemon=True)
        line.start()
        line.join(LOGGING_S)
        self._end(Exit.STOPPED_LATE)

    def _log(self) -> None:
        hanging = [thread.name for thread in threading.enumerate() if not thread.daemon]
        log.critical(
            "The bot has not stopped within %g s and is ended now. Running threads: %s",
            self._seconds,
            ", ".join(hanging),
        )
