"""Bot for testing the simulator and its page: one command for each behavior, right or wrong.

Mangosaurus itself always answers, so it cannot test how that is handled; see
docs/decisions/platforms.md.
"""

import io
from collections.abc import Mapping, Sequence

import discord
from discord import Interaction, app_commands
from discord.app_commands import Range
from discord.ext import commands
from PIL import Image

FOSSILS = ["Ammonite", "Belemnite", "Ichthyosaur", "Plesiosaur", "Trilobite"]


def png(width: int = 320, height: int = 160) -> bytes:
    """A picture."""
    content = io.BytesIO()
    Image.new("RGB", (width, height), "orange").save(content, "PNG")
    return content.getvalue()


def ballot(chosen: Mapping[str, int]) -> discord.Embed:
    """The embed of an election: who chose what, above a picture."""
    lines = [f"{name} chose {number}" for name, number in sorted(chosen.items())]
    shown = discord.Embed(title="Which shall it be?", description="\n".join(lines) or "Choose!")
    return shown.set_image(url="attachment://map.png")


class ToyBot(commands.AutoShardedBot):
    """The bot. `chosen`: the number that each member chose in the election."""

    def __init__(self) -> None:
        super().__init__(
            commands.when_mentioned,
            intents=discord.Intents(guilds=True, guild_messages=True),
            allowed_mentions=discord.AllowedMentions.none(),
            guild_ready_timeout=0.1,
        )
        self.ready_count = self.resumed_count = 0
        self.chosen: dict[str, int] = {}

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Identify at once, without the five seconds that Discord requires."""

    async def setup_hook(self) -> None:
        for command in COMMANDS:
            self.tree.add_command(command)
        await self.tree.sync()

    async def on_ready(self) -> None:
        self.ready_count += 1

    async def on_resumed(self) -> None:
        self.resumed_count += 1

    async def on_interaction(self, interaction: Interaction) -> None:
        """Answer a press; half of the choices are edited at once (type 7), others later (6)."""
        pressed, _, number = str(dict(interaction.data or {}).get("custom_id")).partition(":")
        response, message = interaction.response, interaction.message
        if pressed == "choose" and message is not None:
            self.chosen[interaction.user.display_name] = int(number)
            if int(number) % 2 == 0:
                await response.edit_message(embed=ballot(self.chosen))
            else:
                await response.defer()
                await message.edit(embed=ballot(self.chosen))


@app_commands.command(description="Answers at once")
async def quick(
    interaction: Interaction,
    count: Range[int, 1, 10] = 1,
    name: Range[str, 1, 40] = "Mary",
    rate: Range[float, 0.0, 1.0] = 0.5,
) -> None:
    await interaction.response.send_message(f"{count} for {name} at {rate}")


@app_commands.command(description="Never answers")
async def silent(interaction: Interaction) -> None:
    pass


@app_commands.command(description="Shows a card")
async def dig(interaction: Interaction) -> None:
    await interaction.response.send_message(embed=discord.Embed(description="1 m down."))


@app_commands.command(description="Reads a file and sends a picture back")
async def weigh(interaction: Interaction, file: discord.Attachment) -> None:
    await interaction.response.defer()
    content = await file.read()
    picture = discord.File(io.BytesIO(png()), "curve.png", description="A curve")
    shown = discord.Embed(title=file.filename, description=f"{len(content)} bytes")
    shown.set_image(url="attachment://curve.png")
    copy = discord.File(io.BytesIO(content), f"copy-{file.filename}")
    await interaction.edit_original_response(embed=shown, attachments=[picture])
    await interaction.followup.send("And a copy:", file=copy)


@app_commands.command(description="Shows a picture and twelve buttons")
async def election(interaction: Interaction) -> None:
    labels = {f"choose:{n}": f"{n}. {FOSSILS[n % len(FOSSILS)]}" for n in range(12)}
    picture = discord.File(io.BytesIO(png()), "map.png", description="A map")
    view = discord.ui.View(timeout=None)
    for name, label in labels.items():
        view.add_item(discord.ui.Button(label=label, custom_id=name))
    await interaction.response.send_message(embed=ballot({}), view=view, file=picture)


@app_commands.command(description="Answers only you")
async def secret(interaction: Interaction) -> None:
    await interaction.response.send_message("Between us: @everyone digs.", ephemeral=True)


@app_commands.command(description="Shows what Discord's markdown becomes")
async def styles(interaction: Interaction) -> None:
    await interaction.response.send_message(
        "## A heading\n**bold** *italic* __under__ ~~gone~~ `code` ||spoiler|| \\*\\*plain\\*\\*\n"
        "> quoted\n```py\nprint('code block')\n```\n-# small print <t:1700000000:R>\n"
        "- first\n- second\n<script>alert(1)</script> https://example.org"
    )


admin = app_commands.Group(
    name="admin",
    description="For administrators",
    default_permissions=discord.Permissions(administrator=True),
)


@admin.command(name="shake", description="Shakes the ground")
async def shake(interaction: Interaction, how: Range[int, 1, 9] = 5) -> None:
    await interaction.response.send_message(f"The ground shakes at {how}.")


COMMANDS: Sequence[app_commands.Command[app_commands.Group, ..., None] | app_commands.Group] = [
    *(quick, silent, dig, weigh, election),
    *(secret, styles, admin),
]
