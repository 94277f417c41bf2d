"""Requests while the database is silent: each gets an answer, and names and poems are written."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from bot.chat import button_states, dispatch
from bot.chat.app import App
from bot.chat.commands import Answer, NoOptions
from bot.chat.message import Message
from bot.community import settings
from bot.features import REGISTRY
from bot.help import about, help  # noqa: A004 (the command)
from bot.polls import hall_of_fame, poll_message, votes
from bot.privacy import privacy
from bot.store import Database
from bot.store import database as module
from bot.training import namer
from bot.verse import poems
from tests.bot.chat.test_received import COMMANDS
from tests.bot.conftest import World
from tests.bot.turns import ADA, FakePlatform, FakeTurn, press_on

MORE_COMMANDS: dict[str, Answer[Any]] = {
    "champion": hall_of_fame.champion,
    "poems": poems.poems,
    "namer list": namer.list_,
    "privacy": privacy.privacy,
    "help": help.help_,
    "about": about.about,
}
STATES = {
    "vote": "5:0",
    "unvote": "5",
    "names": "3:0.9:ma:::",
    "name": "1:3:0.9:ma:::",
    "dissect": "@poll:5",
    "dinosaur": "Bravosaurus",
    "museum": "newest:0",
    "collection": "favourite:1",
    "sonnet": "0.9:sonnet:o“Shall I”",
    "about": "Mangosaurus",
    "fame": "ever:here:1:",
    "keep": "@5",
    "poems": "show:1",
    "privacy": "yes",
    "training": "stop:1",
    "namer": "delete:1",
    "models": "page:names:1",
}


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
    requests = {name: (run, of("minmi")) for name, (run, of) in COMMANDS.items()}
    requests |= {name: (run, NoOptions()) for name, run in MORE_COMMANDS.items()}
    requests["settings"] = settings.settings, settings.SettingsOptions()
    for name in (*requests, *REGISTRY.buttons):
        with subtests.test(name):
            asked = turn()
            answer = dispatch.press(app, asked, name, STATES.get(name, "1"))
            if name in requests:
                answer.close()
                answer = dispatch.run(app, asked, *requests[name])
            await asyncio.wait_for(answer, 60)
            assert asked.answers
            assert "Sorry" not in asked.sentence


@pytest.mark.parametrize(
    ("name", "title"), [("starts_with", "🦕 3 new dinosaurs"), ("opening", "📜 A sonnet")]
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
