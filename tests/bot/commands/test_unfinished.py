"""Answers that a process leaves unfinished, closed by the next one."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.commands.core import dispatch
from bot.commands.core.app import App
from bot.commands.core.message import Button, Message, plain
from bot.commands.core.turn import AnswerRef, Gone, Turn, Unreachable
from bot.commands.unfinished import AnswerCloser
from bot.commands.verse import sonnet
from bot.commands.verse.sonnet import SonnetOptions
from bot.store import Unavailable
from bot.store.answers.unfinished import SILENCE
from models.verse.poem import SonnetRequest
from tests.bot.conftest import World
from tests.bot.turns import CHANNEL, FakePlatform, FakeTurn

RETRY = Button("Again", "sonnet", "a state")


async def killed(app: App, retry: Button | None = RETRY) -> None:
    """Defer a command, and end it as the end of its process would."""
    begun = asyncio.Event()

    async def command(_app: App, turn: Turn, _options: str) -> None:
        await turn.defer(retry=retry)
        begun.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(dispatch.run(app, FakeTurn(FakePlatform()), command, ""))
    await asyncio.wait_for(begun.wait(), 10)
    task.cancel()
    await asyncio.wait([task])
    await written(app)


async def written(app: App) -> None:
    """Wait until the database has what is recorded."""
    async with asyncio.timeout(10):
        while app.unfinished.is_writing:  # noqa: ASYNC110 (writing signals nothing)
            await asyncio.sleep(0.001)


def heir_of(app: App) -> App:
    """The next process, when the other one has been silent for long enough."""
    return replace(app, now=lambda: app.now() + 2 * SILENCE)


@pytest.fixture
def app(world: World) -> App:
    return world.make_app()


async def test_killed_answer_is_closed_with_its_button(app: App) -> None:
    await killed(app)
    platform = FakePlatform()
    closer = AnswerCloser(heir_of(app), platform)
    await closer.close_left()
    ((ref, message),) = platform.closed
    assert ref == AnswerRef(CHANNEL, None, "a token")
    assert plain(message.content) == "The bot was restarted while it was writing this."
    assert [(button.action, button.state) for button in message.buttons] == [("sonnet", "a state")]
    await closer.close_left()
    assert len(platform.closed) == 1


async def test_answer_without_button(app: App) -> None:
    await killed(app, retry=None)
    platform = FakePlatform()
    await AnswerCloser(heir_of(app), platform).close_left()
    ((_ref, message),) = platform.closed
    assert plain(message.content).endswith("Use the command again.")
    assert message.buttons == ()


async def test_answered_requests_leave_nothing(app: App) -> None:
    turn = FakeTurn(FakePlatform())
    await dispatch.run(app, turn, sonnet.sonnet, SonnetOptions(SonnetRequest("Shall I")))
    await written(app)
    platform = FakePlatform()
    await AnswerCloser(heir_of(app), platform).close_left()
    assert platform.closed == []


async def test_living_process_keeps_its_answers(app: App) -> None:
    await killed(app)
    platform = FakePlatform()
    other = replace(app, now=lambda: app.now() + SILENCE - timedelta(seconds=5))
    await AnswerCloser(other, platform).close_left()
    assert platform.closed == []


@pytest.mark.parametrize(("error", "tries"), [(Unreachable(), 3), (Gone(), 1)])
async def test_closing_is_repeated_while_platform_is_away(
    app: App, error: Exception, tries: int
) -> None:
    class Away(FakePlatform):
        tried = 0

        async def close_answer(self, ref: AnswerRef, message: Message) -> None:
            Away.tried += 1
            if Away.tried < 3:
                raise error

    await killed(app)
    closer = AnswerCloser(heir_of(app), Away())
    for _ in range(5):
        await closer.close_left()
    assert Away.tried == tries


async def test_end_is_stored_when_database_is_back(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = app.unfinished.begin("fake", CHANNEL, 9)
    await written(app)
    write = app.store.unfinished.write
    away = True

    async def unavailable(*arguments: object) -> None:
        if away:
            raise Unavailable
        await write(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(app.store.unfinished, "write", unavailable)
    app.unfinished.end(number)
    await written(app)
    away = False
    await app.unfinished.beat()
    await written(app)
    platform = FakePlatform()
    await AnswerCloser(heir_of(app), platform).close_left()
    assert platform.closed == []
