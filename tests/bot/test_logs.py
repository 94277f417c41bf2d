"""Logs for people and for machines."""

import json
import logging
from collections.abc import Iterator

import pytest

from bot.logs import set_up_logs


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def test_text_names_time_level_and_logger(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("text", "INFO")
    logging.getLogger("bot.x").info("Hello %s", "you")
    line = capsys.readouterr().err
    assert line.startswith("20")
    assert line.endswith("INFO    bot.x: Hello you\n")


def test_json_is_one_object_a_line_tracebacks_included(
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


def test_what_is_below_the_level_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("text", "WARNING")
    logging.getLogger("bot.x").info("Hello")
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("style", ["text", "json"])
def test_a_secret_never_appears(capsys: pytest.CaptureFixture[str], style: str) -> None:
    set_up_logs(style, "INFO", secret="s3cret")  # type: ignore[arg-type]  # noqa: S106
    try:
        raise ValueError("with s3cret")
    except ValueError:
        logging.getLogger("bot.x").exception("Token %s", "s3cret")
    assert "s3cret" not in capsys.readouterr().err
