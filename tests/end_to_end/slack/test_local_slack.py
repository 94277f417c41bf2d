"""What the simulator of Slack has beside Slack's rules (`test_contract.py`)."""

import dataclasses

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.platforms.local.faults import FaultKind, RestFault
from bot.platforms.local.limits import JSON
from bot.platforms.local.slack.forms import FormError
from bot.platforms.local.slack.server import LocalSlack
from bot.platforms.local.slack.views import Views
from bot.platforms.slack.manifest import manifest
from bot.platforms.slack.names import CommandNames
from tests.end_to_end.slack.conftest import MODAL, Listener


async def test_manifest() -> None:
    """What the app's manifest lacks does not exist."""
    app = manifest(CommandNames())
    async with LocalSlack(port=0, manifest=app) as slack:
        assert slack.command(slack.member, "/dinoname").failure == "dispatch_failed"
        ada = slack.workspace.admin.id
        asked = slack.command(slack.member, "/collection", "@Ada & @nobody")
        assert asked.payload["text"] == f"<@{ada}|ada> &amp; @nobody"
        assert slack.command(slack.member, "/dinoname", "@Ada").payload["text"] == "@Ada"
        said = slack.say(slack.member, "hello")
        callback_id = app["features"]["shortcuts"][0]["callback_id"]
        assert slack.shortcut(slack.member, callback_id, said).failure == "dispatch_failed"
        assert slack.open_home(slack.member)
        with pytest.raises(LookupError, match="/dino is not in the manifest"):
            slack.command(slack.member, "/dino")
        with pytest.raises(LookupError, match="names is not"):
            slack.shortcut(slack.member, "names", said)


@pytest.mark.parametrize(
    "values", [{}, {"count": 6}, {"count": 1.5}, {"count": "many"}, {"count": 1, "name": "x" * 11}]
)
async def test_incomplete_form(slack: LocalSlack, listener: Listener, values: JSON) -> None:
    """Slack does not send it; a forged one arrives."""
    views: Views = slack.state.views
    asked = slack.command(slack.member, "/dinoname", "?")
    view = views.open(asked.payload["trigger_id"], MODAL)
    with pytest.raises(FormError):
        slack.submit(slack.member, view, values)
    await slack.submit(slack.member, view, values, forged=True).acknowledgement()


@pytest.mark.parametrize(
    "kind", [FaultKind.SERVER_ERROR, FaultKind.CUT, FaultKind.LOST_ANSWER, FaultKind.MALFORMED]
)
async def test_faults(slack: LocalSlack, web: AsyncWebClient, kind: FaultKind) -> None:
    web.retry_handlers.clear()
    slack.faults.rest = RestFault(kind, paths=r"chat\.postMessage")
    with pytest.raises((SlackApiError, aiohttp.ClientError)):
        await web.chat_postMessage(channel=slack.channel.id, text="hello")
    handled = kind in (FaultKind.LOST_ANSWER, FaultKind.MALFORMED)
    assert len(slack.messages) == handled
    await web.auth_test()


@pytest.mark.parametrize("text", ["nonsense", "[]", "{}", '{"envelope_id": 3}'])
async def test_nonsense_of_the_bot(slack: LocalSlack, web: AsyncWebClient, text: str) -> None:
    """The connection stays."""
    opened = await web.apps_connections_open(app_token=slack.app_token)
    async with aiohttp.ClientSession() as session:
        socket = await session.ws_connect(opened["url"])
        await socket.receive_json()
        await socket.send_str(text)
        slack.command(slack.member, "/dinoname")
        assert (await socket.receive_json())["type"] == "slash_commands"
        await socket.close()


async def test_ids_stay(slack: LocalSlack) -> None:
    """A bot with a database recognizes members and channels after a restart of the simulator."""
    again = LocalSlack(port=0)
    assert again.member == slack.member
    assert dataclasses.astuple(again.channel) == dataclasses.astuple(slack.channel)
