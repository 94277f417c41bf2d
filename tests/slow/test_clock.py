"""The end of a vote and tomorrow, by the clock of the local page."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from string import ascii_lowercase

from bot.discoveries.queries import MOST_IN_A_DAY, Discoveries
from bot.platforms.discord.client import Mangosaurus
from simulators.both.server import SideBySide
from simulators.common.clock import MovableClock
from simulators.discord.records import Message
from simulators.discord.server import LocalDiscord
from simulators.slack.server import LocalSlack
from tests.bot.champions import crown
from tests.end_to_end.conftest import PATIENCE_S, mangosaurus
from tests.end_to_end.test_clock import move

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass
class Scene:
    """The bot on the local Discord."""

    local: LocalDiscord
    bot: Mangosaurus

    async def win(self) -> Message:
        """Let a name of Mary's get votes. Returns the poll."""
        poll = (await self.local.run_command("dinoname", {"count": 2})).message
        await self.local.press(poll, poll.buttons[0].label, by=self.local.admin)
        return poll

    async def see_result(self, poll: Message) -> None:
        await self.local.wait_for(lambda: " won" in poll.content, what="A result")

    async def owned(self) -> int:
        """How many dinosaurs are in Mary's collection."""
        member = int(self.local.member.id)
        return await self.bot.app.store[Discoveries].count(self.local.guild_id, member)


async def test_end_of_a_vote_and_tomorrow(tmp_path: Path) -> None:
    clock = MovableClock()
    clock.advance((36 - clock.now().hour) * HOUR)  # noon tomorrow: an hour later is the same day
    local = LocalDiscord(clock=clock.seconds, first_response_s=PATIENCE_S)
    async with (
        SideBySide(local, LocalSlack(clock=clock.seconds), clock) as page,
        mangosaurus(local, tmp_path, now=clock.now) as bot,
    ):
        clock.listeners.append(bot.jobs.wake)
        scene, store = Scene(local, bot), bot.app.store
        place, mary = local.guild_id, int(local.member.id)
        for letter in ascii_lowercase[:MOST_IN_A_DAY]:
            name = f"Kilo{letter}saurus"
            await crown(store, name, at=clock.now(), community_id=place, member_id=mary)

        polls = [await scene.win() for _ in range(4)]  # more than old messages take edits
        assert await move(page, "1") == 200
        for poll in polls:
            await scene.see_result(poll)
        assert poll.edits[-1] >= poll.created_at + 3600
        assert await store[Discoveries].count(place) == MOST_IN_A_DAY + 4
        assert await scene.owned() == MOST_IN_A_DAY

        assert await move(page, "24") == 200  # before the vote: it would end early in the move
        poll = await scene.win()
        assert await move(page, "1") == 200
        await scene.see_result(poll)
        assert await scene.owned() == MOST_IN_A_DAY + 1
