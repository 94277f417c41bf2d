"""The greeting: the answer to a member who writes to the bot, whatever it was."""

from bot.chat.message import Message
from bot.chat.run_button import run_button
from bot.chat.translation import _
from bot.text.spans import command, text

GREETING = Message(
    text(
        _(
            "👋 I answer commands and buttons, and I don't keep what you write to me. Press a "
            "button to start, or type {help} to see more."
        ),
        help=command("/help"),
    ),
    buttons=(
        run_button(_("Name dinosaurs"), "dinoname", "🦖", primary=True),
        run_button(_("Write a sonnet"), "sonnet", "📜"),
        run_button(_("What you can do here"), "help", "💡"),
    ),
)
