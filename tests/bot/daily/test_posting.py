"""Posting dinosaurs of the day: once a day, in time or not at all, for each community by itself."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.chat.message import Message
from bot.chat.turn import (
    DeletedMeanwhile,
    Forbidden,
    Gone,
    MessageRef,
    Refused,
    Unanswered,
    Unreachable,
)
from bot.community.queries import Action, Communities, RecordEntry
from bot.daily.queries import Dailies
from bot.features.jobs import Jobs
from bot.polls.poll_message import ACTION
from bot.polls.queries import Ballot, PollRecord, Polls
from bot.privacy.queries import Privacy
from bot.store import Store
from bot.store.schema import EVERYBODY
from bot.text.spans import plain
from tests.bot.fakes import unavailable
from tests.bot.turns import CHANNEL, COMMUNITY, FakePlatform
from tests.bot.world import World
from tests.texts import named

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
START = datetime(2026, 3, 1, 8, 59, tzinfo=UTC)
LOGS, ADA = 99, 7


class Platform(FakePlatform):
    """Notes where messages were sent, and refuses some."""

    def __init__(self, *communities: int) -> None:
        super().__init__(communities=communities or (COMMUNITY,))
        self.sent: list[tuple[int, Message]] = []
        """The channel and the content of each message."""
        self.errors: dict[int, Exception] = {}
        """By channel."""

    async def send(self, ref: MessageRef, message: Message, *, nonce: int | None = None) -> int:
        await asyncio.sleep(0)
        if (error := self.errors.get(ref.channel_id)) is not None:
            raise error
        self.sent.append((ref.channel_id, message))
        return await super().send(ref, message, nonce=nonce)

    @property
    def dailies(self) -> list[int]:
        """The channels of all polls, in their order."""
        return [channel for channel, message in self.sent if is_open(message)]

    @property
    def told(self) -> list[tuple[int, str]]:
        """All other messages."""
        return [(where, plain(each.content)) for where, each in self.sent if not each.embeds]


def is_open(message: Message) -> bool:
    """Whether it is that of a poll with buttons to vote."""
    return any(button.action == ACTION for button in message.buttons)


class Scene:
    """A bot with a clock that a test sets, in communities without a chat."""

    def __init__(self, world: World, store: Store, *communities: int) -> None:
        self.now = START
        world.now = lambda: self.now
        self.app = world.make_app()
        self.app.store = store
        self.platform = Platform(*communities)
        self.jobs = Jobs(self.app, self.platform)

    async def post_due(self) -> None:
        """Do what is due, in another process."""
        jobs = Jobs(self.app, self.platform)
        await jobs.dailies.post_due()
        await jobs.outbox.deliver_due()

    async def choose(self, *, community: int = COMMUNITY, **columns: int | str) -> None:
        """Let a community choose dinosaurs of the day, in the channel of its number times 5."""
        channel, start = community * CHANNEL, date(2026, 1, 1)
        await self.app.store[Communities].change(
            community, daily_channel_id=channel, daily_from=start, **columns
        )

    async def go_on(self, duration: timedelta) -> None:
        """Let time pass, and do what is due then."""
        self.now += duration
        await self.jobs.dailies.post_due()
        await self.jobs.outbox.deliver_due()

    async def end_votes(self, *, with_winner: bool) -> None:
        """Close the polls that are due."""
        polls = self.app.store[Polls]
        for poll in await polls.due(self.now + DAY, self.platform.name):
            if with_winner:
                await polls.cast(Ballot(poll.id, ADA, 0), poll.opened_at)
            await polls.close(poll.id, self.now)
        await self.jobs.outbox.deliver_due()

    async def polls(self) -> list[PollRecord]:
        """All that are open."""
        return await self.app.store[Polls].due(self.now + 9 * DAY, self.platform.name)


@pytest.fixture
def scene(world: World, store: Store) -> Scene:
    return Scene(world, store)


async def test_posted_once_a_day(scene: Scene) -> None:
    await scene.choose(daily_hours=3)
    assert await scene.jobs.dailies.post_due() == 60
    assert not scene.platform.sent
    for _ in range(24 * 6):
        await scene.go_on(timedelta(minutes=10))
    assert scene.platform.dailies == [CHANNEL]
    (poll,) = await scene.polls()
    assert (poll.member_id, poll.discoverer, poll.day) == (None, None, date(2026, 3, 1))
    assert poll.closes_at - poll.opened_at == 3 * HOUR
    assert poll.message_id is not None
    await scene.go_on(10 * timedelta(minutes=1))
    assert len(scene.platform.dailies) == 2


async def test_processes_race(scene: Scene) -> None:
    await scene.choose()
    scene.now += HOUR
    await asyncio.gather(*(scene.post_due() for _ in range(5)))
    assert scene.platform.dailies == [CHANNEL]
    assert len(await scene.polls()) == 1


async def test_switched_off_while_it_waits(
    world: World, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Communities are served in turn, and each as it is then."""
    monkeypatch.setattr("bot.outbox.worker.AT_ONCE", 1)
    both = {COMMUNITY, COMMUNITY + 1}
    scene = Scene(world, store, *both)
    for each in both:
        await scene.choose(community=each)
    send = scene.platform.send

    async def send_and_switch_off(
        ref: MessageRef, message: Message, *, nonce: int | None = None
    ) -> int:
        for other in both - {ref.community_id}:
            await store[Communities].change(other, daily_from=None)
        return await send(ref, message, nonce=nonce)

    monkeypatch.setattr(scene.platform, "send", send_and_switch_off)
    await scene.go_on(HOUR)
    assert len(scene.platform.dailies) == 1


async def test_one_poll_of_a_day(store: Store, scene: Scene) -> None:
    """Of many at the same time the database takes one."""
    prepared = [_poll(number, date(2026, 3, 1)) for number in range(1, 9)]
    opened = await asyncio.gather(*map(store[Polls].open_daily, prepared))
    assert len([each for each in opened if each is not None]) == 1
    assert await store[Polls].open_daily(_poll(20, date(2026, 3, 2))) is not None
    elsewhere = replace(_poll(21, date(2026, 3, 1)), community_id=2)
    assert await store[Polls].open_daily(elsewhere) is not None
    for number in (30, 31):  # those of members have no day
        await store[Polls].open(replace(_poll(number, None), member_id=ADA))
    assert len(await scene.polls()) == 5


def _poll(number: int, day: date | None) -> PollRecord:
    return PollRecord(
        id=number,
        community_id=COMMUNITY,
        channel_id=CHANNEL,
        message_id=None,
        member_id=None,
        discoverer=None,
        names=named("Aasaurus", "Bbsaurus"),
        opened_at=START,
        closes_at=START + HOUR,
        day=day,
    )


@pytest.mark.parametrize(
    ("minutes", "comes"), [(1, True), (61, True), (121, True), (122, False), (600, False)]
)
async def test_after_an_outage(scene: Scene, minutes: int, comes: bool) -> None:
    """Without the platform or the database nothing is tried; up to two hours late it comes."""
    await scene.choose()
    scene.platform.is_reachable = False
    await scene.go_on(timedelta(minutes=minutes))
    assert not scene.platform.sent
    scene.platform.is_reachable = True
    await scene.go_on(timedelta(0))
    assert bool(scene.platform.dailies) == comes


async def test_one_closed_shard(scene: Scene) -> None:
    await scene.choose()
    scene.platform.is_connected = False
    await scene.go_on(HOUR)
    assert scene.platform.dailies == [CHANNEL]


async def test_silent_database(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    await scene.choose()
    for queries, method in (
        (scene.app.store[Dailies], "chosen"),
        (scene.app.store[Polls], "open_daily"),
    ):
        with monkeypatch.context() as away:
            away.setattr(queries, method, unavailable)
            await scene.go_on(timedelta(minutes=5))
    assert not scene.platform.sent
    await scene.go_on(timedelta(minutes=5))
    assert scene.platform.dailies == [CHANNEL]


async def test_end_between_claim_and_post(scene: Scene) -> None:
    """Nobody can know whether the message has arrived, so there is no second one."""
    await scene.choose()
    with pytest.MonkeyPatch.context() as ending:
        ending.setattr(scene.platform, "send", _interrupted)
        await scene.go_on(HOUR)
    await scene.go_on(timedelta(minutes=5))
    assert not scene.platform.sent
    await scene.go_on(DAY)
    assert scene.platform.dailies == [CHANNEL]


async def _interrupted(*_: object, **__: object) -> int:
    raise asyncio.CancelledError


async def test_unreachable_platform(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is tried a few times within seconds, in which the platform knows a message again."""
    await scene.choose()
    scene.platform.errors[CHANNEL] = Unreachable("lost")
    await scene.go_on(HOUR)
    scene.platform.errors.clear()
    await scene.go_on(timedelta(minutes=5))
    assert not scene.platform.sent
    await scene.go_on(DAY)
    assert scene.platform.dailies == [CHANNEL]


async def test_failing_communities_keep_none_waiting(world: World, store: Store) -> None:
    scene = Scene(world, store, 1, 2, 3, 4)
    for community in (1, 2, 3, 4, 5):  # the last one belongs to another process
        await scene.choose(community=community)
    scene.platform.errors = {1 * CHANNEL: RuntimeError("a bug"), 2 * CHANNEL: Forbidden("no")}
    await scene.go_on(HOUR)
    assert sorted(scene.platform.dailies) == [3 * CHANNEL, 4 * CHANNEL]
    counted = scene.app.monitor.metrics.dailies
    assert [counted.labels(each)._value.get() for each in ("posted", "closed")] == [2, 1]
    counted = scene.app.monitor.metrics.deliveries
    by_outcome = {
        each: counted.labels("daily", each)._value.get() for each in ("delivered", "lost")
    }
    assert by_outcome == {"delivered": 2, "lost": 2}


async def test_not_where_the_bot_is_not(world: World, store: Store) -> None:
    """In a blocked community, one that has removed the bot, and one that switched it off."""
    scene = Scene(world, store, 1, 2, 3)
    for community in (1, 2, 3):
        await scene.choose(community=community)
    blocking = RecordEntry(Action.BLOCK_COMMUNITY, ADA, START)
    await scene.app.blocks.block(1, EVERYBODY, blocking)
    await store[Privacy].left(2, START)
    await store[Communities].change(3, daily_from=None)
    await scene.go_on(HOUR)
    assert not scene.platform.sent


async def test_community_is_forgotten(world: World, store: Store) -> None:
    scene = Scene(world, store)
    await scene.choose()
    await scene.go_on(HOUR)
    await store[Privacy].left(COMMUNITY, scene.now)
    assert await store[Privacy].forget_communities(scene.now + 30 * DAY) == [COMMUNITY]
    assert (await store[Communities].settings(COMMUNITY)).daily.channel_id is None
    assert await scene.polls() == []


@pytest.mark.parametrize("log_channel", [None, LOGS])
async def test_stops_after_seven_days_without_a_winner(
    scene: Scene, log_channel: int | None
) -> None:
    await scene.choose()
    await scene.app.store[Communities].change(COMMUNITY, log_channel_id=log_channel)
    for day in range(10):  # the third day has a winner
        await scene.go_on(DAY if day else timedelta(minutes=1))
        await scene.end_votes(with_winner=day == 2)
        assert len(scene.platform.told) == (day == 9)  # at the end of the vote, not a day later
    await scene.go_on(DAY)
    await scene.go_on(DAY)
    assert len(scene.platform.dailies) == 10
    ((channel, sentence),) = scene.platform.told
    assert channel == (log_channel or CHANNEL)
    assert sentence == (
        "The bot has stopped the dinosaur of the day, because no name has won for 7 days in a "
        "row.\nManagers can start it again with /settings"
    )
    # A manager sets it again, and it has seven days again.
    await scene.app.store[Communities].change(
        COMMUNITY, daily_from=scene.now.date(), daily_stopped=None
    )
    for _ in range(8):
        await scene.go_on(DAY)
        await scene.end_votes(with_winner=False)
    assert len(scene.platform.dailies) == 17
    assert len(scene.platform.told) == 2


async def test_days_that_nobody_saw_do_not_count(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    await scene.choose()
    scene.platform.errors[CHANNEL] = Unreachable("lost")
    scene.now += HOUR
    for _ in range(8):
        await scene.go_on(DAY)
        await scene.end_votes(with_winner=False)
    scene.platform.errors.clear()
    await scene.go_on(DAY)
    assert scene.platform.dailies == [CHANNEL]


async def test_blocked_for_a_while(scene: Scene) -> None:
    """A day comes when the block ends, also after the platform has forgotten its nonce. One of two
    days loses their dinosaurs, and no more."""
    await scene.choose()
    scene.platform.errors[CHANNEL] = Refused("by Cloudflare")
    for _ in range(6):
        await scene.go_on(timedelta(minutes=10))
    scene.platform.errors.clear()
    await scene.go_on(timedelta(minutes=10))
    assert scene.platform.dailies == [CHANNEL]
    scene.platform.errors[CHANNEL] = Refused("by Cloudflare")
    for _ in range(48):
        await scene.go_on(HOUR)
    scene.platform.errors.clear()
    await scene.go_on(HOUR)
    assert scene.platform.told == []
    await scene.go_on(DAY)
    assert scene.platform.dailies == [CHANNEL] * 2


async def test_deleted_before_its_answer_was_known(scene: Scene) -> None:
    """It had arrived: it is neither lost, nor tried again, nor does the daily dinosaur stop."""
    await scene.choose()
    scene.platform.errors[CHANNEL] = DeletedMeanwhile()
    await scene.go_on(HOUR)
    scene.platform.errors.clear()
    await scene.go_on(HOUR)
    assert scene.platform.sent == []
    counted = scene.app.monitor.metrics.deliveries
    assert counted.labels("daily", "delivered")._value.get() == 1
    await scene.go_on(DAY)
    assert scene.platform.dailies == [CHANNEL]


async def test_log_channel_that_is_closed(scene: Scene) -> None:
    await scene.choose()
    await scene.app.store[Communities].change(COMMUNITY, log_channel_id=LOGS)
    scene.platform.errors = {CHANNEL: Gone("deleted"), LOGS: Forbidden("no")}
    await scene.go_on(HOUR)
    assert not scene.platform.sent
    daily = (await scene.app.store[Communities].settings(COMMUNITY)).daily
    assert (daily.stopped, daily.starts_on) == ("closed", None)


async def test_move_to_the_west(scene: Scene) -> None:
    """The day that comes again is left out, and no names are written for it."""
    await scene.choose(daily_hour=9, daily_zone="Pacific/Auckland")
    scene.now = datetime(2026, 3, 1, 20, tzinfo=UTC)  # the second of March, at nine
    await scene.go_on(timedelta(0))
    await scene.choose(daily_hour=18, daily_zone="Pacific/Honolulu")
    scene.now = datetime(2026, 3, 2, 4, tzinfo=UTC)  # the first of March, at six
    asked = len(scene.app.inference.names_asked)  # type: ignore[attr-defined]  # a `FakeWriter`
    for _ in range(48):
        await scene.go_on(HOUR)
    assert scene.platform.dailies == [CHANNEL] * 2
    assert [poll.day for poll in await scene.polls()] == [date(2026, 3, 2), date(2026, 3, 3)]
    assert len(scene.app.inference.names_asked) == asked + 1  # type: ignore[attr-defined]


async def test_nobody_knows_whether_it_was_posted(scene: Scene) -> None:
    """It counts as posted, and members may vote if it was."""
    await scene.choose()
    scene.platform.errors[CHANNEL] = Unanswered("lost")
    await scene.go_on(HOUR)
    scene.platform.errors.clear()
    await scene.go_on(HOUR)
    assert not scene.platform.dailies
    (poll,) = await scene.polls()
    assert poll.message_id is None


async def test_word_filter_leaves_no_name(scene: Scene) -> None:
    await scene.choose()
    scene.app.inference.names_found = ()  # type: ignore[attr-defined]  # a `FakeWriter`
    await scene.go_on(HOUR)
    assert not scene.platform.sent
    assert (await scene.app.store[Communities].settings(COMMUNITY)).daily.starts_on is not None


async def test_clocks_are_put_forward_and_back(scene: Scene) -> None:
    """At 2 in Berlin, an hour that one day lacks and another has twice."""
    await scene.choose(daily_hour=2, daily_zone="Europe/Berlin")
    for night in (datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 10, 24, tzinfo=UTC)):
        scene.now = night - HOUR
        opened = []
        for _ in range(3 * 24):
            await scene.go_on(HOUR)
            opened += [poll.opened_at for poll in await scene.polls()]
            await scene.end_votes(with_winner=True)
        assert [each.hour for each in opened] == ([1, 1, 0] if night.month == 3 else [0, 0, 1])
        assert len({each.date() for each in opened}) == 3
