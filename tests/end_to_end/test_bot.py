"""The bot on the simulator: real sockets, shipped weights, a real training."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from bot.platforms.discord.client import Mangosaurus
from bot.platforms.local.limits import Upload
from bot.platforms.local.records import Message
from bot.platforms.local.server import LocalDiscord
from bot.training.service import TrainingService
from data.corpora import load_names
from models.fingerprints import Fingerprints
from tests.end_to_end.conftest import ELVES, mangosaurus
from tests.waiting import eventually


@pytest.fixture
async def bot(local: LocalDiscord, tmp_path: Path) -> AsyncIterator[Mangosaurus]:
    async with mangosaurus(local, tmp_path) as started:
        yield started


def names_on(message: Message) -> list[str]:
    return [line.strip("*").lower() for line in message.embed["description"].split("\n")]


async def finished_poem(local: LocalDiscord, message: Message) -> list[str]:
    await local.wait_for(lambda: bool(message.buttons), what="The finished poem")
    return [line for line in message.embed["description"].split("\n") if line]


async def test_names_are_new_and_have_the_prefix(local: LocalDiscord, bot: Mangosaurus) -> None:
    asked = await local.run_command("dinoname", {"count": 10, "starts_with": "Mango"})
    names = names_on(asked.message)
    known = Fingerprints.of(load_names().items)
    assert len(set(names)) == 10
    assert all(name.startswith("mango") and name not in known for name in names)


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


async def test_custom_model_survives_restart_and_export(
    local: LocalDiscord, tmp_path: Path
) -> None:
    upload = Upload("elves.txt", ELVES.title().encode())
    async with mangosaurus(local, tmp_path) as bot:
        asked = {"name": "elves", "file": upload}
        begun = await local.run_command("namer create", asked, by=local.admin)
        assert "Training elves. Follow along:" in begun.message.content
        report = next(message for message in local.messages if message.embeds)
        await local.wait_for(
            lambda: report.embed["title"] == "✅ elves is ready",
            timeout_s=120,
            what="A custom model",
        )
        assert "most new names will be shuffles" in report.embed["description"]
        await eventually(lambda: not list(bot.app[TrainingService].folder.iterdir()))
    async with mangosaurus(local, tmp_path):
        options = {"namer": "Elves", "count": 10, "starts_with": "b"}
        written = (await local.run_command("name", options)).message
        names = names_on(written)
        assert len(set(names)) == 10
        assert all(name.startswith("b") for name in names)
        assert not set(names) & set(ELVES.split("\n"))
        assert len(names_on((await local.press(written, "More")).message)) == 10
        exported = await local.run_command("namer export", {"name": "elves"}, by=local.admin)
        (file,) = exported.message.attachments
        async with aiohttp.ClientSession() as session, session.get(file.url) as response:
            content = await response.read()
        asked = {"name": "Eldar", "file": Upload(file.filename, content)}
        imported = await local.run_command("namer import", asked, by=local.admin)
        assert imported.message.embed["title"] == "✅ Eldar is ready"
        again = await local.run_command("name", {"namer": "eldar", "count": 3})
        assert len(names_on(again.message)) == 3
