"""A training that outlives the bot's process, over real sockets and with the real trainer."""

import contextlib
import re
import sqlite3
from pathlib import Path

import pytest

from simulators.discord.records import Message
from simulators.discord.server import LocalDiscord
from tools.bot_process import BotProcess

pytestmark = pytest.mark.usefixtures("without_writers")


def progress(report: Message) -> int:
    """Percentage on the progress message; -1 if it shows none."""
    found = re.search(r"(\d+)%", report.embed.get("description", ""))
    return int(found[1]) if found else -1


def reports(local: LocalDiscord) -> list[Message]:
    """The messages that answer no request."""
    return [message for message in local.messages if message.asked is None]


async def test_training_survives_stop_and_kill(local: LocalDiscord, tmp_path: Path) -> None:
    """The bot is stopped, then killed. The third process ends the training of the first.

    A training that started from the beginning would show less progress than before.
    """
    settings = {"COOLDOWN_SECONDS": "0", "HOME_GUILDS": str(local.guild_id)}
    async with BotProcess(local, tmp_path, settings) as bot:
        await local.run_command("retrain names", {"seed": 1, "force": True}, by=local.admin)
        await local.wait_for(lambda: reports(local), what="A progress message")
        (report,) = reports(local)
        await local.wait_for(lambda: progress(report) >= 10, timeout_s=300, what="10%")
        before = progress(report)

        assert await bot.stop() == 0
        assert "The training resumes after that." in report.embed["description"]
        checkpoint = bot.state_dir / "training" / "1" / "names.checkpoint"
        assert checkpoint.exists()
        await bot.start()
        await local.wait_for(lambda: progress(report) >= 0, what="Progress")
        assert progress(report) >= before

        await bot.kill()
        assert checkpoint.exists()
        with contextlib.closing(sqlite3.connect(bot.state_dir / "mangosaurus.db")) as database:
            # As if the bot had been down for a minute: until then the training may be running.
            database.execute("UPDATE trainings SET beat_at = '2020-01-01 00:00:00.000000'")
            database.commit()
        edits = len(report.edits)
        await bot.start()
        await local.wait_for(lambda: len(report.edits) > edits, what="An edit")
        await local.wait_for(lambda: progress(report) >= 0, what="Progress")
        assert progress(report) >= before
        await local.wait_for(
            lambda: "of names is live" in report.embed["title"], timeout_s=300, what="A version"
        )
        log = bot.log.read_text()
        assert log.count("Training 1 resumes from its checkpoint") == 2
        assert "starts over" not in log
        assert "Traceback" not in log
    assert reports(local) == [report]
    with contextlib.closing(sqlite3.connect(bot.state_dir / "mangosaurus.db")) as database:
        rows = database.execute("SELECT id, state, attempts, version_id FROM trainings").fetchall()
    assert rows == [(1, "done", 2, 1)]  # the restart in good order does not count
