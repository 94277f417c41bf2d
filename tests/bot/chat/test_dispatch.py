"""Answers on a network that comes and goes."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from bot.chat import dispatch
from bot.chat.app import COMMAND_S, MOST_COMMANDS, MOST_PRESSES, MOST_SUGGESTED, PRESS_S, App
from bot.chat.commands import Choice
from bot.chat.dispatch import LAST_TRIES, deliver, stream
from bot.chat.message import Button, Message
from bot.chat.turn import Forbidden, Gone, Turn, Unreachable, User
from bot.platforms.discord.platform import TERMS
from bot.text.spans import Text, plain, text
from bot.writing.errors import Busy
from tests.bot.conftest import World
from tests.bot.turns import ADA, BOB, FakePlatform, FakeTurn, with_buttons
from tests.texts import written


class Line:
    """Something to send on. Fails as often as it has errors."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.shown: list[Message] = []
        self.platform: Any = self
        self.terms = TERMS
        self.spares_requests = False
        self.edits_answers = True
        self.whole_answer_s = 0.0

    async def edit(self, message: Message) -> None:
        if self.errors:
            raise self.errors.pop(0)
        self.shown.append(message)

    async def send(self) -> None:
        await self.edit(Message())


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds between attempts."""
    seconds: list[float] = []

    async def sleep(duration: float) -> None:
        seconds.append(duration)

    monkeypatch.setattr("bot.chat.dispatch.asyncio.sleep", sleep)
    return seconds


@pytest.mark.parametrize(("tries", "arrives"), [(4, True), (3, False)])
async def test_retries_after_longer_and_longer(
    slept: list[float], tries: int, arrives: bool
) -> None:
    line = Line(*[Unreachable()] * 3)
    assert await deliver(line.send, tries=tries) is arrives
    assert len(line.shown) == arrives
    assert slept == [1, 2, 4][: tries - 1]


@pytest.mark.parametrize("error", [Gone(), Forbidden()])
async def test_refusal_is_raised_at_once(slept: list[float], error: Exception) -> None:
    with pytest.raises(type(error)):
        await deliver(Line(error).send, tries=5)
    assert slept == []


async def growing(*words: str, error: Exception | None = None) -> AsyncGenerator[Message, None]:
    """An answer that grows, and may break off."""
    for word in words:
        yield Message(text(written(word)))
    if error is not None:
        raise error


def broken_off(shown: Message, why: Text) -> Message:
    return Message((*shown.content, *text(written(" ")), *why))


async def streamed(line: Any, messages: AsyncGenerator[Message, None]) -> list[str]:  # noqa: ANN401
    """The shown states of an answer."""
    app: Any = SimpleNamespace(registry=SimpleNamespace(explanations={}))
    await stream(app, line, messages, 0, broken_off)
    return [plain(message.content) for message in line.shown]


async def slowly(*_: object) -> AsyncGenerator[Message, None]:
    """An answer that takes a while to grow."""
    async for message in growing("one", "two", "three"):
        yield message
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("reason", ["spares_requests", "edits_answers"])
async def test_optional_edits_are_left_out(reason: str) -> None:
    """While the platform refuses many requests, and where each edit would be one more message."""
    line = Line()
    setattr(line, reason, not getattr(line, reason))
    assert await streamed(line, slowly()) == ["three"]


async def test_quick_answer_is_shown_whole() -> None:
    line = Line()
    line.whole_answer_s = 60.0
    assert await streamed(line, growing("one", "two", "three")) == ["three"]


async def test_slow_answer_is_shown_in_parts() -> None:
    line = Line()
    line.whole_answer_s = 0.001
    assert (await streamed(line, slowly()))[-1] == "three"
    assert len(line.shown) > 1


async def test_lost_edit_is_made_up_for(slept: list[float]) -> None:
    """By the next; the last one is repeated."""
    shown = await streamed(Line(*[Unreachable()] * (LAST_TRIES - 1)), growing("one", "two"))
    assert shown == ["two"]


async def test_broken_stream_keeps_its_beginning() -> None:
    shown = await streamed(Line(), growing("one", error=Busy(2)))
    assert shown[-1] == "one The bot is busy: 2 requests are waiting. Try again in a few minutes."


async def test_stream_without_beginning_raises() -> None:
    with pytest.raises(Busy):
        await streamed(Line(), growing(error=Busy(2)))


async def test_deleted_answer_ends_stream() -> None:
    """Nothing is written for a message that is gone."""
    closed = False

    async def endless() -> AsyncGenerator[Message, None]:
        nonlocal closed
        try:
            while True:
                yield Message(text(written("line")))
                await asyncio.sleep(0)
        finally:
            closed = True

    with pytest.raises(Gone):
        await streamed(Line(Gone()), endless())
    assert closed


@dataclass
class WaitingTurn(FakeTurn):
    """A turn that a command answers only once it has been acknowledged."""

    acknowledged: asyncio.Event = field(default_factory=asyncio.Event)
    how: str = ""

    async def defer(self, *, private: bool = False, retry: Button | None = None) -> None:
        self.how = f"deferred, private: {private}"
        self.acknowledged.set()

    async def acknowledge(self) -> None:
        self.how = "acknowledged"
        self.acknowledged.set()


@pytest.fixture
def waiting(monkeypatch: pytest.MonkeyPatch) -> WaitingTurn:
    monkeypatch.setattr(dispatch, "ACKNOWLEDGED_S", 0)
    return WaitingTurn(FakePlatform())


async def slow(_app: App, turn: Turn, state: str) -> None:
    assert isinstance(turn, WaitingTurn)
    await turn.acknowledged.wait()
    await turn.respond(Message(text(written(f"late {state}"))))


async def test_slow_command_is_deferred(world: World, waiting: WaitingTurn) -> None:
    """Discord forgets a request without a response after three seconds."""
    await dispatch.run(world.make_app(), waiting, slow, "answer")
    assert waiting.how == "deferred, private: True"
    assert waiting.sentence == "late answer"


async def test_slow_press_is_acknowledged(world: World, waiting: WaitingTurn) -> None:
    await dispatch.press(with_buttons(world.make_app(), go=slow), waiting, "go", "press")
    assert waiting.how == "acknowledged"
    assert waiting.sentence == "late press"


async def said(app: App, kind: str, seconds: float, member: User = BOB) -> str:
    """What somebody reads who presses a button, or uses `/help`, some seconds after the start."""
    created_at = app.started_at + timedelta(seconds=seconds)
    turn = FakeTurn(FakePlatform(), member, created_at=created_at)

    async def answer(_app: App, turn: Turn, _options: object) -> None:
        await turn.respond(Message(text(written("answer"))))

    if kind == "press":
        await dispatch.press(with_buttons(app, turn=answer), turn, "turn", "page")
    else:
        await dispatch.run(app, turn, answer, None, name="help")
    return turn.sentence


@pytest.mark.parametrize(
    ("kind", "most", "seconds"),
    [("press", MOST_PRESSES, PRESS_S), ("command", MOST_COMMANDS, COMMAND_S)],
)
async def test_flood_is_refused(world: World, kind: str, most: int, seconds: float) -> None:
    """Also of what has no cooldown of its own."""
    app = world.make_app(cooldown_seconds=4)
    assert {await said(app, kind, 0) for _request in range(most)} == {"answer"}
    assert await said(app, kind, 0) == "You're going too fast; try again in a few seconds."
    assert await said(app, kind, 0, ADA) == "answer"
    assert await said(app, kind, seconds) == "answer"
    assert await said(app, kind, seconds) != "answer"


async def test_quick_reader_turns_all_pages(world: World) -> None:
    """Three pages a second, for ten seconds."""
    app = world.make_app(cooldown_seconds=4)
    assert {await said(app, "press", press / 3) for press in range(30)} == {"answer"}


async def test_flood_of_suggestions_gets_none(world: World) -> None:
    """Typing does not: ten letters a second, for five seconds."""
    app = world.make_app(cooldown_seconds=4)
    computed: list[str] = []

    async def suggestions(_app: App, _turn: Turn, typed: str) -> list[Choice]:
        computed.append(typed)
        return [Choice(written(typed), typed)]

    async def suggested(seconds: float, member: User = BOB) -> bool:
        created_at = app.started_at + timedelta(seconds=seconds)
        turn = FakeTurn(FakePlatform(), member, created_at=created_at)
        return bool(await dispatch.suggest(app, turn, suggestions, "a"))

    assert all([await suggested(letter / 10) for letter in range(50)])
    found = [await suggested(10) for _request in range(100)]
    assert found.count(True) == MOST_SUGGESTED
    assert len(computed) == 50 + MOST_SUGGESTED
    assert await suggested(10, ADA)


async def test_presses_without_cooldowns(world: World) -> None:
    app = world.make_app(cooldown_seconds=0)
    assert {await said(app, "press", 0) for _press in range(100)} == {"answer"}


async def found(_app: App, _turn: Turn, _typed: str) -> list[Choice]:
    return [Choice(written("a"), "a")]


async def never(*_: object) -> list[Choice]:
    await asyncio.Event().wait()
    return []


@pytest.mark.parametrize("hangs", ["suggestions", "blocks"])
async def test_late_suggestions_are_dropped(
    world: World, monkeypatch: pytest.MonkeyPatch, hangs: str
) -> None:
    """The database may not say in time whether the member is blocked."""
    monkeypatch.setattr(dispatch, "SUGGESTED_S", 0)
    app, suggestions = world.make_app(), never if hangs == "suggestions" else found
    if hangs == "blocks":
        monkeypatch.setattr(app.blocks, "reason", never)
    assert await dispatch.suggest(app, FakeTurn(FakePlatform()), suggestions, "a") == []


async def test_no_suggestions_while_stopping(world: World) -> None:
    app, turn = world.make_app(), FakeTurn(FakePlatform())
    assert await dispatch.suggest(app, turn, found, "a")
    await app.in_flight.finish(0)
    assert await dispatch.suggest(app, turn, found, "a") == []
