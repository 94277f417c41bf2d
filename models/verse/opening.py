"""A member's opening: the lines that it makes, and where it leaves the line that is begun."""

import re
from itertools import pairwise

from data.text import fold, unify_newlines, words_of
from models.networks.vocabulary import Vocabulary
from models.verse.forms import Form
from models.verse.metre import Metre
from models.verse.metrical_lines import PUNCTUATION, Start
from models.verse.prosody import count_syllables
from models.verse.rhyme_and_metre import RhymeAndMetreIndex

FREE_SYLLABLES = 10
"""Most syllables of a line of an opening in a form without metre."""
MOST_LINES = 14
"""Most lines that an opening makes in a form that counts characters."""


def encoded_prefix(vocabulary: Vocabulary, line: str) -> str:
    """What the network reads of a typed line: folded, without leading and repeated spaces."""
    return re.sub(" +", " ", vocabulary.fold(line.replace("\t", " "))).lstrip()


def wrapped(opening: str, form: Form, poetics: RhymeAndMetreIndex | None) -> list[str]:
    """The lines of an opening, as typed. The last one is to be gone on with, and may be empty.

    Typed line breaks are kept, empty lines are dropped, and lines that are too long for the form
    are broken between words. What would make more lines than the form has is joined with its
    shorter neighbour.
    """
    lines: list[str] = []
    *whole, last = unify_newlines(opening).split("\n")
    for line in [line for line in whole if line.strip()] + [last]:
        lines += _broken(line, len(lines), form, poetics)
    while len(lines) > (form.lines or MOST_LINES):
        lengths = [len(a) + len(b) for a, b in pairwise(lines)]
        shortest = lengths.index(min(lengths))
        lines[shortest : shortest + 2] = [lines[shortest].rstrip() + " " + lines[shortest + 1]]
    return lines


def start_of(
    line: str, metre: Metre, poetics: RhymeAndMetreIndex, *, finished: bool = False
) -> Start:
    """Where a line stands behind the words that it begins with, as the network read them.

    A word that does not fit the metre takes its syllables all the same. If the last word is
    `finished`, it is not to be gone on with, even if it is none.
    """
    whole, prefix = line, re.findall("[a-z']*$", line)[0]
    unfinished = not finished and prefix not in poetics.index and poetics.trie.find(prefix) > 0
    if unfinished:
        whole = line.removesuffix(prefix)
    places, room = metre.beginnings, True
    for word in words_of(whole):
        shifted = 0
        for stresses in poetics.stresses_of(word) or ("?" * count_syllables(word),):
            shifted |= metre.shift(places, len(stresses))
        places = _behind(word, places, metre, poetics) or shifted
        room = room and places != 0
    full = not room or bool(places & metre.ends)
    if not whole.strip():
        return Start(places, prefix if unfinished else "")
    if unfinished and not full:
        return Start(places, prefix)
    if line.endswith(tuple(PUNCTUATION)) or (full and line.endswith((" ", "-"))):
        return Start(places, between=True, punctuated=True, full=full)
    if line.endswith((" ", "-")):
        return Start(places)
    return Start(places, between=True, full=full)


def _broken(line: str, number: int, form: Form, poetics: RhymeAndMetreIndex | None) -> list[str]:
    """Break a line before the word that would give it too many syllables.

    `number` is that of its first line in the poem.
    """
    if _is_whole(line, number, form, poetics):
        return [line]
    lines = [""]
    for word in re.findall(r"\s*\S+\s*|\s+", line):
        most = _most_syllables(form, number + len(lines) - 1)
        if lines[-1] and _syllables(lines[-1] + word, poetics) > most:
            lines[-1] = lines[-1].rstrip()
            lines.append("")
        lines[-1] += word
    return lines


def _is_whole(line: str, number: int, form: Form, poetics: RhymeAndMetreIndex | None) -> bool:
    """Whether a line has all the syllables of its metre, a feminine ending among them."""
    metre = _metre_of(form, number)
    if metre is None or poetics is None:
        return False
    places = metre.beginnings
    for word in words_of(fold(line)):
        places = _behind(word, places, metre, poetics)
    return bool(places & metre.ends)


def _behind(word: str, places: int, metre: Metre, poetics: RhymeAndMetreIndex) -> int:
    """Where a line stands behind a word that fits in at some places; nowhere if it does not."""
    behind = 0
    for stresses in poetics.stresses_of(word):
        behind |= (places & metre.places_of(stresses)) << len(stresses)
    return behind


def _most_syllables(form: Form, number: int) -> int:
    metre = _metre_of(form, number)
    return metre.syllables if metre else FREE_SYLLABLES


def _metre_of(form: Form, number: int) -> Metre | None:
    """The metre of a line; of one that the form has no room for, that of the last."""
    return form.metre_of(min(number, len(form.scheme) - 1)) if form.metres else None


def _syllables(line: str, poetics: RhymeAndMetreIndex | None) -> int:
    """The fewest syllables that a line can have."""
    return sum(
        min(map(len, poetics.stresses_of(word) if poetics else ()), default=count_syllables(word))
        for word in words_of(fold(line))
    )
