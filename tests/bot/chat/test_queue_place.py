"""The place in the queue, shown while a member waits."""

import logging
from datetime import UTC, datetime

import pytest

from bot.chat.app import MOST_PLACES, App
from bot.chat.dispatch import place_in
from bot.chat.message import Message
from bot.chat.turn import Unreachable
from bot.platforms.discord.turn import DiscordTurn
from bot.platforms.slack.turn import SlackTurn
from bot.text.spans import plain, text
from tests.bot.chats.protocol import Chat
from tests.bot.conftest import World
from tests.bot.turns import FakePlatform, FakeTurn
from tests.texts import written


@pytest.fixture
def app(world: World) -> App:
    world.now = lambda: datetime(2026, 11, 25, tzinfo=UTC)
    return world.make_app()


async def test_place_is_shown(app: App) -> None:
    turn = FakeTurn(FakePlatform())
    show = place_in(app, turn)
    for place in (12, 3):
        await show(place)
    assert turn.sentence == "⏳ The bot is busy. Your place in the queue: 3."
    await turn.edit(Message(text(written("Mangosaurus"))))
    assert turn.sentence == "Mangosaurus"


async def test_few_places_are_shown_at_once(app: App) -> None:
    """They must not cost more than the answers: a later one is shown to those who still wait."""
    turns = [FakeTurn(FakePlatform()) for _ in range(3 * MOST_PLACES)]
    for turn in turns:
        await place_in(app, turn)(7)
    assert sum(len(turn.answers) for turn in turns) == MOST_PLACES


async def test_failed_edit_does_not_stop_the_answer(
    app: App, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    turn = FakeTurn(FakePlatform())

    async def edit(_: Message) -> None:
        raise Unreachable("no route")

    monkeypatch.setattr(turn, "edit", edit)
    with caplog.at_level(logging.INFO):
        await place_in(app, turn)(2)
    assert "no route" in caplog.text


@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("dinoname", {}),
        ("sonnet", {}),
        ("dissect", {"name": "Mangosaurus"}),
        ("dissect", {"name": "Shall I compare thee"}),
    ],
)
async def test_commands_take_turns_by_member(
    chat: Chat, monkeypatch: pytest.MonkeyPatch, command: str, options: dict[str, str]
) -> None:
    """And show the member's place, which the answer replaces."""
    shown: list[str] = []

    async def edit(_: object, message: Message) -> None:
        shown.append(plain(message.content))

    turns = {"discord": DiscordTurn, "slack": SlackTurn}
    monkeypatch.setattr(turns[chat.name], "edit", edit)
    chat.writer.places = [3, 2]
    chat.writer.lines = {"Shall I compare thee"}
    members = chat.alice, await chat.add_member("bob")
    for member in members:
        await member.use(command, **options)
    assert chat.writer.requesters == [member.id for member in members]
    places = [sentence.rpartition(" ")[2] for sentence in shown if "queue" in sentence]
    assert places[:2] == ["3.", "2."]
