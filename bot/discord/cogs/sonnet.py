"""`/sonnet`."""

from discord import app_commands
from discord.ext import commands

from bot.commands.core.translation import _
from bot.commands.polls import hall_of_fame
from bot.commands.verse import sonnet
from bot.discord.client import Interaction, Mangosaurus
from bot.discord.declarations import Choices, Name, Temperature, anywhere, declared
from models.verse.forms import DEFAULT_FORM, FORMS
from models.verse.poem import DEFAULT_TEMPERATURE, OPENING_LIMIT, SonnetRequest

FORM_CHOICES = [
    app_commands.Choice(name=_(form.description), value=form.name) for form in FORMS.values()
]
Opening = app_commands.Range[str, 0, OPENING_LIMIT]


class Sonnet(commands.Cog):
    """Poems."""

    def __init__(self, bot: Mangosaurus) -> None:
        self.bot = bot

    @declared(sonnet.INFO)
    @app_commands.choices(form=FORM_CHOICES)
    @anywhere
    async def sonnet_(
        self,
        interaction: Interaction,
        opening: Opening = "",
        form: str = DEFAULT_FORM,
        temperature: Temperature = DEFAULT_TEMPERATURE,
        about: Name = "",
    ) -> None:
        """`/sonnet`."""
        request = SonnetRequest(opening, temperature=temperature, form=form, about=about)
        options = sonnet.SonnetOptions(request)
        await self.bot.run_command(interaction, sonnet.sonnet, options)

    @sonnet_.autocomplete("about")
    async def names(self, interaction: Interaction, typed: str) -> Choices:
        """Suggest names that won votes."""
        return await self.bot.suggest(interaction, hall_of_fame.suggest_names, typed)


async def setup(bot: Mangosaurus) -> None:
    """Load the cog."""
    await bot.add_cog(Sonnet(bot))
