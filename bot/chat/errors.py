"""Sentences for errors."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from bot.chat.cooldowns import TooSoon
from bot.chat.message import Button, UserError
from bot.chat.translation import _, ngettext
from bot.chat.turn import DeliveryError, Forbidden, Terms, Unreachable
from bot.concurrency import ShuttingDown
from bot.store import OutcomeUnknown, Unavailable
from bot.store.members import Forgotten
from bot.text.formats import shortened
from bot.text.spans import Text, code, text
from bot.text.technical import NEWLINE, technical
from bot.writing.errors import Busy, Stuck, TooManyQueued, TooSlow, WaitedTooLong
from data.phrases import NOTHING, Showable

Explanations = Mapping[type[Exception], Callable[[Any], Text]]
"""The sentence for each kind of error by which features refuse a request."""


def explain(
    error: BaseException,
    terms: Terms,
    explanations: Explanations = MappingProxyType({}),
) -> Text | None:
    """The sentence for an error; `None` for an unknown one.

    `explanations`: those of features, as `App.explanations`.
    """
    match error:
        case UserError():
            return error.text
        case TooSoon():
            return text(_("You're going too fast; try again in a few seconds."))
        case Busy(ahead=ahead):
            return text(
                ngettext(
                    "The bot is busy: {ahead} request is waiting. Try again in a few minutes.",
                    "The bot is busy: {ahead} requests are waiting. Try again in a few minutes.",
                    ahead,
                ),
                ahead=ahead,
            )
        case TooManyQueued(count=count):
            return text(
                ngettext(
                    "{count} of your requests is still waiting; try again when it's answered.",
                    "{count} of your requests are still waiting; try again when they're answered.",
                    count,
                ),
                count=count,
            )
        case WaitedTooLong(seconds=seconds):
            return text(
                _("The bot was too busy: your request waited {minutes} minutes. Try again later."),
                minutes=round(seconds / 60),
            )
        case Stuck():
            return text(_("The bot can't write at the moment; tell its operator to restart it."))
        case TooSlow():
            return text(_("That took too long, so the bot gave up; try again in a moment."))
        case OutcomeUnknown():
            return text(
                _(
                    "The database took too long to answer. What you asked for may still be saved; "
                    "look again in a minute."
                )
            )
        case Unavailable():
            return text(
                _("The database isn't answering, so nothing was saved; try again in a minute.")
            )
        case Forgotten():
            return text(
                _(
                    "You deleted your data while the bot was answering, so nothing was saved; try "
                    "again if you still want it."
                )
            )
        case ShuttingDown():
            return text(_("The bot is restarting; try again in a minute."))
        case DeliveryError(sentence=Showable() as sentence) if sentence:
            return text(sentence)
        case Forbidden():
            return missing_permission(terms)
        case Unreachable():
            return text(_("{platform} isn't answering; try again in a minute."), **_terms(terms))
        case _:
            return next(
                (
                    explain(error)
                    for kind, explain in explanations.items()
                    if isinstance(error, kind)
                ),
                None,
            )


def apology(reference: str) -> Text:
    """The sentence for an unknown error, with the reference of its traceback in the log."""
    return text(
        _(
            "Sorry, something went wrong. If it keeps happening, give the bot's operator this "
            "code: {code}"
        ),
        code=code(technical(reference)),
    )


def other_version(command: Showable = NOTHING) -> UserError:
    """The error for a button of another version; `command` does the same."""
    if not command:
        return UserError(
            _("This button is from another version of the bot; use the command again.")
        )
    return UserError(
        _("This button is from another version of the bot; use {command} instead."), command=command
    )


def with_echo(sentence: Text, command: Showable) -> Text:
    """A sentence about options, followed by the command: chats do not keep rejected ones."""
    return (*sentence, *text(NEWLINE), *text(_("You asked for: {command}"), command=code(command)))


def try_again(action: str, state: str) -> Button:
    """The button that repeats a request whose answer was interrupted."""
    return Button(_("Try again"), action, state, emoji="🔁")


# Errors that the platform finds before the command is called.


def outdated(terms: Terms) -> Text:
    """The command was registered with other options."""
    return text(_("This command has changed; {reload} and try again."), **_terms(terms))


def invalid_value(value: Showable) -> Text:
    """The value of an option is not one of its choices."""
    return text(
        _("{value} isn't a valid choice here; pick one of the suggestions."),
        value=code(shortened(value, 60)),
    )


def form_too_late() -> UserError:
    """A form can be opened for a few seconds only."""
    return UserError(_("The form took too long to open; try again."))


def community_only(terms: Terms) -> Text:
    """The command does not work in direct messages."""
    return text(_("This command only works in a {place}."), place=terms.place or terms.community)


def missing_permission(terms: Terms) -> Text:
    """The bot lacks a permission in the channel."""
    return text(_("The bot can't post in this channel. {access}"), access=terms.access)


def not_allowed() -> Text:
    """The member may not use the command."""
    return text(_("You don't have permission to use this command here."))


def _terms(terms: Terms) -> dict[str, Showable]:
    return {"platform": terms.platform, "community": terms.community, "reload": terms.reload}
