"""Text that members send, as commands get it: of bounded length, without control characters."""

import re
from dataclasses import fields, is_dataclass, replace
from typing import TypeVar

from bot.chat.message import UserError
from bot.chat.translation import _

LONGEST_TEXT = 6_000
"""Characters of an option: the most that Discord takes. Commands have lower limits."""
LONGEST_STATE = 2_000
"""Characters of a button's state: the most that any platform stores in a button."""
LONGEST_NUMBER = 19
"""Digits of an id in the database."""
LONGEST_TYPED = 200
"""Characters for which suggestions are looked up."""

_UNUSABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")
"""Control characters except tabs and line ends, and halves of surrogate pairs.

Databases and UTF-8 refuse some of them, and none of them is shown.
"""

Options = TypeVar("Options")


def clean(text: str) -> str:
    """Remove characters that databases and networks cannot take.

    >>> clean("Mango\\ud800\\0saurus")
    'Mangosaurus'
    """
    return _UNUSABLE.sub("", text)


def received(options: Options) -> Options:
    """The options of a command, measured and then cleaned, also within options of options.

    Raises `UserError` for a text longer than any platform sends, before anything reads it.
    """
    if isinstance(options, type) or not is_dataclass(options):
        return options
    changed: dict[str, object] = {}
    for each in fields(options):
        value = new = getattr(options, each.name)
        if isinstance(value, str):
            new = _measured(value)
        elif is_dataclass(value):
            new = received(value)
        if new is not value:
            changed[each.name] = new
    if not changed:
        return options
    return replace(options, **changed)  # type: ignore[type-var]  # it is a dataclass


def received_state(state: str) -> str:
    """The state of a pressed button, cleaned. Raises `UserError` if it is too long."""
    if len(state) > LONGEST_STATE:
        raise UserError(_("This button no longer works; use the command instead."))
    return clean(state)


def stored_number(digits: str) -> int | None:
    """A number from a button or an address, if the database can have it."""
    is_number = digits.isascii() and digits.isdecimal() and len(digits) <= LONGEST_NUMBER
    return int(digits) if is_number and int(digits) < 2**63 else None


def _measured(text: str) -> str:
    if len(text) > LONGEST_TEXT:
        raise UserError(
            _("One of your options has {count:,} characters. The limit is {limit:,}."),
            limit=LONGEST_TEXT,
            count=len(text),
        )
    return clean(text) if _UNUSABLE.search(text) else text
