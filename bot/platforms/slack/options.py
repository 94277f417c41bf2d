r"""Slash commands with their options in one line of text, as Slack sends them, and in forms.

    /dinoname starts_with:draco count:3        options by name, as /help prints them
    /sonnet Shall I compare thee               words without a name are for the main option
    /sonnet opening:"To be: or not" form:free  a value in quotes; \" is a quotation mark in it
    /namer create elves                        a subcommand is the first word
    /dinoname ?                                asks for a form; so does /dinoname help

Words after the name of an option for text belong to it, up to the next name. Of repeated options,
the last counts.
"""

import math
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from decimal import Decimal
from difflib import get_close_matches
from functools import cache

from bot.chat.commands import Audience, Choice, Command, Group, Kind, Option
from bot.chat.errors import not_allowed
from bot.chat.message import NotAllowed, UserError
from bot.chat.received import LONGEST_TEXT
from bot.chat.translation import Phrase, _, in_language, language_of, languages
from bot.platforms.slack.names import CommandNames
from bot.platforms.slack.payloads import ChannelRef, FileRef, UserRef
from bot.text import spans
from bot.text.formats import cut
from bot.text.spans import Span, code, codes
from bot.text.technical import technical
from bot.text.written import own_words
from data.phrases import Showable

Value = str | int | float | bool | UserRef | ChannelRef | FileRef
"""The value of an option. People, channels and files are looked up later."""

ON, OFF = ("yes", "on", "true"), ("no", "off", "false")
SYNONYMS = {
    **dict.fromkeys(("everybody", "everyone", "everything", "everywhere", "global"), "all"),
    **dict.fromkeys(("i", "me", "my", "myself"), "mine"),
    **dict.fromkeys(("poem", "poems", "poetry", "sonnet", "verse"), "sonnets"),
    **dict.fromkeys(("dinosaurs", "name"), "names"),
    "german": "de",
    "spanish": "es",
    "french": "fr",
    "portuguese": "pt-BR",
    "brazilian": "pt-BR",
    "japanese": "ja",
}
"""Words that resemble no choice, but mean one."""
EVERYONE = frozenset(Audience)
"""All audiences, for a line of a member whose rights do not matter."""
LONGEST_NUMBER = 40
"""Characters of a number."""
MOST_NAMED = 12
"""Number of choices that a sentence lists."""
LONGEST_LABEL = 24
"""Characters of the label of a choice that a sentence lists."""
LONGEST_SHOWN = 60
"""Characters of what was typed that a sentence repeats."""


class MisreadError(UserError):
    """A line that was not understood, but could be meant for something."""

    instead: str = ""
    """The likeliest value of an option in place of the typed one."""
    reading: str = ""
    """The likeliest command, without its slash."""


def converted(option: Option, typed: str) -> str | int | float | bool:
    """The value of an option that can be typed. Raises `UserError` if it is not one."""
    is_text = option.kind is Kind.TEXT and not option.choices
    if not (typed if is_text else typed.strip()) and (not is_text or option.least is not None):
        sentence = _("Type something after {option}, for example {example}")
        raise _refusal(option, typed, sentence, example=code(technical(_example(option))))
    match option.kind:
        case Kind.INTEGER | Kind.NUMBER:
            return _number(option, typed)
        case Kind.SWITCH:
            return _switch(option, typed)
        case _text if option.choices:
            return _choice(option, typed)
        case _text:
            return _text_within_bounds(option, typed)


def echo(typed: str) -> Span:
    """The typed text, as a sentence repeats it to the member alone."""
    return code(own_words(cut(" ".join(typed.split()), LONGEST_SHOWN)))


def folded(words: str) -> str:
    """Words for comparison: without case, and with single spaces."""
    return " ".join(words.casefold().split())


def _number(option: Option, typed: str) -> int | float:
    is_whole = option.kind is Kind.INTEGER
    value: int | float | None = None
    with suppress(ValueError):
        if len(typed) <= LONGEST_NUMBER:
            grouped = _GROUPED.fullmatch(typed) is not None
            figures = re.sub("[.,]", "", typed) if is_whole and grouped else typed
            value = int(figures) if is_whole else float(typed.replace(",", "."))
    if value is None or not math.isfinite(value):
        sentence = _("{option} must be a number, for example {example}; you typed {typed}.")
        if is_whole:
            sentence = _(
                "{option} must be a whole number, for example {example}; you typed {typed}."
            )
        raise _refusal(option, typed, sentence, example=code(technical(_example(option))))
    _check_bounds(option, value, typed)
    return value


def _check_bounds(option: Option, value: float, typed: str) -> None:
    least, most = option.least, option.most
    if least is not None and most is not None:
        sentence = _("{option} must be between {least} and {most}; you typed {typed}.")
    elif least is not None:
        sentence = _("{option} must be at least {least}; you typed {typed}.")
    else:
        sentence = _("{option} can be at most {most}; you typed {typed}.")
    nearest = max(value, value if least is None else least)
    nearest = min(nearest, nearest if most is None else most)
    if nearest != value:
        bounds: dict[str, spans.Value] = {"least": _figure(least or 0), "most": _figure(most or 0)}
        raise _refusal(option, typed, sentence, instead=_typed(nearest), **bounds)


_NO_CHOICE = _("{option} must be {choices}; you typed {typed}.")


def _switch(option: Option, typed: str) -> bool:
    word = folded(typed)
    if word not in ON + OFF:
        raise _refusal(
            option,
            typed,
            _NO_CHOICE,
            choices=codes((technical(ON[0]), technical(OFF[0])), either=True),
        )
    return word in ON


def _choice(option: Option, typed: str) -> str:
    word, values = folded(typed), _values_by_form(option)
    if word in values:
        return values[word]
    if option.suggest is not None:
        return typed
    choices = codes([technical(_brief(each)) for each in option.choices[:MOST_NAMED]], either=True)
    alike = get_close_matches(SYNONYMS.get(word, word), values, n=1, cutoff=ALIKE)
    likeliest = values[alike[0]] if alike else ""
    instead = next((_brief(each) for each in option.choices if each.value == likeliest), "")
    raise _refusal(option, typed, _NO_CHOICE, instead=instead, choices=choices)


@cache
def _values_by_form(option: Option) -> Mapping[str, str]:
    """The values of an option that has choices, by what members type for them, folded.

    A member may type a label in the language in which they have read it.
    """
    spoken = [language_of(tag) for tag in reversed(languages())]  # English counts most
    return {
        folded(form): each.value
        for language in spoken
        for each in option.choices
        for form in (in_language(each.label, language), each.value)
    }


def _brief(choice: Choice) -> str:
    """A choice as a member would type it: a long label explains, rather than names it."""
    return choice.label if len(choice.label) <= LONGEST_LABEL else choice.value


def _text_within_bounds(option: Option, typed: str) -> str:
    if option.most is not None and len(typed) > option.most:
        sentence = _("{option} can have at most {limit} characters, but yours has {count:,}.")
        raise _refusal(option, typed, sentence, limit=_figure(option.most), count=len(typed))
    return typed


def _example(option: Option) -> str:
    """An option as a member may type it."""
    match option.kind:
        case Kind.INTEGER | Kind.NUMBER:
            usual = 5.0 if option.kind is Kind.INTEGER else 1.0
            most = math.inf if option.most is None else option.most
            value = _typed(max(min(usual, most), option.least or 0.0))
        case Kind.SWITCH:
            value = ON[0]
        case _text:
            value = _brief(option.choices[0]) if option.choices else "…"
    return f"{option.name}:{value}"


def _refusal(
    option: Option,
    typed: str,
    sentence: Phrase,
    *,
    instead: str = "",
    **facts: spans.Value,
) -> MisreadError:
    """The error for a value of an option that was `typed`, which `sentence` may repeat."""
    error = MisreadError(
        sentence, option=code(technical(f"{option.name}:")), typed=echo(typed), **facts
    )
    error.instead = instead
    return error


def _typed(number: float) -> str:
    """A number as a member would type it."""
    return str(int(number)) if number == int(number) else f"{Decimal(str(number)):f}"


def _figure(number: float) -> Showable:
    is_whole = number == round(number)
    return (
        Phrase("{number:,}").format(number=round(number)) if is_whole else technical(f"{number:g}")
    )


TYPED = (Kind.TEXT, Kind.INTEGER, Kind.NUMBER, Kind.SWITCH)
"""Kinds of options that can be typed."""
COUNT = "count"
FORM, HELP = "?", "help"
"""Texts that ask for a form, in which each option is explained."""
ALIKE, ALIKE_OF_NAMES = 0.65, 0.7
"""Similarity from which on a word is taken for a misspelled choice, or name of an option."""

_KEY = re.compile(r"([^\W\d][\w-]{0,31}):(?!//)")
_CLOSING = {'"': '"', "“": "”“", "”": "”", "„": "“”", "«": "»"}
"""Quotation marks, with those that end what they begin."""
_WORD = re.compile(r"(?:[^\s<:]+:)?<[@#!][^<>\s][^<>]*>|\S+")
_COUNTED = re.compile(r"(\d{1,9})(?: (?:dino|dinosaur|name)s?)?", re.IGNORECASE)
_SAID = {
    name: re.compile(
        rf"(?:^|,?\s+)(?:(?:and|that|which)\s+)?(?:{words})\s+(?=[^\s:])", re.IGNORECASE
    )
    for name, words in {
        "starts_with": "(?:begin|start)(?:s|ning|ing)? with",
        "ends_with": "end(?:s|ing)? (?:in|with)",
        "contains": "contain(?:s|ing)?",
    }.items()
}
"""Words that members type for the name of an option."""
_GROUPED = re.compile(r"-?\d{1,3}(?:[.,]\d{3})+")
"""A whole number as sentences write it."""
_SPACED = re.compile(r"(?<=\d)[\u00a0\u202f](?=\d{3})")
"""The separator of thousands in French."""
_REFERENCE = re.compile(r"<([@#])([A-Z0-9]{2,20})(?:\|[^<>]*)?>")
_ADDRESS = re.compile(r"<(https?://[^<>|\s]+)(?:\|[^<>]*)?>")


@dataclass(frozen=True, slots=True)
class _Word:
    """A word of the line, or a value in quotation marks, with the name before it."""

    start: int
    end: int
    key: str
    """The name, without its colon; often empty."""
    value: int
    """Position at which the value begins."""
    quoted: str | None
    """The value, if it is in quotation marks."""


class _Line:
    """The options of a command, typed in one line."""

    def __init__(self, command: Command, line: str, slash: str) -> None:
        """`slash` is how members type the command. Raises `UserError`."""
        self._name, self._slash = command.name, slash
        self._options = {option.name: option for option in command.options}
        self._main = next((each for each in command.options if each.is_main), None)
        for name, said in _SAID.items():
            if name in self._options:
                line = said.sub(f" {name}:", line).strip()
        self._line = line
        self._unclosed: set[str] = set()
        """Quotation marks that nothing closes from some place on."""
        self._words = [(word, self._option(word)) for word in self._split()]

    def values(self) -> dict[str, Value]:
        """The values by option. Raises `UserError`."""
        values: dict[str, Value] = {}
        free: list[str] = []
        named: list[str] = []  # what the line says of options by name
        for option, words in self._chunks():
            rest = words
            if option is not None:
                typed, rest = self._named(option, words)
                start, end = words[0].start, rest[0].start if rest else words[-1].end
                try:
                    values[option.name] = self._value(option, typed)
                except MisreadError as error:
                    if error.instead:
                        value = f"{option.name}:{error.instead}{' ' if rest else ''}"
                        self._offer(error, self._line[:start] + value + self._line[end:])
                    raise
                named.append(self._line[start:end].strip())
            if rest:
                free.append(self._free(rest))
        prose = " ".join(free)
        if (number := _COUNTED.fullmatch(prose)) and (first := self._counted(values)) is not None:
            with suppress(MisreadError):
                values[first.name], prose = converted(first, number[1]), ""
        if prose:
            try:
                if self._main is None or self._main.name in values:
                    raise self._needs_name(prose)
                values[self._main.name] = self._value(self._main, prose)
            except MisreadError as error:
                meant = self._meant(prose, error, values)
                if meant or not self._options:
                    self._offer(error, " ".join([*named, meant]))
                raise
        return values

    def _counted(self, values: Mapping[str, Value]) -> Option | None:
        """The option that a number alone is surely meant for."""
        return self._options.get(COUNT) if self._main is None and COUNT not in values else None

    def _offer(self, error: MisreadError, line: str) -> None:
        """Note what the line may have meant."""
        error.reading = f"{self._name} {line.strip()}".strip()

    def _meant(self, prose: str, error: MisreadError, values: Mapping[str, Value]) -> str:
        """Words without an option's name, for the first option that takes them; "" for none."""
        for option in self._options.values():
            if option.name not in values and option is not self._main and option.kind in TYPED:
                with suppress(UserError):
                    converted(option, unescaped(prose))
                    return f"{option.name}:{prose}"
        if self._main is None or not error.instead:
            return ""
        return f"{self._main.name}:{error.instead}"

    def _value(self, option: Option, typed: str) -> Value:
        if found := _REFERENCE.fullmatch(typed):
            if option.kind is Kind.PERSON and found[1] == "@":
                return UserRef(found[2])
            if option.kind is Kind.CHANNEL and found[1] == "#":
                return ChannelRef(found[2])
        match option.kind:
            case Kind.PERSON:
                sentence = _("Type @ and choose the member, or use the form that {form} opens.")
            case Kind.CHANNEL:
                sentence = _("Type # and choose the channel, or use the form that {form} opens.")
            case Kind.FILE:
                sentence = _("You can't type a file. Add it in the form that {form} opens.")
            case _:
                return converted(option, unescaped(typed))
        raise UserError(sentence, form=code(technical(f"{self._slash} {FORM}")))

    def _chunks(self) -> Iterator[tuple[Option | None, list[_Word]]]:
        """The line, cut before each name of an option."""
        chunk: list[_Word] = []
        current: Option | None = None
        for word, option in self._words:
            if option is not None:
                yield current, chunk
                current, chunk = option, []
            chunk.append(word)
        yield current, chunk

    def _named(self, option: Option, words: list[_Word]) -> tuple[str, list[_Word]]:
        """The value that begins with an option's name, and the words after it."""
        first, *rest = words
        if first.quoted is None and first.value == first.end and rest:  # a space after the colon
            first, *rest = replace(rest[0], value=rest[0].start), *rest[1:]
        if first.quoted is not None:
            return first.quoted, rest
        extent = self._extent(option, first, rest)
        end = rest[extent - 1].end if extent else first.end
        return self._line[first.value : end], rest[extent:]

    def _extent(self, option: Option, first: _Word, rest: list[_Word]) -> int:
        """How many further words belong to a value without quotation marks."""
        if option.kind is not Kind.TEXT:
            return 0
        if not option.choices:
            return len(rest)
        known = _values_by_form(option)
        longest = max(len(form.split()) for form in known)
        lengths = range(min(len(rest), longest), 0, -1)
        typed = (folded(self._line[first.value : rest[n - 1].end]) for n in lengths)
        return next((n for n, words in zip(lengths, typed, strict=True) if words in known), 0)

    def _free(self, words: list[_Word]) -> str:
        """Words without an option, as typed; what is alone in quotation marks is without them."""
        if len(words) == 1 and not words[0].key and words[0].quoted is not None:
            return words[0].quoted
        return self._line[words[0].start : words[-1].end]

    def _option(self, word: _Word) -> Option | None:
        """The option that a word names. Raises `UserError` if the name is misspelled."""
        key = _as_name(word.key)
        if not key or key in self._options or word.value == word.end:  # a colon ends it: prose
            return self._options.get(key)
        alike = get_close_matches(key, self._options, n=1, cutoff=ALIKE_OF_NAMES)
        if self._main is not None and not alike:
            return None
        if not alike:
            raise self._needs_name(f"{word.key}:")
        sentence = _("There's no option {typed}; did you mean {nearest}?")
        if self._main is not None:
            sentence = _(
                "There's no option {typed}; did you mean {nearest}? If not, put your words in "
                "quotation marks."
            )
        error = MisreadError(
            sentence,
            typed=echo(unescaped(f"{word.key}:")),
            nearest=code(technical(f"{alike[0]}:")),
        )
        before, after = self._line[: word.start], self._line[word.value :]
        self._offer(error, f"{before}{alike[0]}:{after}")
        raise error

    def _needs_name(self, typed: str) -> MisreadError:
        """The error for words that are no option's."""
        if not self._options:
            return MisreadError(
                _("{command} has no options; type it without {typed}."),
                command=code(technical(self._slash)),
                typed=echo(unescaped(typed)),
            )
        return MisreadError(
            _(
                "{typed} doesn't match any option. {command} takes {options}. For example: "
                "{example}"
            ),
            typed=echo(unescaped(typed)),
            command=code(technical(self._slash)),
            options=codes([*map(technical, self._options)]),
            example=code(
                technical(f"{self._slash} {_example(next(iter(self._options.values())))}")
            ),
        )

    def _split(self) -> Iterator[_Word]:
        place = 0
        while (found := _WORD.search(self._line, place)) is not None:
            word = self._word(found.start(), found.end())
            yield word
            place = word.end

    def _word(self, start: int, end: int) -> _Word:
        name = _KEY.match(self._line, start, end)
        key, value = (name[1], name.end()) if name is not None else ("", start)
        if self._line[value : value + 1] in {*_CLOSING}:
            mark = self._line[value]
            if mark not in self._unclosed:
                quoted, close = _quoted(self._line, value)
                if quoted is not None:
                    return _Word(start, close, key, value, quoted)
                self._unclosed.add(mark)
            if _as_name(key) in self._options:
                raise UserError(
                    _("The quotation mark after {option} isn't closed; end the value with {mark}"),
                    option=code(technical(f"{key}:")),
                    mark=code(technical(_CLOSING[mark][0])),
                )
        return _Word(start, end, key, value, None)


def _quoted(line: str, start: int) -> tuple[str | None, int]:
    """The value between quotation marks and where it ends; `None` if they are part of a text.

    Those around a value have nothing but white space after them.
    """
    closing = _CLOSING[line[start]]
    pieces: list[str] = []
    place = start + 1
    while place < len(line):
        character = line[place]
        following = line[place + 1 : place + 2]
        if character == "\\" and following and following in "\\" + closing:
            pieces.append(following)
            place += 2
            continue
        if character in closing and not following.strip():
            return "".join(pieces), place + 1
        pieces.append(character)
        place += 1
    return None, start


def unescaped(typed: str) -> str:
    """Text as the member typed it: Slack escapes three characters, and marks addresses."""
    plain = _ADDRESS.sub(r"\1", typed)
    return plain.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _as_name(key: str) -> str:
    return key.casefold().replace("-", "_")


@dataclass(frozen=True, slots=True)
class TypedCommand:
    """A typed command.

    command: a group if the subcommand is missing: `wants_form` is true then.
    values: those that were typed, by the names of their options.
    wants_form: whether the member asks for a form, or left out what the command needs.
    """

    command: Command | Group
    values: Mapping[str, Value] = field(default_factory=dict)
    wants_form: bool = False


def parse(
    names: CommandNames, command: str, line: str, usable: Collection[Audience] = EVERYONE
) -> TypedCommand:
    """Read a slash command. Raises `UserError`, with a sentence that says what is accepted.

    command: as Slack sends it, for example `/mango-about`.
    line: the text after it, in which Slack escapes `&`, `<` and `>`.
    usable: the audiences of the member, to whom the commands of others are not suggested.
    """
    line = _SPACED.sub("", line)
    word = names.word_of(command)
    found = names.registry.by_first_word.get(word or "")
    if found is None:
        raise UserError(
            _("There's no command {command}. To see what the bot can do, use {help}."),
            command=echo(unescaped(command)),
            help=code(technical(names.slash("help"))),
        )
    if len(line) > LONGEST_TEXT:
        raise UserError(
            _("A command can have at most {limit:,} characters, but yours has {count:,}."),
            limit=LONGEST_TEXT,
            count=len(line),
        )
    if isinstance(found, Command):
        return _call(found, line.strip(), names)
    first, rest = (*line.split(maxsplit=1), "", "")[:2]
    if first in ("", FORM) or line.strip().casefold() == HELP:
        return TypedCommand(found, wants_form=True)
    return _call(_subcommand(found, first, rest, names, usable), rest.strip(), names)


def usable_part(command: Command | Group, usable: Collection[Audience]) -> Command | Group | None:
    """A command, or the commands of a group, that are for some audiences; `None` for none."""
    if isinstance(command, Command):
        return command if command.audience in usable else None
    commands = tuple(each for each in command.commands if each.audience in usable)
    return replace(command, commands=commands) if commands else None


def _subcommand(
    group: Group, typed: str, rest: str, names: CommandNames, usable: Collection[Audience]
) -> Command:
    for each in group.commands:
        if each.last_name == typed.casefold():
            return each
    known = [each.last_name for each in group.commands if each.audience in usable]
    if not known:
        raise NotAllowed(*not_allowed())
    command = names.slash(group.name)
    if alike := get_close_matches(typed.casefold(), known, n=1):
        error = MisreadError(
            _("{command} can't be followed by {typed}; did you mean {nearest}?"),
            command=code(technical(command)),
            typed=echo(unescaped(typed)),
            nearest=code(technical(f"{command} {alike[0]}")),
        )
        error.reading = f"{group.name} {alike[0]} {rest}".strip()
        raise error
    raise UserError(
        _("Type {words} after {command}, for example {example}"),
        command=code(technical(command)),
        words=codes([*map(technical, known)], either=True),
        example=code(technical(f"{command} {known[0]}")),
    )


def _call(command: Command, line: str, names: CommandNames) -> TypedCommand:
    if line == FORM or line.casefold() == HELP:
        return TypedCommand(command, wants_form=True)
    values = _Line(command, line, names.slash(command.name)).values()
    lacks = any(each.is_required and each.name not in values for each in command.options)
    return TypedCommand(command, values, wants_form=lacks)
