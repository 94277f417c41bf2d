"""`/owner` and `/status`, for the owners of the bot."""

from functools import partial

import discord
from discord import app_commands
from discord.ext import commands

from bot.commands.core.info import NoOptions
from bot.commands.moderation import owner
from bot.commands.moderation.owner import CommunityOptions, TargetOptions
from bot.commands.operation import status
from bot.discord.client import Interaction, Mangosaurus
from bot.discord.declarations import Choices, anywhere, declared

Server = app_commands.Range[str, 1, owner.LONGEST_ID]


@app_commands.allowed_contexts(guilds=True, dms=True, private_channels=False)
@app_commands.default_permissions(administrator=True)
class Owner(
    commands.GroupCog, group_name=owner.OWNER, group_description=owner.GROUP_INFO.description
):
    """What the owners of the bot can do."""

    def __init__(self, bot: Mangosaurus) -> None:
        self.bot = bot

    @declared(owner.BLOCK_INFO)
    async def block(
        self,
        interaction: Interaction,
        user: discord.User | None = None,
        server: Server | None = None,
    ) -> None:
        """`/owner block`."""
        options = _target(user, server)
        await self.bot.run_command(interaction, owner.block, options)

    @declared(owner.UNBLOCK_INFO)
    async def unblock(
        self,
        interaction: Interaction,
        user: discord.User | None = None,
        server: Server | None = None,
    ) -> None:
        """`/owner unblock`."""
        options = _target(user, server)
        await self.bot.run_command(interaction, owner.unblock, options)

    @declared(owner.BLOCKS_INFO)
    async def blocks(self, interaction: Interaction) -> None:
        """`/owner blocks`."""
        await self.bot.run_command(interaction, owner.blocks, NoOptions())

    @declared(owner.SERVERS_INFO)
    async def servers(self, interaction: Interaction) -> None:
        """`/owner servers`."""
        await self.bot.run_command(interaction, owner.servers, NoOptions())

    @declared(owner.LEAVE_INFO)
    async def leave(self, interaction: Interaction, server: Server) -> None:
        """`/owner leave`."""
        await self.bot.run_command(interaction, owner.leave, CommunityOptions(server))

    @declared(owner.RECORD_INFO)
    async def record(self, interaction: Interaction) -> None:
        """`/owner record`."""
        await self.bot.run_command(interaction, owner.record, NoOptions())

    @block.autocomplete("server")
    @unblock.autocomplete("server")
    @leave.autocomplete("server")
    async def communities(self, interaction: Interaction, typed: str) -> Choices:
        """Suggest servers."""
        return await self.bot.suggest(interaction, owner.suggest_communities, typed)


def _target(user: discord.User | None, server: str | None) -> TargetOptions:
    if user is None:
        return TargetOptions(community=server)
    return TargetOptions(user.id, server, is_bot=user.bot)


class Status(commands.Cog):
    """The state of the bot."""

    def __init__(self, bot: Mangosaurus) -> None:
        self.bot = bot

    @declared(status.INFO)
    @app_commands.default_permissions(administrator=True)  # hides it from most who may not use it
    @anywhere
    async def status(self, interaction: Interaction) -> None:
        """`/status`."""
        command = partial(status.status, self.bot.health)
        await self.bot.run_command(interaction, command, NoOptions())


async def setup(bot: Mangosaurus) -> None:
    """Load the cogs."""
    await bot.add_cog(Owner(bot))
    await bot.add_cog(Status(bot))
