"""`/name`."""

import asyncio
import secrets
from collections.abc import Callable

from discord import app_commands
from discord.ext import commands

from bot.commands import autocomplete, custom_models, name
from bot.commands.message import Button, UserError
from bot.commands.names import Answered, NamesOptions
from bot.discord.client import Interaction, Mangosaurus
from bot.discord.cogs.names import (
    PATIENCE,
    Choice,
    Count,
    Temperature,
    choices,
)
from bot.discord.cogs.votes import put_to_vote
from bot.services.concurrency import in_time
from bot.services.custom_models import Untrained
from bot.store import Unavailable
from bot.store.custom_models import CustomModelRecord
from models.weights import WeightsError

Length = app_commands.Range[int, 1, name.LONGEST_LENGTH]


class Name(commands.Cog):
    """Writes names of the servers' own lists."""

    def __init__(self, bot: Mangosaurus) -> None:
        self.bot = bot
        bot.handlers[name.ACTION] = self.more

    @app_commands.command(name="name", description="New names of a list that I have learned.")
    @app_commands.describe(
        namer="Whose names, for example: elves",
        count="How many names (5 unless you say so)",
        starts_with="What they begin with",
        ends_with="What they end with",
        contains="What stands anywhere in them",
        length="How many characters each has; any number unless you say so",
        temperature="How wild: from 0.1 (sober) to 2 (wild); 1 unless you say so",
    )
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    async def name_(
        self,
        interaction: Interaction,
        namer: str,
        count: Count = 5,
        starts_with: str = "",
        ends_with: str = "",
        contains: str = "",
        length: Length | None = None,
        temperature: Temperature = 1.0,
    ) -> None:
        """Answer `/name`."""
        ask = NamesOptions(count, starts_with, temperature, ends_with, contains, length)
        record = await self._chosen(namer, interaction.guild_id)
        await self._answer(interaction, ask, record)

    @name_.autocomplete("namer")
    async def namers(self, interaction: Interaction, typed: str) -> list[Choice]:
        """Offer the namers of this server, then those that others share."""
        try:
            found = await self.bot.store.custom_models.usable(
                interaction.guild_id, typed=typed.strip(), most=autocomplete.MOST
            )
        except Unavailable:
            return []
        return choices(name.offers(found, interaction.guild_id))

    @name_.autocomplete("starts_with")
    async def beginnings(self, interaction: Interaction, typed: str) -> list[Choice]:
        """Offer how names of the list begin."""
        return await self._offered(interaction, autocomplete.beginnings, typed)

    @name_.autocomplete("ends_with")
    async def endings(self, interaction: Interaction, typed: str) -> list[Choice]:
        """Offer how names of the list end."""
        return await self._offered(interaction, autocomplete.endings, typed)

    @name_.autocomplete("contains")
    async def middles(self, interaction: Interaction, typed: str) -> list[Choice]:
        """Offer what names of the list are made of."""
        return await self._offered(interaction, autocomplete.pieces, typed)

    async def more(self, interaction: Interaction, button: Button) -> None:
        """Answer the button for more names."""
        custom_model_id, ask = name.from_state(button.state)
        await self._answer(interaction, ask, await of_card(self.bot, custom_model_id, interaction))

    async def _offered(
        self, interaction: Interaction, offers: Callable[..., list[autocomplete.Offer]], typed: str
    ) -> list[Choice]:
        """What is offered for so much; nothing until a namer is chosen."""
        try:
            record = await self._chosen(interaction.namespace.namer or "", interaction.guild_id)
            listed = (await ready(self.bot, record)).trained.words
        except (UserError, Unavailable):
            return []
        words = self.bot.words
        return choices(await asyncio.to_thread(offers, typed, listed, words, meanings=False))

    async def _answer(
        self, interaction: Interaction, ask: NamesOptions, record: CustomModelRecord
    ) -> None:
        with self.bot.cooldown(interaction, name.ACTION), self.bot.work.track():
            answered = await in_time(
                self._answered(ask, record),
                PATIENCE,
                on_delay=lambda: interaction.response.defer(thinking=True),
            )
            await put_to_vote(self.bot, interaction, answered, record)

    async def _answered(self, ask: NamesOptions, record: CustomModelRecord) -> Answered:
        namer = await ready(self.bot, record)
        name.check(ask, namer, self.bot.words)
        return await name.answer(ask, secrets.randbelow(2**32), self.bot.writer, namer)

    async def _chosen(self, typed: str, guild_id: int | None) -> CustomModelRecord:
        """The namer that was chosen or typed: the server's own before one that others share."""
        store = self.bot.store.custom_models
        typed = " ".join(typed.split())
        record = await store.named(guild_id, typed) if guild_id is not None else None
        if record is None and (number := name.number_of(typed)) is not None:
            record = await store.get(number)
        if record is None:
            usable = await store.usable(guild_id, typed=typed)
            record = next((n for n in usable if n.name.casefold() == typed.casefold()), None)
        if record is None or not _may_use(record, guild_id):
            raise name.unknown()
        return record


async def of_card(
    bot: Mangosaurus, custom_model_id: int, interaction: Interaction
) -> CustomModelRecord:
    """The namer of a card, if it may still be used where that is. Raises `UserError`."""
    record = await bot.store.custom_models.get(custom_model_id)
    if record is None or not _may_use(record, interaction.guild_id):
        raise name.gone()
    return record


async def ready(bot: Mangosaurus, record: CustomModelRecord) -> name.Namer:
    """A namer that can write. Raises `UserError`."""
    try:
        trained = await bot.namers.load(record)
    except Untrained as error:
        ahead = bot.namers.ahead_of(record.id)
        raise custom_models.untrained(record, ahead) from error
    except WeightsError as error:
        raise custom_models.broken(record) from error
    return name.Namer(record.id, record.name, trained)


def _may_use(record: CustomModelRecord, guild_id: int | None) -> bool:
    return record.shared or record.community_id == guild_id


async def setup(bot: Mangosaurus) -> None:
    """Load the cog."""
    await bot.add_cog(Name(bot))
