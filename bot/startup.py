"""Start and end of the process: exit codes, problems of the start, signals, `LastResort`.

Each problem is found, and worded, in one place: the start refuses it, and `doctor` reports it.
"""

import errno
import logging
import os
import shlex
import signal
import sys
import tempfile
import threading
from enum import IntEnum
from pathlib import Path
from typing import NoReturn

log = logging.getLogger(__name__)

DISCORD_APPS = "https://discord.com/developers/applications"
SLACK_APPS = "https://api.slack.com/apps"
STOP_S = 7.25
"""Seconds after which the process ends, whatever still hangs."""
CHECKOUT = Path(__file__).parents[1]
VENV = CHECKOUT / ".venv"
OURS = ("bot", "models", "data")
FOR_SLACK = ("slack_sdk", "yaml")
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
    DISK_FULL = 17
    READ_ONLY = 18
    DAMAGED = 19


class StartupError(Exception):
    """The bot cannot start, or go on. The message is for the operator.

    found: a sentence, without secrets.
    advice: what to do: a sentence or two.
    """

    def __init__(self, code: Exit, found: str, advice: str = "") -> None:
        super().__init__(f"{found} {advice}".rstrip())
        self.code, self.found, self.advice = code, found, advice


def check_folder(folder: Path) -> None:
    """Raise `StartupError` unless files can be written to an existing folder."""
    try:
        write_once(folder)
    except OSError as error:
        raise unusable(folder, error) from error


def write_once(folder: Path) -> None:
    """Write 64 KiB to a temporary file in a folder. Raises `OSError`."""
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(bytes(64 * 1024))
        file.flush()
        os.fsync(file.fileno())


def unusable(path: Path, error: OSError) -> StartupError:
    """The problem that the bot can't use its folder, or a file in it."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StartupError(
            Exit.DISK_FULL,
            f"The disk with {path} is full ({error.strerror}).",
            "Free some space on it. What members were told to be stored is not lost.",
        )
    if error.errno == errno.EROFS:
        return StartupError(
            Exit.READ_ONLY,
            f"The disk with {path} is read-only ({error.strerror}).",
            "Look for faults of the disk in the system's log (dmesg), then mount it for writing.",
        )
    if error.errno in (errno.EACCES, errno.EPERM) and os.name == "posix":
        return _denied(path)
    return StartupError(
        Exit.BAD_STATE_DIR,
        f"The bot can't write to the folder {path} ({error.strerror}).",
        "Make the bot's user its owner, or set STATE_DIR to another folder, for example "
        "STATE_DIR=state",
    )


def _denied(path: Path) -> StartupError:
    """The problem that a file or folder, or the first one above that exists, is of another user."""
    user, found, stat = _user(os.geteuid()), path.absolute(), None
    while stat is None:
        try:
            stat = found.stat()
        except OSError:
            found = found.parent
    owner, quoted = _user(stat.st_uid), shlex.quote(str(path.absolute()))
    if found != path.absolute():
        advice = f"Create it for that user: sudo install -d -m 0700 -o {user} {quoted}"
    elif owner == user:
        advice = f"Let its owner use it: sudo chmod u+{'rwx' if found.is_dir() else 'rw'} {quoted}"
    else:  # beside a file of SQLite are others of the same owner
        advice = f"Give it to that user: sudo chown {user}: {quoted}{'' if found.is_dir() else '*'}"
    sentence = f"The bot runs as {user} and can't use {path}: {found} belongs to {owner}."
    return StartupError(Exit.BAD_STATE_DIR, sentence, advice)


def _user(number: int) -> str:
    import pwd  # missing on Windows

    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def closed_port(error: OSError, port: int, setting: str) -> StartupError:
    """The problem that the bot can't open a port."""
    match error.errno:
        case errno.EADDRINUSE:
            found, advice = "is in use, perhaps by another bot", "Stop that one"
        case errno.EACCES:
            found, advice = "is not open to this user", "Run the bot as another user"
        case _:
            found = f"can't be opened ({error.strerror or error})"
            advice = "Set METRICS_HOST to an address of this machine"
    other = f"{setting}={port % 65535 + 1}"
    return StartupError(
        Exit.PORT_IN_USE,
        f"Port {port} {found}.",
        f"{advice}, or set another port, for example {other}",
    )


def how_to_install(requirements: str = "requirements.txt") -> str:
    """Advice on a missing package, which may be there for another Python."""
    if (VENV / "bin" / "python").exists() and Path(sys.prefix).resolve() != VENV.resolve():
        return "Run it with .venv/bin/python, which has packages of its own"
    return f"Run: .venv/bin/python -m pip install --require-hashes -r {requirements}"


def exit_without_package(error: ModuleNotFoundError) -> NoReturn:
    """End the process with a sentence on a missing package. Raises the error for one of ours."""
    package = (error.name or "").partition(".")[0]
    if package in OURS:
        raise error
    requirements = "requirements-slack.txt" if package in FOR_SLACK else "requirements.txt"
    sys.stderr.write(f"The package {package} is missing. {how_to_install(requirements)}\n")
    sys.exit(Exit.MISSING_PACKAGE)


def missing_extra(setting: str, package: str, requirements: str) -> StartupError:
    """The problem that a setting needs a package that is not installed."""
    return StartupError(
        Exit.BAD_SETTINGS,
        f"{setting} is set, but the package {package} is not installed.",
        f"{how_to_install(requirements)}, or leave {setting} out.",
    )


def stop_at_once_if_told() -> None:
    """Let SIGTERM and Ctrl-C end the process at once, with 0: there is nothing to stop yet.

    Called first, and holds until `bot.operate.serving.lifetime` waits for the same signals.
    Without it, the first process of a container would ignore SIGTERM while it starts. Nothing is
    lost: what a start writes survives the end of the process at any moment.
    """

    def stop(*_: object) -> None:
        end_process(Exit.OK, logging.INFO, "Stopped before the start was complete")

    for number in STOP_SIGNALS:
        signal.signal(number, stop)


def end_process(code: Exit, level: int, line: str) -> None:
    """End the process, whatever hangs, after a line in the log, unless that hangs as well."""
    writing = threading.Thread(target=log.log, args=(level, line), daemon=True)
    writing.start()
    writing.join(LOGGING_S)
    os._exit(code)


class LastResort:
    """Ends the process `STOP_S` after `start` if it is still there.

    A query, a request or a computation that never ends can hold up the event loop, or keep a thread
    that Python waits for at its end.
    """

    def __init__(self) -> None:
        self._timer: threading.Timer | None = None

    def start(self, code: Exit = Exit.STOPPED_LATE) -> None:
        """Begin to wait. Can be called in a signal handler, and again: the first code counts."""
        if self._timer is None:
            self._timer = threading.Timer(STOP_S, self._give_up, [code])
            self._timer.daemon = True
            self._timer.start()

    def _give_up(self, code: Exit) -> None:
        hanging = [thread.name for thread in threading.enumerate() if not thread.daemon]
        line = (
            f"The bot has not stopped within {STOP_S:g} s and is ended now. "
            f"Running threads: {', '.join(hanging)}"
        )
        end_process(code, logging.CRITICAL, line)
