"""The bot on the simulator: real sockets, shipped weights."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.platforms.discord.client import Mangosaurus
from simulators.discord.records import Message
from simulators.discord.server import LocalDiscord
from tests.end_to_end.conftest import mangosaurus


@pytest.fixture
async def bot(local: LocalDiscord, tmp_path: Path) -> AsyncIterator[Mangosaurus]:
    async with mangosaurus(local, tmp_path) as started:
        yield started


def names_on(message: Message) -> list[str]:
    return [line.strip("*").lower() for line in message.embed["description"].split("\n")]


async def finished_poem(local: LocalDiscord, message: Message) -> list[str]:
    await local.wait_for(lambda: bool(message.buttons), what="The finished poem")
    return [line for line in message.embed["description"].split("\n") if line]


async def test_buttons_work_after_a_restart(local: LocalDiscord, tmp_path: Path) -> None:
    async with mangosaurus(local, tmp_path):
        card = (await local.run_command("dinoname", {"starts_with": "mango"})).message
        poem = (await local.run_command("sonnet", {"opening": "Shall I "})).message
        await finished_poem(local, poem)
    async with mangosaurus(local, tmp_path):
        more = await local.press(card, "More")
        assert all(name.startswith("mango") for name in names_on(more.message))
        another = await local.press(poem, "Another")
        assert (await finished_poem(local, another.message))[0].startswith("Shall I ")
