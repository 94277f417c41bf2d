"""`python -m bot` on Slack, killed in the middle of answers and votes, and started again."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

from bot.store.database import FILE
from simulators.slack.server import LocalSlack
from tests.end_to_end.slack.bots import PATIENCE_S, votes_on
from tools.bot_process import BotProcess

SETTINGS = {"COOLDOWN_SECONDS": "0"}
POEMS, VOTERS = 4, 20


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
        LocalSlack(port=0, ack_s=PATIENCE_S) as slack,
        BotProcess(None, tmp_path, SETTINGS, slack=slack) as bot,
    ):
        card = await slack.command(slack.member, "/dinoname", "count:2").answer()
        await slack.wait_for(lambda: card.buttons)  # until then it may say that it takes a moment
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
        await slack.wait_for(lambda: votes_on([card]) and all(each.messages for each in asked))
        await bot.kill()
        confirmed = votes_on([card])
        assert confirmed <= stored(bot.state_dir)
        age(bot.state_dir)
        await bot.start()
        await slack.wait_for(lambda: all(any(m.buttons for m in a.messages) for a in asked))
        for each in asked:
            words = "\n".join(message.words for message in each.messages)
            assert "restarted" in words or words.count("\n") > 12
        slack.press(slack.admin, card, "b1")
        await slack.wait_for(lambda: votes_on([card]) > confirmed)
        assert votes_on([card]) == stored(bot.state_dir)
        log = bot.log.read_text()
        assert "Traceback" not in log
        assert slack.bot_token not in log
