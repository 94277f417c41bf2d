"""Hostile texts: measured before they are read, cleaned before anything stores them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any
from unittest.mock import AsyncMock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.chat import dispatch
from bot.chat.app import App
from bot.chat.commands import Answer, ChosenMember, Command, Kind, Option
from bot.chat.message import Message, UserError
from bot.chat.received import LONGEST_STATE, LONGEST_TEXT, clean, received, received_state
from bot.features import REGISTRY
from bot.names.name_options import NamesOptions
from bot.pictures.renderer import Renderer
from bot.store import Database, Store
from bot.writing.errors import Busy
from models.names.generator import NamesRequest
from tests.bot import world as made
from tests.bot.conftest import World
from tests.bot.turns import ADA, FakePlatform, FakeTurn, press_on

HOSTILE = st.lists(
    st.one_of(
        st.sampled_from("\0\x01\x1b\x7f\x85\ud800\udfff\u202e\u200b\ufdfa\ufffe\n\r\t"),
        st.sampled_from(" '%_\\:@#“”{}"),
        st.characters(exclude_categories=()),
    ),
    max_size=40,
).map("".join)


class Upload:
    """A file with a hostile name and no content."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.size = 0

    async def read(self) -> bytes:
        return b""


BESIDE = {
    "name": "elves",
    "namer": "elves",
    "file": Upload("elves"),
    "text": "a, b",
    "dinosaur": "minmi",
    "member": ChosenMember(2),
}


def with_text(command: Command, option: Option, typed: str) -> object:
    """The options of a command with a text in one of them, and what it needs beside that."""
    needed = [each.name for each in command.options if each.is_required or each.name == "text"]
    beside = {name: BESIDE[name] for name in needed if name != option.name}
    if option.kind is Kind.FILE:
        beside.pop("text", None)
        return command.build(**beside, **{option.name: Upload(typed)})
    return command.build(**beside, **{option.name: typed})


COMMANDS: dict[str, tuple[Answer[Any], Callable[[str], object]]] = {
    f"{command.name} {option.name}": (command.answer, partial(with_text, command, option))
    for command in REGISTRY.every_command()
    for option in command.options
    if option.kind in (Kind.TEXT, Kind.FILE)
}
"""Each text option of each command: the command, and its options with a text."""
FILES = {name for name in COMMANDS if name.endswith((" file", " corpus"))}


SUGGESTED = [
    (declaration, option)
    for declaration in REGISTRY.every_command()
    for option in declaration.options
    if option.suggest is not None
]
"""Each option with suggestions, which may depend on the other options of its command."""


@pytest.fixture
def app(world: World, database: Database, monkeypatch: pytest.MonkeyPatch) -> App:
    """An app on either database."""
    monkeypatch.setattr(made, "store_in", lambda *_: Store(database))
    monkeypatch.setattr(Renderer, "picture", AsyncMock(return_value=None))
    return world.make_app()


def test_characters_that_are_dropped() -> None:
    assert clean("a\0b\x1bc\x7f\x9f\ud83ed") == "abcd"
    assert clean("🦕 a\tb\r\nc\u0085\u202e") == "🦕 a\tb\r\nc\u0085\u202e"


def test_options_are_cleaned_within() -> None:
    asked = NamesOptions(NamesRequest(starts_with="m\0a", ends_with="\ud800"), "el\x01ves")
    assert received(asked) == NamesOptions(NamesRequest(starts_with="ma"), "elves")
    assert received(asked.request) is not asked.request
    usual = NamesOptions(NamesRequest(starts_with="ma"))
    assert received(usual) is usual


@pytest.mark.parametrize("name", sorted(COMMANDS.keys() - FILES))
def test_longest_text(name: str) -> None:
    """Of each option; the names of files are cut instead."""
    _command, options = COMMANDS[name]
    received(options("a" * LONGEST_TEXT))
    with pytest.raises(
        UserError, match=r"One of your options has 6,001 characters\. The limit is 6,000"
    ):
        received(options("a" * (LONGEST_TEXT + 1)))


def test_longest_state() -> None:
    assert received_state("a\0" * (LONGEST_STATE // 2)) == "a" * (LONGEST_STATE // 2)
    with pytest.raises(UserError, match="no longer works"):
        received_state("a" * (LONGEST_STATE + 1))


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(typed=HOSTILE)
async def test_commands_survive_any_text(
    app: App, caplog: pytest.LogCaptureFixture, typed: str
) -> None:
    """Each request gets an answer, and none is an apology for an unknown error."""
    for command, options in COMMANDS.values():
        turn = FakeTurn(FakePlatform(operators={ADA.id}))
        await dispatch.run(app, turn, command, options(typed))
        assert turn.answers
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(state=HOSTILE)
async def test_buttons_and_suggestions_survive_any_text(
    app: App, caplog: pytest.LogCaptureFixture, state: str
) -> None:
    for action in REGISTRY.buttons:
        platform = FakePlatform({1: Message()}, operators={ADA.id})
        turn = press_on(FakeTurn(platform), 1)
        await dispatch.press(app, turn, action, state)
        assert turn.answers or platform.history
    turn = FakeTurn(FakePlatform(operators={ADA.id}))
    for declaration, option in SUGGESTED:
        others = {each.name: state for each in declaration.options if each is not option}
        for typed in (state, "a"):
            await dispatch.suggest(app, turn, option.suggestions(others), typed)
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


def test_other_options_are_measured_and_cleaned() -> None:
    """Suggestions depend on them: those of letters on the namer that was chosen."""
    found: list[object] = []
    option = Option("starts_with", "", suggest=found.append)  # type: ignore[arg-type]
    option.suggestions({"namer": "el\0v\ud800es", "contains": "a" * 6000})
    assert found == [{"namer": "elves"}]


async def test_long_text_gets_no_suggestions(app: App) -> None:
    async def echo(_app: App, _turn: object, typed: str) -> list[str]:
        return [typed]

    turn = FakeTurn(FakePlatform())
    assert await dispatch.suggest(app, turn, echo, "a\0b") == ["ab"]  # type: ignore[arg-type,comparison-overlap]
    assert await dispatch.suggest(app, turn, echo, "a" * 6000) == []  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "name",
    [
        *("dinoname starts_with", "name namer", "sonnet opening", "sonnet about", "sonnet form"),
        *("dissect name", "halloffame period", "export format", "namer create name"),
    ],
)
async def test_bounds_cost_the_cooldown(world: World, name: str) -> None:
    """Whoever floods the bot with texts that it refuses is told to slow down."""
    app = world.make_app(cooldown_seconds=10)
    command, options = COMMANDS[name]
    turn = FakeTurn(FakePlatform())
    await dispatch.run(app, turn, command, options("x" * LONGEST_TEXT))
    assert "too fast" not in turn.sentence
    await dispatch.run(app, turn, command, options("x" * LONGEST_TEXT))
    assert "too fast" in turn.sentence
    later = replace(turn, created_at=turn.created_at + timedelta(seconds=10))
    await dispatch.run(app, later, command, options("x" * LONGEST_TEXT))
    assert "too fast" not in later.sentence


@pytest.mark.parametrize("error", [Busy(1), ZeroDivisionError("ours")])
@pytest.mark.parametrize("name", ["dinoname starts_with", "sonnet opening", "dissect name"])
async def test_failures_cost_no_cooldown(world: World, name: str, error: Exception) -> None:
    app = world.make_app(cooldown_seconds=10)
    command, options = COMMANDS[name]
    turn = FakeTurn(FakePlatform())
    world.writer.error = error
    for _attempt in range(2):
        await dispatch.run(app, turn, command, options("ma"))
        assert "too fast" not in turn.sentence
