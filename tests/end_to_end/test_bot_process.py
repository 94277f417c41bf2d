"""The bot in a subprocess that can be killed."""

from pathlib import Path

import pytest

from benchmarks.bot_process import BotProcess
from bot.platforms.local.server import LocalDiscord
from bot.startup import Exit

SETTINGS = {"COOLDOWN_SECONDS": "0"}


async def test_subprocess_answers_restarts_and_stops(local: LocalDiscord, tmp_path: Path) -> None:
    """Each start takes a second, so that one test has all three."""
    bot = BotProcess(local, tmp_path, SETTINGS)
    async with bot:
        asked = await local.run_command("dinoname", {"count": 3, "starts_with": "mango"})
        card = asked.message
        assert len(card.embed["description"].split("\n")) == 3
        assert bot.memory_mib() > 10
        await bot.kill()
        unheard = await local.press(card, "More", until="sent")
        await bot.start()
        more = await local.press(card, "More")
        assert "Mango" in more.message.embed["description"]
        assert not unheard.acknowledged
    assert await bot.stop() == 0


async def test_malformed_frame_ends_it_with_a_sentence(local: LocalDiscord, tmp_path: Path) -> None:
    """Nothing says what was lost with the frame: the bot's host starts it again."""
    async with BotProcess(local, tmp_path, SETTINGS) as bot:
        await local.gateway.send_malformed()
        assert await bot.wait() == Exit.UNREACHABLE
        assert "Discord cannot be reached" in bot.log_tail(1)
        assert "Traceback" not in bot.log.read_text()


async def test_failing_start(local: LocalDiscord, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="COOLDOWN_SECONDS"):
        await BotProcess(local, tmp_path, {"COOLDOWN_SECONDS": "never"}).start()
