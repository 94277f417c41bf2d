"""Where members use the bot: in servers with it, and where they have added it for themselves."""

from dataclasses import replace
from pathlib import Path

import pytest

from simulators.common.payloads import Upload
from simulators.discord.guild import ATTACH_FILES, EMBED_LINKS, SEND_MESSAGES, USE_EXTERNAL_APPS
from simulators.discord.limits import ApiError
from simulators.discord.records import Surface
from simulators.discord.server import LocalDiscord
from tests.end_to_end.conftest import PATIENCE_S, mangosaurus
from tests.end_to_end.test_edits import has_poll

ELSEWHERE = [Surface.OTHER_SERVER, Surface.BOT_DM, Surface.PRIVATE]


async def test_commands_elsewhere(local: LocalDiscord, tmp_path: Path) -> None:
    async with mangosaurus(local, tmp_path):
        for surface in ELSEWHERE:
            card = (await local.run_command("dinoname", surface=surface)).message
            assert card.embed["description"]
            assert not has_poll(card)
            assert not card.ephemeral
            more = await local.press(card, "More")
            assert more.message.embed["description"]
            with pytest.raises(ApiError, match="Unknown application command"):
                await local.run_command("settings", surface=surface)
        mary = local.member
        shy = replace(mary, permissions=mary.permissions & ~USE_EXTERNAL_APPS)
        for surface in ELSEWHERE:
            card = (await local.run_command("dinoname", by=shy, surface=surface)).message
            assert card.ephemeral is (surface is Surface.OTHER_SERVER)


async def test_commands_for_owners_are_at_home(tmp_path: Path) -> None:
    async with LocalDiscord(first_response_s=PATIENCE_S, servers=2) as local:

        def offered() -> list[int]:
            """How many of these commands each server offers."""
            pickers = [each.picker(local.admin) for each in local.servers]
            names = "status", "owner servers"
            return [sum(each["name"] in names for each in picker) for picker in pickers]

        async with mangosaurus(local, tmp_path):
            assert offered() == [2, 0]
            mary = {each["name"].partition(" ")[0] for each in local.state.picker(local.member)}
            assert not {"status", "owner", "retrain", "moderate", "settings"} & mary
            assert not (await local.run_command("status", by=local.admin)).failed
        async with mangosaurus(local, tmp_path, home_guilds=frozenset()):
            assert offered() == [2, 2]


@pytest.mark.parametrize("lacking", [SEND_MESSAGES, EMBED_LINKS])
async def test_channel_for_names_that_cannot_be_sent(
    local: LocalDiscord, tmp_path: Path, lacking: int
) -> None:
    """Names come as an embed, which needs a permission that a plain text does not."""
    guild = local.state.guild
    guild.bot = replace(guild.bot, permissions=guild.bot.permissions & ~lacking)
    options = {"daily_channel": guild.channel_id}
    async with mangosaurus(local, tmp_path):
        asked = await local.run_command("settings", options, by=local.admin)
    assert "The bot can't post in" in str(asked.message.payload())


def test_simulated_permissions(local: LocalDiscord) -> None:
    guild, embed = local.state.guild, {"embeds": [{"title": "x"}]}
    for lacking, payload, uploads in (
        (SEND_MESSAGES, {"content": "x"}, []),
        (EMBED_LINKS, embed, []),
        (ATTACH_FILES, {"content": "x"}, [Upload("x.txt", b"x")]),
    ):
        local.state.channel.post(payload, uploads)
        allowed = guild.bot
        guild.bot = replace(allowed, permissions=allowed.permissions & ~lacking)
        with pytest.raises(ApiError, match="Missing Permissions"):
            local.state.channel.post(payload, uploads)
        if lacking == EMBED_LINKS:
            assert not local.state.channel.post(embed | {"content": "x"}).embeds
        guild.bot = allowed
