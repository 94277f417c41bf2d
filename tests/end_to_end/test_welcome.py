"""Joining the simulated Discord, and setting up, over real sockets."""

from pathlib import Path

from simulators.discord.server import LocalDiscord
from tests.end_to_end.conftest import mangosaurus
from tests.waiting import eventually


async def test_joining(local: LocalDiscord, tmp_path: Path) -> None:
    async with mangosaurus(local, tmp_path) as bot:
        assert not local.messages  # the bot has been there for years
        local.state.remove_bot()
        await eventually(lambda: not bot.guilds)
        local.state.add_bot()
        await local.wait_for(lambda: bool(local.messages), what="The welcome")
        (welcome,) = local.messages
        refused = (await local.press(welcome, "Set up")).message
        assert refused.content.startswith("Only server managers")
        form = (await local.press(welcome, "Set up", by=local.admin)).message
        assert form.ephemeral
        chosen = await local.choose(form, "Hour", "18", by=local.admin)
        opened = await local.press(form, "Time zone", by=local.admin)
        await local.submit(opened, "berlin")
        channel = str(local.channel_id)
        chosen = await local.choose(form, "Channel", channel, by=local.admin)
        assert "every day at 18:00 (Europe/Berlin)" in chosen.message.content
    async with mangosaurus(local, tmp_path):
        assert [each for each in local.messages if "names new dinosaurs" in each.content] == [
            welcome
        ]
