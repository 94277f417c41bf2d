"""States of buttons that are too long for a button id: kept in the database, referred to by number.

A state is a JSON object. `@12` in a button stands for row 12.
"""

import json
import logging
import re
from collections.abc import Mapping

from bot.commands.core.app import App
from bot.commands.core.message import UserError
from bot.commands.core.translation import _
from bot.commands.core.turn import Limits, Turn
from bot.services.concurrency import within
from bot.store import Unavailable

log = logging.getLogger(__name__)

State = Mapping[str, object]

SAVING_S = 1.0
"""Seconds that saving a state may take."""

_MARK = "@"
_REFERENCE = re.compile(r"@\d{1,19}")


async def save_state(app: App, turn: Turn, state: State) -> str:
    """Keep a state; what the button holds instead. Raises `Unavailable`."""
    number = await app.store.button_states.put(
        json.dumps(state, ensure_ascii=False), turn.user.id, turn.community_id, app.now()
    )
    return f"{_MARK}{number}"


async def load_state(app: App, reference: str) -> State:
    """The inverse of `save_state`. Raises `UserError` for a state that is no longer kept."""
    payload = None
    if _REFERENCE.fullmatch(reference) and (number := int(reference[1:])) < 2**63:
        payload = await app.store.button_states.get(number)
    if payload is None:
        raise UserError(_("This button no longer works; use the command instead."))
    state: State = json.loads(payload)
    return state


async def try_to_save(app: App, turn: Turn, state: State) -> str | None:
    """`save_state`, or `None` if the database does not answer soon."""
    try:
        return await within(SAVING_S, save_state(app, turn, state))
    except (TimeoutError, Unavailable):
        log.warning("The database does not answer: a button is left out")
        return None


def fits(limits: Limits, action: str, state: str) -> bool:
    """Whether a button's id can hold a state. Line ends do not survive in one."""
    length = len(f"{action}:{state}".encode("utf-16-le", "surrogatepass")) // 2
    return length <= limits.button_id and "\n" not in state


async def shorten(app: App, turn: Turn, action: str, state: str) -> str | None:
    """A state that fits in a button's id: itself, or a reference to it; `None` if neither can be.

    `expand` is the inverse.
    """
    if fits(turn.platform.limits, action, state):
        return state
    return await try_to_save(app, turn, {"state": state})


async def expand(app: App, state: str) -> str:
    """The inverse of `shorten`. Raises `UserError` for a state that is no longer kept."""
    if not _REFERENCE.fullmatch(state):
        return state
    return str((await load_state(app, state)).get("state", ""))
