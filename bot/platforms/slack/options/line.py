"""One line of text as values of options."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from difflib import get_close_matches

from bot.chat.commands import Command, Kind, Option
from bot.chat.message import UserError, code
from bot.chat.translation import _
from bot.formats import human_join
from bot.platforms.slack.options.conversion import OFF, ON, Value, converted, folded, shown
from bot.platforms.slack.values import ChannelRef, FileRef, UserRef

FORM = "?"
"""The text that asks for a form."""
ALIKE, ALIKE_IN_PROSE = 0.5, 0.7
"""Similarity from which on a word before a colon is taken for a misspelled option."""

_KEY = re.compile(r"([^\W\d][\w-]{0,31}):(?!//)")
_CLOSING = {'"': '"', "“": "”“", "”": "”", "„": "“”", "«": "»"}
"""Quotation marks, with those that end what they begin."""
_WORD = re.compile(r"<[@#!][^<>\s][^<>]*>|\S+")
_REFERENCE = re.compile(r"<([@#])([A-Z0-9]{2,20})(?:\|[^<>]*)?>")
_ADDRESS = re.compile(r"<(https?://[^<>|\s]+)(?:\|[^<>]*)?>")
_NEEDS_QUOTES = re.compile(r'[\s"“”„«»\\]|^$')


def read_line(command: Command, line: str, slash: str) -> dict[str, Value]:
    """The values in a line, by option. Raises `UserError`. `command` is how members type it."""
    return _Line(command, line, slash).values()


def written(value: Value) -> str | None:
    """A value as `read_line` reads it after the name of its option; `None` for a file."""
    match value:
        case bool():
            return ON[0] if value else OFF[0]
        case UserRef():
            return f"<@{value.external}>"
        case ChannelRef():
            return f"<#{value.external}>"
        case FileRef():
            return None
        case str() if _NEEDS_QUOTES.search(value):
            escaped = value.replace("\\", "\\\\").replace('"', '\\"')
            return f'"{escaped}"'
        case _:
            return str(value)


@dataclass(frozen=True, slots=True)
class _Word:
    """A word of the line, or a value in quotation marks, with the name before it."""

    start: int
    end: int
    key: str
    """The name, without its colon; often empty."""
    value: int
    """Where the value begins."""
    quoted: str | None
    """The value, if it is in quotation marks."""


@dataclass(frozen=True, slots=True)
class _Segment:
    """A value as typed, with its option; `None` for words without one."""

    option: Option | None
    typed: str


class _Line:
    """The options of a command, typed in one line."""

    def __init__(self, command: Command, line: str, slash: str) -> None:
        self._slash = slash
        self._options = {option.name: option for option in command.options}
        self._main = next((each for each in command.options if each.is_main), None)
        self._line = line
        self._unclosed: set[str] = set()
        """Quotation marks that nothing closes from some place on."""
        self._words = [(word, self._option(word)) for word in self._split()]

    def values(self) -> dict[str, Value]:
        """The values by option. Raises `UserError`."""
        segments = [*self._segments()]
        values = {
            segment.option.name: self._value(segment.option, segment.typed)
            for segment in segments
            if segment.option is not None
        }
        if free := " ".join(segment.typed for segment in segments if segment.option is None):
            if self._main is None or self._main.name in values:
                raise self._needs_name(free)
            values[self._main.name] = self._value(self._main, free)
        return values

    def _value(self, option: Option, typed: str) -> Value:
        if found := _REFERENCE.fullmatch(typed):
            if option.kind is Kind.PERSON and found[1] == "@":
                return UserRef(found[2])
            if option.kind is Kind.CHANNEL and found[1] == "#":
                return ChannelRef(found[2])
        match option.kind:
            case Kind.PERSON:
                sentence = _("A member can't be typed; choose one in the form that {form} opens.")
            case Kind.CHANNEL:
                sentence = _("A channel can't be typed; choose one in the form that {form} opens.")
            case Kind.FILE:
                sentence = _("A file can't be typed; add it in the form that {form} opens.")
            case _:
                return converted(option, unescaped(typed))
        raise UserError(sentence, form=code(f"{self._slash} {FORM}"))

    def _segments(self) -> Iterator[_Segment]:
        """The line, cut before each name of an option."""
        chunk: list[_Word] = []
        current: Option | None = None
        for word, option in self._words:
            if option is not None:
                yield from self._chunk(current, chunk)
                current, chunk = option, []
            chunk.append(word)
        yield from self._chunk(current, chunk)

    def _chunk(self, option: Option | None, words: list[_Word]) -> Iterator[_Segment]:
        if option is None:
            yield from self._free(words)
        else:
            yield from self._named(option, words)

    def _named(self, option: Option, words: list[_Word]) -> Iterator[_Segment]:
        first, rest = words[0], words[1:]
        if first.quoted is None and first.value == first.end and rest:  # a space after the colon
            first, rest = replace(rest[0], value=rest[0].start), rest[1:]
        if first.quoted is not None:
            yield _Segment(option, first.quoted)
        else:
            extent = self._extent(option, first, rest)
            end = rest[extent - 1].end if extent else first.end
            yield _Segment(option, self._line[first.value : end])
            rest = rest[extent:]
        yield from self._free(rest)

    def _extent(self, option: Option, first: _Word, rest: list[_Word]) -> int:
        """How many further words belong to a value without quotation marks."""
        if option.kind is not Kind.TEXT:
            return 0
        if not option.choices:
            return len(rest)
        known = {folded(form) for each in option.choices for form in (each.label, each.value)}
        longest = max(len(form.split()) for form in known)
        lengths = range(min(len(rest), longest), 0, -1)
        typed = (folded(self._line[first.value : rest[n - 1].end]) for n in lengths)
        return next((n for n, words in zip(lengths, typed, strict=True) if words in known), 0)

    def _free(self, words: list[_Word]) -> Iterator[_Segment]:
        if len(words) == 1 and not words[0].key and words[0].quoted is not None:
            yield _Segment(None, words[0].quoted)
        elif words:
            yield _Segment(None, self._line[words[0].start : words[-1].end])

    def _option(self, word: _Word) -> Option | None:
        """The option that a word names. Raises `UserError` if the name is misspelled."""
        key = _as_name(word.key)
        if not key or key in self._options or word.value == word.end:  # a colon ends it: prose
            return self._options.get(key)
        cutoff = ALIKE if self._main is None else ALIKE_IN_PROSE
        alike = get_close_matches(key, self._options, n=1, cutoff=cutoff)
        if self._main is not None and not alike:
            return None
        if not alike:
            raise self._needs_name(f"{word.key}:")
        sentence = _("There's no option {typed}; did you mean {nearest}?")
        if self._main is not None:
            sentence = _(
                "There's no option {typed}; did you mean {nearest}? If not, put your words into "
                "quotation marks."
            )
        raise UserError(
            sentence, typed=shown(unescaped(f"{word.key}:")), nearest=code(f"{alike[0]}:")
        )

    def _needs_name(self, typed: str) -> UserError:
        """The error for words that are no option's."""
        if not self._options:
            return UserError(
                _("{command} has no options; type it without {typed}."),
                command=code(self._slash),
                typed=shown(unescaped(typed)),
            )
        return UserError(
            _("{typed} belongs to no option. {command} has {options}, for example {example}"),
            typed=shown(unescaped(typed)),
            command=code(self._slash),
            options=human_join([*self._options], _("and")),
            example=code(f"{self._slash} {next(iter(self._options))}:…"),
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
                    option=code(f"{key}:"),
                    mark=code(_CLOSING[mark][0]),
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
