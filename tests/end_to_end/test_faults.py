"""The simulator's faults: each does what its name says, and ends."""

import json

import aiohttp
import pytest

from bot.platforms.local.faults import Kind, RestFault
from bot.platforms.local.limits import ApiError
from bot.platforms.local.server import LocalDiscord
from tests.end_to_end.conftest import eventually
from tests.end_to_end.test_gateway import connected
from tests.end_to_end.toy_bot import ToyBot


async def post(local: LocalDiscord, content: str = "Rex", **more: object) -> tuple[int, str]:
    """Post a message as the bot: the status and the body of the answer."""
    address = f"{local.url}api/v10/channels/{local.channel_id}/messages"
    headers = {"Authorization": f"Bot {local.token}"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(address, json={"content": content, **more}) as answer,
    ):
        return answer.status, await answer.text()


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (Kind.SERVER_ERROR, 500),
        (Kind.BAD_GATEWAY, 502),
        (Kind.ROUTE_LIMIT, 429),
        (Kind.GLOBAL_LIMIT, 429),
    ],
)
async def test_errors_are_answered_unhandled(local: LocalDiscord, kind: Kind, status: int) -> None:
    local.faults.rest = RestFault(kind)
    found, body = await post(local)
    assert found == status
    assert local.messages == []
    if status == 429:
        assert json.loads(body)["global"] == (kind is Kind.GLOBAL_LIMIT)
    local.faults.clear()
    assert (await post(local))[0] == 200


async def test_cut_request_is_not_handled(local: LocalDiscord) -> None:
    local.faults.rest = RestFault(Kind.CUT)
    with pytest.raises(aiohttp.ClientError):
        await post(local)
    assert local.messages == []


async def test_lost_answer_was_handled(local: LocalDiscord) -> None:
    local.faults.rest = RestFault(Kind.LOST_ANSWER)
    with pytest.raises(aiohttp.ClientError):
        await post(local)
    assert [message.content for message in local.messages] == ["Rex"]


async def test_silence_is_not_answered(local: LocalDiscord) -> None:
    local.faults.rest = RestFault(Kind.SILENCE)
    address = f"{local.url}api/v10/users/@me"
    async with aiohttp.ClientSession() as session:
        with pytest.raises(TimeoutError):
            await session.get(address, timeout=aiohttp.ClientTimeout(total=0.2))


async def test_malformed_answer_was_handled(local: LocalDiscord) -> None:
    local.faults.rest = RestFault(Kind.MALFORMED)
    status, body = await post(local)
    assert status == 200
    with pytest.raises(json.JSONDecodeError):
        json.loads(body)
    assert len(local.messages) == 1


async def test_only_the_paths_and_the_share(local: LocalDiscord) -> None:
    local.faults.rest = RestFault(Kind.SERVER_ERROR, paths="PATCH ")
    assert (await post(local))[0] == 200
    local.faults.rest = RestFault(Kind.SERVER_ERROR, share=0.0)
    assert (await post(local))[0] == 200
    assert not local.faults.made


async def test_disturbed_interaction_is_noted(local: LocalDiscord, toy: ToyBot) -> None:
    local.faults.rest = RestFault(Kind.BAD_GATEWAY, paths="callback")
    asked = await local.run_command("quick", until="sent")
    await eventually(lambda: asked.token in local.faults.disturbed)
    local.faults.clear()
    await local.wait_for(lambda: asked.settled)  # tried again
    assert not asked.failed


async def test_limited_client_tries_again(local: LocalDiscord, toy: ToyBot) -> None:
    local.faults.rest = RestFault(Kind.ROUTE_LIMIT, paths="callback", seconds=0.3)
    asked = await local.run_command("quick", until="sent")
    await eventually(lambda: local.faults.made)
    local.faults.clear()
    await local.wait_for(lambda: asked.settled)
    assert not asked.failed


async def test_stalled_connection_carries_nothing(local: LocalDiscord) -> None:
    async with connected(local) as socket:
        await socket.identify(local)
        assert (await socket.next())["t"] == "GUILD_CREATE"
        local.gateway.stall()
        local.state.channel.say(local.state.guild.member, "Rex")
        await socket.send(1, None)
        with pytest.raises(TimeoutError):
            await socket.socket.receive(timeout=0.3)


async def test_stalled_session_is_resumed(local: LocalDiscord) -> None:
    async with connected(local) as socket:
        ready = await socket.identify(local)
        await socket.next()
        local.gateway.stall()
        message = local.state.channel.say(local.state.guild.member, "Rex")
        async with connected(local) as again:
            session = {"token": local.token, "session_id": ready["d"]["session_id"], "seq": 2}
            await again.send(6, session)
            missed = await again.next()
            assert (missed["t"], missed["d"]["id"]) == ("MESSAGE_CREATE", message.id)
            assert (await again.next())["t"] == "RESUMED"


@pytest.mark.parametrize("resumable", [False, True])
async def test_invalidated_session(local: LocalDiscord, toy: ToyBot, resumable: bool) -> None:
    await local.gateway.invalidate(resumable=resumable)
    if resumable:
        await local.wait_for(lambda: not local.state.online)
    await local.wait_for(lambda: local.state.online)
    assert (await local.run_command("quick")).message.content
    await eventually(lambda: toy.resumed_count == int(resumable))


async def test_request_to_reconnect(local: LocalDiscord, toy: ToyBot) -> None:
    await local.gateway.ask_to_reconnect()
    await local.wait_for(lambda: not local.state.online)
    await local.wait_for(lambda: local.state.online)
    await eventually(lambda: toy.resumed_count == 1)


async def test_duplicated_events(local: LocalDiscord) -> None:
    local.faults.duplicates = True
    async with connected(local) as socket:
        ready = await socket.identify(local)
        assert await socket.next() == ready


async def test_reordered_events(local: LocalDiscord) -> None:
    async with connected(local) as socket:
        await socket.identify(local)
        await socket.next()
        local.faults.gathering_s = 0.1
        for number in range(12):
            local.state.channel.say(local.state.guild.member, f"{number}")
        numbers = [(await socket.next())["s"] for _ in range(12)]
    assert numbers != sorted(numbers)
    assert sorted(numbers) == [*range(3, 15)]


async def test_delivery_is_noted(local: LocalDiscord, toy: ToyBot) -> None:
    asked = await local.run_command("quick")
    assert asked.delivered_at is not None
    local.gateway.stall()
    unheard = await local.run_command("quick", until="sent")
    assert unheard.delivered_at is None
    await local.drop_gateway()


async def test_enforced_nonce_posts_once(local: LocalDiscord) -> None:
    first, second = [await post(local, nonce="7", enforce_nonce=True) for _ in range(2)]
    assert first == second
    await post(local, nonce="7")
    assert len(local.messages) == 2


async def test_forged_values_are_not_checked(local: LocalDiscord, toy: ToyBot) -> None:
    values = {"count": 10**6}
    with pytest.raises(ApiError):
        await local.run_command("quick", values)
    assert await local.run_command("quick", values, forged=True, until="sent")
