"""Helpers that read replies."""

import discord
import simcord


def embed(result: simcord.InteractionResult) -> discord.Embed:
    """The only embed of a reply."""
    assert result.response is not None
    (only,) = result.response.embeds
    return only


def description(result: simcord.InteractionResult) -> str:
    """The text of a reply's embed."""
    return embed(result).description or ""


def lines(result: simcord.InteractionResult) -> list[str]:
    """The same, line by line."""
    return description(result).split("\n")


def sentence(result: simcord.InteractionResult) -> str:
    """The text of a reply without an embed."""
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
