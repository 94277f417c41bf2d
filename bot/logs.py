"""Logs on standard error: lines for people, or one JSON object a line for machines."""

import json
import logging
import sys
from datetime import UTC, datetime

from bot.settings import LogFormat


class JsonFormatter(logging.Formatter):
    """A record as one line of JSON: `time`, `level`, `logger`, `message`, `exception`."""

    def format(self, record: logging.LogRecord) -> str:
        """Format a record."""
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False)


class Secret(logging.Formatter):
    """Wraps a formatter and hides a secret wherever it would appear, tracebacks included."""

    def __init__(self, inner: logging.Formatter, secret: str) -> None:
        super().__init__()
        self._inner = inner
        self._secret = secret

    def format(self, record: logging.LogRecord) -> str:
        """Format a record without the secret."""
        return self._inner.format(record).replace(self._secret, "[secret]")


def set_up_logs(style: LogFormat, level: str, secret: str | None = None) -> None:
    """Send all logs to standard error, in one format. `secret` never appears in them."""
    formatter: logging.Formatter = (
        JsonFormatter()
        if style == "json"
        else logging.Formatter("{asctime} {levelname:<7} {name}: {message}", style="{")
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Secret(formatter, secret) if secret else formatter)
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.getLogger("discord.client").addFilter(_has_nothing_to_do_with_voice)
    logging.getLogger("alembic.runtime.plugins").setLevel(logging.WARNING)


def _has_nothing_to_do_with_voice(record: logging.LogRecord) -> bool:
    """Leave out the library's warnings that it cannot speak: this bot only writes."""
    return "voice will NOT be supported" not in record.getMessage()
