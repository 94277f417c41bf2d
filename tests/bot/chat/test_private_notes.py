"""Private notes of a member who presses quickly."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from unittest.mock import AsyncMock

import pytest

from bot.chat.message import Button, Message
from bot.chat.private_notes import PrivateNotes
from bot.chat.turn import AnswerRef, MessageRef, Unreachable, User
from bot.text.spans import text
from tests.bot.turns import FakePlatform, FakeTurn
from tests.texts import written

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
FIRST, SECOND, THIRD = (
    Message(text(written(word)), private=True) for word in ("first", "second", "third")
)


class SlowTurn(FakeTurn):
    """Its answer takes a while to arrive."""

    async def respond(self, message: Message) -> MessageRef | None:
        await asyncio.sleep(0)
        await super().respond(message)
        self.private_answer = AnswerRef(self.channel_id, 9, "a token")
        return None


async def test_quick_presses_have_one_note() -> None:
    """It says what was asked for last, although that came before the others."""
    platform, notes = FakePlatform(), PrivateNotes()
    turns = [SlowTurn(platform) for _ in range(4)]
    shown = [(SECOND, 2), (FIRST, 1), (SECOND, 4), (THIRD, 3)]
    await asyncio.gather(
        *(
            notes.show(turn, 77, message, NOW + timedelta(seconds=second))
            for turn, (message, second) in zip(turns, shown, strict=True)
        )
    )
    assert [turn.answers for turn in turns] == [[SECOND], [], [], []]
    assert not platform.closed
    await notes.show(turns[0], 77, THIRD, NOW + timedelta(seconds=5))
    assert [message for _ref, message in platform.closed] == [THIRD]


async def test_lost_answer_to_an_edit(monkeypatch: pytest.MonkeyPatch) -> None:
    """The note may say the second message by now, so the first one is not there already."""
    platform, notes = FakePlatform(), PrivateNotes()
    turn = SlowTurn(platform)
    await notes.show(turn, 77, FIRST, NOW)
    with monkeypatch.context() as outage:
        for of, name in ((platform, "close_answer"), (turn, "respond")):
            outage.setattr(of, name, AsyncMock(side_effect=Unreachable))
        with pytest.raises(Unreachable):
            await notes.show(turn, 77, SECOND, NOW)
    await notes.show(turn, 77, FIRST, NOW)
    assert [message for _ref, message in platform.closed] == [FIRST]


async def test_notes_on_a_closed_subject() -> None:
    """Those with buttons are replaced once, unless they are too old; others stay."""
    platform, notes = FakePlatform(), PrivateNotes()
    with_button = replace(SECOND, buttons=(Button(written("Take it back"), "unvote", "77"),))
    for member, (subject, message, minutes) in enumerate(
        [(77, with_button, 10), (77, FIRST, 10), (78, with_button, 10), (77, with_button, 0)]
    ):
        turn = SlowTurn(platform)
        turn.user = User(member, "ann")
        await notes.show(turn, subject, message, NOW + timedelta(minutes=minutes))
    for _twice in range(2):
        await notes.close(platform, 77, THIRD, NOW + timedelta(minutes=15))
    assert [message for _ref, message in platform.closed] == [THIRD]
