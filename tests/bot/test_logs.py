"""Logs as text and as JSON."""

import json
import logging
from collections.abc import Iterator

import pytest

from bot.logs import set_up_logs


@pytest.fixture(autouse=True)
def restored_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def test_text(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("text", "INFO")
    logging.getLogger("bot.x").info("Hello %s", "you")
    line = capsys.readouterr().err
    assert line.startswith("20")
    assert line.endswith("INFO    bot.x: Hello you\n")


def test_json(
    capsys: pytest.CaptureFixture[str],
) -> None:
    set_up_logs("json", "INFO")
    try:
        raise LookupError("line\nbreak")
    except LookupError:
        logging.getLogger("bot.x").exception("Broken")
    (line,) = capsys.readouterr().err.splitlines()
    entry = json.loads(line)
    assert (entry["level"], entry["logger"], entry["message"]) == ("ERROR", "bot.x", "Broken")
    assert "LookupError" in entry["exception"]
    assert entry["time"].endswith("+00:00")


def test_level(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("text", "WARNING")
    logging.getLogger("bot.x").info("Hello")
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("style", ["text", "json"])
def test_secret_is_redacted(capsys: pytest.CaptureFixture[str], style: str) -> None:
    set_up_logs(style, "INFO", secret="s3cret")  # type: ignore[arg-type]  # noqa: S106
    try:
        raise ValueError("with s3cret")
    except ValueError:
        logging.getLogger("bot.x").exception("Token %s", "s3cret")
    assert "s3cret" not in capsys.readouterr().err
