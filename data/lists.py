"""Lists of a member's own: names in any alphabet, one a line or in the first column of a table.

Nothing is guessed away in silence. What is mended is told in a note, and what cannot be used is
refused with the number of each line, all at once.
"""

import csv
import re
import string
import unicodedata
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from data.corpora import (
    BYTE_ORDER_MARK,
    LONGEST_NAME,
    SHORTEST_LIST,
    SPLIT_SEED,
    Corpus,
    CorpusError,
)
from data.text import unify_newlines

LARGEST_LIST = 2 * 2**20
"""Bytes."""
LONGEST_LIST = 50_000
"""Different names."""
MOST_LINES = 4 * LONGEST_LIST
"""Of a file, empty ones and duplicates included. Each costs memory, however short it is."""
MOST_CHARACTERS = 200
"""Different ones in all, capitals and small letters counted as one. With more, a network would see
most of them too rarely to learn where they stand."""

FEWEST_VALIDATED, MOST_VALIDATED = 4, 500
"""Names of a list that training stops by. Fewer would tell nothing, and more hardly more."""

MOST_LEFT_OUT = 0.02
"""Of a list, lines that cannot be used and are left out. No long list is without any, and to find
and mend them is tiresome; a list with more of them is another thing than was meant."""

_SHOWN = 5
"""Problems, or line numbers of a note, that are told one by one."""
_APOSTROPHES = dict.fromkeys(map(ord, "‘’‛`´ʼ′＇"), "'")
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−－"), "-")
_JOINERS = "\u200c\u200d"
"""Invisible, and part of how Persian and Hindi are spelt."""
_UNSEEN = frozenset(("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"))
"""Unicode's categories of controls, format characters, unassigned ones and line separators."""
_HEADERS = frozenset(("name", "names"))


class ListError(CorpusError):
    """A list cannot be used. The message is for the member whose list it is."""


@dataclass(frozen=True)
class NameList:
    """A list that can be learned from."""

    names: tuple[str, ...]
    """As written but for white space: NFC, in the order of the list, different ignoring case."""
    notes: tuple[str, ...] = ()
    """What was mended, a sentence each."""


def normalise_entry(text: str, *, ends: bool = True) -> str:
    """A name, or a piece of one, as networks read it: lower case, NFC, single spaces. Idempotent.

    Typographic apostrophes become `'` and dashes `-`; all else stays, accents too. A capital sigma
    at the end becomes `ς` if the piece `ends` a name, else `σ`.
    """
    spaced = " ".join(text.translate(_APOSTROPHES).translate(_DASHES).split())
    lower = spaced.lower() if ends else f"{spaced}x".lower()[:-1]
    return unicodedata.normalize("NFC", lower)


def read_list(path: Path) -> NameList:
    """Read the list of an operator, who may teach whatever words. Raises what `parse_list` does."""
    return parse_list(_bytes(path), path.name, lambda _: True)


def read_extra_names(
    path: Path, names: Collection[str], clean: Callable[[str], str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Read names to train on in addition to a list, one per line, repeated ones repeatedly.

    Returns the names and notes about them. `clean` turns a line into what a network reads. Names
    that are on the list already (`names`), or have characters that it lacks, are left out. Raises
    `ListError` if the file cannot be read, is too large, or is not text.
    """
    text = unify_newlines(_decoded(_bytes(path), path.name))
    filled = [entry for entry in map(clean, text.split("\n")) if 0 < len(entry) <= LONGEST_NAME]
    characters = set("".join(names))
    if characters.issubset(string.ascii_lowercase):
        characters = set(string.ascii_lowercase)  # a network knows them all then
    kept = tuple(e for e in filled if e not in names and characters.issuperset(e))
    left_out = len(filled) - len(kept)
    notes = [f"{len(set(kept)):,} name{'s'[: len(set(kept)) != 1]} of {path.name} read as well."]
    if left_out:
        notes.append(
            f"{left_out:,} line{'s'[: left_out != 1]} of {path.name} left out: the list has the "
            "name already, or lacks its characters."
        )
    return kept, tuple(notes)


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST_LIST + 1)
    except OSError as error:
        raise ListError(f"Cannot read {path}: {error.strerror or error}.") from error


def parse_list(raw: bytes, title: str, accept: Callable[[str], bool]) -> NameList:
    """Read the bytes of a list. `title` is what messages call it, `accept` is the word filter.

    UTF-8, or UTF-16 with a byte-order mark. A table (comma, semicolon or tab) is read as CSV, its
    first column alone. Raises `ListError` for what is no list of `SHORTEST_LIST` to `LONGEST_LIST`
    different names, and for names that cannot be learned or shown; each problem with its line. So
    few of these as `MOST_LEFT_OUT` allows are left out, and noted with their lines.
    """
    text = unify_newlines(_decoded(raw, title))
    if (found := text.count("\n")) > MOST_LINES:
        raise ListError(
            f"{title} has {found:,} lines: a file can have at most {MOST_LINES:,}, of which "
            f"{LONGEST_LIST:,} are different names. Leave out a part of it."
        )
    entries, notes = _entries(text)
    problems: list[_Problem] = []
    first_lines: dict[str, int] = {}  # by name as the networks read it
    names: list[str] = []
    duplicates: list[int] = []
    for entry in entries:
        if problem := _problem(entry, accept):
            problems.append(problem)
            continue
        name = normalise_entry(entry.text)
        if name in first_lines:
            duplicates.append(entry.line)
            continue
        first_lines[name] = entry.line
        names.append(_written(entry.text))
    faults = list(_faults_of_all(first_lines, len(problems)))
    if faults or len(problems) > MOST_LEFT_OUT * len(entries):
        raise ListError(f"{title} cannot be learned from. {_first_of(problems, faults)}")
    notes += _left_out(problems)
    if duplicates:
        count = len(duplicates)
        notes.append(f"{count:,} duplicate{'s'[: count != 1]} dropped ({_lines(duplicates)}).")
    return NameList(tuple(names), tuple(notes))


def corpus_of(found: NameList, title: str) -> Corpus:
    """The corpus of a list: names as networks read them, a tenth for validation, none held out.

    Whoever brings a list wants all of it to be learned; nobody evaluates it.
    """
    names = tuple(sorted(map(normalise_entry, found.names)))
    order = np.random.default_rng(SPLIT_SEED).permutation(len(names))
    tenth = min(max(len(names) // 10, FEWEST_VALIDATED), MOST_VALIDATED)
    return Corpus(
        title=title,
        kind="names",
        items=names,
        held_out=(),
        validation=tuple(names[i] for i in order[:tenth]),
        training=tuple(names[i] for i in order[tenth:]),
        plain="\n".join(found.names),
        reads_all=True,
        notes=found.notes,
    )


class _Entry(NamedTuple):
    line: int
    text: str


class _Problem(NamedTuple):
    line: int
    what: str
    """A sentence without its end."""
    advice: str


def _decoded(raw: bytes, title: str) -> str:
    if len(raw) > LARGEST_LIST:
        raise ListError(
            f"{title} is too large: a list can have at most {LARGEST_LIST // 2**20} MiB, and this "
            f"one has {len(raw) / 2**20:.1f}. Leave out a part of it."
        )
    encoding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
    try:
        text = raw.decode(encoding).removeprefix(BYTE_ORDER_MARK)
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        where = f"line {line} holds byte 0x{raw[error.start]:02x}" if encoding == "utf-8" else ""
        raise ListError(
            f"{title} is not {encoding.upper()} text{where and f' ({where})'}; save it as plain "
            "text in UTF-8, one name a line."
        ) from error
    if "\0" in text:
        raise ListError(
            f"{title} is not a text file (it holds zero bytes); save it as plain text in UTF-8, "
            "one name a line."
        )
    return text


def _entries(text: str) -> tuple[list[_Entry], list[str]]:
    """The names with their lines, empty lines skipped; and notes about the table, if it is one."""
    lines = [_Entry(number, line) for number, line in enumerate(text.split("\n"), start=1)]
    lines = [entry for entry in lines if entry.text.strip(" \t")]
    notes = []
    table = _table(lines)
    if table is not None:
        columns, lines = table
        if columns > 1:
            notes.append(f"Of {columns} columns, only the first was read.")
    if lines and lines[0].text.strip().lower() in _HEADERS:
        notes.append(f'The heading "{lines[0].text.strip()}" was left out.')
        lines = lines[1:]
    return lines, notes


def _table(lines: list[_Entry]) -> tuple[int, list[_Entry]] | None:
    """How many columns a table has, and its first; `None` for a plain list.

    A table has one separator equally often in each line, quotes aside, or each line in quotes.
    """
    for separator in ("\t", ";", ","):
        if not lines or (separator not in lines[0].text and not _is_quoted(lines[0].text)):
            continue
        try:
            rows = [next(csv.reader([e.text], delimiter=separator, strict=True)) for e in lines]
        except (csv.Error, StopIteration):
            continue
        widths = set(map(len, rows))
        if len(widths) == 1 and (widths != {1} or all(_is_quoted(e.text) for e in lines)):
            firsts = [_Entry(e.line, row[0]) for e, row in zip(lines, rows, strict=True)]
            return widths.pop(), [entry for entry in firsts if entry.text.strip(" \t")]
    return None


def _is_quoted(line: str) -> bool:
    return re.fullmatch(r'\s*"(?:[^"]|"")*"\s*', line) is not None


def _problem(entry: _Entry, accept: Callable[[str], bool]) -> _Problem | None:
    """What is wrong with an entry."""
    name, written = normalise_entry(entry.text), _written(entry.text)
    what, advice = "", ""
    if unseen := next((c for c in entry.text if _is_unseen(c)), ""):
        what = f"there is a character that cannot be seen (U+{ord(unseen):04X})"
        advice = "; take it out"
    elif (length := max(len(name), len(written))) > LONGEST_NAME:
        what = f"a name has at most {LONGEST_NAME} characters, and this one has {length:,}"
    elif not any(map(str.isalpha, name)):
        what = "a name needs a letter, and there is none"
    elif not (accept(name) and accept(written)):
        what = "this is nothing that I would say"
        advice = "; take it out"
    return _Problem(entry.line, what, advice) if what else None


def _is_unseen(character: str) -> bool:
    if character == "\t" or character in _JOINERS:
        return False
    return unicodedata.category(character) in _UNSEEN


def _faults_of_all(names: dict[str, int], refused: int) -> Iterator[str]:
    """What is wrong with a list of different names as a whole, `refused` entries aside."""
    found = len(names)
    if found + refused < SHORTEST_LIST:
        yield (
            f"A list needs at least {SHORTEST_LIST} different names, one a line, and there are "
            f"{found + refused}."
        )
    if found > LONGEST_LIST:
        yield f"A list can have at most {LONGEST_LIST:,} different names, and there are {found:,}."
    first_seen: dict[str, int] = {}
    for name, line in names.items():
        for character in name:
            first_seen.setdefault(character, line)
    if len(first_seen) > MOST_CHARACTERS:
        line = [*first_seen.values()][MOST_CHARACTERS]
        yield (
            f"A list can have at most {MOST_CHARACTERS} different characters, and there are "
            f"{len(first_seen):,} (one too many from line {line} on)."
        )


def _written(text: str) -> str:
    return unicodedata.normalize("NFC", " ".join(text.split()))


def _left_out(problems: list[_Problem]) -> list[str]:
    """Notes of lines that were left out, for each reason."""
    lines: dict[str, list[int]] = {}
    for problem in problems:
        lines.setdefault(problem.what, []).append(problem.line)
    reasons = [*lines.items()]
    notes = [
        f"{len(found):,} line{'s'[: len(found) != 1]} left out: {what} ({_lines(found)})."
        for what, found in reasons[:_SHOWN]
    ]
    if more := sorted(line for _, found in reasons[_SHOWN:] for line in found):
        notes.append(f"{len(more):,} more left out for other reasons ({_lines(more)}).")
    return notes


def _first_of(problems: list[_Problem], faults: list[str]) -> str:
    told = [
        f"Line {problem.line}: {problem.what}{problem.advice}." for problem in problems[:_SHOWN]
    ]
    more = len(problems) + len(faults) - _SHOWN
    return " ".join((told + faults)[:_SHOWN]) + (f" And {more:,} more." if more > 0 else "")


def _lines(numbers: list[int]) -> str:
    """`line 4`, `lines 4, 7 and 2 more`."""
    shown = ", ".join(map(str, numbers[:_SHOWN]))
    more = len(numbers) - _SHOWN
    word = "line" if len(numbers) == 1 else "lines"
    return f"{word} {shown}" + (f" and {more:,} more" if more > 0 else "")
