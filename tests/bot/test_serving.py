"""What is served, and the end of the process."""

import asyncio
import logging
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import cast
from unittest.mock import AsyncMock

import pytest

from bot.chat.app import App
from bot.fleet.membership import Served, ShardsTaken
from bot.launch import Tokens, tokens_of
from bot.operate.serving import lifetime
from bot.operate.serving.lifetime import (
    alone,
    joined,
    leave_behind,
    serve_until_stopped,
    tell_systemd,
)
from bot.operate.serving.platforms import built_alone, home_by_default, start_patiently
from bot.settings import Settings, checked
from bot.startup import Exit, LastResort, StartupError
from bot.store import Database, StoreError, Unavailable, url_of
from tests.waiting import eventually


async def test_transaction_left_behind(caplog: pytest.LogCaptureFixture) -> None:
    """One that a step of stopping was in the middle of when it took too long."""

    async def writing() -> AsyncIterator[None]:
        try:
            yield
        finally:
            raise ValueError("close() can't be called here")

    caplog.set_level(logging.INFO)
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(leave_behind)
    transaction = writing()
    await anext(transaction)
    await loop.shutdown_asyncgens()
    assert {record.levelno for record in caplog.records} == {logging.INFO}


SLACK_TOKENS = {"slack_bot_token": "xoxb-1", "slack_app_token": "xapp-1"}


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"discord_token": "a"}, Tokens("a")),
        (SLACK_TOKENS, Tokens("", "xoxb-1", "xapp-1")),
        (SLACK_TOKENS | {"discord_token": "a"}, Tokens("a", "xoxb-1", "xapp-1")),
    ],
)
def test_tokens(settings: dict[str, str], expected: Tokens) -> None:
    assert tokens_of(checked(settings)[0]) == expected
    assert "xoxb" not in repr(expected)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, "No token is set"),
        ({"slack_bot_token": "xoxb-1"}, "SLACK_APP_TOKEN is not set"),
        ({"slack_app_token": "xapp-1", "discord_token": "a"}, "SLACK_BOT_TOKEN is not set"),
        ({"discord_token": "'a'"}, "contains quotes"),
        ({"discord_token": "a b"}, "contains a space or a line break"),
    ],
)
def test_wrong_tokens(settings: dict[str, str], expected: str) -> None:
    with pytest.raises(StartupError, match=expected) as raised:
        tokens_of(checked(settings)[0])
    code = Exit.BAD_SETTINGS if settings else Exit.NO_TOKEN
    assert raised.value.code is code


async def test_first_end_stops_all() -> None:
    """Of two platforms, one fails: the process ends with its error."""
    cancelled, shut_down = asyncio.Event(), AsyncMock()

    async def works() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            cancelled.set()

    async def fails() -> None:
        await asyncio.sleep(0)
        raise StartupError(Exit.TOKEN_REJECTED, "no")

    with pytest.raises(StartupError):
        await serve_until_stopped([works(), fails()], shut_down, never())
    assert cancelled.is_set()
    shut_down.assert_not_awaited()


@pytest.mark.parametrize("lost", [1, 9])
async def test_lost_cancellation(lost: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is repeated; what never ends is left behind."""
    monkeypatch.setattr(lifetime, "CANCELLED_S", 0.01)
    monkeypatch.setattr(lifetime, "MOST_CANCELLATIONS", 3)

    released = asyncio.Event()

    async def loses() -> None:
        for _ in range(lost):
            with suppress(asyncio.CancelledError):
                await released.wait()
        await released.wait()

    async def fails() -> None:
        await asyncio.sleep(0)
        raise StartupError(Exit.TOKEN_REJECTED, "no")

    with pytest.raises(StartupError, match="no"):
        async with asyncio.timeout(60):
            await serve_until_stopped([loses(), fails()], AsyncMock(), never())
    released.set()


@pytest.mark.parametrize("is_lost", [False, True])
async def test_process_that_ends_shuts_down(
    is_lost: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """After a signal, or because only a restart helps."""
    steps: list[list[str]] = []

    async def works() -> None:
        if not is_lost:
            signal.raise_signal(signal.SIGTERM)
        await asyncio.sleep(60)

    async def shut_down() -> None:
        steps.append(caplog.messages[-1:])

    async def until_lost() -> str:
        return "3 threads hang" if is_lost else await never()

    serving = serve_until_stopped([works()], shut_down, until_lost())
    if is_lost:
        with pytest.raises(StartupError, match="ended itself") as raised:
            await serving
        assert raised.value.code is Exit.HUNG
        assert steps == [["Only a restart helps: 3 threads hang. The bot stops"]]
    else:
        await serving
        assert steps == [[]]


@pytest.mark.parametrize(
    ("failures", "code", "can_start"),
    [
        (6, Exit.UNREACHABLE, True),
        (1, Exit.TOKEN_REJECTED, True),  # does not pass
        (1, Exit.UNREACHABLE, False),  # what had started is for a restart
    ],
)
async def test_platform_that_is_away_is_tried_again(
    failures: int,
    code: Exit,
    can_start: bool,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    sleep = AsyncMock()
    monkeypatch.setattr("bot.operate.serving.platforms.asyncio.sleep", sleep)
    start = AsyncMock(side_effect=[*[StartupError(code, "It is away.")] * failures, None])
    serving = start_patiently("Slack", start, lambda: can_start)
    if failures == 1:
        with pytest.raises(StartupError, match="away"):
            await serving
        assert start.await_count == 1
    else:
        await serving
        assert [call.args[0] for call in sleep.await_args_list] == [5, 10, 20, 40, 60, 60]
        assert caplog.messages[0] == "It is away. Slack is tried again in 5 s"


async def never() -> str:
    await asyncio.sleep(60)
    return ""


@pytest.fixture(autouse=True)
def _handlers(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Signals as they were, and a process that is not ended."""
    monkeypatch.setattr(LastResort, "start", lambda _self, _code=None: None)
    before = [(each, signal.getsignal(each)) for each in (signal.SIGINT, signal.SIGTERM)]
    yield
    for number, handler in before:
        signal.signal(number, handler)


@pytest.mark.parametrize(
    ("settings", "is_home"),
    [
        ({}, True),
        ({"home_workspaces": "T1"}, False),
        ({"shard_count": "4"}, False),  # others hold the servers of the same bot
    ],
)
def test_home_of_slack_alone(settings: dict[str, str], is_home: bool) -> None:
    assert home_by_default(checked(settings)[0]) is is_home


@pytest.mark.parametrize(
    ("error", "code", "sentence"),
    [
        (ShardsTaken("Another process runs the shards 3."), Exit.SHARDS_TAKEN, "change SHARD_IDS"),
        (Unavailable("The database does not answer: no"), Exit.BAD_DATABASE, "DATABASE_URL"),
    ],
)
async def test_start_without_its_shards(error: Exception, code: Exit, sentence: str) -> None:
    """What `python -m bot` says, and its exit code."""
    fleet = AsyncMock(join=AsyncMock(side_effect=error))
    app = cast("App", SimpleNamespace(fleet=fleet))
    with pytest.raises(StartupError, match=sentence) as raised:
        async with joined(app, Served.DISCORD):
            raise AssertionError("it must not be served")
    assert raised.value.code is code
    assert str(error) in str(raised.value)
    fleet.close.assert_awaited_once()


async def _start_and_stop(settings: Settings) -> None:
    async with built_alone(settings):
        pass


async def test_second_bot_on_a_sqlite_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It waits for one that is about to end, and is refused if that goes on.

    Before it migrates the file, or loads the networks.
    """
    caplog.set_level(logging.INFO)
    settings, loads = Settings(state_dir=tmp_path), AsyncMock(side_effect=StoreError("no networks"))
    monkeypatch.setattr("bot.app.open_versions", loads)
    monkeypatch.setattr("bot.operate.serving.lifetime.PREDECESSOR_S", 0.1)
    async with alone(database := Database(url_of(None, tmp_path))):
        with pytest.raises(StartupError, match=r"Another process of the bot uses .*stop that one"):
            await _start_and_stop(settings)
        assert "Waiting up to 0.1 s for it to end" in caplog.text
        monkeypatch.setattr("bot.operate.serving.lifetime.PREDECESSOR_S", 60.0)
        waiting = asyncio.create_task(_start_and_stop(settings))
        await eventually(lambda: "Waiting up to 60 s" in caplog.text)
        assert not await asyncio.to_thread(Path(database.url.database or "").exists)
    with pytest.raises(StartupError, match="no networks"):
        await waiting
    loads.assert_awaited_once()
    async with alone(database):  # a start that fails holds nothing
        pass


@pytest.mark.skipif(sys.platform == "win32", reason="systemd is for Linux")
async def test_watchdog_is_told_while_the_loop_runs() -> None:
    with (
        tempfile.TemporaryDirectory() as folder,  # addresses are short
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor,
    ):
        supervisor.bind(address := f"{folder}/notify")
        supervisor.setblocking(False)
        asked = {"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "3000"}
        telling = asyncio.create_task(tell_systemd(asked))
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(60):
            for _ in range(2):
                assert await loop.sock_recv(supervisor, 100) == b"WATCHDOG=1"
        telling.cancel()


@pytest.mark.parametrize("limit", [{}, {"WATCHDOG_USEC": "3000", "WATCHDOG_PID": "1"}])
async def test_nobody_watches(limit: dict[str, str]) -> None:
    async with asyncio.timeout(60):
        await tell_systemd({})
        await tell_systemd({"NOTIFY_SOCKET": "/nowhere"} | limit)


@pytest.mark.skipif(sys.platform == "win32", reason="systemd is for Linux")
async def test_absent_supervisor() -> None:
    """systemd may restart itself: that keeps nobody from an answer."""
    telling = asyncio.create_task(
        tell_systemd({"NOTIFY_SOCKET": "/nowhere", "WATCHDOG_USEC": "3000"})
    )
    await asyncio.sleep(0.01)
    assert not telling.done()
    telling.cancel()
