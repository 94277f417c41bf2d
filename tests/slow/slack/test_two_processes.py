"""Two bot processes that share the events of one workspace, and a PostgreSQL database."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.platforms.slack.manifest import manifest
from bot.store import Database
from simulators.slack.records import Message
from simulators.slack.server import LocalSlack
from tests.bot.platforms.slack.commands import NAMES
from tests.end_to_end.slack.bots import PATIENCE_S, votes_on
from tests.waiting import eventually
from tools.bot_process import BotProcess

pytestmark = pytest.mark.usefixtures("without_writers")

MEMBERS, FORMS, VOTERS = 12, 4, 30
EACH = 2
"""Connections of a process."""


@pytest.fixture
async def slack() -> AsyncIterator[LocalSlack]:
    """However busy this machine is, what is acknowledged counts."""
    async with LocalSlack(port=0, ack_s=PATIENCE_S, manifest=manifest(NAMES)) as started:
        yield started


@pytest.fixture
async def bots(
    slack: LocalSlack, postgres: Database, tmp_path: Path
) -> AsyncIterator[list[BotProcess]]:
    address = postgres.url.set(drivername="postgres").render_as_string(hide_password=False)
    async with AsyncExitStack() as stack:
        started = []
        for number in range(2):
            folder = tmp_path / str(number)
            folder.mkdir()
            bot = BotProcess(
                None,
                folder,
                {"DATABASE_URL": address},
                slack=slack,
                connected=partial(_has_more_than, slack, EACH * number),
            )
            await stack.enter_async_context(bot)
            started.append(bot)
        await slack.wait_for(
            lambda: len(slack.sockets.connections) == 2 * EACH, timeout_s=PATIENCE_S
        )
        for bot in started:
            await eventually(partial(_sees_the_other, bot))
        yield started


def _has_more_than(slack: LocalSlack, connections: int) -> bool:
    return len(slack.sockets.connections) > connections


def _sees_the_other(bot: BotProcess) -> bool:
    return "Processes that share the database: 2" in bot.log.read_text()


async def count(database: Database, table: str) -> int:
    async with database.reading() as session:
        return int(await session.scalar(text(f"SELECT count(*) FROM {table}")) or 0)  # noqa: S608


def cards(slack: LocalSlack) -> list[Message]:
    """All cards with names."""
    return [
        message
        for message in slack.messages
        if any(button.get("value", "").startswith("vote:") for button in message.buttons)
    ]


async def test_shared_events(slack: LocalSlack, bots: list[BotProcess], postgres: Database) -> None:
    """Each request is answered once, whichever process has it; one is killed among votes."""
    members = [slack.workspace.add_member(f"Member {n}") for n in range(MEMBERS)]
    rooms = [slack.workspace.add_channel(f"room-{n}", is_joined=True) for n in range(MEMBERS)]
    asked = [
        slack.command(member, "/dinoname", "count:2", room)
        for member, room in zip(members, rooms, strict=True)
    ]
    for each in asked:
        assert await each.acknowledgement() == {}
    await slack.wait_for(lambda: len(cards(slack)) == MEMBERS)
    assert {card.channel.id for card in cards(slack)} == {room.id for room in rooms}
    assert await count(postgres, "polls") == MEMBERS

    # A cooldown holds in both.
    hasty = slack.workspace.add_member("Hasty")
    halls = [slack.workspace.add_channel(f"hall-{n}", is_joined=True) for n in range(4)]
    for hall in halls:
        slack.command(hasty, "/dissect", "Mangosaurus", hall)

    def answered() -> dict[str, str]:
        """The first answer in each of the channels."""
        found: dict[str, str] = {}
        for message in slack.messages:
            if message.channel in halls:
                found.setdefault(message.channel.id, message.words)
        return found

    await slack.wait_for(lambda: len(answered()) == len(halls))
    refused = sum("too fast" in words for words in answered().values())
    is_slow = any("Cooldowns hold in each process" in bot.log.read_text() for bot in bots)
    assert refused == len(halls) - 1 or (is_slow and refused >= len(halls) - len(bots))

    # A form that one process opens may be submitted to the other.
    others = [slack.workspace.add_member(f"Other {n}") for n in range(FORMS)]
    for member, room in zip(others, rooms, strict=False):  # Slack limits posts in each channel
        await slack.command(member, "/dinoname", "?", room).acknowledgement()
        await slack.wait_for(partial(slack.modal, member))
        view = slack.modal(member)
        assert view is not None
        await slack.submit(member, view, {}).acknowledgement()
    await slack.wait_for(lambda: len(cards(slack)) == MEMBERS + FORMS)
    assert await count(postgres, "polls") == MEMBERS + FORMS

    # Votes that both count and show.
    card = cards(slack)[0]
    voters = [slack.workspace.add_member(f"Voter {n}") for n in range(VOTERS)]
    for voter in voters[: VOTERS // 2]:
        slack.press(voter, card, card.buttons[0]["action_id"])
    await slack.wait_for(lambda: votes_on([card]) == VOTERS // 2)
    assert await count(postgres, "votes") == VOTERS // 2
    assert not slack.refused["chat.update"]
    assert all(connection.sent for connection in slack.sockets.connections)

    for voter in voters[VOTERS // 2 :]:
        slack.press(voter, card, card.buttons[1]["action_id"])
        await asyncio.sleep(0.01)
    await bots[1].kill()
    confirmed = votes_on([card])
    assert confirmed <= await count(postgres, "votes")
    await bots[1].start()
    slack.press(slack.admin, card, card.buttons[1]["action_id"])
    await slack.wait_for(lambda: votes_on([card]) > confirmed)
    for bot in bots:
        assert "Traceback" not in bot.log.read_text()
