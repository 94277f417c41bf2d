"""`/dissect`."""

import re

from discord import app_commands
from discord.ext import commands

from bot.commands import autocomplete, dissect
from bot.commands.message import Button, Message, UserError
from bot.discord.client import Interaction, Mangosaurus
from bot.discord.cogs.name import of_card, ready
from bot.discord.cogs.names import PATIENCE, Choice, choices
from bot.services.concurrency import in_time
from bot.store.custom_models import CustomModelRecord

_NAME_OF_A_LIST = re.compile(r"^(?:👑 )?\*\*((?:\\.|[^*\\\n])+)\*\*(?: · .*)?$", re.MULTILINE)
_ESCAPED = re.compile(r"\\(.)")
_NAME_ON_A_CARD = re.compile(r"^(?:👑 )?\*\*([A-Z][a-z]+)\*\*(?: · .*)?$", re.MULTILINE)


class Dissect(commands.Cog):
    """Shows how the letters of a name are chosen."""

    def __init__(self, bot: Mangosaurus) -> None:
        self.bot = bot
        bot.handlers[dissect.ACTION] = self.pressed

    @app_commands.command(
        name="dissect", description="See how I choose each letter of a name, and what it means."
    )
    @app_commands.describe(name="A dinosaur, real or not, for example: Mangosaurus")
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    async def dissect_(self, interaction: Interaction, name: str) -> None:
        """Answer `/dissect`."""
        await self._answer(interaction, name)

    @dissect_.autocomplete("name")
    async def names(self, interaction: Interaction, typed: str) -> list[Choice]:
        """Offer real names."""
        return choices(autocomplete.whole_names(typed, self.bot.writer.genera, self.bot.words))

    async def pressed(self, interaction: Interaction, button: Button) -> None:
        """Answer the button of a name, or that of a card with names."""
        custom_model_id, name = dissect.chosen(button.state)
        if name:
            await self._answer(interaction, name, custom_model_id)
            return
        embeds = interaction.message.embeds if interaction.message else []
        shown = "\n".join(embed.description or "" for embed in embeds)
        if custom_model_id is None:
            names = _NAME_ON_A_CARD.findall(shown)
        else:
            names = [_ESCAPED.sub(r"\1", name) for name in _NAME_OF_A_LIST.findall(shown)]
        if not names:
            raise UserError("I cannot read the names on this card any more; use /dissect instead.")
        if len(names) == 1:
            await self._answer(interaction, names[0], custom_model_id)
        else:
            await self.bot.respond(interaction, dissect.question(names, custom_model_id))

    async def _answer(
        self, interaction: Interaction, name: str, custom_model_id: int | None = None
    ) -> None:
        dissect.check(name, self.bot.words)
        record = (
            await of_card(self.bot, custom_model_id, interaction)
            if custom_model_id is not None
            else None
        )
        with self.bot.cooldown(interaction, dissect.ACTION), self.bot.work.track():
            reply = await in_time(
                self._dissected(name, record),
                PATIENCE,
                on_delay=lambda: interaction.response.defer(thinking=True),
            )
            await self.bot.respond(interaction, reply)

    async def _dissected(self, name: str, record: CustomModelRecord | None) -> Message:
        namer = await ready(self.bot, record) if record is not None else None
        return await dissect.answer(name, self.bot.writer, namer)


async def setup(bot: Mangosaurus) -> None:
    """Load the cog."""
    await bot.add_cog(Dissect(bot))
