"""Polls on names: opening, voting, taking a vote back. What a poll shows is in `poll_message`."""

import logging
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from bot.chat.app import App
from bot.chat.message import Button, Message, UserError
from bot.chat.translation import _
from bot.chat.turn import DeliveryError, Gone, Source, Turn
from bot.community.queries import DEFAULT_MINUTES
from bot.concurrency import within
from bot.polls.poll_message import RETRACT, message_of, poll_message, shown_poll
from bot.polls.queries import (
    Ballot,
    Outcome,
    PollRecord,
    Polls,
    TooManyPolls,
    VoteOrigin,
)
from bot.store import OutcomeUnknown, Unavailable
from bot.store.members import Forgotten
from bot.text.formats import without_bidi_controls
from bot.text.spans import strong, text
from bot.words import WordFilter
from data.phrases import NOTHING, Phrase, Showable

log = logging.getLogger(__name__)

OPENING_S, CROWDED_S = 1.0, 4.0
"""Seconds to open a poll, alone and in a crowd; after them the names are shown without one."""
LONGEST_STATE = 24

Edit = Callable[[Message], Awaitable[None]]


@dataclass(frozen=True)
class Candidates:
    """Generated names, as displayed."""

    names: tuple[Showable, ...]
    note: Showable = NOTHING
    """The reason, if they are fewer than requested."""
    details: str = ""
    """State of the button Details."""
    more_state: str = ""
    """State of the button for more."""
    custom_model_id: int | None = None
    custom_model: Showable | None = None
    """Name of the model that generated them; `None` for dinosaurs."""
    is_dissectable: bool = True
    """Whether members may see how the network chose their letters."""


async def open_poll(app: App, turn: Turn, candidates: Candidates) -> PollRecord | None:
    """Store a poll on names, before it is shown.

    `None` where the bot cannot edit messages, and for a member who has deleted their data
    meanwhile. Raises `TooManyPolls`, and `Unavailable`, also if the database is slow.
    """
    if turn.channel_id is None or turn.community_id not in turn.platform.communities:
        return None
    if not turn.sees_channel:  # it could never close the poll
        return None
    try:
        seconds = CROWDED_S if app.is_crowded else OPENING_S
        return await within(seconds, _stored(app, turn, candidates))
    except TimeoutError as error:
        log.warning("The database is slow; names are sent without a poll")
        raise Unavailable from error
    except Forgotten:
        log.info("A member has deleted their data meanwhile; names were sent without a poll")
    return None


async def _stored(app: App, turn: Turn, candidates: Candidates) -> PollRecord:
    assert turn.community_id is not None  # noqa: S101 (see `open_poll`)
    assert turn.channel_id is not None  # noqa: S101
    now = app.now()
    poll = PollRecord(
        id=secrets.randbits(62),
        community_id=turn.community_id,
        channel_id=turn.channel_id,
        message_id=None,
        member_id=turn.user.id,
        discoverer=signature(turn.user.display_name, await app.filters.of(turn.community_id)),
        names=candidates.names,
        opened_at=now,
        closes_at=now + timedelta(minutes=DEFAULT_MINUTES),
        note=candidates.note,
        footer=candidates.details,
        state=candidates.more_state,
        custom_model_id=candidates.custom_model_id,
        custom_model=candidates.custom_model,
        is_dissectable=candidates.is_dissectable,
        votes=(0,) * len(candidates.names),
    )
    return await app.store[Polls].open(poll)


def signature(display_name: str, words: WordFilter) -> Showable | None:
    """A display name for the plaque; `None` if it is invisible or blocked by the word filter."""
    name = " ".join(without_bidi_controls(display_name).split())
    is_visible = any(map(str.isprintable, name))
    return words.filtered(name, NOTHING) or None if is_visible else None


async def vote(app: App, turn: Turn, state: str) -> None:
    """Answer a vote: update the tally, and confirm the vote privately.

    A vote for the chosen name takes it back. In a busy channel the tally is updated later, together
    with other votes.
    """
    poll_id, position = parse(state)
    polls = app.store[Polls]
    message_id = 0 if turn.source is None else turn.source.ref.message_id
    origin = VoteOrigin(turn.community_id, turn.channel_id, message_id)
    ballot, now = Ballot(poll_id, turn.user.id, position, origin), app.now()
    try:
        outcome = await polls.cast(ballot, now)
    except OutcomeUnknown as error:
        raise UserError(
            _(
                "The database took too long to answer. Your vote may still be counted; if it is, "
                "the poll will show it. Check there before you press again, because a second "
                "press takes your vote back."
            )
        ) from error
    if outcome is Outcome.REFUSED:
        poll = await shown_poll(app, poll_id)
        if poll is not None and poll.community_id != turn.community_id:
            raise elsewhere()
        is_open = poll is not None and poll.closed_at is None and poll.closes_at > app.now()
        if poll is not None and is_open and position in poll.removed:
            raise removed()
        if is_open:
            raise elsewhere()
        is_shown_here = poll is not None and (
            turn.source == Source(message_of(poll))
            or (poll.message_id is None and turn.channel_id == poll.channel_id)
        )
        if poll is not None and is_shown_here and poll.closed_at is not None:
            # Its buttons are still there: it could not be edited when it was closed, or the process
            # that sent it was killed before it noted which message it is.
            with suppress(DeliveryError):
                await turn.edit_source(poll_message(poll, turn.platform.limits))
        raise too_late(poll)
    poll = await _update(app, turn, poll_id)
    async with app.receipts:
        note = _taken_back() if outcome is not Outcome.COUNTED else _counted()
        with suppress(Unavailable):  # the vote is stored anyway
            poll = poll or await shown_poll(app, poll_id)
            if poll is None:
                return
            if outcome is Outcome.COUNTED:
                note = _receipt(poll, position)
        with suppress(Unavailable):
            await app.notes.show(turn, poll_id, note, now)


async def retract(app: App, turn: Turn, state: str) -> None:
    """Answer the button that retracts a vote. Once that is too late, the button goes."""
    poll_id, _position = parse(f"{state}:0")
    polls = app.store[Polls]
    now = app.now()
    poll = await shown_poll(app, poll_id)
    origin = VoteOrigin(turn.community_id, turn.channel_id, None)
    here = (origin.community_id, origin.channel_id)
    if poll is not None and here != (poll.community_id, poll.channel_id):
        raise elsewhere()
    if poll is None or poll.closed_at is not None or poll.closes_at <= now:
        await turn.edit_source(Message(too_late(poll).text, private=True))
        return
    await polls.retract(poll_id, turn.user.id, now, origin)
    app.notes.changed(turn, poll_id, _taken_back(), now)
    await turn.edit_source(_taken_back())

    edit = partial(turn.platform.edit, message_of(poll))
    if poll.message_id is not None:
        app.edits.schedule(poll.channel_id, poll_id, lambda: _try_to_draw(app, turn, poll_id, edit))


async def _update(app: App, turn: Turn, poll_id: int) -> PollRecord | None:
    """Answer a counted vote with the new tally, or acknowledge it and edit the message later.

    If the answer does not arrive, the edit is made later as well. Returns the poll if it was read.
    """
    late = not app.edits.acquire(turn.channel_id)
    edit = _edit_source(turn)
    poll = None
    try:
        if not late:
            with suppress(Unavailable):  # the vote is stored, and shown with the next one
                poll = await draw(app, turn, poll_id, turn.edit_source)
        await turn.acknowledge()
        return poll
    except DeliveryError:
        late = True
        raise
    finally:
        if late:  # only after the response: before it the platform has nothing to edit
            app.edits.schedule(
                turn.channel_id, poll_id, lambda: _try_to_draw(app, turn, poll_id, edit)
            )


async def draw(app: App, turn: Turn, poll_id: int, edit: Edit) -> PollRecord | None:
    """Show the tally of an open poll. Returns the poll as it is now, if it exists.

    The poll may be closed during the edit, also by another process. The edit has then replaced the
    result, which is shown again; so is a tally if another process may have shown an older one.
    """
    limits = turn.platform.limits
    async with app.poll_locks.of(poll_id):
        poll = await shown_poll(app, poll_id)
        if poll is None or poll.closed_at is not None:
            return poll
        await _note_message(app, turn, poll)
        await edit(poll_message(poll, limits))
        if not app.fleet.is_shared:  # others of this process wait for the lock
            return poll
        now = await shown_poll(app, poll_id)
        if now is not None and now.closed_at is not None and now.message_id is not None:
            with suppress(DeliveryError):  # then `PollCloser` shows it
                await turn.platform.edit(message_of(now), poll_message(now, limits))
        elif now is not None and now.votes != poll.votes:
            app.edits.schedule(
                now.channel_id, poll_id, lambda: _try_to_draw(app, turn, poll_id, edit)
            )
        return now


async def _try_to_draw(app: App, turn: Turn, poll_id: int, edit: Edit) -> None:
    """Draw the tally, but only log errors: the next vote shows the tally.

    The edit is left out while the platform refuses many requests.
    """
    try:
        if not turn.platform.spares_requests:
            await draw(app, turn, poll_id, edit)
        elif (poll := await shown_poll(app, poll_id)) is not None:
            await _note_message(app, turn, poll)
    except (DeliveryError, Unavailable) as error:
        log.info("The tally of a poll cannot be shown: %s", error)


async def _note_message(app: App, turn: Turn, poll: PollRecord) -> None:
    """Store which message shows a poll, if the process that sent it ended before it could.

    Without it the poll could neither show its result nor be stopped by deleting the message.
    """
    if poll.message_id is None and turn.source is not None:
        await app.store[Polls].sent(poll.id, turn.source.ref.message_id)


def _edit_source(turn: Turn) -> Edit:
    """Edit the message of the pressed button, also after the interaction has expired."""

    async def edit(message: Message) -> None:
        try:
            await turn.edit_source(message)
        except Gone:
            if turn.source is None:
                raise
            await turn.platform.edit(turn.source.ref, message)

    return edit


def removed() -> UserError:
    """The error for a vote on a name that a moderator has removed."""
    return UserError(_("A moderator removed this name. Vote for another one."))


def elsewhere() -> UserError:
    """The error for a vote on a poll of another message."""
    return UserError(
        _("This button belongs to another poll. Vote with the buttons below the names.")
    )


def too_late(poll: PollRecord | None) -> UserError:
    """The error for a vote that no longer counts."""
    if poll is None:
        return UserError(_("This poll no longer exists. Get new names with /dinoname."))
    if poll.winner is None:
        return UserError(_("This poll is closed. Get new names with /dinoname."))
    return UserError(_("This poll is closed: {name} won."), name=poll.names[poll.winner])


def parse(state: str) -> tuple[int, int]:
    """Poll and position of a button. Raises `UserError` for a state of another version."""
    poll_id, _colon, position = state.partition(":")
    if not (poll_id.isdecimal() and position.isdecimal() and len(state) < LONGEST_STATE):
        raise too_late(None)
    if int(poll_id) >= 2**63 or int(position) >= 2**15:  # does not fit in the database
        raise too_late(None)
    return int(poll_id), int(position)


def too_many(limit: TooManyPolls) -> Phrase:
    """Why names come without a poll."""
    sentence = (
        _("No poll this time: {count:,} of your polls are still open here.")
        if limit.is_of_member
        else _("No poll this time: {count:,} polls are still open in this channel.")
    )
    return sentence.format(count=limit.most)


def _taken_back() -> Message:
    """The private note that a vote was taken back."""
    reply = text(_("You took your vote back. Press a name to vote again."))
    return Message(content=reply, private=True)


def _counted() -> Message:
    """The private confirmation of a vote while the poll cannot be read."""
    reply = text(_("Your vote has been counted. Press the same name again to take it back."))
    return Message(content=reply, private=True)


def _receipt(poll: PollRecord, position: int) -> Message:
    """The private confirmation of a vote."""
    if position in poll.removed:  # since it was counted
        raise removed()
    sentence = _(
        "You voted for {name}. Press another name to change your vote, or press this one again to "
        "take it back."
    )
    reply = text(sentence, name=strong(poll.names[position]))
    button = Button(_("Take it back"), RETRACT, str(poll.id))
    return Message(content=reply, buttons=(button,), private=True)
