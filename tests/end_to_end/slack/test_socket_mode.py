"""The simulator's Socket Mode behaves like Slack's: an unmodified slack_sdk over real sockets."""

import asyncio

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.platforms.local.faults import Kind, RestFault
from bot.platforms.local.slack.limits import CONNECTIONS
from bot.platforms.local.slack.server import LocalSlack
from tests.end_to_end.slack.conftest import Clock, Listener, connected


async def test_acknowledgement(slack: LocalSlack, listener: Listener) -> None:
    asked = slack.command(slack.member, "/dinoname", "count:3")
    assert await asked.acknowledgement() == {}
    (request,) = listener.requests
    assert (request.type, request.envelope_id) == ("slash_commands", asked.envelope_id)
    assert request.accepts_response_payload
    assert request.payload["text"] == "count:3"


async def test_no_connection(slack: LocalSlack) -> None:
    asked = slack.command(slack.member, "/dinoname")
    assert asked.failure == "dispatch_failed"
    with pytest.raises(RuntimeError, match="dispatch_failed"):
        await asked.acknowledgement()


async def test_silence(clock: Clock) -> None:
    heard = Listener(is_silent=True)
    async with LocalSlack(port=0, clock=clock, ack_s=0.1) as slack, connected(slack, heard):
        asked = slack.command(slack.member, "/dinoname")
        with pytest.raises(RuntimeError, match="operation_timeout"):
            await asked.answer()


async def test_late_acknowledgement(slack: LocalSlack, listener: Listener, clock: Clock) -> None:
    """Its payload is not shown: the member has already seen an error."""

    def answer(request: object) -> dict[str, str]:
        clock.now += 3.1
        return {"text": "hello"}

    listener.answer = answer
    asked = slack.command(slack.member, "/dinoname")
    await slack.wait_for(lambda: asked.is_acknowledged)
    assert asked.failure == "operation_timeout"
    assert slack.messages == []


async def test_connections_take_turns(slack: LocalSlack) -> None:
    first, second = Listener(), Listener()
    async with connected(slack, first), connected(slack, second):
        for _ in range(4):
            await slack.command(slack.member, "/dinoname").acknowledgement()
    assert (len(first.requests), len(second.requests)) == (2, 2)


async def test_repeated_delivery(slack: LocalSlack, listener: Listener) -> None:
    slack.faults.duplicates = True
    listener.answer = lambda request: {"text": "hello"}
    asked = slack.command(slack.member, "/dinoname")
    await slack.wait_for(lambda: len(asked.acknowledgements) == 2)
    assert len({request.envelope_id for request in listener.requests}) == 1
    assert len(slack.messages) == 1
    slack.faults.duplicates = False
    slack.redeliver(asked)
    await slack.wait_for(lambda: len(asked.acknowledgements) == 3)


async def test_event_is_sent_again(clock: Clock) -> None:
    heard = Listener(is_silent=True)
    async with LocalSlack(port=0, clock=clock, ack_s=0.1) as slack, connected(slack, heard):
        asked = slack.open_home(slack.member)
        while len(heard.requests) < 2:  # noqa: ASYNC110 - a silent bot has no event
            await asyncio.sleep(0.01)
        heard.is_silent = False
        first, second = heard.requests
        assert (second.retry_attempt, second.retry_reason) == (1, "timeout")
        assert first.payload["event_id"] == second.payload["event_id"]
        assert first.envelope_id != second.envelope_id
        assert not asked.failure


async def test_refresh(slack: LocalSlack) -> None:
    """slack_sdk opens a new connection after `disconnect`."""
    heard = Listener()
    async with connected(slack, heard, ping_s=0.2):
        await slack.sockets.refresh()
        await slack.wait_for(lambda: slack.sockets.opened >= 2 and slack.sockets.connections)
        await slack.command(slack.member, "/dinoname").acknowledgement()


async def test_drop(slack: LocalSlack) -> None:
    heard = Listener()
    async with connected(slack, heard, ping_s=0.2):
        await slack.sockets.drop()
        await slack.wait_for(lambda: slack.sockets.opened >= 2 and slack.sockets.connections)
        await slack.command(slack.member, "/dinoname").acknowledgement()


async def test_deaf(clock: Clock) -> None:
    """A deaf connection looks healthy, and carries nothing."""
    heard = Listener()
    async with (
        LocalSlack(port=0, clock=clock, ack_s=0.2) as slack,
        connected(slack, heard, ping_s=0.5) as client,
    ):
        slack.sockets.deafen()
        asked = slack.command(slack.member, "/dinoname")
        await slack.wait_for(lambda: asked.failure)
        assert heard.requests == []
        assert await client.is_connected()


async def test_dead(slack: LocalSlack) -> None:
    """Pings are not answered: slack_sdk notices, and connects again."""
    async with connected(slack, Listener(), ping_s=0.1):
        slack.sockets.deafen(pongs=False)
        await slack.wait_for(lambda: slack.sockets.opened >= 2)


async def test_switched_off(slack: LocalSlack, web: AsyncWebClient) -> None:
    opened = await web.apps_connections_open(app_token=slack.app_token)
    async with aiohttp.ClientSession() as session, session.ws_connect(opened["url"]) as socket:
        await socket.receive_json()
        await slack.sockets.disable()
        assert (await socket.receive_json())["reason"] == "link_disabled"
        opened = await web.apps_connections_open(app_token=slack.app_token)
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(opened["url"])


async def test_refusal(slack: LocalSlack, web: AsyncWebClient) -> None:
    slack.sockets.refuses = True
    opened = await web.apps_connections_open(app_token=slack.app_token)
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(opened["url"])


async def test_ticket_opens_one_connection(
    slack: LocalSlack, web: AsyncWebClient, clock: Clock
) -> None:
    opened = await web.apps_connections_open(app_token=slack.app_token)
    late = await web.apps_connections_open(app_token=slack.app_token)
    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(opened["url"]) as socket:
            hello = await socket.receive_json()
            assert (hello["type"], hello["num_connections"]) == ("hello", 1)
        clock.now += 31
        for url in (opened["url"], late["url"]):
            with pytest.raises(aiohttp.WSServerHandshakeError):
                await session.ws_connect(url)


async def test_too_many_connections(slack: LocalSlack, web: AsyncWebClient) -> None:
    async with aiohttp.ClientSession() as session:
        sockets = []
        for number in range(CONNECTIONS + 1):
            opened = await web.apps_connections_open(app_token=slack.app_token)
            sockets.append(await session.ws_connect(opened["url"]))
            first = await sockets[-1].receive_json()
            if number < CONNECTIONS:
                assert first["num_connections"] == number + 1
        assert first["reason"] == "too_many_websockets"


async def test_faults_of_the_address(slack: LocalSlack, web: AsyncWebClient) -> None:
    slack.faults.rest = RestFault(Kind.ROUTE_LIMIT, paths=r"apps\.connections\.open", seconds=30)
    with pytest.raises(SlackApiError) as caught:
        await web.apps_connections_open(app_token=slack.app_token)
    assert caught.value.response.headers["Retry-After"] == "30"


@pytest.mark.parametrize("text", ["nonsense", "[]", "{}", '{"envelope_id": 3}'])
async def test_nonsense(slack: LocalSlack, web: AsyncWebClient, text: str) -> None:
    """The connection stays."""
    opened = await web.apps_connections_open(app_token=slack.app_token)
    async with aiohttp.ClientSession() as session:
        socket = await session.ws_connect(opened["url"])
        await socket.receive_json()
        await socket.send_str(text)
        slack.command(slack.member, "/dinoname")
        assert (await socket.receive_json())["type"] == "slash_commands"
        await socket.close()
