"""Poems that members keep: the button, `/poems` and `/export`."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime

from bot.commands.message import (
    Button,
    Embed,
    File,
    Message,
    Tone,
    UserError,
    text,
)
from bot.formats import plural
from bot.store.poems import MOST, Full, KeptPoem, Poems

ACTION = "poems"
KEEP = Button("Keep", "keep", emoji="🔖")
FORMATS = ("text", "json")


async def keep(
    member_id: int,
    community_id: int | None,
    message_id: int,
    title: str,
    poem: str,
    poems: Poems,
    now: datetime,
) -> Message:
    """Keep a poem, and say so to the member."""
    if not poem:
        raise UserError("I cannot read the poem on this card any more; ask for a new one: /sonnet")
    try:
        new = await poems.keep(member_id, community_id, message_id, title, poem, now)
    except Full as error:
        raise UserError(
            f"Your book is full: it holds {MOST} poems. Throw some away with /poems, or save them "
            "with /export."
        ) from error
    kept = "Kept" if new else "You have kept this one before"
    count = plural(await poems.count(member_id), "poem")
    return Message(content=text(f"{kept}. Your book has {count}: /poems"), private=True)


async def book(member_id: int, place: int, poems: Poems) -> Message:
    """A page of a member's book: one poem, the newest first."""
    count = await poems.count(member_id)
    if not count:
        return Message(
            content=text("You have kept no poems yet. Under a finished one is the button: Keep"),
            private=True,
        )
    place = min(place, count - 1)
    found = await poems.of(member_id, skip=place, most=1)
    if not found:  # the last one was thrown away meanwhile
        return await book(member_id, 0, poems)
    (poem,) = found
    card = Embed(
        title=poem.title,
        lines=tuple(text(line) for line in poem.text.split("\n")),
        footer=f"{place + 1} of {count} · kept {_day(poem.kept_at)}",
        tone=Tone.VERSE,
    )
    return Message(cards=(card,), buttons=tuple(_buttons(poem, place, count)), private=True)


async def press(state: str, member_id: int, poems: Poems) -> Message:
    """Turn a page of the book, or throw a poem away."""
    what, _, rest = state.partition(":")
    place, _, number = rest.partition(":")
    numbers = (place, number) if what == "drop" else (place,)
    if what not in ("show", "drop") or not all(map(_fits, numbers)):
        raise UserError("This button is from another version of me; use /poems instead.")
    if what == "drop":
        await poems.drop(member_id, int(number))
    return await book(member_id, int(place), poems)


async def export(member_id: int, kind: str, poems: Poems) -> Message:
    """All poems of a member in one file."""
    kept = await poems.of(member_id)
    if not kept:
        raise UserError("You have kept no poems yet. Under a finished one is the button: Keep")
    content = _as_json(kept) if kind == "json" else _as_text(kept)
    file = File(f"poems.{'json' if kind == 'json' else 'txt'}", content.encode(), "Your poems")
    said = text(f"Your {plural(len(kept), 'poem')}, the newest first.")
    return Message(content=said, files=(file,), private=True)


def _fits(number: str) -> bool:
    """Whether a database takes it."""
    return number.isdecimal() and len(number) < 19


def _buttons(poem: KeptPoem, place: int, count: int) -> Iterator[Button]:
    if place > 0:
        yield Button("Newer", ACTION, f"show:{place - 1}", emoji="◀️")
    if place < count - 1:
        yield Button("Older", ACTION, f"show:{place + 1}", emoji="▶️")
    yield Button("Throw away", ACTION, f"drop:{place}:{poem.id}", emoji="🗑️", dangerous=True)


def _as_text(kept: Sequence[KeptPoem]) -> str:
    parts = (f"{poem.title}\n{_day(poem.kept_at)}\n\n{poem.text}\n" for poem in kept)
    return "\n\n".join(parts)


def _as_json(kept: Sequence[KeptPoem]) -> str:
    rows = [
        {"title": poem.title, "kept_at": poem.kept_at.isoformat(), "lines": poem.text.split("\n")}
        for poem in kept
    ]
    return json.dumps(rows, ensure_ascii=False, indent=2) + "\n"


def _day(at: datetime) -> str:
    return at.date().isoformat()
