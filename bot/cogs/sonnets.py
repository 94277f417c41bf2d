"""`/sonnet`."""

import secrets
from contextlib import aclosing

from discord import app_commands
from discord.ext import commands

from bot.client import Interaction, Mangosaurus, is_gone
from bot.cogs.names import Temperature
from bot.cogs.render import render_edit
from bot.commands import sonnets
from bot.commands.reply import Button, Reply
from bot.pacing import newest


class Sonnets(commands.Cog):
    """Writes sonnets."""

    def __init__(self, bot: Mangosaurus) -> None:
        self.bot = bot
        bot.handlers[sonnets.ACTION] = self.another

    @app_commands.command(description="Write a sonnet that begins with your own words.")
    @app_commands.describe(
        opening="How it begins, for example: Shall I compare thee. Leave it out and I begin",
        temperature="From 0.1 (sober) to 2 (wild); 0.7 unless you say so",
    )
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    async def sonnet(
        self, interaction: Interaction, opening: str = "", temperature: Temperature = 0.7
    ) -> None:
        """Answer `/sonnet`."""
        await self._answer(interaction, sonnets.SonnetAsk(opening, temperature))

    async def another(self, interaction: Interaction, button: Button) -> None:
        """Answer the button for another poem: its opening stands on the card that it hangs on."""
        embeds = interaction.message.embeds if interaction.message else []
        footer = embeds[-1].footer.text if embeds else None
        await self._answer(interaction, sonnets.SonnetAsk.from_footer(footer or ""))

    async def _answer(self, interaction: Interaction, ask: sonnets.SonnetAsk) -> None:
        sonnets.check(ask, self.bot.words)
        self.bot.rest(interaction, sonnets.ACTION)
        with self.bot.work.piece():
            await interaction.response.defer(thinking=True)
            await self._write(interaction, ask)

    async def _write(self, interaction: Interaction, ask: sonnets.SonnetAsk) -> None:
        """Show the poem as it grows. What was shown stays if it breaks off."""
        poem = sonnets.answer(ask, secrets.randbelow(2**32), self.bot.writer)
        shown: Reply | None = None
        try:
            async with aclosing(newest(poem, self.bot.edit_interval)) as replies:
                async for shown in replies:
                    await interaction.edit_original_response(**render_edit(shown))
        except Exception as error:
            if shown is None or is_gone(error):
                raise
            broken = sonnets.broken_off(shown, self.bot.explain(error))
            await interaction.edit_original_response(**render_edit(broken))


async def setup(bot: Mangosaurus) -> None:
    """Load the cog."""
    await bot.add_cog(Sonnets(bot))
