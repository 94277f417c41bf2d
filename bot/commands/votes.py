"""Voting on a card of names: what the card shows, how it ends, who wins."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from bot.commands import name, names
from bot.commands.hall_of_fame import PLAQUE, meaning_of, poem_about
from bot.commands.message import (
    Button,
    Embed,
    File,
    Message,
    Text,
    Timestamp,
    Tone,
    UserError,
    emphasis,
    strong,
    text,
)
from bot.formats import plural, shortened, without_bidi_controls
from bot.images.plaque import plaque
from bot.services.word_filter import WordFilter
from bot.store.custom_models import CustomModelRecord
from bot.store.polls import PollRecord

ACTION = "vote"
SHORTEST, LONGEST = 1, 1440
"""Minutes that a card may take votes."""
LONGEST_STATE = 24
LONGEST_LABEL = 80
"""Characters on a button."""
_WIDEST = 12
"""Boxes in the longest bar of votes."""


def signature(display_name: str, words: WordFilter) -> str | None:
    """What a discoverer is called on the plaque; `None` for a name that the bot would not say."""
    name = " ".join(without_bidi_controls(display_name).split())
    seen = any(character.isprintable() for character in name)
    return name if seen and words.allows(name) else None


def begin(
    answered: names.Answered,
    *,
    poll_id: int,
    community_id: int,
    channel_id: int,
    member_id: int,
    discoverer: str | None,
    now: datetime,
    minutes: int,
    namer: CustomModelRecord | None = None,
) -> PollRecord:
    """The record of names that are put to the vote. `namer` has written them, if not dinosaurs."""
    (card,) = answered.reply.embeds
    actions = (names.ACTION, name.ACTION)
    more = next((button for button in answered.reply.buttons if button.action in actions), None)
    return PollRecord(
        id=poll_id,
        community_id=community_id,
        channel_id=channel_id,
        message_id=None,
        member_id=member_id,
        discoverer=discoverer,
        names=answered.names,
        opened_at=now,
        closes_at=now + timedelta(minutes=minutes),
        note=answered.note,
        footer=card.footer,
        state=more.state if more else "",
        custom_model_id=namer.id if namer else None,
        custom_model=namer.name if namer else None,
        votes=(0,) * len(answered.names),
    )


def reply(record: PollRecord) -> Message:
    """The card as it stands: with buttons to vote while it is open, with its winner after that."""
    card = _card(record)
    if record.closed_at is not None:
        return replace(card, content=text(_end(record)))
    return replace(
        card,
        content=text("Which is the coolest? The vote ends ", Timestamp(record.closes_at), "."),
        buttons=(*_ballot(record), *card.buttons),
    )


def _card(record: PollRecord) -> Message:
    """The card without its vote."""
    lines = list(_lines(record))
    if record.custom_model is not None:
        card = name.card(lines, record.note, record.footer, record.custom_model)
        return replace(card, buttons=tuple(name.buttons(record.custom_model_id, record.state)))
    more = replace(names.more(names.NamesOptions()), state=record.state)
    return names.card(lines, record.note, record.footer, more)


async def crowning(record: PollRecord) -> Message:
    """What is told when a card with votes has closed: the winner, and its plaque."""
    assert record.winner is not None  # noqa: S101 (whoever calls this has looked)
    assert record.closed_at is not None  # noqa: S101
    winner, votes = record.names[record.winner], record.votes[record.winner]
    meaning = await asyncio.to_thread(_meaning, record)
    day = record.closed_at.date()
    png = await asyncio.to_thread(plaque, winner, meaning, record.discoverer, day, votes)
    lines: list[Text] = [text(strong(winner), f" won with {plural(votes, 'vote')}.")]
    if meaning:
        lines.append(text("It may mean ", emphasis(meaning), "."))
    if record.discoverer:
        lines.append(text(f"Discovered by {record.discoverer}."))
    about = [winner, f"“{meaning}”" if meaning else "", f"{plural(votes, 'vote')}, {day:%d %B %Y}"]
    return Message(
        embeds=(
            Embed(
                title="👑 A name has been chosen", lines=tuple(lines), tone=Tone.NAMES, image=PLAQUE
            ),
        ),
        files=(File(PLAQUE, png, "A plaque: " + ", ".join(filter(None, about))),),
        buttons=tuple(b for b in (poem_about(winner),) if name.fits(b.action, b.state)),
    )


def with_plaque(closed: Message, told: Message) -> Message:
    """The card with the winner's plaque on it, for where nothing more may be sent."""
    (card,) = closed.embeds
    return replace(closed, embeds=(replace(card, image=PLAQUE),), files=told.files)


def too_late(record: PollRecord | None) -> UserError:
    """The answer to a vote that does not count any more."""
    if record is None:
        return UserError("I do not know this card any more; ask for new names with /dinoname.")
    if record.winner is None:
        return UserError("This vote is over; ask for new names with /dinoname.")
    return UserError(f"This vote is over: {record.names[record.winner]} has won.")


def parse(state: str) -> tuple[int, int]:
    """Card and position of a button's state. Raises `UserError` for that of another version."""
    poll_id, _, position = state.partition(":")
    if not (poll_id.isdecimal() and position.isdecimal() and len(state) < LONGEST_STATE):
        raise too_late(None)
    if int(poll_id) >= 2**63 or int(position) >= 2**15:  # the database has no room for it
        raise too_late(None)
    return int(poll_id), int(position)


def check_minutes(minutes: int) -> None:
    """Raise `UserError` for a time that no vote may last."""
    if not SHORTEST <= minutes <= LONGEST:
        raise UserError(f"A vote lasts {SHORTEST} to {LONGEST:,} minutes, for example 10.")


def _ballot(record: PollRecord) -> Iterator[Button]:
    for position, (candidate, votes) in enumerate(zip(record.names, record.votes, strict=True)):
        tally = f" · {votes}" if votes else ""
        label = shortened(candidate, LONGEST_LABEL - len(tally)) + tally
        yield Button(label, ACTION, f"{record.id}:{position}", primary=True)


def _lines(record: PollRecord) -> Iterator[Text]:
    most = max(record.votes, default=0)
    for position, (candidate, votes) in enumerate(zip(record.names, record.votes, strict=True)):
        parts = ["👑 " if position == record.winner else "", strong(candidate)]
        if votes:
            boxes = "▰" * max(1, round(votes / most * min(most, _WIDEST)))
            parts.append(f" · {boxes} {votes}")
        yield text(*parts)


def _end(record: PollRecord) -> str:
    if record.winner is None:
        return "The vote is over, and nobody has voted."
    return f"The vote is over: {record.names[record.winner]} has won."


def _meaning(record: PollRecord) -> str | None:
    """What the winner may mean, if it is a dinosaur."""
    if record.winner is None or record.custom_model is not None:
        return None
    return meaning_of(record.names[record.winner])
