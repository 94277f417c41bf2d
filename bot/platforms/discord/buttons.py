"""Persistent buttons, with all of their state in the `custom_id`."""

import re
from typing import Any, Protocol

import discord

from bot.chat.message import Button

LONGEST_ID = 100
"""Characters of a `custom_id`."""


class ButtonClient(Protocol):
    """A client that answers pressed buttons."""

    async def press(self, interaction: Any, button: Button) -> None:  # noqa: ANN401
        """Answer a pressed button."""


class MessageButton(
    discord.ui.DynamicItem[discord.ui.Button[discord.ui.View]],
    template=r"(?P<action>[a-z]+):(?P<state>.*)",
):
    """A button of a message: `action:state`. `bot.features.buttons` says which function answers."""

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
        """Hand the press to the client."""
        client: ButtonClient = interaction.client
        await client.press(interaction, self.button)
