"""`/moderate`, and the menu of a message."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.commands.core.info import NoOptions
from bot.commands.core.turn import MessageRef
from bot.commands.moderation import blocking, record, removals
from bot.commands.moderation.record import ChannelOptions
from bot.commands.moderation.removals import MessageOptions, NamerOptions, WinnerOptions
from bot.discord.client import Interaction, Mangosaurus
from bot.discord.declarations import Choices, declared

Address = app_commands.Range[str, 1, removals.LONGEST_ADDRESS]
Name = app_commands.Range[str, 1, removals.LONGEST_NAME]
Channel = discord.TextChannel | discord.Thread | discord.VoiceChannel | None


@app_commands.guild_only()
@app_commands.default_permissions(manage_messages=True)
class Moderation(
    commands.GroupCog,
    group_name=record.MODERATE,
    group_description=record.GROUP_INFO.description,
):
    """What moderators remove, and whom they block."""

    def __init__(self, bot: Mangosaurus) -> None:
        self.bot = bot
        self._menu = app_commands.ContextMenu(name=removals.MENU, callback=self.of_menu)
        self._menu.guild_only = True
        self._menu.default_permissions = discord.Permissions(manage_messages=True)

    async def cog_load(self) -> None:
        """Register the menu, which a cog cannot declare."""
        self.bot.tree.add_command(self._menu)

    async def cog_unload(self) -> None:
        """Remove the menu."""
        self.bot.tree.remove_command(self._menu.name, type=self._menu.type)

    async def of_menu(self, interaction: Interaction, message: discord.Message) -> None:
        """The menu of a message."""
        options = MessageOptions(
            ref=MessageRef(message.channel.id, message.id, interaction.guild_id),
            is_own=message.author == interaction.client.user,
        )
        await self.bot.run_command(interaction, removals.message, options)

    @declared(removals.MESSAGE_INFO)
    async def message(self, interaction: Interaction, message: Address) -> None:
        """`/moderate message`."""
        await self.bot.run_command(interaction, removals.message, MessageOptions(message))

    @declared(removals.WINNER_INFO)
    async def winner(self, interaction: Interaction, name: Name) -> None:
        """`/moderate winner`."""
        await self.bot.run_command(interaction, removals.winner, WinnerOptions(name))

    @declared(removals.NAMER_INFO)
    async def namer(self, interaction: Interaction, name: Name, allow: bool = False) -> None:
        """`/moderate namer`."""
        await self.bot.run_command(interaction, removals.namer, NamerOptions(name, allow))

    @declared(blocking.BLOCK_INFO)
    async def block(self, interaction: Interaction, member: discord.User) -> None:
        """`/moderate block`."""
        options = blocking.MemberOptions(member.id, member.bot)
        await self.bot.run_command(interaction, blocking.block, options)

    @declared(blocking.UNBLOCK_INFO)
    async def unblock(self, interaction: Interaction, member: discord.User) -> None:
        """`/moderate unblock`."""
        options = blocking.MemberOptions(member.id, member.bot)
        await self.bot.run_command(interaction, blocking.unblock, options)

    @declared(blocking.BLOCKS_INFO)
    async def blocks(self, interaction: Interaction) -> None:
        """`/moderate blocks`."""
        await self.bot.run_command(interaction, blocking.blocks, NoOptions())

    @declared(record.RECORD_INFO)
    async def record_(self, interaction: Interaction) -> None:
        """`/moderate record`."""
        await self.bot.run_command(interaction, record.record, NoOptions())

    @declared(record.LOG_INFO)
    async def log(self, interaction: Interaction, channel: Channel = None) -> None:
        """`/moderate log`."""
        options = ChannelOptions(channel.id if channel is not None else None)
        await self.bot.run_command(interaction, record.choose_log, options)

    @message.autocomplete("message")
    async def messages(self, interaction: Interaction, typed: str) -> Choices:
        """Suggest polls."""
        return await self.bot.suggest(interaction, removals.suggest_messages, typed)

    @winner.autocomplete("name")
    async def winners(self, interaction: Interaction, typed: str) -> Choices:
        """Suggest names in the hall of fame."""
        return await self.bot.suggest(interaction, removals.suggest_winners, typed)

    @namer.autocomplete("name")
    async def namers(self, interaction: Interaction, typed: str) -> Choices:
        """Suggest custom models."""
        return await self.bot.suggest(interaction, removals.suggest_namers, typed)


async def setup(bot: Mangosaurus) -> None:
    """Load the cog."""
    await bot.add_cog(Moderation(bot))
