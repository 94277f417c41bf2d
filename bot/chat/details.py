"""The button Details: what was typed, or figures that few members need. They are in its id."""

import re
from collections.abc import Mapping

from bot.chat.app import App
from bot.chat.errors import other_version
from bot.chat.message import Button, Message
from bot.chat.translation import _
from bot.chat.turn import Turn
from bot.text.formats import cut, spaced
from bot.text.spans import code, text
from data.phrases import Phrase

ACTION = "details"
_FIGURES: Mapping[str, Phrase] = {
    "temperature": _("temperature {figure:g}"),
    "seed": _("seed {figure:.0f}"),
    "particles": _("particles {figure:.0f}"),
    "validation": _("validation loss {figure:.3f} nats/char"),
    "kneser-ney": _("Kneser-Ney {figure:.3f} nats/char"),
}
TYPED, LONGEST = "typed:", 80
"""The beginning of the state with a command, and the most characters of that."""
_FIGURE = re.compile(r"([a-z-]{1,20})=(\d{1,12}(?:\.\d{1,4})?)")


def details_state(figures: Mapping[str, float | None]) -> str:
    """The state of the button, without the figures that are unknown: `temperature=0.9,seed=12`."""
    known = ((name, figure) for name, figure in figures.items() if figure is not None)
    return ",".join(f"{name}={round(figure, 3)}" for name, figure in known)


def typed_state(command: str) -> str:
    """The state of the button for a command as it was typed; empty for one without options."""
    return TYPED + cut(command, LONGEST) if " " in command else ""


def details_buttons(state: str) -> tuple[Button, ...]:
    """The button; none if there is nothing to tell."""
    if not (state.startswith(TYPED) or _read(state)):
        return ()
    return (Button(_("Details"), ACTION, state, emoji="📋"),)


async def press(app: App, turn: Turn, state: str) -> None:
    """Answer the button."""
    if state.startswith(TYPED):
        typed = await app.filtered(state.removeprefix(TYPED), turn.community_id)
        sentence = text(_("The command was {command}"), command=code(typed))
        await turn.respond(Message(sentence, private=True))
        return
    figures = _read(state)
    if not figures:
        raise other_version()
    shown = spaced(
        [_FIGURES[name].format(figure=figure) for name, figure in figures.items()], " · "
    )
    await turn.respond(Message(text(shown), private=True))


def _read(state: str) -> Mapping[str, float]:
    """The figures of a state; empty if it is not one, as in polls of earlier versions."""
    found = [_FIGURE.fullmatch(part) for part in state.split(",")]
    figures = {match[1]: float(match[2]) for match in found if match is not None}
    return figures if len(figures) == len(found) and figures.keys() <= _FIGURES.keys() else {}
