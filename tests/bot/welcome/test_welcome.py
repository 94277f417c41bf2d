"""Welcoming communities: once, in the first channel that takes it, whatever happens meanwhile."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from bot.chat.message import Message
from bot.chat.turn import Deleted, Forbidden, MessageRef, Unreachable
from bot.community.queries import Action, RecordEntry
from bot.features.jobs import Jobs
from bot.privacy.queries import Privacy
from bot.store import Store
from bot.store.schema import EVERYBODY
from bot.text.spans import plain
from bot.welcome.queries import Welcomes
from bot.welcome.welcome import NEW
from tests.bot.fakes import unavailable
from tests.bot.turns import COMMUNITY, FakePlatform
from tests.bot.world import World

NOW = datetime(2026, 3, 1, tzinfo=UTC)
FIRST, SECOND = 50, 51


class Platform(FakePlatform):
    """Notes in which channels it was asked to write, and fails as a test says."""

    def __init__(self) -> None:
        super().__init__(new={COMMUNITY: [FIRST, SECOND]}, joined_at=NOW)
        self.tried: list[int] = []
        self.errors: list[Exception | None] = []
        """Of the next messages."""

    async def send(self, ref: MessageRef, message: Message, *, nonce: int | None = None) -> int:
        await asyncio.sleep(0)
        self.tried.append(ref.channel_id)
        if self.errors and (error := self.errors.pop(0)) is not None:
            raise error
        return await super().send(ref, message, nonce=nonce)


class Scene:
    """A bot that a community has just added."""

    def __init__(self, world: World, store: Store, **settings: object) -> None:
        self.now = NOW + timedelta(minutes=1)
        world.now = lambda: self.now
        self.app = world.make_app(**{"welcome": "yes"} | settings)
        self.app.store = store
        self.platform = Platform()

    async def greet(self) -> None:
        """Let a process, each time another one, welcome whom it sees."""
        jobs = Jobs(self.app, self.platform)
        await jobs.welcomes.greet_newcomers()
        await jobs.outbox.deliver_due()


@pytest.fixture
def scene(world: World, store: Store) -> Scene:
    return Scene(world, store)


async def test_what_it_says(scene: Scene) -> None:
    await scene.greet()
    (message,) = scene.platform.history
    (embed,) = message.embeds
    lines = [*map(plain, embed.lines)]
    assert len(lines) == 2
    assert [file.name for file in message.files] == [embed.image]
    assert "this club's museum" in lines[0]
    pressed = [f"{each.action}:{each.state}" for each in message.buttons]
    assert pressed == [
        "run:dinoname",
        "run:egg",
        "run:sonnet",
        "dinosaur:Triceratops",
        "run:settings",
    ]


async def test_once(scene: Scene) -> None:
    """Also by two processes at the same time, and when it is added again within the grace."""
    await asyncio.gather(scene.greet(), scene.greet())
    await scene.greet()
    privacy = scene.app.store[Privacy]
    await privacy.left(COMMUNITY, scene.now)
    await privacy.joined(COMMUNITY)
    await scene.greet()
    assert scene.platform.tried == [FIRST]
    await privacy.left(COMMUNITY, scene.now)
    assert await privacy.forget_communities(scene.now + timedelta(days=31)) == [COMMUNITY]
    await scene.greet()
    assert scene.platform.tried == [FIRST, FIRST]


@pytest.mark.parametrize(
    ("errors", "tried", "sent"),
    [
        ([Forbidden()], [FIRST, FIRST], 1),  # pictures may be
        ([Forbidden()] * 2, [FIRST, FIRST, SECOND], 1),
        ([Deleted(), *[Forbidden()] * 2], [FIRST, SECOND, SECOND], 0),
        ([Unreachable()] * 3, [FIRST] * 4, 1),
        ([Unreachable()] * 99, [FIRST] * 9, 0),
        ([Unreachable(), *[Forbidden()] * 2], [FIRST, FIRST, FIRST, SECOND], 1),
    ],
)
async def test_failures(scene: Scene, errors: list[Exception], tried: list[int], sent: int) -> None:
    scene.platform.errors = [*errors]
    for _ in range(300):  # seconds: the platform knows a message again for 240
        await scene.greet()
        scene.now += timedelta(seconds=1)
    scene.platform.errors = []
    await scene.greet()
    assert scene.platform.tried == tried
    assert len(scene.platform.history) == sent


async def test_process_that_ends_in_the_middle(scene: Scene) -> None:
    """The message may have arrived, so that there is no second one."""
    scene.platform.errors = [asyncio.CancelledError()]  # type: ignore[list-item]
    await scene.greet()
    scene.now += timedelta(hours=1)
    await scene.greet()
    assert scene.platform.tried == [FIRST]


async def test_database_that_does_not_answer(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Welcomes, "welcome", unavailable)
        await scene.greet()
    assert not scene.platform.tried
    await scene.greet()
    assert scene.platform.tried == [FIRST]


async def test_nowhere_to_write(scene: Scene) -> None:
    """It comes when the bot gets the right, on the same day."""
    scene.platform.new = {COMMUNITY: []}
    await scene.greet()
    scene.platform.new = {COMMUNITY: [SECOND]}
    await scene.greet()
    assert scene.platform.tried == [SECOND]


async def test_nobody_is_welcomed_late(scene: Scene) -> None:
    scene.now = NOW + NEW
    await scene.greet()
    assert not scene.platform.tried


async def test_turned_off(world: World, store: Store) -> None:
    scene = Scene(world, store, welcome="no")
    await scene.greet()
    assert not scene.platform.tried


async def test_blocked(scene: Scene) -> None:
    entry = RecordEntry(Action.BLOCK_COMMUNITY, 1, scene.now, COMMUNITY)
    await scene.app.blocks.block(COMMUNITY, EVERYBODY, entry)
    await scene.greet()
    assert not scene.platform.tried


async def test_forgotten(scene: Scene) -> None:
    """As the local page, whose messages are gone after each run, forgets that it had one."""
    await scene.greet()
    await scene.app.store[Welcomes].forget_all()
    await scene.greet()
    assert scene.platform.tried == [FIRST, FIRST]
