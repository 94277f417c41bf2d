"""A host that wipes its disk at each restart, with an external database."""

from datetime import timedelta
from pathlib import Path
from typing import cast

import discord

from bot.features.jobs import Jobs
from bot.settings.values import Secret
from bot.store import Database
from simulators.common.payloads import Upload
from simulators.discord.records import Message
from simulators.discord.server import LocalDiscord
from tests.end_to_end.conftest import ELVES, mangosaurus
from tests.waiting import eventually


def says(message: Message, words: str) -> bool:
    return words in message.content + str(message.embeds)


async def test_everything_is_restored_on_an_empty_disk(
    local: LocalDiscord, postgres: Database, tmp_path: Path
) -> None:
    url = postgres.url.set(drivername="postgres").render_as_string(hide_password=False)
    address = Secret(url)
    elves = Upload("elves.txt", ELVES.encode())
    async with mangosaurus(local, tmp_path / "first", database_url=address) as bot:
        options = {"name": "elves", "file": elves}
        await local.run_command("namer create", options, by=local.admin)
        await local.wait_for(
            lambda: any(says(message, "elves is ready") for message in local.messages),
            timeout_s=60,
            what="A custom model",
        )
        options = {"corpus": elves, "seed": 1, "force": True}
        await local.run_command("retrain names", options, by=local.admin)
        report = local.messages[-1]
        await local.wait_for(lambda: "image" in report.embed, timeout_s=300, what="A loss curve")
        assert says(report, "of names is live")
        assert says(report, "It is live because an administrator chose so.")
        card = bot.app.inference.cards["names"]
        closed = (await local.run_command("dinoname", {"count": 2})).message
        winner, _ = (button.label for button in closed.buttons[:2])
        assert winner is not None
        await local.press(closed, winner, by=local.admin, until="acknowledged")
        await cast("Jobs", bot.jobs).polls.close_due(discord.utils.utcnow() + timedelta(days=1))
        still_open = (await local.run_command("dinoname", {"count": 2})).message
        poem = (await local.run_command("sonnet", {"form": "couplets"})).message
        await local.wait_for(lambda: len(poem.buttons) > 1, what="A poem")
        await local.press(poem, "Keep")
        verse = poem.embed["description"]

    async with mangosaurus(local, tmp_path / "second", database_url=address) as bot:
        assert bot.app.inference.cards["names"] == card
        assert (card.corpus, card.seed) == ("elves.txt", 1)
        assert (await local.run_command("dinoname")).message.embed["description"]
        named = await local.run_command("name", {"namer": "elves", "count": 3})
        assert len(named.message.embed["description"].split("\n")) == 3
        assert says((await local.run_command("halloffame")).message, f"{winner}** · 1 vote")
        assert says((await local.run_command("champion")).message, winner)
        assert (await local.run_command("poems")).message.embed["description"] == verse
        assert says(
            (await local.run_command("models list", {"task": "names"})).message, "elves.txt"
        )
        name = still_open.buttons[0].label or ""
        await local.press(still_open, name, until="acknowledged")
        await eventually(lambda: says(still_open, f"{name}** · ▰ 1"))
    assert not list((tmp_path / "second").rglob("*.db"))
