"""Answers in progress: who takes them over, and how long they are kept."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.store import Store
from bot.store.answers import LIFETIME, SILENCE, TOKEN_LIFETIME, Unfinished, UnfinishedRecord
from tests.bot.polls.test_queries import NOW

POEM = UnfinishedRecord(1, "discord", 5, 6, None, "sonnet", "a state")
HIDDEN = replace(POEM, id=2, message_id=None, token="a secret", action="", state="")  # noqa: S106
SECOND = timedelta(seconds=1)


async def test_claimed_once_after_silence(store: Store) -> None:
    unfinished = store[Unfinished]
    await unfinished.write([POEM, HIDDEN], [], "dead", NOW)
    assert await unfinished.claim("discord", "heir", NOW + SILENCE) == []
    later = NOW + SILENCE + SECOND
    assert await unfinished.claim("slack", "heir", later) == []
    assert await unfinished.claim("discord", "dead", later, [POEM.id, HIDDEN.id]) == []
    found = await unfinished.claim("discord", "heir", later)
    assert sorted(found, key=lambda record: record.id) == [POEM, HIDDEN]
    assert await unfinished.claim("discord", "other", later) == []
    assert len(await unfinished.claim("discord", "other", later + SILENCE + SECOND)) == 2


async def test_claim_that_nobody_was_told_of(store: Store) -> None:
    """Its owner takes it again at the next look, and its signs of life keep it from others."""
    unfinished, later = store[Unfinished], NOW + SILENCE + SECOND
    await unfinished.write([POEM], [], "dead", NOW)
    await unfinished.write([HIDDEN], [], "heir", later)
    assert await unfinished.claim("discord", "heir", later, [HIDDEN.id]) == [POEM]
    await unfinished.beat("heir", later + SILENCE)
    assert await unfinished.claim("discord", "other", later + 2 * SILENCE) == []
    assert await unfinished.claim("slack", "heir", later, [HIDDEN.id]) == []
    assert await unfinished.claim("discord", "heir", later, [HIDDEN.id]) == [POEM]
    assert await unfinished.claim("discord", "heir", later, [HIDDEN.id, POEM.id]) == []


async def test_clock_that_was_set_back(store: Store) -> None:
    """What seems to come from the future was left before the clock changed."""
    await store[Unfinished].write([POEM], [], "dead", NOW)
    yesterday = NOW - timedelta(days=1)
    assert await store[Unfinished].claim("discord", "heir", yesterday) == [POEM]


async def test_ended_answers_are_deleted(store: Store) -> None:
    await store[Unfinished].write([POEM, HIDDEN], [], "owner", NOW)
    await store[Unfinished].write([], [POEM.id], "owner", NOW)
    assert await store[Unfinished].claim("discord", "heir", NOW + 2 * SILENCE) == [HIDDEN]


@pytest.mark.parametrize(("record", "longest"), [(HIDDEN, TOKEN_LIFETIME), (POEM, LIFETIME)])
async def test_old_answers_are_deleted(
    store: Store, record: UnfinishedRecord, longest: timedelta
) -> None:
    """Discord takes no token longer than that, so nobody keeps it."""
    await store[Unfinished].write([record], [], "owner", NOW)
    assert await store[Unfinished].claim("discord", "heir", NOW + longest + SECOND) == []
    assert await store[Unfinished].claim("discord", "heir", NOW + 2 * SILENCE) == []


async def test_old_token_of_a_message(store: Store) -> None:
    """It is forgotten, and the message can still be edited without it."""
    visible = replace(POEM, token="a secret")  # noqa: S106
    await store[Unfinished].write([visible], [], "owner", NOW)
    later = NOW + TOKEN_LIFETIME + SECOND
    assert await store[Unfinished].claim("discord", "heir", later) == [POEM]
    assert not replace(visible, begun_at=NOW).is_old(later)


async def test_written_twice(store: Store) -> None:
    """An answer whose first writing seemed to fail keeps the time when it was begun."""
    begun = NOW - TOKEN_LIFETIME
    await store[Unfinished].write([replace(HIDDEN, begun_at=begun)], [], "owner", NOW)
    await store[Unfinished].write([HIDDEN, POEM], [], "owner", NOW)
    await store[Unfinished].delete_old(NOW + SECOND)
    assert await store[Unfinished].claim("discord", "heir", NOW + 2 * SILENCE) == [POEM]


def test_age_of_an_answer() -> None:
    """A token is kept for a shorter time, and is not shown."""
    assert "secret" not in repr(HIDDEN)
    for record, lifetime in ((POEM, LIFETIME), (HIDDEN, TOKEN_LIFETIME)):
        assert not record.is_old(NOW)  # its beginning is not known
        begun = replace(record, begun_at=NOW)
        assert not begun.is_old(NOW + lifetime)
        assert begun.is_old(NOW + lifetime + SECOND)
