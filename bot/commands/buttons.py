"""Which function answers which button."""

from collections.abc import Mapping

from bot.commands import poems, privacy
from bot.commands.dispatch import ButtonHandler

HANDLERS: Mapping[str, ButtonHandler] = {
    poems.KEEP: poems.keep,
    poems.BOOK: poems.press,
    privacy.ACTION: privacy.press,
}
"""By the action in the button's id. Ids of old messages must go on working."""
