"""How the process ends: exit codes, `StartupError`, signals, and `LastResort` if it hangs."""

import logging
import os
import signal
import threading
from collections.abc import Callable
from enum import IntEnum

log = logging.getLogger(__name__)

STOP_S = 7.25
"""Seconds after which the process ends, whatever still hangs."""
LOGGING_S = 0.2
"""Seconds for the last line of the log, which can hang as well."""
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)
"""Signals that stop the bot. On Windows only the first is ever sent: Ctrl-C."""


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
    HUNG = 15
    SHARDS_TAKEN = 16


class StartupError(Exception):
    """The bot cannot start, or go on. The message is a sentence for the operator."""

    def __init__(self, code: Exit, message: str) -> None:
        super().__init__(message)
        self.code = code


def stop_at_once_if_told(end: Callable[[int], None] = os._exit) -> None:
    """Let SIGTERM and Ctrl-C end the process at once, with 0: there is nothing to stop yet.

    Called first, and holds until `bot.operate.serving.until_stopped` waits for the same signals.
    Without it, the first process of a container would ignore SIGTERM while it starts. `end` gets
    the code. Nothing is lost: what a start writes survives the end of the process at any moment.
    """

    def stop(*_: object) -> None:
        end_process(Exit.OK, logging.INFO, "Stopped before the start was complete", end)

    for number in STOP_SIGNALS:
        signal.signal(number, stop)


def end_process(code: Exit, level: int, line: str, end: Callable[[int], None] = os._exit) -> None:
    """End the process, whatever hangs, after a line in the log, unless that hangs as well."""
    writing = threading.Thread(target=log.log, args=(level, line), daemon=True)
    writing.start()
    writing.join(LOGGING_S)
    end(code)


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

    def start(self, code: Exit = Exit.STOPPED_LATE) -> None:
        """Begin to wait. Can be called in a signal handler, and again: the first code counts."""
        if self._timer is None:
            self._timer = threading.Timer(self._seconds, self._give_up, [code])
            self._timer.daemon = True
            self._timer.start()

    def _give_up(self, code: Exit) -> None:
        hanging = [thread.name for thread in threading.enumerate() if not thread.daemon]
        line = (
            f"The bot has not stopped within {self._seconds:g} s and is ended now. "
            f"Running threads: {', '.join(hanging)}"
        )
        end_process(code, logging.CRITICAL, line, self._end)
