"""The watch on half-open connections, where a socket takes nothing more."""

import asyncio
from types import SimpleNamespace

import pytest

from bot.discord import heartbeats as module
from bot.discord.heartbeats import MISSED, Heartbeats


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


class Client:
    """A client with a shard for each connection."""

    def __init__(self, *gateways: Gateway) -> None:
        self._gateways = gateways
        shard = SimpleNamespace(is_closed=lambda: False)
        self.shards = dict.fromkeys(range(len(gateways)), shard)

    def _get_websocket(self, shard_id: int) -> Gateway:
        return self._gateways[shard_id]


async def test_full_socket_stops_no_other_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SENDING_S", 0.01)
    full, other = Gateway(is_full=True), Gateway(is_full=False)
    heartbeats = Heartbeats(Client(full, other))  # type: ignore[arg-type]
    async with asyncio.timeout(5):
        for _ in range(MISSED):
            await heartbeats.beat()
        assert other.sent == MISSED
        assert not full.is_cut
        await heartbeats.beat()
    assert full.is_cut
    assert other.is_cut
