"""States of buttons: in the id, or in the database."""

from contextlib import nullcontext
from types import SimpleNamespace
from typing import cast

import pytest

from bot.chat.app import App
from bot.chat.button_states import expand, fits, load_state, save_state, shorten, try_to_save
from bot.chat.message import UserError
from bot.chat.turn import Turn
from bot.platforms.discord.platform import LIMITS
from bot.store import Store
from bot.store.answers import ButtonStates
from tests.bot.conftest import NOW
from tests.bot.fakes import unavailable


@pytest.fixture
def app(store: Store) -> App:
    return cast(App, SimpleNamespace(store=store, now=lambda: NOW))


@pytest.fixture
def turn() -> Turn:
    platform = SimpleNamespace(limits=LIMITS)
    user = SimpleNamespace(id=7)
    return cast(Turn, SimpleNamespace(platform=platform, user=user, community_id=None))


async def test_saved_state_comes_back(app: App, turn: Turn) -> None:
    state = {"title": "“Où”", "text": "O,\nrose 🌹\x00"}
    assert await load_state(app, turn, await save_state(app, turn, state)) == state


@pytest.mark.parametrize(
    ("saved", "loaded", "does"),
    [(1, 1, True), (1, 2, False), (1, None, False), (None, 2, True), (None, None, True)],
)
async def test_state_of_a_community(
    app: App, turn: Turn, saved: int | None, loaded: int | None, does: bool
) -> None:
    """Only there, apart from one of a direct message."""
    here = cast(Turn, SimpleNamespace(user=turn.user, community_id=saved))
    reference = await save_state(app, here, {"text": "O"})
    there = cast(Turn, SimpleNamespace(community_id=loaded))
    with nullcontext() if does else pytest.raises(UserError, match="no longer works"):
        assert await load_state(app, there, reference) == {"text": "O"}


@pytest.mark.parametrize("reference", ["", "@", "12", "@x", "@1", f"@{2**63}", "@" + "9" * 30])
async def test_unknown_reference(app: App, turn: Turn, reference: str) -> None:
    with pytest.raises(UserError, match="no longer works"):
        await load_state(app, turn, reference)


@pytest.mark.parametrize(
    ("state", "does"),
    [("x" * 95, True), ("x" * 96, False), ("𝒳" * 47, True), ("𝒳" * 48, False), ("a\nb", False)],
)
async def test_state_in_id(app: App, turn: Turn, state: str, does: bool) -> None:
    """An id has 100 UTF-16 code units, with the action and a colon, and no line ends."""
    assert fits(LIMITS, "name", state) == does
    shortened = await shorten(app, turn, "name", state)
    assert shortened is not None
    assert (shortened == state) == does
    assert fits(LIMITS, "name", shortened)
    assert await expand(app, turn, shortened) == state


async def test_no_state_without_database(
    app: App, turn: Turn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.store[ButtonStates], "put", unavailable)
    assert await try_to_save(app, turn, {"x": 1}) is None
    assert await shorten(app, turn, "name", "x" * 200) is None
    assert await shorten(app, turn, "name", "x") == "x"
