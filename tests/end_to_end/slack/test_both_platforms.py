"""One process on the simulators of Discord and Slack, with one store and one inference."""

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from discord.http import HTTPClient

from bot.chat.turn import Unreachable
from bot.launch import Tokens
from bot.operate.serving import platforms
from bot.operate.serving.platforms import slack_beside
from bot.platforms.discord.client import Mangosaurus
from bot.platforms.slack.client import SlackBot
from bot.platforms.slack.network.api import SlackApi
from bot.settings import Settings
from bot.startup import STOP_SIGNALS, Exit, LastResort, StartupError
from simulators.discord.server import LocalDiscord
from simulators.slack.server import LocalSlack
from tests.end_to_end.conftest import PATIENCE_S
from tests.waiting import eventually

pytestmark = pytest.mark.usefixtures("patient")


@pytest.fixture
async def discord() -> AsyncIterator[LocalDiscord]:
    async with LocalDiscord(port=0, first_response_s=PATIENCE_S) as started:
        yield started


@pytest.fixture
async def workspace() -> AsyncIterator[LocalSlack]:
    async with LocalSlack(port=0, ack_s=PATIENCE_S) as started:
        yield started


@asynccontextmanager
async def served(
    discord: LocalDiscord, workspace: LocalSlack, folder: Path
) -> AsyncIterator[tuple[Mangosaurus, SlackBot]]:
    """The bot on both, from its start, whether they can be reached or not, to a SIGTERM."""
    tokens = Tokens("", workspace.bot_token, workspace.app_token)
    with discord.pointing_clients_here():
        async with platforms.running_bot(Settings(state_dir=folder, cooldown_seconds=0)) as bot:
            slack = slack_beside(bot, tokens, base_url=workspace.api_url)
            serving = asyncio.create_task(platforms.serve_both(bot, discord.token, slack))
            yield bot, slack
            signal.raise_signal(signal.SIGTERM)
            await asyncio.wait_for(serving, 30)


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
    async with served(discord, workspace, tmp_path) as (bot, slack):
        await eventually(lambda: caplog.text.count("cannot be reached (gone)") > 1)
        await eventually(lambda: slack.is_ready if away != "slack" else bot.is_ready())
        if away == "slack":
            assert "Mangosaurus" in str((await discord.run_command("about")).message)
        else:
            answer = await workspace.command(workspace.member, "/about").answer()
            assert "Mangosaurus" in answer.words
        assert not (slack.is_ready and bot.is_ready())
        is_back.set()
        await eventually(lambda: slack.is_ready and bot.is_ready())


@pytest.mark.usefixtures("_quick")
async def test_stop_while_a_platform_is_away(
    discord: LocalDiscord, workspace: LocalSlack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def static_login(_client: HTTPClient, _token: str) -> None:
        raise OSError("gone")

    monkeypatch.setattr(HTTPClient, "static_login", static_login)
    async with served(discord, workspace, tmp_path) as (_, slack):
        await eventually(lambda: slack.is_ready)
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


def test_ids_stay() -> None:
    """Else what the page keeps in `state/local` would be of nobody after a restart."""

    def ids() -> list[object]:
        discord, slack = LocalDiscord(), LocalSlack()
        people = [discord.member.id, discord.admin.id, slack.member.id, slack.admin.id]
        return [*people, discord.guild_id, discord.channel_id, slack.workspace.id, slack.channel.id]

    assert ids() == ids()
