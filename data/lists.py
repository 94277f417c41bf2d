"""Lists of names for custom models: any alphabet, one name per line or a table's first column.

Every change to a list is reported in a note. Lines that cannot be used are reported with their
numbers, all at once.
"""

import csv
import re
import string
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path

import numpy as np

from data.corpora import (
    BYTE_ORDER_MARK,
    LONGEST_NAME,
    SHORTEST_LIST,
    SPLIT_SEED,
    Corpus,
    CorpusError,
    decoded,
    read_file,
)
from data.errors import Sentence
from data.phrases import Phrase, Translated, _, listed, ngettext
from data.text import LONGEST_EXPANSION, unify_newlines

LARGEST_LIST = 2 * 2**20
"""Bytes of the largest list."""
LONGEST_LIST = 50_000
"""Different names of the longest list."""
MAX_LINES = 4 * LONGEST_LIST
"""Lines of a file, with empty ones and duplicates. Each takes memory, however short it is."""
MAX_CHARACTERS = 200
"""Different characters, ignoring case. With more, most would be too rare to be learned."""

MIN_VALIDATION, MAX_VALIDATION = 4, 500
"""Names for validation. With fewer the loss would be noise, and more would not improve it."""

MAX_SKIPPED = 0.02
"""Share of a list's lines that are skipped if they cannot be used: long lists rarely have none. A
list with more of them is probably not a list of names, and is rejected."""

MAX_PROBLEMS = round(MAX_SKIPPED * MAX_LINES) + 1
"""Lines that cannot be used, after which no more are looked at: the list is rejected anyway."""
LONGEST_LINE = 4 * LONGEST_NAME
"""Characters of an entry as it is written. Longer ones are not read."""

_SHOWN = 5
"""Problems of an error, or line numbers of a note, that are listed; the rest is counted."""
_APOSTROPHES = dict.fromkeys(map(ord, "‘’‛`´ʼ′＇"), "'")
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−－"), "-")
_JOINERS = "\u200c\u200d"
"""Invisible characters that Persian and Hindi are spelled with."""
_INVISIBLE = frozenset(("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"))
"""Unicode categories: controls, formatting, unassigned, private, surrogates, line separators."""
_HEADERS = frozenset(("name", "names"))


@dataclass(frozen=True)
class NameList:
    """A list of names to train on."""

    names: tuple[str, ...]
    """Names as written, but in NFC and with single spaces, in the list's order. Case aside, they
    are unique."""
    notes: tuple[Phrase, ...] = ()
    """Sentences about what was changed or skipped."""


def normalise_entry(text: str, *, ends: bool = True) -> str:
    """A name, or a part of one, as networks read it: lower case, NFC, single spaces. Idempotent.

    Typographic apostrophes become `'` and dashes `-`; accents stay. ends: whether the part ends the
    name, and a final capital sigma becomes `ς` instead of `σ`.
    """
    spaced = " ".join(text.translate(_APOSTROPHES).translate(_DASHES).split())
    lower = spaced.lower() if ends else f"{spaced}x".lower()[:-1]
    return unicodedata.normalize("NFC", lower)


def read_list(path: Path) -> NameList:
    """Read a list without a word filter, for the operator. Raises `CorpusError`."""
    return parse_list(read_file(path, LARGEST_LIST), path.name, lambda _: True)


def read_extra_names(
    path: Path, names: Collection[str], clean: Callable[[str], str]
) -> tuple[tuple[str, ...], tuple[Phrase, ...]]:
    """Read names to train on in addition to a list, one per line, repeated ones repeatedly.

    Returns the names and notes about them. `clean` turns a line into what a network reads. Names
    that are on the list already (`names`), or have characters that it lacks, are left out. Raises
    `CorpusError` if the file cannot be read, is too large, or is not text.
    """
    text = _text(read_file(path, LARGEST_LIST), path.name)
    filled = [entry for entry in map(clean, text.split("\n")) if 0 < len(entry) <= LONGEST_NAME]
    characters = set("".join(names))
    if characters.issubset(string.ascii_lowercase):
        characters = set(string.ascii_lowercase)  # the network's vocabulary has all of them
    kept = tuple(e for e in filled if e not in names and characters.issuperset(e))
    skipped = len(filled) - len(kept)
    different = len(set(kept))
    added = ngettext(
        "{count:,} name from {file} added to the training.",
        "{count:,} names from {file} added to the training.",
        different,
    )
    file = Translated(path.name)
    notes = [added.format(count=different, file=file)]
    if skipped:
        sentence = ngettext(
            "{count:,} line from {file} skipped: it's already in the list, or has characters that "
            "the list doesn't use.",
            "{count:,} lines from {file} skipped: they're already in the list, or have characters "
            "that the list doesn't use.",
            skipped,
        )
        notes.append(sentence.format(count=skipped, file=file))
    return kept, tuple(notes)


def parse_list(raw: bytes, title: str, accept: Callable[[str], bool]) -> NameList:
    """Read the content of a list. title: its name in messages; accept: the word filter.

    The encoding is UTF-8, or UTF-16 with a byte-order mark. Of a table (CSV with commas, semicolons
    or tabs), the first column is read. Lines that cannot be used are skipped with a note, up to a
    share of `MAX_SKIPPED`. Raises `CorpusError`, with all problems and their lines, if there are
    more, or unless the list has `SHORTEST_LIST` to `LONGEST_LIST` different names.
    """
    content = _text(raw, title)
    if (found := content.count("\n")) > MAX_LINES:
        raise CorpusError(
            "{title} has {count:,} lines. A list can have at most {lines:,} lines and {names:,} "
            "different names. Upload only part of it.",
            title=title,
            count=found,
            lines=MAX_LINES,
            names=LONGEST_LIST,
        )
    entries, notes = _entries(content)
    problems: dict[int, Sentence] = {}  # by line
    first_lines: dict[str, int] = {}  # by normalised name
    names: list[str] = []
    duplicates: list[int] = []
    for line, text in entries:
        reason = _problem(text)  # cheap, unlike the word filter
        if reason is None:
            name = normalise_entry(text)
            if name in first_lines:
                duplicates.append(line)
                continue
            forms = dict.fromkeys((name, _displayed(text)))
            if len(names) < LONGEST_LIST and not all(map(accept, forms)):
                reason = Sentence("this word isn't allowed")
        if reason is not None:
            problems[line] = reason
            if len(problems) == MAX_PROBLEMS:
                break
            continue
        first_lines[name] = line
        names.append(_displayed(text))
    faults = list(_faults_of_list(first_lines, len(problems)))
    if faults or len(problems) > MAX_SKIPPED * len(entries):
        raise CorpusError(
            "{title} can't be used. {problems}", title=title, problems=_listed(problems, faults)
        )
    notes += _skipped(problems)
    if duplicates:
        sentence = ngettext(
            "{count:,} duplicate removed ({lines}).",
            "{count:,} duplicates removed ({lines}).",
            len(duplicates),
        )
        notes.append(sentence.format(count=len(duplicates), lines=_lines(duplicates)))
    return NameList(tuple(names), tuple(notes))


def stored_list(found: NameList, title: str) -> Corpus:
    """The corpus of a list: normalised names, a tenth for validation, nothing held out.

    Nothing is held out since custom models are not evaluated, and should learn the whole list.
    """
    names = tuple(sorted(map(normalise_entry, found.names)))
    order = np.random.default_rng(SPLIT_SEED).permutation(len(names))
    tenth = min(max(len(names) // 10, MIN_VALIDATION), MAX_VALIDATION)
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


def _text(raw: bytes, title: str) -> str:
    return unify_newlines(decoded(raw, title, LARGEST_LIST).removeprefix(BYTE_ORDER_MARK))


_Numbered = list[tuple[int, str]]
"""Lines with their numbers, from 1."""


def _entries(content: str) -> tuple[_Numbered, list[Phrase]]:
    """The non-empty lines, or a table's first column, with their line numbers; and notes."""
    lines = _filled(enumerate(content.split("\n"), start=1))
    notes: list[Phrase] = []
    table = _table(lines)
    if table is not None:
        columns, lines = table
        if columns > 1:
            sentence = _("Only the first of {columns} columns was read.")
            notes.append(sentence.format(columns=columns))
    if lines and (heading := lines[0][1].strip()).lower() in _HEADERS:
        notes.append(_('The heading "{heading}" was skipped.').format(heading=Translated(heading)))
        lines = lines[1:]
    return lines, notes


def _filled(lines: Iterable[tuple[int, str]]) -> _Numbered:
    return [(number, line) for number, line in lines if line.strip(" \t")]


def _table(lines: _Numbered) -> tuple[int, _Numbered] | None:
    """A table's number of columns, and its first column; `None` for a plain list.

    A text is a table if each line has the same number of separators outside of quotes, or if each
    line is quoted.
    """
    for separator in ("\t", ";", ","):
        if not lines or (separator not in lines[0][1] and not _is_quoted(lines[0][1])):
            continue
        try:
            rows = [next(csv.reader([e], delimiter=separator, strict=True)) for _, e in lines]
        except (csv.Error, StopIteration):
            continue
        widths = set(map(len, rows))
        if len(widths) == 1 and (widths != {1} or all(_is_quoted(e) for _, e in lines)):
            firsts = ((number, row[0]) for (number, _), row in zip(lines, rows, strict=True))
            return widths.pop(), _filled(firsts)
    return None


def _is_quoted(line: str) -> bool:
    return re.fullmatch(r'\s*"(?:[^"]|"")*"\s*', line) is not None


def _problem(text: str) -> Sentence | None:
    """Why an entry cannot be used, apart from the word filter; `None` if it can."""
    if len(text) > LONGEST_LINE:  # before anything takes time in proportion
        return _too_long(len(text))
    if invisible := next((c for c in text if _is_invisible(c)), ""):
        code = f"U+{ord(invisible):04X}"
        return Sentence("the invisible character {code} isn't allowed", {"code": code})
    if expanding := next((c for c in text if _expansion(c) > LONGEST_EXPANSION), ""):
        return Sentence(
            "{character} stands for {count} characters; write them out",
            {"character": expanding, "count": _expansion(expanding)},
        )
    name = normalise_entry(text)
    if (length := max(len(name), len(_displayed(text)))) > LONGEST_NAME:
        return _too_long(length)
    if not any(map(str.isalpha, name)):
        return Sentence("a name needs at least one letter")
    return None


def _too_long(length: int) -> Sentence:
    return Sentence(
        "a name can have at most {maximum} characters, not {length:,}",
        {"maximum": LONGEST_NAME, "length": length},
    )


@lru_cache(maxsize=4096)
def _expansion(character: str) -> int:
    """Number of characters that a character stands for (its compatibility decomposition)."""
    return len(unicodedata.normalize("NFKD", character))


def _is_invisible(character: str) -> bool:
    if character == "\t" or character in _JOINERS:
        return False
    return unicodedata.category(character) in _INVISIBLE


def _faults_of_list(names: dict[str, int], rejected: int) -> Iterator[Sentence]:
    """Faults of the list as a whole. names: unique names with their first lines."""
    if len(names) + rejected < SHORTEST_LIST:
        yield Sentence(
            "A list needs at least {minimum} different names, one per line, or separated by "
            "commas if you type them. This one has {found}.",
            {"minimum": SHORTEST_LIST, "found": len(names) + rejected},
        )
    if len(names) > LONGEST_LIST:
        yield Sentence(
            "A list can have at most {maximum:,} different names, but this one has {found:,}.",
            {"maximum": LONGEST_LIST, "found": len(names)},
        )
    first_seen: dict[str, int] = {}
    for name, line in names.items():
        for character in name:
            first_seen.setdefault(character, line)
    if len(first_seen) > MAX_CHARACTERS:
        yield Sentence(
            "A list can have at most {maximum} different characters, but this one has {found:,}. "
            "Line {line} goes over the limit.",
            {
                "maximum": MAX_CHARACTERS,
                "found": len(first_seen),
                "line": [*first_seen.values()][MAX_CHARACTERS],
            },
        )


def _displayed(text: str) -> str:
    """An entry as members see it: NFC, single spaces."""
    return unicodedata.normalize("NFC", " ".join(text.split()))


def _skipped(problems: Mapping[int, Sentence]) -> list[Phrase]:
    """Notes on skipped lines, one for each reason."""
    lines: dict[Phrase, list[int]] = {}
    for line, reason in problems.items():
        lines.setdefault(reason.phrase(Translated), []).append(line)
    reasons = [*lines.items()]
    notes: list[Phrase] = []
    for why, found in reasons[:_SHOWN]:
        sentence = ngettext(
            "{count:,} line skipped: {reason} ({lines}).",
            "{count:,} lines skipped: {reason} ({lines}).",
            len(found),
        )
        notes.append(sentence.format(count=len(found), reason=why, lines=_lines(found)))
    if more := sorted(line for _why, found in reasons[_SHOWN:] for line in found):
        sentence = ngettext(
            "{count:,} line skipped for other reasons ({lines}).",
            "{count:,} lines skipped for other reasons ({lines}).",
            len(more),
        )
        notes.append(sentence.format(count=len(more), lines=_lines(more)))
    return notes


def _listed(problems: Mapping[int, Sentence], faults: list[Sentence]) -> tuple[Sentence, ...]:
    """The first problems of an error, and the number of others."""
    shown = [
        Sentence("Line {line}: {reason}.", {"line": line, "reason": reason})
        for line, reason in islice(problems.items(), _SHOWN)
    ]
    shown = (shown + faults)[:_SHOWN]
    if (more := len(problems) + len(faults) - _SHOWN) > 0:
        shown.append(Sentence("More problems: {count:,}.", {"count": more}))
    return tuple(shown)


def _lines(numbers: list[int]) -> Phrase:
    """`line 4`, `lines 4, 7 and 2 more`."""
    shown = listed([Phrase("{line}").format(line=line) for line in numbers[:_SHOWN]])
    if (more := len(numbers) - _SHOWN) > 0:
        return _("lines {numbers} and {count:,} more").format(numbers=shown, count=more)
    # TRANSLATORS: One line of a file, or several, by their numbers.
    return ngettext("line {numbers}", "lines {numbers}", len(numbers)).format(numbers=shown)
