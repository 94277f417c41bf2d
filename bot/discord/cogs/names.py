"""`/dinoname` and `/name`."""

from functools import partial

from discord.ext import commands

from bot.commands.naming import custom_model_choice, names
from bot.commands.naming.name_options import NamesOptions
from bot.discord.client import Interaction, Mangosaurus
from bot.discord.declarations import (
    AnyLength,
    Choices,
    Count,
    CustomModel,
    Length,
    Letters,
    Temperature,
    anywhere,
    declared,
)
from models.names.generator import DEFAULT_TEMPERATURE, NamesRequest


class Names(commands.Cog):
    """Generated names."""

    def __init__(self, bot: Mangosaurus) -> None:
        self.bot = bot

    @declared(names.DINONAME_INFO)
    @anywhere
    async def dinoname(
        self,
        interaction: Interaction,
        count: Count = 5,
        starts_with: Letters = "",
        ends_with: Letters = "",
        contains: Letters = "",
        length: Length | None = None,
        temperature: Temperature = DEFAULT_TEMPERATURE,
    ) -> None:
        """`/dinoname`."""
        request = NamesRequest(
            count=count,
            starts_with=starts_with,
            temperature=temperature,
            ends_with=ends_with,
            contains=contains,
            length=length,
        )
        await self.bot.run_command(interaction, names.names, NamesOptions(request))

    @declared(names.NAME_INFO)
    @anywhere
    async def name_(
        self,
        interaction: Interaction,
        namer: CustomModel,
        count: Count = 5,
        starts_with: Letters = "",
        ends_with: Letters = "",
        contains: Letters = "",
        length: AnyLength | None = None,
        temperature: Temperature = DEFAULT_TEMPERATURE,
    ) -> None:
        """`/name`."""
        request = NamesRequest(
            count=count,
            starts_with=starts_with,
            temperature=temperature,
            ends_with=ends_with,
            contains=contains,
            length=length,
        )
        await self.bot.run_command(interaction, names.names, NamesOptions(request, namer))

    @name_.autocomplete("namer")
    async def custom_models(self, interaction: Interaction, typed: str) -> Choices:
        """Suggest custom models."""
        return await self.bot.suggest(interaction, custom_model_choice.suggest, typed)

    @dinoname.autocomplete("starts_with")
    async def first_letters(self, interaction: Interaction, typed: str) -> Choices:
        """Suggest beginnings of dinosaurs' names."""
        return await self._letters(interaction, "starts_with", typed)

    @dinoname.autocomplete("ends_with")
    async def last_letters(self, interaction: Interaction, typed: str) -> Choices:
        """Suggest endings of dinosaurs' names."""
        return await self._letters(interaction, "ends_with", typed)

    @dinoname.autocomplete("contains")
    async def letters(self, interaction: Interaction, typed: str) -> Choices:
        """Suggest parts of dinosaurs' names."""
        return await self._letters(interaction, "contains", typed)

    @name_.autocomplete("starts_with")
    async def first_letters_of_list(self, interaction: Interaction, typed: str) -> Choices:
        """Suggest beginnings of names on the list."""
        return await self._letters(interaction, "starts_with", typed, _chosen(interaction))

    @name_.autocomplete("ends_with")
    async def last_letters_of_list(self, interaction: Interaction, typed: str) -> Choices:
        """Suggest endings of names on the list."""
        return await self._letters(interaction, "ends_with", typed, _chosen(interaction))

    @name_.autocomplete("contains")
    async def letters_of_list(self, interaction: Interaction, typed: str) -> Choices:
        """Suggest parts of names on the list."""
        return await self._letters(interaction, "contains", typed, _chosen(interaction))

    async def _letters(
        self, interaction: Interaction, option: str, typed: str, custom_model: str | None = None
    ) -> Choices:
        suggest = partial(names.suggest_letters, option=option, custom_model=custom_model)
        return await self.bot.suggest(interaction, suggest, typed)


def _chosen(interaction: Interaction) -> str:
    """The value of the option `namer`, while other options are typed."""
    return interaction.namespace.namer or ""


async def setup(bot: Mangosaurus) -> None:
    """Load the cog."""
    await bot.add_cog(Names(bot))
