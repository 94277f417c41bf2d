"""A custom model of a real training: in use, after a restart, exported and imported."""

from pathlib import Path

import aiohttp

from bot.training.service import TrainingService
from simulators.common.payloads import Upload
from simulators.discord.server import LocalDiscord
from tests.end_to_end.conftest import ELVES, mangosaurus
from tests.end_to_end.test_bot import names_on
from tests.waiting import eventually


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
