"""States of buttons that are too long for a button id: kept in the database, referred to by number.

A state is a JSON object. `@12` in a button stands for row 12.
"""

import json
from collections.abc import Mapping

from bot.commands.app import App
from bot.commands.message import UserError
from bot.commands.translation import _
from bot.commands.turn import Turn

State = Mapping[str, object]

_MARK = "@"


async def save_state(app: App, turn: Turn, state: State) -> str:
    """Keep a state; what the button holds instead. Raises `Unavailable`."""
    number = await app.store.button_states.put(
        json.dumps(state, ensure_ascii=False), turn.user.id, turn.community_id, app.now()
    )
    return f"{_MARK}{number}"


async def load_state(app: App, reference: str) -> State:
    """The inverse of `save_state`. Raises `UserError` for a state that is no longer kept."""
    number = reference.removeprefix(_MARK)
    payload = None
    if reference.startswith(_MARK) and number.isdecimal() and len(number) < 19:
        payload = await app.store.button_states.get(int(number))
    if payload is None:
        raise UserError(_("This button no longer works; use the command instead."))
    state: State = json.loads(payload)
    return state
