"""Logging to standard error: text lines, or one JSON object per line."""

import json
import logging
import re
import sys
import time
from asyncio import CancelledError
from collections import Counter
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from typing import Literal, TextIO

from bot.monitoring.requests import current, reference

LEVEL_OF_OTHERS = {"discord": logging.INFO, "slack_sdk": logging.INFO, "aiosqlite": logging.INFO}
"""Lowest levels of libraries that log members' words and tokens of interactions below it."""
POOL = "sqlalchemy.pool.impl.AsyncAdaptedQueuePool"
"""The logger of connections that were not closed properly: no database, or the bot is ending."""
MINUTE_S = 60.0
MOST_ALIKE = 10
"""Warnings of one kind that are written in a minute."""
MOST_KINDS = 500
"""Kinds of warnings that are counted in a minute; further ones are all written."""
LONGEST_COMPARED = 300
"""Characters of a line by which its kind is told."""
_NUMBER = re.compile(r"\d+")
_TOKEN = re.compile(
    r"(/(?:webhooks|interactions)/\d+/|hooks\.slack(?:-gov)?\.com/\w+/|\bticket=)[\w./%-]+"
)
"""The token in the address of a request, of an answer on Slack, or of a connection to it."""


class JsonFormatter(logging.Formatter):
    """Formats a record as one line of JSON.

    `time`, `level`, `logger`, `message`, and where there is one, `request` (the reference of the
    request that it belongs to) and `exception`.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Format a record."""
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if request := reference():
            entry["request"] = request
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False)


class TextFormatter(logging.Formatter):
    """Formats a record as text, with the reference of the request that it belongs to."""

    def __init__(self) -> None:
        super().__init__("{asctime} {levelname:<7} {name}: {request}{message}", style="{")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 (of the base class)
        """Format a record's line, without its traceback."""
        request = reference()
        record.request = f"[{request}] " if request else ""
        return super().formatMessage(record)


class RedactingFormatter(logging.Formatter):
    """Replaces secrets in the output of another formatter, tracebacks included.

    Besides the given secrets these are the tokens of interactions, in addresses of requests.
    """

    def __init__(self, inner: logging.Formatter, secrets: Collection[str] = ()) -> None:
        super().__init__()
        self._inner = inner
        self._secrets = secrets

    def format(self, record: logging.LogRecord) -> str:
        """Format a record without the secrets."""
        line = _TOKEN.sub(r"\1[secret]", self._inner.format(record))
        for secret in self._secrets:
            line = line.replace(secret, "[secret]")
        return line


class CountingHandler(logging.StreamHandler[TextIO]):
    """Writes lines, and of warnings that only differ in their numbers a few a minute.

    The others are counted, and their number is written when the minute is over. So a fault that
    repeats itself cannot fill the disk.
    """

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(stream)
        self._clock, self._ends = clock, 0.0
        self._counts: Counter[tuple[str, str, str]] = Counter()
        """Counts by logger, line without its numbers, and class of the exception."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record, or count it."""
        if (now := self._clock()) >= self._ends:
            self._write_counts()
            self._ends = now + MINUTE_S
        if record.levelno < logging.WARNING or self._count(record) <= MOST_ALIKE:
            super().emit(record)

    def close(self) -> None:
        """Write what was counted."""
        self._write_counts()
        super().close()

    def _count(self, record: logging.LogRecord) -> int:
        """How many of the kind of a record there were in this minute, with itself."""
        error = record.exc_info[0] if record.exc_info else None
        try:
            line = _NUMBER.sub("0", record.getMessage()[:LONGEST_COMPARED])
        except Exception:  # noqa: BLE001 (of the arguments; `emit` reports it)
            return 0
        kind = record.name, line, error.__name__ if error else ""
        if kind in self._counts or len(self._counts) < MOST_KINDS:
            self._counts[kind] += 1
        return self._counts[kind]

    def _write_counts(self) -> None:
        counts, self._counts = self._counts, Counter()
        request = current.set(None)  # that of the record which ends the minute
        for (name, line, _error), count in counts.items():
            if count > MOST_ALIKE:
                words = "%s more lines like this one were left out: %s"
                left = (f"{count - MOST_ALIKE:,}", line.partition("\n")[0])
                super().emit(
                    logging.LogRecord(name, logging.WARNING, __file__, 0, words, left, None)
                )
        current.reset(request)


def set_up_logs(style: Literal["text", "json"], level: str, secrets: Collection[str] = ()) -> None:
    """Send all logs to standard error in one format; each of `secrets` is replaced by `[secret]`.

    No level shows what members write: libraries that would log it stay at INFO or above.
    """
    formatter = JsonFormatter() if style == "json" else TextFormatter()
    handler = CountingHandler(sys.stderr)
    handler.setFormatter(RedactingFormatter(formatter, secrets))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name, lowest in LEVEL_OF_OTHERS.items():
        logging.getLogger(name).setLevel(max(lowest, logging.getLogger().level))
    logging.getLogger("discord.client").addFilter(_is_not_about_voice)
    logging.getLogger("alembic.runtime.plugins").setLevel(logging.WARNING)
    logging.getLogger(POOL).addFilter(_shortened_failure)


def shorten(record: logging.LogRecord, errors: tuple[type[BaseException], ...]) -> None:
    """Replace the traceback of such an error by the error: the bot handles it.

    A traceback says that the bot has a fault.
    """
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, errors):
        record.msg, record.args = f"{record.getMessage()}: {error!r}", ()
        record.exc_info = None
        record.levelno, record.levelname = logging.WARNING, "WARNING"


def _shortened_failure(record: logging.LogRecord) -> bool:
    shorten(record, (OSError, CancelledError))
    return True


def _is_not_about_voice(record: logging.LogRecord) -> bool:
    """Filter out discord.py's warnings about missing voice libraries, which the bot never uses."""
    return "voice will NOT be supported" not in record.getMessage()
