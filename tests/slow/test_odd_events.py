"""Events of the gateway that discord.py cannot read: the bot drops them, and goes on."""

import json
from pathlib import Path

import pytest

from simulators.discord.server import LocalDiscord
from tests.end_to_end.conftest import mangosaurus

FRAMES = {
    "no JSON": "<html>502</html>",
    "null": "null",
    "no opcode": "{}",
    "unknown opcode": '{"op": 99, "d": {}}',
    "sequence as text": '{"op": 0, "t": "TYPING_START", "s": "many", "d": {}}',
}
"""Whole frames."""
INTERACTION = {"id": "1", "application_id": "2", "token": "t", "version": 1, "channel_id": "3"}
INTERACTION["attachment_size_limit"] = 1
MEMBER = {"user": {"id": "4", "username": "m", "discriminator": "0", "avatar": None}}
EVENTS: dict[str, tuple[str, object]] = {
    "unknown event": ("SOMETHING_NEW", {"x": 1}),
    "guild as list": ("GUILD_CREATE", []),
    "guild without id": ("GUILD_CREATE", {"name": "x"}),
    "role as text": ("GUILD_ROLE_UPDATE", {"guild_id": "x", "role": "admin"}),
    "channel without type": ("CHANNEL_CREATE", {"id": "5"}),
    "thread list without threads": ("THREAD_LIST_SYNC", {"guild_id": "0"}),
    "interaction as null": ("INTERACTION_CREATE", None),
    "command without name": (
        "INTERACTION_CREATE",
        INTERACTION | {"type": 2, "data": {"id": "9"}, **MEMBER},
    ),
    "press without id": ("INTERACTION_CREATE", INTERACTION | {"type": 3, "data": {}, **MEMBER}),
}
"""Names and data of events."""
WITHOUT_SESSION = {
    "ready without user": json.dumps({"op": 0, "t": "READY", "s": 1, "d": {"session_id": "x"}}),
    "hello without interval": json.dumps({"op": 10, "d": {}}),
}
"""Frames after which a shard has to connect again."""


async def test_odd_events(
    local: LocalDiscord, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    gateway = local.gateway
    async with mangosaurus(local, tmp_path) as bot:

        async def works() -> bool:
            asked = await local.run_command("about", until="acknowledged")
            return asked.acknowledged and not bot.is_closed()

        for name, frame in FRAMES.items():
            await gateway.send_frame(frame)
            assert await works(), name
        for name, (event, data) in EVENTS.items():
            gateway.send_event(event, data)
            assert await works(), name
        assert gateway.identified == [0]
        for name, frame in WITHOUT_SESSION.items():
            gateway.identified.clear()
            await gateway.send_frame(frame)
            await local.wait_for(lambda: gateway.identified, what="A new session")
            await local.wait_for(lambda: local.state.online, what="The connection")
            assert await works(), name
    for event, _data in (EVENTS["guild as list"], EVENTS["channel without type"]):
        assert f"An event of Discord is dropped, it cannot be read: {event}" in caplog.text
    assert caplog.text.count("A command of Discord is dropped") == 1
    assert not any(record.exc_info for record in caplog.records)
