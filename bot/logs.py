"""Logging to standard error: text lines, or one JSON object per line."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Literal


class JsonFormatter(logging.Formatter):
    """Formats a record as one line of JSON: `time`, `level`, `logger`, `message`, `exception`."""

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


class RedactingFormatter(logging.Formatter):
    """Replaces a secret in the output of another formatter, tracebacks included."""

    def __init__(self, inner: logging.Formatter, secret: str) -> None:
        super().__init__()
        self._inner = inner
        self._secret = secret

    def format(self, record: logging.LogRecord) -> str:
        """Format a record without the secret."""
        return self._inner.format(record).replace(self._secret, "[secret]")


def set_up_logs(style: Literal["text", "json"], level: str, secret: str | None = None) -> None:
    """Send all logs to standard error in one format; `secret` is replaced by `[secret]`."""
    formatter: logging.Formatter = (
        JsonFormatter()
        if style == "json"
        else logging.Formatter("{asctime} {levelname:<7} {name}: {message}", style="{")
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(RedactingFormatter(formatter, secret) if secret else formatter)
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.getLogger("discord.client").addFilter(_is_not_about_voice)
    logging.getLogger("alembic.runtime.plugins").setLevel(logging.WARNING)


def _is_not_about_voice(record: logging.LogRecord) -> bool:
    """Filter out discord.py's warnings about missing voice libraries, which the bot never uses."""
    return "voice will NOT be supported" not in record.getMessage()
