"""Values of options from text, for what is typed in a line as for what is typed in a form."""

import math

from bot.chat.commands import Choice, Kind, Option
from bot.chat.message import Span, UserError, code
from bot.chat.translation import _
from bot.formats import human_join, shortened
from bot.platforms.slack.values import ChannelRef, FileRef, UserRef

Value = str | int | float | bool | UserRef | ChannelRef | FileRef
"""The value of an option. People, channels and files are looked up later."""

ON, OFF = ("yes", "on", "true"), ("no", "off", "false")
LONGEST_NUMBER = 40
"""Characters of a number."""
MOST_NAMED = 12
"""Number of choices that a sentence lists."""
LONGEST_LABEL = 24
"""Characters of the label of a choice that a sentence lists."""
LONGEST_SHOWN = 60
"""Characters of what was typed that a sentence repeats."""


def converted(option: Option, typed: str) -> str | int | float | bool:
    """The value of an option that can be typed. Raises `UserError` if it is not one."""
    match option.kind:
        case Kind.INTEGER | Kind.NUMBER:
            return _number(option, typed)
        case Kind.SWITCH:
            return _switch(option, typed)
        case _text if option.choices:
            return _choice(option, typed)
        case _text:
            return _text_within_bounds(option, typed)


def shown(typed: str) -> Span:
    """What was typed, as a sentence repeats it."""
    return code(shortened(" ".join(typed.split()), LONGEST_SHOWN))


def folded(words: str) -> str:
    """Words for comparison: without case, and with single spaces."""
    return " ".join(words.casefold().split())


def _number(option: Option, typed: str) -> int | float:
    is_whole = option.kind is Kind.INTEGER
    value: int | float | None = None
    if len(typed) <= LONGEST_NUMBER:
        try:
            value = int(typed) if is_whole else float(typed.replace(",", "."))
        except ValueError:
            value = None
    if value is None or not math.isfinite(value):
        sentence = _("{option} is a number, for example {example}; you typed {typed}.")
        if is_whole:
            sentence = _("{option} is a whole number, for example {example}; you typed {typed}.")
        example = f"{option.name}:{1 if option.least is None else option.least:g}"
        raise UserError(
            sentence, option=code(f"{option.name}:"), example=code(example), typed=shown(typed)
        )
    _check_bounds(option, value, typed)
    return value


def _check_bounds(option: Option, value: float, typed: str) -> None:
    least, most = option.least, option.most
    if least is not None and most is not None:
        sentence = _("{option} goes from {least} to {most}; you typed {typed}.")
    elif least is not None:
        sentence = _("{option} is at least {least}; you typed {typed}.")
    else:
        sentence = _("{option} is at most {most}; you typed {typed}.")
    if (least is not None and value < least) or (most is not None and value > most):
        raise UserError(
            sentence,
            option=code(f"{option.name}:"),
            least=_figure(least or 0),
            most=_figure(most or 0),
            typed=shown(typed),
        )


def _switch(option: Option, typed: str) -> bool:
    word = folded(typed)
    if word not in ON + OFF:
        raise UserError(
            _("{option} is yes or no, for example {example}; you typed {typed}."),
            option=code(f"{option.name}:"),
            example=code(f"{option.name}:yes"),
            typed=shown(typed),
        )
    return word in ON


def _choice(option: Option, typed: str) -> str:
    word = folded(typed)
    for choice in option.choices:
        if word in (folded(choice.value), folded(choice.label)):
            return choice.value
    raise UserError(
        _("{option} can be {choices}; you typed {typed}."),
        option=code(f"{option.name}:"),
        choices=human_join([_brief(each) for each in option.choices[:MOST_NAMED]], _("or")),
        typed=shown(typed),
    )


def _brief(choice: Choice) -> str:
    """A choice as a member would type it: a long label explains, rather than names it."""
    return choice.label if len(choice.label) <= LONGEST_LABEL else choice.value


def _text_within_bounds(option: Option, typed: str) -> str:
    if option.most is not None and len(typed) > option.most:
        raise UserError(
            _("{option} can have at most {limit} characters, and yours has {count:,}."),
            option=code(f"{option.name}:"),
            limit=_figure(option.most),
            count=len(typed),
        )
    if option.least is not None and len(typed) < option.least:
        raise UserError(
            _("Type something after {option}, for example {example}"),
            option=code(f"{option.name}:"),
            example=code(f"{option.name}:…"),
        )
    return typed


def _figure(number: float) -> str:
    return f"{number:,.0f}" if number == round(number) else f"{number:g}"
