"""The gateway: sessions, sequence numbers, resuming."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import discord
import pytest

from bot.platforms.discord.library import MISSED, Heartbeats
from bot.platforms.local.server import LocalDiscord
from tests.end_to_end.toy_bot import ToyBot
from tests.waiting import eventually

GUILDS, MESSAGES, CONTENT = 1, 1 << 9, 1 << 15
PATIENCE = aiohttp.ClientWSTimeout(ws_close=0.2)


class Socket:
    """A client with access to every frame."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def send(self, op: int, data: object) -> None:
        await self.socket.send_str(json.dumps({"op": op, "d": data}))

    async def next(self) -> dict[str, Any]:
        frame: dict[str, Any] = json.loads((await self.socket.receive(timeout=60)).data)
        return frame

    async def close_code(self) -> int | None:
        assert (await self.socket.receive(timeout=60)).type is aiohttp.WSMsgType.CLOSE
        return self.socket.close_code

    async def identify(self, local: LocalDiscord, **changes: object) -> dict[str, Any]:
        properties = {"token": local.token, "intents": GUILDS | MESSAGES, "properties": {}}
        await self.send(2, properties | changes)
        return await self.next()


@asynccontextmanager
async def connected(local: LocalDiscord) -> AsyncIterator[Socket]:
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{local.url}gateway", timeout=PATIENCE) as raw,
    ):
        socket = Socket(raw)
        assert (await socket.next())["op"] == 10
        yield socket


async def test_missed_interactions_are_replayed(local: LocalDiscord, toy: ToyBot) -> None:
    await local.drop_gateway()
    asked = await asyncio.gather(
        *(local.run_command("quick", {"count": count}) for count in (1, 2, 3))
    )
    assert sorted(one.message.content[0] for one in asked) == ["1", "2", "3"]
    await local.wait_for(lambda: local.state.online)
    assert (toy.ready_count, toy.resumed_count) == (1, 1)


async def test_ready_precedes_guild_create(local: LocalDiscord) -> None:
    async with connected(local) as socket:
        ready = await socket.identify(local)
        created = await socket.next()
    assert (ready["t"], ready["s"]) == ("READY", 1)
    assert ready["d"]["guilds"] == [{"id": str(local.guild_id), "unavailable": True}]
    assert (created["t"], created["s"]) == ("GUILD_CREATE", 2)
    assert created["d"]["channels"][0]["id"] == str(local.channel_id)


async def test_guild_delete(local: LocalDiscord, toy: ToyBot) -> None:
    local.state.remove_bot()
    await eventually(lambda: toy.left == [local.guild_id])
    with pytest.raises(discord.Forbidden, match="50001"):
        await toy.get_partial_messageable(local.channel_id).send("Is anybody there?")
    with pytest.raises(discord.NotFound, match="10004"):
        await toy.fetch_guild(local.guild_id)
    assert toy.left == [local.guild_id]


async def test_bot_that_is_added_again(local: LocalDiscord, toy: ToyBot) -> None:
    local.state.remove_bot()
    await eventually(lambda: toy.left == [local.guild_id])
    local.state.add_bot()
    await eventually(lambda: toy.get_guild(local.guild_id) is not None)
    guild = toy.get_guild(local.guild_id)
    assert guild is not None
    assert guild.me.joined_at is not None
    assert guild.me.joined_at.year > 2024


async def test_resume_replays_events(local: LocalDiscord) -> None:
    async with connected(local) as socket:
        session_id = (await socket.identify(local))["d"]["session_id"]
        assert (await socket.next())["s"] == 2
        await local.drop_gateway()
    local.state.channel.say(local.state.guild.member, "missed")
    async with connected(local) as socket:
        await socket.send(6, {"token": local.token, "session_id": session_id, "seq": 2})
        missed, resumed = await socket.next(), await socket.next()
    assert (missed["t"], missed["s"]) == ("MESSAGE_CREATE", 3)
    assert missed["d"]["content"] == ""  # without the message content intent
    assert resumed["t"] == "RESUMED"


@pytest.mark.parametrize("change", [{"session_id": "unknown"}, {"seq": 99}, {"token": "stolen"}])
async def test_unknown_session_is_invalid(local: LocalDiscord, change: dict[str, object]) -> None:
    async with connected(local) as socket:
        session_id = (await socket.identify(local))["d"]["session_id"]
        await local.drop_gateway()
    async with connected(local) as socket:
        await socket.send(6, {"token": local.token, "session_id": session_id, "seq": 2} | change)
        assert await socket.next() == {"op": 9, "d": False}


async def answered(heartbeats: Heartbeats) -> None:
    """Wait for the answer to the last heartbeat."""
    (beat,) = heartbeats._beats.values()
    keep_alive = beat.gateway._keep_alive
    assert keep_alive is not None
    await eventually(lambda: keep_alive._last_recv >= beat.sent_at)


async def test_half_open_connection_is_replaced(local: LocalDiscord, toy: ToyBot) -> None:
    """Long before Discord's own heartbeat; the missed interaction is replayed."""
    heartbeats = Heartbeats(toy)
    for _ in range(2 * MISSED):  # one that answers is left alone
        await heartbeats.beat()
        await answered(heartbeats)
    local.gateway.stall()
    asked = await local.run_command("quick", until="sent")
    for _ in range(MISSED + 1):
        assert toy.resumed_count == 0
        await heartbeats.beat()
    await eventually(lambda: toy.resumed_count == 1)
    await local.wait_for(lambda: asked.acknowledged)
    assert toy.ready_count == 1
