"""`python -m bot` on Slack, killed in the middle of answers and votes, and started again."""

import asyncio
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from benchmarks.bot_process import BotProcess
from bot.store.database import FILE
from tests.end_to_end.slack.second import SecondSlack

SETTINGS = {"COOLDOWN_SECONDS": "0"}
POEMS, VOTERS = 4, 20


@pytest.fixture(autouse=True)
def _without_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)


def shown(message: Any) -> int:  # noqa: ANN401
    """The votes that a card shows."""
    labels = (button["text"]["text"] for button in message.buttons)
    return sum(int(found[1]) for label in labels if (found := re.search(r" · (\d+)$", label)))


def stored(state: Path) -> int:
    """The votes in the database."""
    with closing(sqlite3.connect(state / FILE, timeout=10)) as database:
        return int(database.execute("SELECT COUNT(*) FROM votes").fetchone()[0])


def age(state: Path) -> None:
    """As if the bot had been down for minutes: until then its answers may go on."""
    with closing(sqlite3.connect(state / FILE, timeout=10)) as database:
        database.execute("UPDATE unfinished_answers SET beat_at = '2020-01-01 00:00:00.000000'")
        database.commit()


async def test_killed_in_the_middle(tmp_path: Path) -> None:
    """What was shown is kept, and each answer is closed: with its end, or with a sentence."""
    async with (
        SecondSlack(acknowledge_s=60) as slack,
        BotProcess(None, tmp_path, SETTINGS, slack=slack) as bot,
    ):
        card = await slack.command(slack.member, "/dinoname", "count:2").answer()
        poets = [slack.workspace.add_member(f"Poet {n}") for n in range(POEMS)]
        rooms = [slack.workspace.add_channel(f"room-{n}", is_joined=True) for n in range(POEMS)]
        asked = [
            slack.command(poet, "/sonnet", "Shall I", room)
            for poet, room in zip(poets, rooms, strict=True)
        ]
        voters = [slack.workspace.add_member(f"Voter {n}") for n in range(VOTERS)]
        for voter in voters:
            slack.press(voter, card, "b0")
            await asyncio.sleep(0.01)
        for each in asked:
            await each.acknowledgement()
        await slack.wait_for(lambda: shown(card) and all(each.messages for each in asked), 60)
        await bot.kill()
        confirmed = shown(card)
        assert confirmed <= stored(bot.state_dir)
        age(bot.state_dir)
        await bot.start()
        await slack.wait_for(lambda: all(any(m.buttons for m in a.messages) for a in asked), 60)
        for each in asked:
            words = "\n".join(message.words for message in each.messages)
            assert "restarted" in words or words.count("\n") > 12
        slack.press(slack.admin, card, "b1")
        await slack.wait_for(lambda: shown(card) > confirmed, 60)
        assert shown(card) == stored(bot.state_dir)
        log = bot.log.read_text()
        assert "Traceback" not in log
        assert slack.bot_token not in log
