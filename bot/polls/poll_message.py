"""The message of a poll: generated names with their votes and bars, the result, the buttons."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from bot.chat.app import App
from bot.chat.details import details_buttons
from bot.chat.message import Button, Embed, Message, Tone
from bot.chat.translation import _, ngettext
from bot.chat.turn import Limits, MessageRef
from bot.polls.plates import hatch_button
from bot.polls.queries import PollRecord, Polls, checked_again
from bot.polls.winner import Reason
from bot.text.formats import human_join, shortened, spaced
from bot.text.spans import Text, Timestamp, chained, emphasis, strong, text
from bot.text.technical import NEWLINE, technical
from data.phrases import NOTHING, Phrase, Showable

MORE, MORE_OF_CUSTOM_MODEL = "names", "name"
"""Actions of the button for more names. With a custom model the state begins with its number."""
DISSECT = "dissect"
ACTION, RETRACT = "vote", "unvote"
"""Actions of the buttons for voting and for retracting a vote."""
LONGEST_BAR = 12
"""Blocks in the bar of the name with the most votes."""


def names_message(
    lines: Sequence[Text],
    *,
    custom_model: Showable | None,
    note: Showable = NOTHING,
    buttons: Sequence[Button] = (),
    is_daily: bool = False,
) -> Message:
    """Names, one on each line, with a note below."""
    count = len(lines)
    if is_daily:
        title = _("🌄 Which one is the dinosaur of the day?")
    elif custom_model is None:
        title = ngettext("🦕 {count} new dinosaur", "🦕 {count} new dinosaurs", count)
        title = title.format(count=count)
    else:
        title = ngettext("🪶 {name}: {count} new name", "🪶 {name}: {count} new names", count)
        title = title.format(count=count, name=custom_model)
    below = ((), text(note)) if note else ()
    embed = Embed(
        title=title,
        lines=(*lines, *below),
        tone=Tone.NAMES,
    )
    return Message(embeds=(embed,), buttons=tuple(buttons))


def buttons_of(
    more_state: str | None, dissect_state: str | None, details: str, *, of_custom_model: bool
) -> list[Button]:
    """The buttons below names, except those without a state."""
    buttons: list[Button] = []
    if more_state:
        buttons.append(more_button(more_state, of_custom_model=of_custom_model))
    if dissect_state:
        buttons.append(Button(_("Dissect"), DISSECT, dissect_state, emoji="🔬"))
    return [*buttons, *details_buttons(details)]


def more_button(state: str, label: Showable = NOTHING, *, of_custom_model: bool) -> Button:
    """The button that repeats a request."""
    action, emoji = (MORE_OF_CUSTOM_MODEL, "🪶") if of_custom_model else (MORE, "🥚")
    return Button(label or _("More"), action, state, emoji=emoji)


def message_of(poll: PollRecord) -> MessageRef:
    """The message of a poll; its id is 0 if it was never stored."""
    return MessageRef(poll.channel_id, poll.message_id or 0, poll.community_id)


def announcement_of(poll: PollRecord) -> MessageRef | None:
    """The message that announced the winner of a poll; `None` without one."""
    if poll.announcement_id is None:
        return None
    return MessageRef(poll.channel_id, poll.announcement_id, poll.community_id)


async def shown_poll(app: App, poll_id: int) -> PollRecord | None:
    """A poll by its id, as its community sees it, whose word filter may block more names by now."""
    poll = await app.store[Polls].find(poll_id)
    if poll is None:
        return None
    return await asyncio.to_thread(checked_again, poll, await app.filters.of(poll.community_id))


def poll_message(poll: PollRecord, limits: Limits) -> Message:
    """A poll: with a button for each name while it is open, and with its winner once closed."""
    of_custom_model = poll.custom_model is not None
    dissect_state = f"@poll:{poll.id}"
    more_state: str | None = poll.state
    if of_custom_model:
        if poll.custom_model_id is None:  # deleted
            dissect_state = ""
            more_state = None
        else:
            dissect_state = f"#{poll.custom_model_id}:{dissect_state}"
    if not poll.standing or not poll.is_dissectable:
        dissect_state = ""
    message = names_message(
        _lines(poll),
        custom_model=poll.custom_model,
        note=poll.note,
        buttons=buttons_of(more_state, dissect_state, poll.footer, of_custom_model=of_custom_model),
        is_daily=poll.day is not None,
    )
    # What was drawn of these names: a hidden one leaves its picture, too.
    message = replace(message, files_stay=len(poll.standing) == len(poll.names))
    if poll.offers_eggs:
        message = replace(message, buttons=(*message.buttons, hatch_button()))
    if poll.closed_at is not None:
        return replace(message, content=_result(poll))
    return replace(
        message,
        content=text(_("Which is the coolest? Voting ends {end}."), end=Timestamp(poll.closes_at)),
        buttons=(*_ballot(poll, limits), *message.buttons),
    )


def removed_message() -> Message:
    """The message that takes the place of one that a moderator has removed."""
    return Message(text(emphasis(_("A moderator removed this."))))


def tie_sentence(poll: PollRecord) -> Text:
    """How a tie was decided; empty if there was none."""
    decision = poll.decision
    if poll.winner is None or poll.winner != decision.winner:
        return ()
    sentences: list[Text] = []
    if others := [poll.names[position] for position in decision.later]:
        votes = poll.votes[poll.winner]
        sentence = ngettext(
            "It tied with {others} at {votes} vote each, but got there first.",
            "It tied with {others} at {votes} votes each, but got there first.",
            votes,
        )
        sentences.append(text(sentence, others=human_join(others), votes=votes))
    for position in decision.too_few:
        sentence = _(
            "{name} got just as many votes, but one came from the member who asked for the name."
        )
        sentences.append(text(sentence, name=poll.names[position]))
    return chained(sentences, NEWLINE) if sentences else ()


def _ballot(poll: PollRecord, limits: Limits) -> list[Button]:
    buttons: list[Button] = []
    for position, name in poll.standing.items():
        votes = poll.votes[position]
        tally = f" · {votes}" if votes else ""
        label = shortened(name, limits.button_label - len(tally))
        if votes:
            label = spaced([label, Phrase("{votes}").format(votes=votes)], " · ")
        buttons.append(Button(label, ACTION, f"{poll.id}:{position}", primary=True))
    return buttons


def _lines(poll: PollRecord) -> list[Text]:
    most = max(poll.votes, default=0)
    lines: list[Text] = []
    for position, (name, votes) in enumerate(zip(poll.names, poll.votes, strict=True)):
        crown = technical("👑 ") if position == poll.winner else NOTHING
        parts = [crown, strong(name) if position in poll.standing else emphasis(name)]
        if votes:
            blocks = technical("▰" * max(1, round(votes / most * min(most, LONGEST_BAR))))
            parts.append(Phrase(" · {blocks} {votes}").format(blocks=blocks, votes=votes))
        lines.append(text(*parts))
    return lines


def _result(poll: PollRecord) -> Text:
    if poll.winner is not None:
        reply = text(_("The poll is closed: {name} won."), name=poll.names[poll.winner])
        tie = tie_sentence(poll)
        return (*reply, *text(NEWLINE), *tie) if tie else reply
    reason = poll.decision.reason
    if poll.removed or reason is Reason.MOST_VOTES:  # the victory was taken back
        return text(_("The poll is closed: no name won."))
    if reason is Reason.UNVOTED:
        return text(_("The poll is closed: nobody voted."))
    if poll.day is not None:
        sentence = _("The poll is closed: no name won, because none got {count} votes.")
        return text(sentence, count=poll.votes_needed)
    sentence = ngettext(
        "The poll is closed: no name won, because none got a vote from anybody other than the "
        "member who asked for them.",
        "The poll is closed: no name won, because none got {count} votes from anybody other than "
        "the member who asked for them.",
        poll.votes_needed,
    )
    return text(sentence, count=poll.votes_needed)
