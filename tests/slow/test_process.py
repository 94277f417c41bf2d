"""The bot as a process: its exit code after a malformed frame."""

from pathlib import Path

from benchmarks.bot_process import BotProcess
from bot.platforms.local.server import LocalDiscord
from bot.startup import Exit

SETTINGS = {"COOLDOWN_SECONDS": "0"}


async def test_malformed_frame_ends_it_with_a_sentence(local: LocalDiscord, tmp_path: Path) -> None:
    """Nothing says what was lost with the frame: the bot's host starts it again."""
    async with BotProcess(local, tmp_path, SETTINGS) as bot:
        await local.gateway.send_malformed()
        assert await bot.wait() == Exit.UNREACHABLE
        assert "Discord cannot be reached" in bot.log_tail(1)
        assert "Traceback" not in bot.log.read_text()
