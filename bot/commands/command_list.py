"""All commands, in the order of `/help`."""

from bot.commands import about, poems, privacy
from bot.commands.info import CommandInfo

COMMANDS: tuple[CommandInfo, ...] = (
    poems.POEMS_INFO,
    poems.EXPORT_INFO,
    privacy.INFO,
    about.INFO,
)
