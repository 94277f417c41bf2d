"""Requests while the database is silent: each gets an answer, and names and poems are written."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bot.chat import button_states, dispatch
from bot.chat.app import App
from bot.chat.message import Message
from bot.features import REGISTRY
from bot.polls import poll_message, votes
from bot.store import Database
from bot.store import database as module
from bot.text.spans import plain
from tests.bot.chat.test_received import COMMANDS
from tests.bot.conftest import World
from tests.bot.features import test_rights as rights
from tests.bot.turns import ADA, FakePlatform, FakeTurn, press_on

STATES = {**rights.STATES, "vote": "5:0", "unvote": "5"}


@asynccontextmanager
async def _never(_database: Database) -> AsyncIterator[None]:
    await asyncio.Event().wait()
    yield


@pytest.fixture
def app(world: World, monkeypatch: pytest.MonkeyPatch) -> App:
    """An app whose database accepts queries and never answers."""
    for name in ("reading", "writing"):
        monkeypatch.setattr(Database, name, _never)
    for place, name in (
        (module, "ANSWER_S"),
        (module, "AWAY_S"),
        (votes, "OPENING_S"),
        (button_states, "SAVING_S"),
    ):
        monkeypatch.setattr(place, name, 0.01)
    return world.make_app()


def turn() -> FakeTurn:
    return press_on(FakeTurn(FakePlatform({1: Message()}, operators={ADA.id})), 1)


async def test_every_request_is_answered(app: App, subtests: pytest.Subtests) -> None:
    requests = {f"/{name}": (run, of("minmi")) for name, (run, of) in COMMANDS.items()}
    for each in REGISTRY.every_command():
        if not any(option.is_required for option in each.options):
            requests[f"/{each.name}"] = each.answer, each.build()
    for name in (*requests, *REGISTRY.buttons):
        with subtests.test(name):
            asked = turn()
            if name in requests:
                answer = dispatch.run(app, asked, *requests[name])
            else:
                answer = dispatch.press(app, asked, name, STATES[name])
            await asyncio.wait_for(answer, 60)
            *_earlier, last = asked.platform.history + asked.answers
            assert "Sorry" not in plain(last.content)


@pytest.mark.parametrize(
    ("name", "title"),
    [("dinoname starts_with", "🦕 3 new dinosaurs"), ("sonnet opening", "📜 A sonnet")],
)
async def test_names_and_poems_are_written(app: App, name: str, title: str) -> None:
    command, options = COMMANDS[name]
    asked = turn()
    await dispatch.run(app, asked, command, options("ma"))
    assert asked.answers[-1].embeds[0].title == title


async def test_vote_that_may_be_counted(app: App) -> None:
    """The database may still write what it has taken."""
    asked = turn()
    await dispatch.press(app, asked, poll_message.ACTION, "5:0")
    assert "Your vote may still be counted" in asked.sentence
