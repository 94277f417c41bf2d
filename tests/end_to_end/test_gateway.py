"""The gateway: sessions, sequence numbers, resuming."""

import asyncio

from bot.platforms.discord.library import MISSED, Heartbeats
from simulators.discord.server import LocalDiscord
from tests.end_to_end.toy_bot import ToyBot
from tests.waiting import eventually


async def test_missed_interactions_are_replayed(local: LocalDiscord, toy: ToyBot) -> None:
    await local.drop_gateway()
    asked = await asyncio.gather(
        *(local.run_command("quick", {"count": count}) for count in (1, 2, 3))
    )
    assert sorted(one.message.content[0] for one in asked) == ["1", "2", "3"]
    await local.wait_for(lambda: local.state.online)
    assert (toy.ready_count, toy.resumed_count) == (1, 1)


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
