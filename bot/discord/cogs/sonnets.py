"""`/sonnet`."""

import secrets
from contextlib import aclosing, suppress
from functools import partial

import discord
from discord import app_commands
from discord.ext import commands

from bot.commands import hall_of_fame, sonnet
from bot.commands.message import Button, Message
from bot.commands.sonnet import SonnetOptions
from bot.discord.client import (
    LAST_TRIES,
    Interaction,
    Mangosaurus,
    deliver,
    is_gone,
)
from bot.discord.cogs.names import Temperature
from bot.discord.rendering import render_edit
from bot.services.concurrency import latest_throttled
from bot.store import Unavailable
from models.verse.forms import DEFAULT_FORM, FORMS

FORM_CHOICES = [
    app_commands.Choice(name=form.description, value=form.name) for form in FORMS.values()
]


class Sonnets(commands.Cog):
    """Writes sonnets."""

    def __init__(self, bot: Mangosaurus) -> None:
        self.bot = bot
        bot.handlers[sonnet.ACTION] = self.another
        bot.handlers[hall_of_fame.POEM] = self.about

    @app_commands.command(description="Write a sonnet that begins with your own words.")
    @app_commands.describe(
        opening="How it begins, for example: Shall I compare thee. Leave it out and I begin",
        about="Or a name that it begins with, for example that of the champion",
        form="What it is to be; a Shakespearean sonnet unless you say so",
        temperature="How wild: from 0.1 (sober) to 2 (wild); 0.8 unless you say so",
    )
    @app_commands.choices(form=FORM_CHOICES)
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    async def sonnet(
        self,
        interaction: Interaction,
        opening: str = "",
        form: str = DEFAULT_FORM,
        temperature: Temperature = 0.8,
        about: str = "",
    ) -> None:
        """Answer `/sonnet`."""
        if about.strip():
            opening = sonnet.about(about, opening)
        await self._answer(interaction, sonnet.SonnetOptions(opening, temperature, form))

    @sonnet.autocomplete("about")
    async def names(self, interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        """Offer the champions."""
        offers: list[str] = []
        with suppress(Unavailable):
            offers = await hall_of_fame.offered(
                typed,
                interaction.guild_id,
                self.bot.store.hall_of_fame,
                self.bot.words,
                discord.utils.utcnow(),
            )
        return [app_commands.Choice(name=name, value=name) for name in offers]

    async def about(self, interaction: Interaction, button: Button) -> None:
        """Answer the button for a poem about a name."""
        await self._answer(interaction, sonnet.SonnetOptions(sonnet.about(button.state, "")))

    async def another(self, interaction: Interaction, button: Button) -> None:
        """Answer the button for another poem: its opening stands on the card that it hangs on."""
        embeds = interaction.message.embeds if interaction.message else []
        footer = embeds[-1].footer.text if embeds else None
        await self._answer(interaction, sonnet.SonnetOptions.from_footer(footer or ""))

    async def _answer(self, interaction: Interaction, ask: SonnetOptions) -> None:
        sonnet.check(ask, self.bot.words)
        with self.bot.cooldown(interaction, sonnet.ACTION), self.bot.work.track():
            await interaction.response.defer(thinking=True)
            await self._write(interaction, ask)

    async def _write(self, interaction: Interaction, ask: SonnetOptions) -> None:
        """Show the poem as it grows. What was shown stays if it breaks off.

        An edit that the network swallows is made up for by the next, and the last is repeated.
        """
        poem = sonnet.answer(ask, secrets.randbelow(2**32), self.bot.writer)
        shown: Message | None = None
        arrived = True
        try:
            async with aclosing(latest_throttled(poem, self.bot.edit_interval)) as replies:
                async for shown in replies:
                    arrived = await _show(interaction, shown)
        except Exception as error:
            if shown is None or is_gone(error):
                raise
            shown = sonnet.broken_off(shown, self.bot.explain(error))
            arrived = False
        if shown is not None and not arrived:
            await _show(interaction, shown, tries=LAST_TRIES)


async def _show(interaction: Interaction, reply: Message, *, tries: int = 1) -> bool:
    edit = partial(interaction.edit_original_response, **render_edit(reply))
    return await deliver(edit, tries=tries)


async def setup(bot: Mangosaurus) -> None:
    """Load the cog."""
    await bot.add_cog(Sonnets(bot))
