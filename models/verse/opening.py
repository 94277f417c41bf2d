"""A member's opening: wrapping it into lines, and the metrical state of its last line."""

import re
from itertools import pairwise

from data.text import fold, unify_newlines, words_of
from data.tokens import is_word, tokenise
from models.networks.vocabulary import Vocabulary
from models.verse.constrained.metre import Metre
from models.verse.constrained.word_index import WordIndex
from models.verse.constrained.word_lines import Start
from models.verse.forms import Form
from models.verse.prosody import count_syllables

FREE_SYLLABLES = 10
"""Maximum syllables of an opening's line in a form without metre."""
MAX_LINES = 14
"""Maximum lines of an opening in a form that counts characters."""


def encoded_prefix(vocabulary: Vocabulary, line: str) -> str:
    """A typed line as the network reads it: folded, without leading and repeated spaces."""
    return re.sub(" +", " ", vocabulary.fold(line.replace("\t", " "))).lstrip()


def wrap_opening(opening: str, form: Form, index: WordIndex | None) -> list[str]:
    """The lines of an opening, as typed. The last one will be continued, and may be empty.

    Typed line breaks stay, empty lines are dropped, and lines that are too long for the form are
    broken between words. If that makes more lines than the form has, the shortest neighbours are
    joined.
    """
    lines: list[str] = []
    *complete, last = unify_newlines(opening).split("\n")
    for line in [line for line in complete if line.strip()] + [last]:
        lines += _wrap(line, len(lines), form, index)
    while len(lines) > (form.lines or MAX_LINES):  # each pass removes a line
        lengths = [len(a) + len(b) for a, b in pairwise(lines)]
        shortest = lengths.index(min(lengths))
        lines[shortest : shortest + 2] = [lines[shortest].rstrip() + " " + lines[shortest + 1]]
    return lines


def start_of(line: str, metre: Metre, index: WordIndex, *, finished: bool = False) -> Start:
    """The metrical state after the words that a line starts with, folded.

    A word that does not fit the metre still takes its syllables. If the last word is `finished`, it
    will not be completed, even if it is not a known word.
    """
    complete, fragment = line, re.findall("[a-z']*$", line)[0]
    unfinished = (
        not finished
        and len(fragment) > 0
        and fragment not in index.column
        and bool(index.starting_with(fragment).any())
    )
    if unfinished:
        complete = line.removesuffix(fragment)
    positions, fits = metre.starts, True
    for word in words_of(complete):
        shifted = 0
        for stresses in index.stresses_of(word) or ("?" * count_syllables(word),):
            shifted |= metre.shift(positions, len(stresses))
        positions = _advance(word, positions, metre, index) or shifted
        fits = fits and positions != 0
    may_end = bool(complete.strip()) and (not fits or bool(positions & metre.ends))
    if unfinished and may_end:  # the letters are the last word
        return start_of(line, metre, index, finished=True)
    tokens = tuple(tokenise(complete.strip()))
    # No mark follows a space.
    after_word = bool(tokens) and is_word(tokens[-1]) and line == complete.rstrip()
    return Start(positions, line, tokens, fragment if unfinished else "", after_word, may_end)


def _wrap(line: str, number: int, form: Form, index: WordIndex | None) -> list[str]:
    """Break a line before each word that would give it too many syllables.

    `number` is that of its first line in the poem.
    """
    if _is_complete(line, number, form, index):
        return [line]
    lines = [""]
    for word in re.findall(r"\s*\S+\s*|\s+", line):
        limit = _max_syllables(form, number + len(lines) - 1)
        if lines[-1] and _min_syllables(lines[-1] + word, index) > limit:
            lines[-1] = lines[-1].rstrip()
            lines.append("")
        lines[-1] += word
    return lines


def _is_complete(line: str, number: int, form: Form, index: WordIndex | None) -> bool:
    """Whether a line fits its metre exactly, possibly with a feminine ending."""
    metre = _metre_of(form, number)
    if metre is None or index is None:
        return False
    positions = metre.starts
    for word in words_of(fold(line)):
        positions = _advance(word, positions, metre, index)
    return bool(positions & metre.ends)


def _advance(word: str, positions: int, metre: Metre, index: WordIndex) -> int:
    """The positions after a word that fits at some of `positions`; 0 if it fits at none."""
    after = 0
    for stresses in index.stresses_of(word):
        after |= (positions & metre.positions_of(stresses)) << len(stresses)
    return after


def _max_syllables(form: Form, number: int) -> int:
    metre = _metre_of(form, number)
    return metre.syllables if metre else FREE_SYLLABLES


def _metre_of(form: Form, number: int) -> Metre | None:
    """The metre of a line. A line beyond the end of the form has that of its last line."""
    return form.metre_of(min(number, len(form.scheme) - 1)) if form.metres else None


def _min_syllables(line: str, index: WordIndex | None) -> int:
    """The smallest number of syllables that a line can have."""
    return sum(
        min(map(len, index.stresses_of(word) if index else ()), default=count_syllables(word))
        for word in words_of(fold(line))
    )
