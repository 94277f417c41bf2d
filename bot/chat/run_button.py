"""Buttons that run a command with its defaults: what `/help` and the welcome offer."""

from bot.chat.app import App
from bot.chat.commands import Command, Place, Registry
from bot.chat.errors import community_only, other_version
from bot.chat.message import Button, UserError
from bot.chat.turn import Turn
from data.phrases import Showable

RUN = "run"
"""The action. The state is the command as it is typed, without the slash."""


def can_run(registry: Registry, command: Command, turn: Turn) -> bool:
    """Whether a command works without options, and where the member is."""
    return not _needs_options(command) and _is_here(registry, command, turn)


def run_button(label: Showable, command: str, emoji: str = "", *, primary: bool = False) -> Button:
    """A button that runs a command."""
    return Button(label, RUN, command, emoji, primary=primary)


async def run(app: App, turn: Turn, state: str) -> None:
    """Answer the button. The command checks the rights."""
    command = app.registry.by_name.get(state)
    if command is None or _needs_options(command):
        raise other_version()
    if not _is_here(app.registry, command, turn):
        raise UserError(*community_only(turn.platform.terms))
    await command.answer(app, turn, command.build())


def _needs_options(command: Command) -> bool:
    return any(option.is_required for option in command.options)


def _is_here(registry: Registry, command: Command, turn: Turn) -> bool:
    place = registry.by_first_word[command.name.partition(" ")[0]].place
    return place is not Place.COMMUNITY or turn.community_id is not None
