"""What is served, and the end of the process."""

import asyncio
import logging
import signal
from collections.abc import Iterator

import pytest

from bot.serving.platforms import Tokens, tokens_of
from bot.serving.until_stopped import leave_behind, serve_until_stopped
from bot.settings import Settings
from bot.startup import Exit, LastResort, StartupError
from bot.store import Unavailable


@pytest.mark.parametrize(
    ("error", "level"), [(Unavailable("gone"), logging.INFO), (KeyError("x"), logging.ERROR)]
)
async def test_calls_left_behind(
    error: Exception, level: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    context = {"message": "closing a generator", "exception": error}
    leave_behind(asyncio.get_running_loop(), context)
    (record,) = caplog.records
    assert record.levelno == level
    assert bool(record.exc_info) == (level == logging.ERROR)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"discord_token": "a"}, Tokens("a")),
        (
            {"slack_bot_token": "xoxb-1", "slack_app_token": "xapp-1"},
            Tokens("", "xoxb-1", "xapp-1"),
        ),
        (
            {"discord_token": "a", "slack_bot_token": "xoxb-1", "slack_app_token": "xapp-1"},
            Tokens("a", "xoxb-1", "xapp-1"),
        ),
    ],
)
def test_tokens(settings: dict[str, object], expected: Tokens) -> None:
    assert tokens_of(Settings(_env_file=None, **settings)) == expected  # type: ignore[arg-type]
    assert "xoxb" not in repr(expected)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, "No token is set"),
        ({"slack_bot_token": "xoxb-1"}, "SLACK_APP_TOKEN is not set"),
        ({"slack_app_token": "xapp-1", "discord_token": "a"}, "SLACK_BOT_TOKEN is not set"),
    ],
)
def test_missing_tokens(settings: dict[str, object], expected: str) -> None:
    with pytest.raises(StartupError, match=expected) as raised:
        tokens_of(Settings(_env_file=None, **settings))  # type: ignore[arg-type]
    assert raised.value.code is Exit.NO_TOKEN


async def test_first_end_stops_all() -> None:
    """Of two platforms, one fails: the process ends with its error."""
    cancelled = asyncio.Event()

    async def works() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            cancelled.set()

    async def fails() -> None:
        await asyncio.sleep(0)
        raise StartupError(Exit.TOKEN_REJECTED, "no")

    async def shut_down() -> None:
        raise AssertionError("nobody has asked for that")

    with pytest.raises(StartupError):
        await serve_until_stopped([works(), fails()], shut_down)
    assert cancelled.is_set()


async def test_signal_shuts_down() -> None:
    steps: list[str] = []

    async def works() -> None:
        signal.raise_signal(signal.SIGTERM)
        await asyncio.sleep(60)

    async def shut_down() -> None:
        steps.append("down")

    await serve_until_stopped([works()], shut_down)
    assert steps == ["down"]


@pytest.fixture(autouse=True)
def _handlers(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Signals as they were, and a process that is not ended."""
    monkeypatch.setattr(LastResort, "start", lambda _self: None)
    before = [(each, signal.getsignal(each)) for each in (signal.SIGINT, signal.SIGTERM)]
    yield
    for number, handler in before:
        signal.signal(number, handler)
