"""The worker of the outbox, with rows that it cannot deliver."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, insert, select

from bot.chat.turn import Refused
from bot.outbox.queries import Kind
from bot.outbox.worker import GRACE, Delivery, Ended, OutboxWorker
from bot.store.schema import OutboxRow
from tests.bot.turns import CHANNEL, FakePlatform
from tests.bot.world import World


class Post:
    """An outbox with one row, and how often that was delivered."""

    def __init__(self, world: World) -> None:
        self.now = datetime(2026, 12, 2, tzinfo=UTC)
        world.now = lambda: self.now
        self.app = world.make_app()
        self.platform = FakePlatform({})
        self.platform.name = "discord"
        self.delivered = 0
        self.refused: set[int] = set()
        """Channels that take nothing."""
        self.worker = OutboxWorker(self.app, self.platform, {Kind.WELCOME: self.deliver})

    async def deliver(self, delivery: Delivery) -> Ended:
        if delivery.channel_id in self.refused:
            raise Refused("40333")
        self.delivered += 1
        return Ended(self.note)

    async def note(self, _session: object) -> None:
        raise ZeroDivisionError

    async def put(self, kind: str, channel: int = CHANNEL) -> None:
        row = {"kind": kind, "subject_id": channel, "channel_id": channel}
        times = {"due_at": self.now, "until": self.now}
        async with self.app.store.database.writing() as session:
            await session.execute(insert(OutboxRow).values(row | times))

    async def rows(self) -> int:
        async with self.app.store.database.reading() as session:
            return await session.scalar(select(func.count()).select_from(OutboxRow)) or 0


@pytest.fixture
def post(world: World) -> Post:
    return Post(world)


async def test_row_whose_end_cannot_be_noted(post: Post) -> None:
    """It is tried again for a while, not for ever."""
    await post.put("welcome")
    await post.worker.deliver_due()
    assert await post.rows() == 1
    post.now += GRACE + timedelta(minutes=5)
    await post.worker.deliver_due()
    assert post.delivered == 2
    assert await post.rows() == 0


async def test_row_of_a_newer_version(post: Post) -> None:
    """It waits for a process that knows its kind, and holds up no other."""
    await post.put("egg")
    await post.put("welcome")
    post.now += GRACE + timedelta(minutes=5)
    assert await post.worker.deliver_due() > 1
    assert post.delivered == 1
    assert await post.rows() == 1


async def test_channel_that_refuses_for_hours(post: Post) -> None:
    """While nothing arrives, rows take turns: the oldest one is not tried again before others."""
    post.refused = {CHANNEL + number for number in range(5)}
    for channel in post.refused:
        await post.put("welcome", channel)
    await post.worker.deliver_due()
    post.now += timedelta(minutes=9)
    await post.put("welcome", CHANNEL + 5)
    for _round in range(2):
        post.now += timedelta(minutes=1)
        await post.worker.deliver_due()
    assert post.delivered > 0
