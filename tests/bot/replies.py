"""Helpers that read replies."""

import discord
import simcord


def sentence(result: simcord.InteractionResult) -> str:
    """The text of a reply."""
    assert result.response is not None
    return result.response.content


def buttons(result: simcord.InteractionResult) -> list[str]:
    """The labels of a reply's buttons."""
    assert result.response is not None
    return labels(result.response.message)


def labels(message: discord.Message) -> list[str]:
    """The labels of a message's buttons."""
    items = [item for row in message.components for item in getattr(row, "children", ())]
    return [item.label for item in items if isinstance(item, discord.Button) and item.label]
