"""Answers that a process leaves unfinished, closed by the next one."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any
from unittest.mock import ANY, AsyncMock

import pytest

from bot.chat import dispatch, unfinished
from bot.chat.app import App
from bot.chat.closing_answers import MOST_CLOSED, AnswerCloser, undelivered_message
from bot.chat.message import Button, Message
from bot.chat.turn import AnswerRef, Gone, MessageRef, Turn, Unreachable
from bot.community.queries import Action, RecordEntry
from bot.features import jobs
from bot.moderation.queries import Moderation
from bot.names import names
from bot.names.name_options import NamesOptions
from bot.polls.poll_closing import shows_removed
from bot.privacy.queries import Privacy
from bot.store import OutcomeUnknown, Unavailable
from bot.store.answers import SILENCE, TOKEN_LIFETIME, Unfinished, UnfinishedRecord
from bot.text.spans import plain
from bot.verse import sonnet
from bot.verse.sonnet import SonnetOptions
from data.phrases import Phrase
from models.names.generator import NamesRequest
from models.verse.poem import SonnetRequest
from tests.bot.champions import crown
from tests.bot.conftest import World
from tests.bot.turns import ADA, BOB, CHANNEL, COMMUNITY, FakePlatform, FakeTurn
from tests.texts import written
from tests.waiting import eventually

RETRY = Button(Phrase("Again"), "sonnet", "a state")


HIDDEN = AnswerRef(CHANNEL, None, "a token")
SECOND = timedelta(seconds=1)


class AwayPlatform(FakePlatform):
    """Closes no answer."""

    async def close_answer(self, ref: AnswerRef, message: Message) -> None:
        raise Unreachable


def closer_of(app: App, platform: FakePlatform) -> AnswerCloser:
    """The job that closes answers on a platform."""
    return AnswerCloser(app, platform, partial(shows_removed, app))


async def deferred(app: App, turn: FakeTurn, retry: Button | None) -> asyncio.Task[None]:
    """A command that has deferred its answer, and never ends."""
    begun = asyncio.Event()

    async def command(_app: App, turn: Turn, _options: str) -> None:
        await turn.defer(retry=retry)
        begun.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(dispatch.run(app, turn, command, ""))
    await asyncio.wait_for(begun.wait(), 60)
    return task


async def asked(app: App, turn: FakeTurn, opening: str = "Shall I") -> None:
    """Ask for a poem."""
    await dispatch.run(app, turn, sonnet.sonnet, SonnetOptions(SonnetRequest(opening)))


async def killed(app: App, retry: Button | None = RETRY) -> None:
    """Defer a command, and end it as the end of its process would."""
    task = await deferred(app, FakeTurn(FakePlatform()), retry)
    task.cancel()
    await asyncio.wait([task])
    await all_written(app)


async def all_written(app: App) -> None:
    """Wait until the database has what is recorded."""
    await asyncio.wait_for(app.unfinished.wait_written(), 60)


def heir_of(app: App) -> App:
    """The next process, when the other one has been silent for long enough."""
    return replace(app, now=lambda: app.now() + 2 * SILENCE)


async def closed_by(
    app: App, platform: FakePlatform | None = None
) -> list[tuple[AnswerRef, Message]]:
    """What a process closes that looks once."""
    platform = platform or FakePlatform()
    await closer_of(app, platform).close_left()
    return platform.closed


@pytest.fixture
async def app(world: World) -> AsyncIterator[App]:
    made = world.make_app()
    yield made
    await made.unfinished.wait_written()


@pytest.mark.parametrize(
    ("retry", "end", "buttons"),
    [(RETRY, " while it was writing this.", [("sonnet", "a state")]), (None, "again.", [])],
)
async def test_killed_answer_is_closed_with_its_button(
    app: App, retry: Button | None, end: str, buttons: list[tuple[str, str]]
) -> None:
    await killed(app, retry)
    platform = FakePlatform()
    closer = closer_of(heir_of(app), platform)
    for _twice in range(2):
        await closer.close_left()
        ((ref, message),) = platform.closed
    assert ref == HIDDEN
    assert plain(message.content).startswith("The bot was restarted while ")
    assert plain(message.content).endswith(end)
    assert [(button.action, button.state) for button in message.buttons] == buttons


async def test_answered_requests_leave_nothing(app: App) -> None:
    await asked(app, FakeTurn(FakePlatform()))
    await all_written(app)
    assert await closed_by(heir_of(app)) == []


async def test_stopping_bot_ends_answers_in_progress(app: App) -> None:
    turn = FakeTurn(FakePlatform())
    task = await deferred(app, turn, RETRY)
    assert not await app.in_flight.finish(0.0)
    await app.in_flight.cut_off(60)
    assert task.done()
    assert turn.sentence.startswith("The bot is restarting")
    (button,) = turn.answers[-1].buttons
    assert (button.label, button.action, button.state) == ("Try again", "sonnet", "a state")


async def test_deferral_is_recorded_before_it_is_shown(app: App) -> None:
    recorded: list[int] = []

    async def command(_app: App, turn: Turn, _options: str) -> None:
        await turn.defer()
        recorded.append(len(await heir_of(app).unfinished.claim("fake")))
        assert turn.on_pending is not None
        await turn.on_pending(AnswerRef(CHANNEL, 9), None)
        await all_written(app)
        recorded.append(len(await heir_of(app).unfinished.claim("fake")))

    await dispatch.run(app, FakeTurn(FakePlatform()), command, "")
    assert recorded == [1, 1]


async def test_acknowledged_request_is_recorded(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """Slack tells members nothing of a killed bot, as the request is acknowledged already."""
    monkeypatch.setattr(dispatch, "UNRECORDED_S", 0.0)
    recorded: list[int] = []

    async def command(_app: App, _turn: Turn, _options: str) -> None:
        for _round in range(10):
            await asyncio.sleep(0)
        await all_written(app)
        recorded.append(len(await heir_of(app).unfinished.claim("fake")))

    turn = FakeTurn(FakePlatform(), unanswered=AnswerRef(CHANNEL, None, "a token"))
    await dispatch.run(app, turn, command, "")
    assert recorded == [1]
    await all_written(app)
    assert await heir_of(heir_of(app)).unfinished.claim("fake") == {}


async def test_kills_at_the_start_delay_closing_by_one_silence(app: App) -> None:
    """Nothing is closed before: the process may be alive."""
    await killed(app)
    silent, seconds = app.now() + SILENCE, 5 * SECOND
    assert await closed_by(replace(app, now=lambda: silent - seconds)) == []
    assert len(await replace(app, now=lambda: silent + SECOND).unfinished.claim("fake")) == 1
    assert await closed_by(replace(app, now=lambda: silent + SILENCE + seconds)) == [(HIDDEN, ANY)]


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
    closer = closer_of(heir_of(app), Away())
    for _ in range(5):
        await closer.close_left()
    assert Away.tried == tries


class AwayStore:
    """Lets writes of unfinished answers fail for a while."""

    def __init__(self, app: App, monkeypatch: pytest.MonkeyPatch) -> None:
        self.error: Exception | None = Unavailable()
        self._write = app.store[Unfinished].write
        monkeypatch.setattr(app.store[Unfinished], "write", self.write)

    async def write(self, *arguments: Any) -> None:  # noqa: ANN401
        if isinstance(self.error, OutcomeUnknown):
            await self._write(*arguments)
        if self.error is not None:
            raise self.error
        await self._write(*arguments)


@pytest.fixture
def away(app: App, monkeypatch: pytest.MonkeyPatch) -> AwayStore:
    return AwayStore(app, monkeypatch)


async def back(app: App, away: AwayStore) -> None:
    """Write what waits for the database."""
    away.error = None
    await app.unfinished.beat()
    await all_written(app)


@pytest.mark.parametrize("error", [None, Unavailable(), OutcomeUnknown()])
async def test_end_is_stored_when_database_is_back(
    app: App, away: AwayStore, error: Exception | None
) -> None:
    """Whether it was there when the answer began, or away."""
    away.error = error
    number = app.unfinished.begin("fake", AnswerRef(CHANNEL, 9))
    await all_written(app)
    away.error = away.error or Unavailable()
    app.unfinished.end(number)
    await all_written(app)
    await back(app, away)
    assert await closed_by(heir_of(app)) == []


@pytest.mark.parametrize("error", [Unavailable(), OutcomeUnknown()])
async def test_beginning_is_stored_when_database_is_back(
    app: App, away: AwayStore, error: Exception
) -> None:
    """Without it, an answer of a process that is killed later would never end."""
    away.error = error
    await killed(app)
    await back(app, away)
    assert await closed_by(heir_of(app)) == [(HIDDEN, ANY)]


class AwayTurn(FakeTurn):
    """A turn of a platform that takes nothing after the deferral."""

    async def respond(self, message: Message) -> MessageRef | None:
        raise Unreachable

    async def edit(self, message: Message) -> None:
        raise Unreachable


async def undelivered(app: App, opening: str = "Shall I") -> None:
    """Write a poem that cannot be delivered."""
    await asked(app, AwayTurn(FakePlatform()), opening)


@pytest.fixture(autouse=True)
def one_try(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatch, "LAST_TRIES", 1)


async def test_poem_is_delivered_when_the_platform_is_back(app: App) -> None:
    """By this process; the next one finds nothing."""
    await undelivered(app)
    await closed_by(app, AwayPlatform())
    platform = FakePlatform()
    closer = closer_of(app, platform)
    for _twice in range(2):
        await closer.close_left()
        await all_written(app)
    ((ref, message),) = platform.closed
    assert ref == HIDDEN
    assert plain(message.embeds[0].lines[0]).startswith("Shall I")
    assert message.buttons[0].action == "sonnet"
    assert await closed_by(heir_of(app)) == []


@pytest.mark.parametrize("what", ["name", "other name", "member", "nothing"])
async def test_what_was_removed_is_not_delivered(app: App, what: str) -> None:
    """A sentence comes instead, also if the member was forgotten since."""
    poll = await crown(app.store, "Mangosaurus", at=app.now(), community_id=COMMUNITY)
    await undelivered(app, "O Mangosaurus")
    entry = RecordEntry(Action.REMOVE_NAME, BOB.id, app.now() + SECOND, COMMUNITY)
    if "name" in what:
        await app.store[Moderation].remove_name(poll.id, what == "name", entry)
    if what == "member":
        await app.store[Privacy].forget_member(ADA.id)
    ((_, message),) = await closed_by(app)
    is_told = plain(message.content).startswith(
        "The answer was ready, but Fake couldn't be reached."
    )
    assert is_told == (what in ("name", "member"))


def test_undelivered_answer_without_a_button() -> None:
    message = undelivered_message(UnfinishedRecord(1, "slack", 2, 3), written("Slack"))
    assert plain(message.content).endswith("couldn't be reached. Use the command again.")


async def test_few_undelivered_poems_are_kept(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """The others are closed with a sentence and their button."""
    monkeypatch.setattr(unfinished, "MOST_FINALS", 1)
    await undelivered(app)
    await undelivered(app, "Thou art")
    closed = await closed_by(app)
    kept, other = sorted((message for _, message in closed), key=lambda each: not each.embeds)
    assert plain(kept.embeds[0].lines[0]).startswith("Shall I")
    assert plain(other.content) == "The answer was ready, but Fake couldn't be reached."
    assert [button.action for button in other.buttons] == ["sonnet"]


async def test_undelivered_poem_is_dropped_with_its_token(app: App) -> None:
    await undelivered(app)
    await all_written(app)
    later = app.now() + TOKEN_LIFETIME + SECOND
    app.unfinished._now = lambda: later
    assert await closed_by(app) == []
    assert app.unfinished.released("fake") == []
    await all_written(app)
    assert app.unfinished._open == {}


async def test_process_that_stops_leaves_undelivered_poems_to_the_next(app: App) -> None:
    """Without their text, which is in no database."""
    await undelivered(app)
    await all_written(app)
    ((_ref, message),) = await closed_by(heir_of(app))
    assert plain(message.content) == "The bot was restarted while it was writing this."
    assert [button.action for button in message.buttons] == ["sonnet"]


async def test_announced_message_is_left_alone(app: App) -> None:
    """It is complete without the answer that was not delivered."""

    async def command(_app: App, turn: Turn, _options: str) -> None:
        assert turn.on_pending is not None
        await turn.on_pending(AnswerRef(CHANNEL, 9, is_announced=True), None)
        raise Unreachable

    await dispatch.run(app, AwayTurn(FakePlatform()), command, "")
    assert await closed_by(app) == []


async def test_claim_with_an_unknown_outcome(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was committed: the process that made it closes the answer at its next look."""
    await killed(app)
    heir, platform = heir_of(app), FakePlatform()
    heir.unfinished.begin("fake", AnswerRef(CHANNEL, 9))  # its own, in progress
    await all_written(heir)
    claim = heir.store[Unfinished].claim

    async def hanging(*arguments: Any) -> None:  # noqa: ANN401
        await claim(*arguments)
        raise OutcomeUnknown

    closer = closer_of(heir, platform)
    with monkeypatch.context() as patch:
        patch.setattr(heir.store[Unfinished], "claim", hanging)
        await closer.close_left()
    assert platform.closed == []
    await closer.beat()
    await closer.close_left()
    assert platform.closed == [(HIDDEN, ANY)]
    await all_written(heir)
    await closer.close_left()
    assert len(platform.closed) == 1


class SlowPlatform(FakePlatform):
    """Closes no answer before it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.answers = asyncio.Event()
        self.open = 0

    async def close_answer(self, ref: AnswerRef, message: Message) -> None:
        self.open += 1
        assert self.open <= MOST_CLOSED
        await self.answers.wait()
        self.open -= 1
        await super().close_answer(ref, message)


async def test_slow_platform_delays_no_sign_of_life(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise, another process would close what this one is answering."""
    monkeypatch.setattr(jobs, "BEAT_S", 0.001)
    for number in range(2 * MOST_CLOSED):
        app.unfinished.begin("fake", AnswerRef(CHANNEL, number))
    await all_written(app)
    heir, platform = heir_of(app), SlowPlatform()
    beaten = asyncio.Event()

    async def beat() -> None:
        if platform.open == MOST_CLOSED:
            beaten.set()

    monkeypatch.setattr(heir.unfinished, "beat", beat)
    work = jobs.Jobs(heir, platform)
    work.start(AsyncMock())
    await asyncio.wait_for(beaten.wait(), 60)
    platform.answers.set()
    await eventually(lambda: len(platform.closed) == 2 * MOST_CLOSED)
    await work.close()


async def test_claimed_token_is_dropped_when_it_is_old(app: App) -> None:
    await killed(app)
    heir = heir_of(app)
    closer = closer_of(heir, AwayPlatform())
    await closer.close_left()
    assert len(heir.unfinished._open) == 1
    later = app.now() + TOKEN_LIFETIME + SECOND
    object.__setattr__(heir, "now", lambda: later)
    await closer.close_left()
    await all_written(heir)
    assert heir.unfinished._open == {}


async def test_old_token_is_not_used(app: App) -> None:
    """The message that it belongs to is edited without it."""
    app.unfinished.begin("fake", AnswerRef(CHANNEL, 9, "a token"))
    await all_written(app)
    heir, platform = heir_of(app), FakePlatform()
    closer = closer_of(heir, AwayPlatform())
    await closer.close_left()
    later = app.now() + TOKEN_LIFETIME + SECOND
    object.__setattr__(heir, "now", lambda: later)
    closer._platform = platform
    await closer.close_left()
    assert platform.closed == [(AnswerRef(CHANNEL, 9), ANY)]


async def test_claimed_answer_is_alive(app: App) -> None:
    """A platform that is away leaves it to the process that has claimed it."""
    await killed(app)
    heir = heir_of(app)
    await closed_by(heir, AwayPlatform())
    later = replace(app, now=lambda: heir.now() + SILENCE + 5 * SECOND)
    heir.unfinished._now = later.now
    await heir.unfinished.beat()
    assert await closed_by(later) == []


async def test_names_are_delivered_when_the_platform_is_back(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(App, "patience_s", 0.0)  # deferred
    options = NamesOptions(NamesRequest(count=2))
    await dispatch.run(app, AwayTurn(FakePlatform()), names.names, options)
    ((_ref, message),) = await closed_by(app)
    assert message.embeds[0].title == "🦕 2 new dinosaurs"
