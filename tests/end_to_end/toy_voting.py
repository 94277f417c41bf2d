"""A bot that does nothing but take votes, as the driver of `benchmarks.votes` expects it.

`python -m tests.end_to_end.toy_voting API GATEWAY`. With `FORGETFUL=1` it acknowledges a vote and
writes it down later, so that a kill loses some.
"""

import asyncio
import os
import re
import sqlite3
import sys
from pathlib import Path

import discord
from discord import app_commands
from discord.ext import commands

from bot.local.server import pointing_clients_at

NAMES = ("Mangosaurus", "Papayasaurus", "Guavaraptor")
SCHEMA = """
PRAGMA journal_mode = WAL;
CREATE TABLE IF NOT EXISTS cards (id INTEGER PRIMARY KEY, message INTEGER);
CREATE TABLE IF NOT EXISTS candidates (poll_id INTEGER, position INTEGER, name TEXT);
CREATE TABLE IF NOT EXISTS votes
    (poll_id INTEGER, member_id INTEGER, position INTEGER, PRIMARY KEY (poll_id, member_id));
"""
WRITE_EVERY_S, EDIT_EVERY_S = 0.3, 1.1


class VoteButton(
    discord.ui.DynamicItem[discord.ui.Button[discord.ui.View]],
    template=r"vote:(?P<card>\d+):(?P<position>\d+)",
):
    """One name of one card."""

    def __init__(self, card: int, position: int) -> None:
        custom_id = f"vote:{card}:{position}"
        super().__init__(discord.ui.Button(label=NAMES[position], custom_id=custom_id))
        self.card, self.position = card, position

    @classmethod
    async def from_custom_id(
        cls,
        interaction: discord.Interaction[discord.Client],
        item: discord.ui.Item[discord.ui.View],
        match: re.Match[str],
    ) -> "VoteButton":
        return cls(int(match["card"]), int(match["position"]))

    async def callback(self, interaction: discord.Interaction[discord.Client]) -> None:
        bot = interaction.client
        assert isinstance(bot, VotingBot)
        bot.count(self.card, interaction.user.id, self.position)
        await interaction.response.defer()


class VotingBot(commands.AutoShardedBot):
    """Keeps votes in SQLite, and redraws the cards one after another."""

    def __init__(self, database: Path, *, forgetful: bool) -> None:
        super().__init__(
            commands.when_mentioned,
            intents=discord.Intents(guilds=True),
            guild_ready_timeout=0.1,
        )
        self.database = sqlite3.connect(database)
        self.database.executescript(SCHEMA)
        self.forgetful = forgetful
        self.channel_id = 0
        self.dirty: set[int] = set()
        self.tasks: list[asyncio.Task[None]] = []

    async def setup_hook(self) -> None:
        self.add_dynamic_items(VoteButton)
        self.tree.add_command(dinoname)
        await self.tree.sync()
        self.tasks = [asyncio.create_task(self.draw()), asyncio.create_task(self.write())]

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        self.channel_id = interaction.channel_id or 0

    def count(self, card: int, member: int, position: int) -> None:
        row = card, member, position
        self.database.execute("INSERT OR REPLACE INTO votes VALUES (?, ?, ?)", row)
        if not self.forgetful:
            self.database.commit()
        self.dirty.add(card)

    async def write(self) -> None:
        while True:
            await asyncio.sleep(WRITE_EVERY_S)
            self.database.commit()

    async def draw(self) -> None:
        while True:
            await asyncio.sleep(EDIT_EVERY_S / 10)
            if self.dirty:
                card = self.dirty.pop()
                found = self.database.execute("SELECT message FROM cards WHERE id = ?", (card,))
                channel = self.get_partial_messageable(self.channel_id)
                message = channel.get_partial_message(found.fetchone()[0])
                await message.edit(embed=self.embed(card))

    def embed(self, card: int) -> discord.Embed:
        query = "SELECT COUNT(*) FROM votes WHERE poll_id = ? AND position = ?"
        tally = [self.database.execute(query, (card, p)).fetchone()[0] for p in range(len(NAMES))]
        lines = [f"**{name}** · {votes}" for name, votes in zip(NAMES, tally, strict=True)]
        return discord.Embed(description="\n".join(lines))


@app_commands.command(description="Deals a card")
async def dinoname(interaction: discord.Interaction) -> None:
    bot = interaction.client
    assert isinstance(bot, VotingBot)
    card = interaction.id
    rows = [(card, position, name) for position, name in enumerate(NAMES)]
    bot.database.executemany("INSERT INTO candidates VALUES (?, ?, ?)", rows)
    bot.database.commit()
    view = discord.ui.View(timeout=None)
    for position in range(len(NAMES)):
        view.add_item(VoteButton(card, position))
    sent = await interaction.response.send_message(embed=bot.embed(card), view=view)
    bot.database.execute("INSERT INTO cards VALUES (?, ?)", (card, sent.message_id))
    bot.database.commit()


def main() -> None:
    """Run it at the addresses that are given."""
    folder = Path(os.environ["STATE_DIR"])
    folder.mkdir(parents=True, exist_ok=True)
    forgetful = os.environ.get("FORGETFUL") == "1"
    with pointing_clients_at(*sys.argv[1:]):
        bot = VotingBot(folder / "mangosaurus.db", forgetful=forgetful)
        bot.run(os.environ["DISCORD_TOKEN"])


if __name__ == "__main__":
    main()
