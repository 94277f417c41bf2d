"""The watch on half-open connections, where a socket takes nothing more."""

import asyncio
from inspect import signature
from types import SimpleNamespace
from typing import Any

import discord
import pytest
from discord.gateway import DiscordWebSocket, KeepAliveHandler

from bot.platforms.discord import library as module
from bot.platforms.discord.library import MISSED, Heartbeats


class Gateway:
    """A connection on which nothing arrives."""

    def __init__(self, *, is_full: bool) -> None:
        self._is_full = is_full
        self._keep_alive = SimpleNamespace(_last_recv=float("-inf"), beat=dict)
        self.socket = SimpleNamespace(get_extra_info=lambda _: self)
        self.sent = 0
        self.is_cut = False

    async def send_heartbeat(self, _: object) -> None:
        if self._is_full:
            await asyncio.Event().wait()
        self.sent += 1

    def shutdown(self, _: int) -> None:
        self.is_cut = True


def client(*gateways: Gateway) -> Any:  # noqa: ANN401
    """A client with a shard for each connection."""
    shards = dict.fromkeys(range(len(gateways)), SimpleNamespace(is_closed=lambda: False))
    return SimpleNamespace(shards=shards, _get_websocket=lambda shard_id: gateways[shard_id])


async def test_library_has_what_the_watch_uses() -> None:
    """Fails after an upgrade that has changed it. `library.py` then needs a change.

    Until then the bot runs without the watch.
    """
    socket: Any = object()
    gateway = DiscordWebSocket(socket, loop=asyncio.get_running_loop())
    gateway._max_heartbeat_timeout = 60
    keep_alive = KeepAliveHandler(ws=gateway)
    assert gateway._keep_alive is None
    assert gateway.socket is socket
    started_at = keep_alive._last_recv
    keep_alive._last_recv = 0
    keep_alive.tick()
    assert keep_alive._last_recv >= started_at
    assert keep_alive.beat() == {"op": 1, "d": None}
    assert asyncio.iscoroutinefunction(gateway.send_heartbeat)
    assert "shard_id" in signature(discord.AutoShardedClient._get_websocket).parameters


async def test_unknown_library_ends_the_watch(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """With one line in the log, and no traceback every few seconds."""
    monkeypatch.setattr(module, "BEAT_S", 0)
    gateway = Gateway(is_full=False)
    del gateway._keep_alive
    async with asyncio.timeout(60):
        await Heartbeats(client(gateway)).run()
    (record,) = caplog.records
    assert "'Gateway' object has no attribute '_keep_alive'" in record.getMessage()
    assert record.exc_info is None


async def test_full_socket_stops_no_other_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SENDING_S", 0.01)
    full, other = Gateway(is_full=True), Gateway(is_full=False)
    heartbeats = Heartbeats(client(full, other))
    async with asyncio.timeout(60):
        for _ in range(MISSED):
            await heartbeats.beat()
        assert other.sent == MISSED
        assert not full.is_cut
        await heartbeats.beat()
    assert full.is_cut
    assert other.is_cut
