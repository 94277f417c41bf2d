"""One process on the simulators of Discord and Slack, with one store and one inference."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path

import pytest

from bot.discord.client import Mangosaurus
from bot.local.server import LocalDiscord
from bot.local.slack.server import LocalSlack
from bot.serving.platforms import Tokens, slack_beside
from bot.slack.client import SlackBot
from tests.end_to_end.conftest import mangosaurus

DAY = timedelta(days=1)


@pytest.fixture
async def discord() -> AsyncIterator[LocalDiscord]:
    async with LocalDiscord(port=0) as started:
        yield started


@pytest.fixture
async def workspace() -> AsyncIterator[LocalSlack]:
    async with LocalSlack(port=0) as started:
        yield started


@asynccontextmanager
async def both(
    discord: LocalDiscord, workspace: LocalSlack, folder: Path
) -> AsyncIterator[tuple[Mangosaurus, SlackBot]]:
    async with mangosaurus(discord, folder) as bot:
        tokens = Tokens("", workspace.bot_token, workspace.app_token)
        slack = slack_beside(bot, tokens, base_url=workspace.api_url, edit_s=0.1)
        running = asyncio.create_task(slack.run())
        await asyncio.wait_for(slack.ready.wait(), 30)
        try:
            yield bot, slack
        finally:
            await bot.shut_down()
            with suppress(asyncio.CancelledError):
                await running


async def test_votes_on_both_reach_one_store(
    discord: LocalDiscord, workspace: LocalSlack, tmp_path: Path
) -> None:
    """Each platform closes its own polls, and shows only its own communities' winners."""
    async with both(discord, workspace, tmp_path) as (bot, slack):
        polls = bot.app.store.polls
        for community in (discord.guild_id, slack.platform.community_id):
            assert community is not None
            await polls.set_minutes(community, 1)
        asked = await discord.run_command("dinoname", {})
        names = asked.message
        message = await workspace.command(workspace.member, "/dinoname", "").answer()
        await discord.press(names, names.buttons[0].label)
        workspace.press(workspace.member, message, message.buttons[0]["action_id"])
        await workspace.wait_for(lambda: message.edits)
        assert len(await polls.due(bot.app.now() + DAY, "discord")) == 1
        assert len(await polls.due(bot.app.now() + DAY, "slack")) == 1


async def test_no_home_by_default(
    discord: LocalDiscord, workspace: LocalSlack, tmp_path: Path
) -> None:
    async with both(discord, workspace, tmp_path) as (bot, _slack):
        assert bot.app.is_home(discord.guild_id)  # which the settings name
        assert not bot.app.homes
        asked = workspace.command(workspace.admin, "/retrain", "names")
        answer = await asked.answer()
        assert "HOME_WORKSPACES" in answer.words
