"""One process on the simulators of Discord and Slack, with one store and one inference."""

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path

import pytest
from discord.http import HTTPClient

from bot.chat.turn import Unreachable
from bot.community.queries import Communities
from bot.launch import Tokens
from bot.operate.serving import platforms
from bot.operate.serving.platforms import slack_beside
from bot.platforms.discord.client import Mangosaurus
from bot.platforms.local.server import LocalDiscord
from bot.platforms.local.slack.server import LocalSlack
from bot.platforms.slack.client import SlackBot
from bot.platforms.slack.network.api import SlackApi
from bot.polls.queries import Polls
from bot.settings import Settings
from bot.startup import STOP_SIGNALS, Exit, LastResort, StartupError
from tests.end_to_end.conftest import eventually, mangosaurus

pytestmark = pytest.mark.usefixtures("patient")

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
        polls = bot.app.store[Polls]
        for community in (discord.guild_id, slack.platform.community_id):
            assert community is not None
            await bot.app.store[Communities].change(
                community, vote_minutes=60
            )  # a busy machine may take more than one
        asked = await discord.run_command("dinoname", {})
        names = asked.message
        command = workspace.command(workspace.member, "/dinoname", "")
        await workspace.wait_for(lambda: any(each.buttons for each in command.messages))
        message = command.message
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


@pytest.fixture
def _quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Pauses of an instant; signals as they were afterwards; a process that is not ended."""
    monkeypatch.setattr(platforms, "FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(LastResort, "start", lambda *_: None)
    before = [(each, signal.getsignal(each)) for each in STOP_SIGNALS]
    yield
    for number, handler in before:
        signal.signal(number, handler)


@pytest.mark.usefixtures("_quick")
@pytest.mark.parametrize("away", ["discord", "gateway", "slack"])
async def test_one_platform_is_away_at_the_start(
    discord: LocalDiscord,
    workspace: LocalSlack,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    away: str,
) -> None:
    """The other one is served meanwhile, and both once it is back."""
    is_back = asyncio.Event()
    place, name = {
        "discord": (HTTPClient, "static_login"),
        "gateway": (HTTPClient, "get_bot_gateway"),
        "slack": (SlackApi, "identify"),
    }[away]
    ask = getattr(place, name)

    async def asked(client: object, *arguments: object) -> object:
        answer = await ask(client, *arguments)
        if not is_back.is_set():
            raise Unreachable("gone") if away == "slack" else OSError("gone")
        return answer

    monkeypatch.setattr(place, name, asked)
    settings = Settings(state_dir=tmp_path, cooldown_seconds=0)
    tokens = Tokens("", workspace.bot_token, workspace.app_token)
    with discord.pointing_clients_here():
        async with platforms.running_bot(settings) as bot:
            slack = slack_beside(bot, tokens, base_url=workspace.api_url)
            serving = asyncio.create_task(platforms.serve_both(bot, discord.token, slack))
            await eventually(lambda: caplog.text.count("cannot be reached (gone)") > 1)
            await eventually(lambda: slack.is_ready if away != "slack" else bot.is_ready())
            if away == "slack":
                answer = (await discord.run_command("about", {})).message
                assert "Mangosaurus" in str(answer)
            else:
                assert (
                    "Mangosaurus"
                    in (await workspace.command(workspace.member, "/about", "").answer()).words
                )
            assert not (slack.is_ready and bot.is_ready())
            is_back.set()
            await eventually(lambda: slack.is_ready and bot.is_ready())
            signal.raise_signal(signal.SIGTERM)
            await asyncio.wait_for(serving, 30)


@pytest.mark.usefixtures("_quick")
async def test_stop_while_a_platform_is_away(
    discord: LocalDiscord, workspace: LocalSlack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def static_login(_client: HTTPClient, _token: str) -> None:
        raise OSError("gone")

    monkeypatch.setattr(HTTPClient, "static_login", static_login)
    tokens = Tokens("", workspace.bot_token, workspace.app_token)
    async with platforms.running_bot(Settings(state_dir=tmp_path)) as bot:
        slack = slack_beside(bot, tokens, base_url=workspace.api_url)
        serving = asyncio.create_task(platforms.serve_both(bot, discord.token, slack))
        await eventually(lambda: slack.is_ready)
        signal.raise_signal(signal.SIGTERM)
        await asyncio.wait_for(serving, 30)
        assert not slack.platform.is_connected


@pytest.mark.usefixtures("_quick")
async def test_rejected_token_ends_both(
    discord: LocalDiscord, workspace: LocalSlack, tmp_path: Path
) -> None:
    tokens = Tokens("", workspace.bot_token, "xapp-1-wrong")
    with discord.pointing_clients_here():
        async with platforms.running_bot(Settings(state_dir=tmp_path)) as bot:
            slack = slack_beside(bot, tokens, base_url=workspace.api_url)
            with pytest.raises(StartupError, match="SLACK_APP_TOKEN") as raised:
                await platforms.serve_both(bot, discord.token, slack)
    assert raised.value.code is Exit.TOKEN_REJECTED
