"""Button states in the database, for those that are too long for a button's id.

A state is a JSON object. The button holds a reference: `@12` is row 12.
"""

import json
import logging
import re
from collections.abc import Mapping

from bot.chat.app import App
from bot.chat.message import UserError
from bot.chat.translation import _
from bot.chat.turn import Limits, Turn
from bot.concurrency import within
from bot.store import Unavailable
from bot.store.answers import ButtonStates
from bot.store.members import Forgotten
from data.phrases import Phrase

log = logging.getLogger(__name__)

State = Mapping[str, object]

SAVING_S = 1.0
"""Seconds that saving a state may take."""

_MARK = "@"
_REFERENCE = re.compile(r"@\d{1,19}")


async def save_state(app: App, turn: Turn, state: State) -> str:
    """Store a state. Returns a reference for the button. Raises `Unavailable`, and `Forgotten`."""
    number = await app.store[ButtonStates].put(
        json.dumps(state, ensure_ascii=False), turn.user.id, turn.community_id, app.now()
    )
    return f"{_MARK}{number}"


_GONE = _("This button no longer works; use the command instead.")


async def load_state(app: App, turn: Turn, reference: str, gone: Phrase = _GONE) -> State:
    """The inverse of `save_state`, in the same community.

    Raises `UserError` with `gone` if it is no longer stored.
    """
    payload = None
    if _REFERENCE.fullmatch(reference) and (number := int(reference[1:])) < 2**63:
        payload = await app.store[ButtonStates].get(number, turn.community_id)
    if payload is None:
        raise UserError(gone)
    state: State = json.loads(payload)
    return state


async def try_to_save(app: App, turn: Turn, state: State) -> str | None:
    """Save a state. Returns `None` for a forgotten member, and if the database is late."""
    try:
        return await within(SAVING_S, save_state(app, turn, state))
    except (TimeoutError, Unavailable):
        log.warning("The database isn't answering; a button was left out")
    except Forgotten:
        log.info("A member has deleted their data meanwhile; a button was left out")
    return None


def fits(limits: Limits, action: str, state: str) -> bool:
    """Whether a state fits in a button's id, which cannot have line ends."""
    length = len(f"{action}:{state}".encode("utf-16-le", "surrogatepass")) // 2
    return length <= limits.button_id and "\n" not in state


async def shorten(app: App, turn: Turn, action: str, state: str) -> str | None:
    """The state if it fits in a button's id, else a reference to it; `None` if not stored.

    `expand` is the inverse.
    """
    if fits(turn.platform.limits, action, state):
        return state
    return await try_to_save(app, turn, {"state": state})


async def expand(app: App, turn: Turn, state: str) -> str:
    """The inverse of `shorten`. Raises `UserError` for a state that is no longer stored."""
    if not _REFERENCE.fullmatch(state):
        return state
    return str((await load_state(app, turn, state)).get("state", ""))
