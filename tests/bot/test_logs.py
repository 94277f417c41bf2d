"""Logs as text and as JSON."""

import io
import json
import logging
from asyncio import CancelledError
from collections.abc import Iterator
from typing import Literal

import pytest

from bot.logs import MINUTE_S, MOST_ALIKE, POOL, CountingHandler, set_up_logs
from bot.monitoring.monitor import Monitor
from tests.clock import Clock

pytestmark = pytest.mark.usefixtures("restored_logging")


def test_text(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("text", "INFO")
    logging.getLogger("bot.x").debug("Nothing")
    logging.getLogger("bot.x").info("Hello %s", "you")
    line = capsys.readouterr().err
    assert line.startswith("20")
    assert line.endswith("INFO    bot.x: Hello you\n")
    assert "Nothing" not in line


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
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


@pytest.mark.parametrize("error", [ConnectionError("away"), CancelledError(), LookupError("x")])
def test_connections_that_were_not_closed(
    capsys: pytest.CaptureFixture[str], error: BaseException
) -> None:
    """No fault of the bot: the database is away, or the bot is ending."""
    set_up_logs("text", "INFO")
    logging.getLogger(POOL).error("Not closed", exc_info=error)
    logged = capsys.readouterr().err
    assert "Not closed" in logged
    assert ("ERROR" in logged) == isinstance(error, LookupError)
    assert ("LookupError: x" in logged) == isinstance(error, LookupError)


@pytest.mark.parametrize("style", ["text", "json"])
def test_reference_of_the_request(
    capsys: pytest.CaptureFixture[str], style: Literal["text", "json"]
) -> None:
    set_up_logs(style, "INFO")
    with Monitor().track("/sonnet", 1) as request:
        logging.getLogger("bot.x").info("Within")
    logging.getLogger("bot.x").info("Without")
    within, end, without = capsys.readouterr().err.splitlines()
    if style == "text":
        assert within.endswith(f" bot.x: [{request.reference}] Within")
    else:
        assert json.loads(within)["request"] == request.reference
    assert request.reference in end
    assert request.reference not in without


@pytest.mark.parametrize(
    "name", ["discord.http", "discord.gateway", "discord.webhook.async_", "aiosqlite"]
)
def test_debug_hides_words_of_members(capsys: pytest.CaptureFixture[str], name: str) -> None:
    """These libraries log requests, events and parameters with all of their text."""
    set_up_logs("text", "DEBUG")
    logging.getLogger(name).debug("PATCH with %s", {"content": "a member's words"})
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    "line",
    [
        "Token s3cret",
        "POST https://discord.com/api/v10/webhooks/12/t0ken-_x/messages/@original failed",
        "POST https://discord.com/api/v10/interactions/12/t0ken failed",
        "POST https://hooks.slack.com/commands/T1/2/t0ken failed",
        "POST https://hooks.slack-gov.com/actions/T1/2/t0ken failed",
        "url='wss://wss-primary.slack.com/link/?ticket=t0ken&app_id=A1'",
    ],
)
@pytest.mark.parametrize("style", ["text", "json"])
def test_secrets_are_redacted(
    line: str, style: Literal["text", "json"], capsys: pytest.CaptureFixture[str]
) -> None:
    """Those that are given, and the tokens in addresses; in tracebacks, too."""
    set_up_logs(style, "INFO", secrets=["s3cret"])
    try:
        raise ValueError(line)
    except ValueError:
        logging.getLogger("somewhere").exception("%s", line)
    printed = capsys.readouterr().err
    assert "s3cret" not in printed
    assert "t0ken" not in printed
    assert printed.count("[secret]") == 2


class Flood:
    """A logger whose warnings are counted."""

    def __init__(self) -> None:
        self._written, self.clock = io.StringIO(), Clock()
        self.handler = CountingHandler(self._written, self.clock)
        self.log = logging.getLogger("tests.flood")
        self.log.propagate, self.log.level = False, logging.INFO
        self.log.addHandler(self.handler)

    def lines(self) -> list[str]:
        """What was written."""
        return self._written.getvalue().splitlines()


@pytest.fixture
def flood() -> Iterator[Flood]:
    flood = Flood()
    yield flood
    flood.log.removeHandler(flood.handler)


def test_repeated_warnings_are_counted(flood: Flood) -> None:
    """Those that differ in numbers only; other lines, and every request's, are all written."""
    log, lines = flood.log, flood.lines
    for number in range(1000):
        log.error("Connection %d is broken\nsocket: %d", number, number)
        log.info("A request was answered after %d ms", number)
    log.error("Something else")
    assert sum("is broken" in line for line in lines()) == MOST_ALIKE
    assert sum("A request" in line for line in lines()) == 1000
    assert lines()[-1] == "Something else"
    flood.clock.now += MINUTE_S
    log.info("Later")
    left_out = "990 more lines like this one were left out: Connection 0 is broken"
    assert lines()[-2:] == [left_out, "Later"]
    for _ in range(MOST_ALIKE + 1):
        log.error("Connection 1 is broken")
    flood.handler.close()
    assert lines()[-1].startswith("1 more lines like this one")


def test_other_faults_are_not_left_out(flood: Flood) -> None:
    """A line with another exception is another kind."""
    for error in [*[KeyError("x")] * (MOST_ALIKE + 1), IndexError("y")]:
        flood.log.error("An answer failed", exc_info=error)
    assert sum("KeyError" in line for line in flood.lines()) == MOST_ALIKE
    assert "IndexError: y" in flood.lines()
