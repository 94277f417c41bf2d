"""`/moderate message`, `winner` and `namer`, and the menu of a message: what moderators remove."""

import asyncio
import re
from collections.abc import Awaitable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import IntEnum

from bot.chat.app import App
from bot.chat.commands import Choice, within_limits
from bot.chat.errors import other_version
from bot.chat.message import Button, Message, UserError
from bot.chat.received import stored_number
from bot.chat.translation import _, listed, ngettext
from bot.chat.turn import Deleted, DeliveryError, Limits, MessageRef, Platform, Turn, Unreachable
from bot.community.queries import Action, Communities
from bot.community.rights import check_channel, check_community, check_moderator
from bot.moderation.queries import Moderation
from bot.moderation.record import MODERATE, entry_of
from bot.polls.hall_queries import HallOfFame
from bot.polls.poll_closing import updated_announcement
from bot.polls.poll_message import (
    announcement_of,
    message_of,
    poll_message,
    removed_message,
    shown_poll,
)
from bot.polls.queries import PollRecord, Polls
from bot.polls.removal_queries import Removal, RemovedNames
from bot.store import Unavailable
from bot.text.formats import cut, shortened
from bot.text.spans import Text, command, strong, text
from bot.text.technical import NEWLINE
from bot.text.written import for_managers
from bot.trainer.queries import CustomModelRecord, CustomModels
from bot.training.custom_model_messages import unknown_name
from bot.words.names import ShownName
from data.phrases import Showable

LONGEST_ADDRESS = 200
WINNER = "winner"
"""Begins the state of the button that removes a name by itself."""
LONGEST_NAME = 128
"""Characters of a name in a poll."""
EDITING_S = 8.0
"""Seconds that editing a message may take."""
MOST_REDRAWN = 5
"""Polls of a removed name that are edited while the moderator waits; the outbox edits all."""
_MOST_POLLS = 100
"""Polls among which those are that a moderator can choose."""
_NUMBER = re.compile(r"#(\d{1,18})$")
_LEAVES_MUSEUM = _(
    "Remove {name}, which hatched here? It will disappear from the museum, its owner's collection "
    "and all polls. This can't be undone."
)
_REMOVED_CHOICE = _("{name} · removed")


@dataclass(frozen=True)
class MessageOptions:
    """Options of `/moderate message`: its address, or the message whose menu was used."""

    message: str = ""
    ref: MessageRef | None = None
    is_own: bool = True
    """Whether the message is the bot's, as far as the platform tells."""


@dataclass(frozen=True)
class WinnerOptions:
    """Options of `/moderate winner`."""

    name: str
    allow: bool = False


@dataclass(frozen=True)
class NamerOptions:
    """Options of `/moderate namer`."""

    name: str
    allow: bool = False


async def message(app: App, turn: Turn, options: MessageOptions) -> None:
    """Answer `/moderate message` and the menu of a message: ask what to remove."""
    ref = options.ref or await turn.platform.find(options.message[: LONGEST_ADDRESS + 1])
    if not turn.user.is_moderator:  # who is told nothing about other channels
        await check_channel(turn, ref.channel_id if ref is not None else turn.channel_id or 0)
    check_community(turn)
    if ref is None:
        raise UserError(
            _(
                "That isn't a link to a message. Copy the link from the message's menu, or "
                "choose a suggestion."
            )
        )
    if not options.is_own:
        raise UserError(_("The bot didn't write this message. Choose one with names or a poem."))
    ref = await _of_community(turn, ref)
    await check_channel(turn, ref.channel_id)
    poll = await app.store[Polls].on_message(ref.community_id or 0, ref.message_id)
    hatched = None if poll is not None else await _hatched_on(app, ref)
    await turn.respond(_question(poll, hatched, ref, turn.platform.limits))


async def winner(app: App, turn: Turn, options: WinnerOptions) -> None:
    """Answer `/moderate winner`."""
    community_id = await check_moderator(turn)
    name = " ".join(options.name[: LONGEST_NAME + 1].split())
    await turn.defer(private=True)
    if options.allow:
        await turn.respond(Message(await _allow_name(app, turn, name), private=True))
        return
    won = await app.store[RemovedNames].won(community_id, name)
    if won is None:
        raise UserError(
            _(
                "{name} isn't in this {community}'s hall of fame or museum. To see what's there, "
                "use {command} and {museum}."
            ),
            name=for_managers(cut(name, 64) or "–"),
            community=turn.platform.terms.community,
            command=command("/halloffame"),
            museum=command("/museum"),
        )
    name = for_managers(won.name)
    lines, state = text(_LEAVES_MUSEUM, name=strong(name)), f"{WINNER}:{won.name}"
    if won.place is not None:
        question = ngettext(
            "Remove {name}, which has won {count} poll here?",
            "Remove {name}, which has won {count} polls here?",
            won.victories,
        )
        emptied = ngettext(
            "It will disappear, along with its votes, from {count} poll, the announcement of its "
            "victory, the hall of fame, the museum and its owner's collection. Answers that show "
            "its victory will be emptied. Votes and victories can't be restored.",
            "It will disappear, along with its votes, from {count} polls, the announcements of "
            "its victories, the hall of fame, the museum and its owner's collection. Answers that "
            "show its victories will be emptied. Votes and victories can't be restored.",
            won.polls,
        )
        asked = text(question, name=strong(name), count=won.victories)
        lines = (*asked, *text(NEWLINE), *text(emptied, count=won.polls))
        state = "name:{}:{}".format(*won.place)
    button = _remove_button(name, state, turn.platform.limits)
    await turn.respond(Message(lines, buttons=(button,), private=True))


async def press_winner(app: App, turn: Turn, name: str) -> None:
    """Answer the button that removes a name that has hatched, and has won no poll."""
    community_id = await check_moderator(turn)
    entry = entry_of(app, turn, Action.REMOVE_NAME)
    removal = await app.store[Moderation].remove_winner(name, entry)
    if removal is None:
        raise UserError(_("This name has already been removed."))
    outcome = await _withdraw(app, turn, removal, community_id)
    sentence = _HATCHED if outcome is _Outcome.REMOVED else _REMOVED[outcome]
    reply = text(sentence, name=strong(for_managers(removal.name)))
    await turn.edit_source(Message((*reply, *_until_allowed()), private=True))


async def namer(app: App, turn: Turn, options: NamerOptions) -> None:
    """Answer `/moderate namer`."""
    community_id = await check_moderator(turn)
    model = await _model(app, community_id, options.name)
    action = Action.ACCEPT_MODEL if options.allow else Action.REFUSE_MODEL
    entry = entry_of(app, turn, action, subject=model.name)
    store = app.store[Moderation]
    change = store.accept_model if options.allow else store.refuse_model
    if not await change(model.id, entry) and options.allow:
        raise _not_removed(turn, model.name)
    sentence = (
        _("{namer} can be used here again.")
        if options.allow
        else _("{namer} can't be used here any more. To undo this, use {allow}.")
    )
    reply = text(sentence, namer=strong(for_managers(model.name)), allow=command("allow:True"))
    await turn.respond(Message(reply, private=True))


async def press_remove(app: App, turn: Turn, what: str, rest: str) -> None:
    """Answer a button that removes a name (`name:<poll>:<position>`) or a message.

    Of a message with a hatchling (`hatched:<channel>:<message>`), it removes the name.
    """
    community_id = check_community(turn)
    first, second = map(stored_number, rest.partition(":")[::2])
    if first is None or second is None:
        raise other_version()
    if what == "name":
        poll = await app.store[Polls].find(first)
        if poll is not None and poll.community_id == community_id:
            await check_channel(turn, poll.channel_id)
        else:
            await check_moderator(turn)
        reply = await _remove_name(app, turn, first, second)
    else:
        ref = MessageRef(first, second, community_id)
        if not turn.user.is_moderator:
            await check_channel(turn, ref.channel_id)
        ref = await _of_community(turn, ref)
        await check_channel(turn, ref.channel_id)
        remove = _remove_hatched if what == "hatched" else _remove_message
        reply = await remove(app, turn, ref)
    await turn.edit_source(Message(reply, private=True))


async def suggest_messages(app: App, turn: Turn, typed: str) -> list[Choice]:
    """Suggest the latest polls with a name that contains `typed`, of channels they moderate."""
    community_id, limits = check_community(turn), turn.platform.limits
    polls = await app.store[Polls].recent(community_id, most=_MOST_POLLS)
    if not await turn.platform.is_operator(turn.user.id):
        polls = [poll for poll in polls if turn.moderates(poll.channel_id)]
    typed = typed.strip().casefold()
    choices = []
    for poll in polls[: limits.choices]:
        names = listed(poll.names)
        if names and typed in names.casefold():
            ref = MessageRef(poll.channel_id, poll.message_id, community_id)
            choices.append(Choice(names, await turn.platform.link(ref)))
    return within_limits(choices, limits)


async def suggest_winners(app: App, turn: Turn, typed: str) -> list[Choice]:
    """Suggest names in the hall of fame of the community, and those that were removed."""
    community_id = await check_moderator(turn)
    won = await app.store[HallOfFame].winners(community_id, typed.strip())
    removed = await app.store[RemovedNames].named(community_id, typed.strip())
    choices = [Choice(name, name) for name in dict.fromkeys(won)]
    choices += [Choice(_REMOVED_CHOICE.format(name=for_managers(name)), name) for name in removed]
    return within_limits(choices, turn.platform.limits)


async def suggest_namers(app: App, turn: Turn, typed: str) -> list[Choice]:
    """Suggest custom models that can be used in the community, and those that were removed."""
    community_id = await check_moderator(turn)
    limits = turn.platform.limits
    usable = await app.store[CustomModels].usable(
        community_id, typed=typed.strip(), most=limits.choices
    )
    refused = await app.store[CustomModels].refused(community_id)
    choices = [Choice(for_managers(model.name), _value(model, community_id)) for model in usable]
    choices += [
        Choice(_REMOVED_CHOICE.format(name=for_managers(model.name)), _value(model, community_id))
        for model in refused
        if typed.strip().casefold() in model.name.casefold()
    ]
    return within_limits(choices, limits)


async def redraw(app: App, platform: Platform, poll_id: int) -> None:
    """Show a poll and its announcement without what was removed. Raises `DeliveryError`."""
    async with app.poll_locks.of(poll_id):
        poll = await shown_poll(app, poll_id)
        if poll is None:
            return
        if poll.message_id is not None:
            with suppress(Deleted):
                await platform.edit(message_of(poll), poll_message(poll, platform.limits))
                now = await shown_poll(app, poll_id)
                if now is not None and now.closed_at != poll.closed_at:  # by another process
                    await platform.edit(message_of(now), poll_message(now, platform.limits))
        if poll.announcement_id is not None:
            with suppress(Deleted):
                await platform.edit(*await updated_announcement(app, poll, platform))


def _question(
    poll: PollRecord | None, hatched: ShownName | None, ref: MessageRef, limits: Limits
) -> Message:
    """Ask what to remove from a message."""
    if hatched is not None:
        label = shortened(_("Remove {name}").format(name=hatched), limits.button_label)
        state = f"hatched:{ref.channel_id}:{ref.message_id}"
        button = Button(label, MODERATE, state, dangerous=True)
        reply = text(
            _(
                "Remove this dinosaur's name? It will disappear from the museum and its owner's "
                "collection. This can't be undone."
            )
        )
        return Message(reply, buttons=(button,), private=True)
    if poll is None:
        button = Button(
            _("Remove it"), MODERATE, f"message:{ref.channel_id}:{ref.message_id}", dangerous=True
        )
        reply = text(
            _(
                "Remove this answer? If it's a poem, members who kept it will lose it too. This "
                "can't be undone."
            )
        )
        return Message(reply, buttons=(button,), private=True)
    if not poll.standing:
        raise UserError(_("All names in this poll have already been removed."))
    reply = text(
        _(
            "Which name do you want to remove? It will disappear, along with its votes, from all "
            "polls here, the hall of fame and the museum. Votes and victories can't be restored."
        )
    )
    return Message(reply, buttons=tuple(_name_buttons(poll, limits)), private=True)


def _name_buttons(poll: PollRecord, limits: Limits) -> Iterator[Button]:
    for position, name in poll.standing.items():
        yield _remove_button(name, f"name:{poll.id}:{position}", limits)


def _remove_button(name: Showable, state: str, limits: Limits) -> Button:
    """The button that removes a name from all polls, and from the museum."""
    label = shortened(_("Remove {name}").format(name=name), limits.button_label)
    return Button(label, MODERATE, state, dangerous=True)


class _Outcome(IntEnum):
    """Outcome of editing a message with a removed name, from best to worst."""

    REMOVED = 0
    PICTURE_LEFT = 1
    UNEDITED = 2


_REMOVED = {
    _Outcome.REMOVED: _("{name} and its votes were removed."),
    _Outcome.PICTURE_LEFT: _(
        "{name} and its votes were removed. If the picture is still there, use the picture's menu "
        "to remove it, or delete it yourself."
    ),
    _Outcome.UNEDITED: _(
        "{name} and its votes were removed, but the bot can't edit the message. You can delete "
        "the message yourself."
    ),
}


async def _remove_name(app: App, turn: Turn, poll_id: int, position: int) -> Text:
    """Remove a name from all polls of this community. Returns a sentence for the moderator."""
    community_id, entry = check_community(turn), entry_of(app, turn, Action.REMOVE_NAME)
    removal = await app.store[Moderation].remove_name(poll_id, position, entry)
    if removal is None:
        raise UserError(_("This name has already been removed."))
    outcome = await _withdraw(app, turn, removal, community_id, first=poll_id)
    return (*text(_REMOVED[outcome], name=strong(for_managers(removal.name))), *_until_allowed())


_HATCHED = _("{name} was removed from the museum.")


async def _hatched_on(app: App, ref: MessageRef) -> ShownName | None:
    """The name of the hatched dinosaur that a message shows."""
    place = ref.channel_id, ref.message_id
    return await app.store[HallOfFame].hatched_on(ref.community_id or 0, place)


async def _remove_hatched(app: App, turn: Turn, ref: MessageRef) -> Text:
    """Remove the name of a hatched dinosaur. Returns a sentence for the moderator."""
    community_id, removal = check_community(turn), None
    if (name := await _hatched_on(app, ref)) is not None:
        entry = entry_of(app, turn, Action.REMOVE_NAME)
        removal = await app.store[Moderation].remove_winner(name, entry)
    if removal is None:
        raise UserError(_("This name has already been removed."))
    await _withdraw(app, turn, removal, community_id)
    return (*text(_HATCHED, name=strong(for_managers(removal.name))), *_until_allowed())


def _until_allowed() -> Text:
    """How a name can be written again."""
    sentence = _("The bot won't use the name here again until a moderator allows it with {command}")
    return (*text(NEWLINE), *text(sentence, command=command("/moderate winner allow:True")))


def _not_removed(turn: Turn, name: str) -> UserError:
    return UserError(
        _("{name} hasn't been removed in this {community}."),
        name=for_managers(name),
        community=turn.platform.terms.community,
    )


async def _allow_name(app: App, turn: Turn, typed: str) -> Text:
    """Let a removed name be written again. Returns a sentence for the moderator."""
    entry = entry_of(app, turn, Action.ALLOW_NAME)
    name = await app.store[Moderation].allow_name(typed, entry)
    if name is None:
        raise _not_removed(turn, cut(typed, 64) or "–")
    app.removals.changed(check_community(turn))
    sentence = _(
        "The bot can use {name} again, but the name's votes and victories won't come back."
    )
    return text(sentence, name=strong(for_managers(name)))


async def _withdraw(
    app: App, turn: Turn, removal: Removal, community_id: int, *, first: int = 0
) -> _Outcome:
    """Take a removed name out of messages, that of the poll `first` before others.

    Returns the worst outcome.
    """
    app.removals.changed(community_id)
    poll_ids = sorted(removal.poll_ids, key=lambda poll_id: poll_id != first)
    worst = _Outcome.REMOVED
    with suppress(Unavailable):
        for poll_id in poll_ids[:MOST_REDRAWN]:
            worst = max(worst, await _redrawn(app, turn, poll_id, poll_id in removal.won))
    return worst


async def _redrawn(app: App, turn: Turn, poll_id: int, had_won: bool) -> _Outcome:
    """Show a poll without a name that was removed. Returns the outcome for its messages."""
    pictured, poll = [], await app.store[Polls].find(poll_id)
    if poll is not None and poll.custom_model is None:
        pictured.append(message_of(poll))
    if poll is not None and had_won and (ref := announcement_of(poll)) is not None:
        pictured.append(ref)
    # One of the messages of a poll has its pictures.
    may_leave = [await _may_leave_pictures(app, turn, ref) for ref in pictured]
    leaves_picture = bool(may_leave) and all(may_leave)
    if await _in_time(redraw(app, turn.platform, poll_id)) is not None:
        return _Outcome.UNEDITED
    return _Outcome.PICTURE_LEFT if leaves_picture else _Outcome.REMOVED


async def _may_leave_pictures(app: App, turn: Turn, ref: MessageRef) -> bool:
    """Whether another process may have sent pictures that this one does not know."""
    known_since = app.now() if app.fleet.is_shared else app.started_at
    return await turn.platform.may_leave_pictures(ref, known_since)


async def _remove_message(app: App, turn: Turn, ref: MessageRef) -> Text:
    """Empty a message, and delete the kept copies of its poem. Reports of moderation stay."""
    store, platform = app.store[Moderation], turn.platform
    entry = entry_of(app, turn, Action.REMOVE_MESSAGE, subject=await platform.link(ref))
    leaves_picture = await _may_leave_pictures(app, turn, ref)
    settings = await app.store[Communities].settings(ref.community_id or 0)
    if ref.channel_id == settings.log_channel_id:
        # Nothing tells a report from an answer, except that nobody keeps a report.
        copies = await store.remove_poems(ref.message_id, entry, is_emptied=False)
        if not copies:
            raise UserError(
                _(
                    "This is the channel for moderation reports, so the bot won't delete its "
                    "messages here. If an answer has to go, delete it yourself."
                )
            )
        failure = await _in_time(platform.edit(ref, removed_message()))
    else:
        failure = await _in_time(platform.edit(ref, removed_message()))
        copies = await store.remove_poems(ref.message_id, entry, is_emptied=failure is None)
    if isinstance(failure, Deleted):
        if not copies:
            raise UserError(_("That message doesn't exist any more; check the link."))
        failure = None
    if failure is not None and not copies:
        raise UserError(
            failure.sentence
            or _(
                "The bot can't edit this message: the bot didn't write it, or can't see the "
                "channel. You can delete the message yourself."
            )
        )
    if failure is not None:
        sentence = ngettext(
            "{count} copy that a member kept was deleted, but the bot can't edit the answer. You "
            "can delete the answer yourself.",
            "{count} copies that members kept were deleted, but the bot can't edit the answer. "
            "You can delete the answer yourself.",
            copies,
        )
    elif not copies:
        sentence = _("Removed.")
        if leaves_picture:
            sentence = _(
                "Removed. If a picture was posted after it and is still there, use the picture's "
                "menu to remove it, or delete it yourself."
            )
    else:
        sentence = ngettext(
            "Removed, along with {count} copy that a member kept.",
            "Removed, along with {count} copies that members kept.",
            copies,
        )
    return text(sentence, count=copies)


async def _in_time(work: Awaitable[None]) -> DeliveryError | None:
    """Await an edit for a while. Returns why it has not arrived; `None` if it has."""
    try:
        async with asyncio.timeout(EDITING_S):
            await work
    except DeliveryError as error:
        return error
    except TimeoutError:
        return Unreachable("the edit took too long")
    except Unavailable:  # after the removal was stored
        return Unreachable("the database did not answer")
    return None


async def _of_community(turn: Turn, ref: MessageRef) -> MessageRef:
    """A message of this community. Raises `UserError` for one of another: addresses can lie."""
    if ref.community_id != turn.community_id or not await turn.platform.is_in_community(ref):
        raise UserError(
            _("This message isn't in this {community}, or the bot can't see it."),
            community=turn.platform.terms.community,
        )
    return ref


async def _model(app: App, community_id: int, typed: str) -> CustomModelRecord:
    """A custom model of the community, or one that it could use if it was not removed."""
    store = app.store[CustomModels]
    typed = " ".join(typed[: LONGEST_NAME + 1].split())
    model = await store.named(community_id, typed)
    if model is None and (match := _NUMBER.search(typed)):
        model = await store.get(int(match[1]))
        if model is not None and not (model.shared or model.community_id == community_id):
            model = None
    if model is None:
        found = [*await store.usable(community_id, typed=typed), *await store.refused(community_id)]
        named = [each for each in found if each.name.casefold() == typed.casefold()]
        if not named:
            known = await store.usable(community_id)
            raise await unknown_name(app, community_id, typed, known)
        model = named[0]
    return model


def _value(model: CustomModelRecord, community_id: int) -> str:
    return model.name if model.community_id == community_id else f"{model.name} #{model.id}"
