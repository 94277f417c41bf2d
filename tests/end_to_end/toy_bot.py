"""Bot for testing the simulator and its page: one command for each behavior, right or wrong.

Mangosaurus itself always answers, so it cannot test how that is handled; see
docs/decisions/toy-bot.md.
"""

import asyncio
import io
import re
import struct
import zlib
from collections.abc import Mapping, Sequence

import discord
from discord import app_commands
from discord.ext import commands

PACKED = {
    "rules.json": b'{"names": []}',
    "names.txt": b"rex\n",
    "names.safetensors": bytes(range(64)),
    "Μάνγκο.txt": "Ταύρος".encode(),
}
FOSSILS = ["Ammonite", "Belemnite", "Ichthyosaur", "Plesiosaur", "Trilobite"]


def png(width: int = 320, height: int = 160) -> bytes:
    """A picture: a diagonal of two colours."""
    rows = b"".join(
        b"\0" + b"".join(b"\xf0\x93\x2b" if x < y * 2 else b"\x58\x65\xf2" for x in range(width))
        for y in range(height)
    )

    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


class DigButton(
    discord.ui.DynamicItem[discord.ui.Button[discord.ui.View]], template=r"dig:(?P<depth>\d+)"
):
    """A button whose whole state is in its custom_id."""

    def __init__(self, depth: int) -> None:
        style = discord.ButtonStyle.primary
        super().__init__(
            discord.ui.Button(label="Dig deeper", style=style, custom_id=f"dig:{depth}")
        )
        self.depth = depth

    @classmethod
    async def from_custom_id(
        cls,
        interaction: discord.Interaction[discord.Client],
        item: discord.ui.Item[discord.ui.View],
        match: re.Match[str],
    ) -> "DigButton":
        return cls(int(match["depth"]))

    async def callback(self, interaction: discord.Interaction[discord.Client]) -> None:
        deeper = self.depth + 1
        await interaction.response.edit_message(
            embed=card(f"{deeper} m down."), view=buttons(deeper)
        )


class ChoiceButton(
    discord.ui.DynamicItem[discord.ui.Button[discord.ui.View]], template=r"choose:(?P<number>\d+)"
):
    """One of twelve: even ones edit at once (type 7), odd ones defer and edit later (6)."""

    def __init__(self, number: int) -> None:
        label = f"{number}. {FOSSILS[number % len(FOSSILS)]}"
        super().__init__(discord.ui.Button(label=label, custom_id=f"choose:{number}"))
        self.number = number

    @classmethod
    async def from_custom_id(
        cls,
        interaction: discord.Interaction[discord.Client],
        item: discord.ui.Item[discord.ui.View],
        match: re.Match[str],
    ) -> "ChoiceButton":
        return cls(int(match["number"]))

    async def callback(self, interaction: discord.Interaction[discord.Client]) -> None:
        assert interaction.message is not None
        bot = toy(interaction)
        bot.chosen[interaction.user.display_name] = self.number
        if self.number % 2 == 0:
            await interaction.response.edit_message(embed=ballot(bot.chosen))
            return
        await interaction.response.defer()
        await interaction.message.edit(embed=ballot(bot.chosen))


def ballot(chosen: Mapping[str, int]) -> discord.Embed:
    """The embed of an election: who chose what, above a picture."""
    lines = [f"{name} chose {number}" for name, number in sorted(chosen.items())]
    shown = discord.Embed(title="Which shall it be?", description="\n".join(lines) or "Choose!")
    return shown.set_image(url="attachment://map.png")


def buttons(depth: int) -> discord.ui.View:
    """Buttons of the embed: one that works even after a restart, and four others."""
    grey, red = discord.ButtonStyle.secondary, discord.ButtonStyle.danger
    view = discord.ui.View(timeout=None)
    view.add_item(DigButton(depth))
    view.add_item(discord.ui.Button(label="Whisper", style=grey, custom_id="whisper"))
    view.add_item(discord.ui.Button(label="Later", style=grey, custom_id="later"))
    view.add_item(discord.ui.Button(label="Break", style=red, custom_id="break"))
    view.add_item(discord.ui.Button(label="Locked", style=grey, custom_id="locked", disabled=True))
    return view


def card(text: str) -> discord.Embed:
    embed = discord.Embed(title="A dig at Lyme Regis", description=text, colour=0xF0932B)
    embed.add_field(name="Layer", value="Blue **Lias**")
    embed.add_field(name="Age", value="`201` million years")
    embed.set_footer(text="seed 7")
    return embed


class ToyBot(commands.AutoShardedBot):
    """The bot.

    chosen: the number that each member chose in the election.
    left: IDs of the servers that it was removed from.
    go: while cleared, `/slow` waits after its deferral.
    """

    def __init__(self) -> None:
        intents = discord.Intents(guilds=True, guild_messages=True)
        super().__init__(
            commands.when_mentioned,
            intents=intents,
            allowed_mentions=discord.AllowedMentions.none(),
            guild_ready_timeout=0.1,
        )
        self.go = asyncio.Event()
        self.go.set()
        self.ready_count = self.resumed_count = 0
        self.chosen: dict[str, int] = {}
        self.left: list[int] = []

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Identify at once, without the five seconds that Discord requires."""

    async def setup_hook(self) -> None:
        self.add_dynamic_items(DigButton, ChoiceButton)
        for command in COMMANDS:
            self.tree.add_command(command)
        self.tree.error(self.on_command_error_)
        await self.tree.sync()

    async def on_ready(self) -> None:
        self.ready_count += 1

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        self.left.append(guild.id)

    async def on_resumed(self) -> None:
        self.resumed_count += 1

    async def on_command_error_(
        self, interaction: discord.Interaction, error: app_commands.AppCommandError
    ) -> None:
        if isinstance(error, app_commands.MissingPermissions):
            await interaction.response.send_message("Administrators only.", ephemeral=True)
        else:
            raise error

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        data: Mapping[str, object] = dict(interaction.data or {})
        match data.get("custom_id"):
            case "whisper":
                await interaction.response.send_message("The dig is closed.", ephemeral=True)
            case "later":
                await interaction.response.defer()
                await interaction.edit_original_response(content="Later has come.")


def toy(interaction: discord.Interaction) -> ToyBot:
    assert isinstance(interaction.client, ToyBot)
    return interaction.client


@app_commands.command(description="Answers at once")
@app_commands.describe(count="How many fossils", name="Whose they are", rate="How pure they are")
async def quick(
    interaction: discord.Interaction,
    count: app_commands.Range[int, 1, 10] = 1,
    name: app_commands.Range[str, 1, 40] = "Mary",
    rate: app_commands.Range[float, 0.0, 1.0] = 0.5,
) -> None:
    await interaction.response.send_message(f"{count} for {name} at {rate}")


@app_commands.command(description="Thinks, then writes line by line")
@app_commands.describe(lines="How many lines")
async def slow(interaction: discord.Interaction, lines: app_commands.Range[int, 1, 20] = 3) -> None:
    await interaction.response.defer()
    await toy(interaction).go.wait()
    for number in range(1, lines + 1):
        written = "\n".join(f"> Line *{n}* of the poem" for n in range(1, number + 1))
        await interaction.edit_original_response(content=written)


@app_commands.command(description="Never answers")
async def silent(interaction: discord.Interaction) -> None:
    pass


@app_commands.command(description="Defers, and then never comes back")
async def forgetful(interaction: discord.Interaction) -> None:
    await interaction.response.defer()


@app_commands.command(description="Shows a card with buttons")
async def dig(interaction: discord.Interaction) -> None:
    await interaction.response.send_message(embed=card("1 m down."), view=buttons(1))


@app_commands.command(description="Reads a file and sends a picture back")
@app_commands.describe(file="Any file")
async def weigh(interaction: discord.Interaction, file: discord.Attachment) -> None:
    await interaction.response.defer()
    content = await file.read()
    picture = discord.File(io.BytesIO(png()), "curve.png", description="A curve")
    shown = discord.Embed(title=file.filename, description=f"{len(content)} bytes")
    shown.set_image(url="attachment://curve.png")
    copy = discord.File(io.BytesIO(content), f"copy-{file.filename}")
    await interaction.edit_original_response(embed=shown, attachments=[picture])
    await interaction.followup.send("And a copy:", file=copy)


@app_commands.command(description="Shows a picture and twelve buttons")
async def election(interaction: discord.Interaction) -> None:
    view = discord.ui.View(timeout=None)
    for number in range(12):
        view.add_item(ChoiceButton(number))
    picture = discord.File(io.BytesIO(png()), "map.png", description="A map")
    await interaction.response.send_message(embed=ballot({}), view=view, file=picture)


@app_commands.command(description="Sends files that are no pictures")
async def pack(interaction: discord.Interaction) -> None:
    files = [discord.File(io.BytesIO(content), name) for name, content in PACKED.items()]
    await interaction.response.send_message("All that I have:", files=files)


@app_commands.command(description="Counts characters")
@app_commands.describe(text="Up to 6,000 of them")
async def count(interaction: discord.Interaction, text: app_commands.Range[str, 1, 6000]) -> None:
    await interaction.response.send_message(f"{len(text)} characters")


@app_commands.command(description="Answers only you")
@app_commands.describe(loud="Whether in capitals")
async def secret(interaction: discord.Interaction, loud: bool = False) -> None:
    answer = "Between us: @everyone digs."
    await interaction.response.send_message(answer.upper() if loud else answer, ephemeral=True)


@app_commands.command(description="Finds a fossil by its first letters")
@app_commands.describe(kind="Which one")
async def find(interaction: discord.Interaction, kind: str) -> None:
    await interaction.response.send_message(f"Found: {kind}")


@find.autocomplete("kind")
async def kinds(interaction: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
    found = [name for name in FOSSILS if name.lower().startswith(typed.lower())]
    return [app_commands.Choice(name=name, value=name.upper()) for name in found]


@app_commands.command(description="Greets a member in a channel")
@app_commands.describe(who="Whom", where="In which channel")
async def greet(
    interaction: discord.Interaction,
    who: discord.Member,
    where: discord.app_commands.AppCommandChannel | None = None,
) -> None:
    place = f" in {where.name}" if where else ""
    await interaction.response.send_message(f"Good morning{place}, {who.display_name}!")


@app_commands.command(description="Posts an ordinary message and edits it fast")
@app_commands.describe(edits="How many edits")
async def burst(interaction: discord.Interaction, edits: int) -> None:
    assert isinstance(interaction.channel, discord.TextChannel)
    await interaction.response.send_message("Starting.", ephemeral=True)
    message = await interaction.channel.send("0")
    for number in range(1, edits + 1):
        await message.edit(content=f"{number}")


@app_commands.command(description="Shows what Discord's markdown becomes")
async def styles(interaction: discord.Interaction) -> None:
    await interaction.response.send_message(
        "## A heading\n**bold** *italic* __under__ ~~gone~~ `code` ||spoiler|| \\*\\*plain\\*\\*\n"
        "> quoted\n```py\nprint('code block')\n```\n-# small print <t:1700000000:R>\n"
        "- first\n- second\n<script>alert(1)</script> https://example.org"
    )


admin = app_commands.Group(
    name="admin",
    description="For administrators",
    default_permissions=discord.Permissions(administrator=True),
    guild_only=True,
)


@admin.command(name="shake", description="Shakes the ground")
@app_commands.describe(how="How hard")
@app_commands.checks.has_permissions(administrator=True)
async def shake(interaction: discord.Interaction, how: app_commands.Range[int, 1, 9] = 5) -> None:
    await interaction.response.send_message(f"The ground shakes at {how}.")


COMMANDS: Sequence[app_commands.Command[app_commands.Group, ..., None] | app_commands.Group] = [
    *(quick, slow, silent, forgetful),
    *(dig, weigh, secret, find, greet, burst, styles, admin),
    *(election, pack, count),
]
