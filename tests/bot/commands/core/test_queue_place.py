"""The place in the queue, shown while a member waits."""

import logging

import pytest

from bot.commands.core.dispatch import place_in
from bot.commands.core.message import Message, text
from bot.commands.core.turn import Unreachable
from tests.bot.turns import FakePlatform, FakeTurn


async def test_place_is_shown() -> None:
    turn = FakeTurn(FakePlatform())
    show = place_in(turn)
    for place in (12, 3):
        await show(place)
    assert turn.sentence == "⏳ Many are asking. Your place in the queue: 3"
    await turn.edit(Message(text("Mangosaurus")))
    assert turn.sentence == "Mangosaurus"


async def test_failed_edit_does_not_stop_the_answer(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    turn = FakeTurn(FakePlatform())

    async def edit(_: Message) -> None:
        raise Unreachable("no route")

    monkeypatch.setattr(turn, "edit", edit)
    with caplog.at_level(logging.INFO):
        await place_in(turn)(2)
    assert "no route" in caplog.text
