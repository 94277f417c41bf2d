"""`/privacy`, and the forgetting of servers that the bot has left."""

import logging
from collections.abc import Awaitable
from contextlib import suppress
from datetime import timedelta

import discord
from discord import app_commands
from discord.ext import commands

from bot.commands import privacy
from bot.commands.message import Button
from bot.discord.client import Interaction, Mangosaurus
from bot.discord.rendering import render_edit
from bot.services.concurrency import PeriodicTask
from bot.store import Unavailable

log = logging.getLogger(__name__)

GRACE = timedelta(days=30)
"""After so long, a server that has removed the bot is forgotten; till then it may come back."""
SWEEP_S = 3600.0


class Privacy(commands.Cog):
    """Shows what is kept, and forgets it."""

    def __init__(self, bot: Mangosaurus) -> None:
        self.bot = bot
        bot.handlers[privacy.ACTION] = self.press
        self._sweeping: PeriodicTask | None = None
        self._has_looked = False

    async def cog_load(self) -> None:
        """Begin to forget."""
        self._sweeping = PeriodicTask(self._sweep, SWEEP_S, after=self.bot.wait_until_ready)

    async def cog_unload(self) -> None:
        """Stop that."""
        if self._sweeping is not None:
            await self._sweeping.close()

    @app_commands.command(name="privacy", description="What I keep about you; forget it, too.")
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    async def privacy_(self, interaction: Interaction) -> None:
        """Answer `/privacy`."""
        reply = await privacy.shown(interaction.user.id, self.bot.store.privacy)
        await self.bot.respond(interaction, reply)

    async def press(self, interaction: Interaction, button: Button) -> None:
        """Answer the buttons that forget a member."""
        with self.bot.work.track():
            reply = await privacy.press(button.state, interaction.user.id, self.bot.store.privacy)
            if reply.files:
                await self.bot.respond(interaction, reply)
                return
            await interaction.response.edit_message(**render_edit(reply))

    @commands.Cog.listener()
    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Remember a server that has the bot (back)."""
        await _logged(self.bot.store.privacy.joined(guild.id))

    @commands.Cog.listener()
    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Note when a server has removed the bot."""
        await _logged(self.bot.store.privacy.left(guild.id, discord.utils.utcnow()))

    async def forget_guilds(self) -> None:
        """Forget the servers that were left long ago."""
        for guild_id in await self.bot.store.privacy.forget_guilds(discord.utils.utcnow() - GRACE):
            log.info("Forgot the server %d, which removed me", guild_id)

    async def _sweep(self) -> None:
        """Forget, in each round; in the first one, see which servers have gone meanwhile."""
        if not self._has_looked and self.bot.shard_ids is None:  # else others have the others
            guilds = [guild.id for guild in self.bot.guilds]
            with suppress(Unavailable):  # then the next round looks
                await self.bot.store.privacy.seen(guilds, discord.utils.utcnow())
                self._has_looked = True
        try:
            await self.forget_guilds()
        except Unavailable:
            log.info("Servers are forgotten when the database answers again")


async def _logged(change: Awaitable[None]) -> None:
    try:
        await change
    except Unavailable as error:
        log.warning("What I know of servers may be old: %s", error)


async def setup(bot: Mangosaurus) -> None:
    """Load the cog."""
    await bot.add_cog(Privacy(bot))
