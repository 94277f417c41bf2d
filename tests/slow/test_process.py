"""The bot as a process: a malformed frame does not end it."""

from pathlib import Path

from benchmarks.bot_process import BotProcess
from bot.platforms.local.server import LocalDiscord

SETTINGS = {"COOLDOWN_SECONDS": "0"}


async def test_malformed_frame_is_dropped(local: LocalDiscord, tmp_path: Path) -> None:
    async with BotProcess(local, tmp_path, SETTINGS) as bot:
        await local.gateway.send_frame("{")
        assert not (await local.run_command("about")).failed
        assert "An event of Discord is dropped" in bot.log.read_text()
        assert "Traceback" not in bot.log.read_text()
