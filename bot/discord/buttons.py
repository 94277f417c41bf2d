"""Buttons that survive a restart."""

import re
from typing import TYPE_CHECKING, Any

import discord

from bot.commands.message import Button

if TYPE_CHECKING:
    from bot.discord.client import Mangosaurus

LONGEST_ID = 100


class MessageButton(
    discord.ui.DynamicItem[discord.ui.Button[discord.ui.View]],
    template=r"(?P<action>[a-z]+):(?P<state>.*)",
):
    """A button of any reply. Its `custom_id` holds all of it: who answers, and what that must know.

    A press goes to the handler that a cog has registered for the action.
    """

    def __init__(self, button: Button) -> None:
        """Raises `ValueError` for a state that does not fit in a `custom_id`."""
        custom_id = f"{button.action}:{button.state}"
        if len(custom_id) > LONGEST_ID:
            raise ValueError(f"{custom_id!r} is longer than {LONGEST_ID} characters")
        style = discord.ButtonStyle.secondary
        if button.primary:
            style = discord.ButtonStyle.primary
        if button.dangerous:
            style = discord.ButtonStyle.danger
        super().__init__(
            discord.ui.Button(
                label=button.label, custom_id=custom_id, style=style, emoji=button.emoji or None
            )
        )
        self.button = button

    @classmethod
    async def from_custom_id(
        cls,
        interaction: discord.Interaction[Any],
        item: discord.ui.Item[Any],
        match: re.Match[str],
        /,
    ) -> "MessageButton":
        """The button that was pressed, from its `custom_id` alone."""
        return cls(Button(getattr(item, "label", None) or "", match["action"], match["state"]))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Hand the press to whoever answers it."""
        bot: Mangosaurus = interaction.client
        await bot.press(interaction, self.button)
