"""A member's opening: the lines that it makes, and where it leaves the line that is begun."""

import re
from itertools import pairwise

from data.text import fold, unify_newlines, words_of
from models.forms import Form
from models.metre import Metre
from models.metrical_lines import PUNCTUATION, Start
from models.poetics import Poetics
from models.prosody import count_syllables
from models.vocabulary import Vocabulary

FREE_SYLLABLES = 10
"""Most syllables of a line of an opening in a form without metre."""
MOST_LINES = 14
"""Most lines that an opening makes in a form that counts characters."""


def heard(vocabulary: Vocabulary, line: str) -> str:
    """What the network reads of a typed line: folded, without leading and repeated spaces."""
    return re.sub(" +", " ", vocabulary.fold(line.replace("\t", " "))).lstrip()


def wrapped(opening: str, form: Form, poetics: Poetics | None) -> list[str]:
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


def start_of(line: str, metre: Metre, poetics: Poetics) -> Start:
    """Where a line stands behind the words that it begins with, as the network read them.

    A word that does not fit the metre takes its syllables all the same.
    """
    whole, prefix = line, re.findall("[a-z']*$", line)[0]
    unfinished = bool(prefix) and prefix not in poetics.place and poetics.trie.find(prefix) > 0
    if unfinished:
        whole = line.removesuffix(prefix)
    places, room = metre.beginnings, True
    for word in words_of(whole):
        fitting = shifted = 0
        for stresses in poetics.stresses_of(word) or ("?" * count_syllables(word),):
            fitting |= (places & metre.places_of(stresses)) << len(stresses)
            shifted |= metre.shift(places, len(stresses))
        places = fitting or shifted
        room = room and places != 0
    full = not room or bool(places & metre.ends)
    if not whole.strip():
        return Start(places, prefix if unfinished else "")
    if unfinished and not full:
        return Start(places, prefix)
    if line.endswith(tuple(PUNCTUATION)) or (full and line.endswith(" ")):
        return Start(places, between=True, punctuated=True, full=full)
    if line.endswith((" ", "-")):
        return Start(places)
    return Start(places, between=True, full=full)


def _broken(line: str, number: int, form: Form, poetics: Poetics | None) -> list[str]:
    """Break a line before the word that would give it too many syllables.

    `number` is that of its first line in the poem.
    """
    lines = [""]
    for word in re.findall(r"\s*\S+\s*|\s+", line):
        most = _most_syllables(form, number + len(lines) - 1)
        if lines[-1] and _syllables(lines[-1] + word, poetics) > most:
            lines[-1] = lines[-1].rstrip()
            lines.append("")
        lines[-1] += word
    return lines


def _most_syllables(form: Form, line: int) -> int:
    if form.metres is None:
        return FREE_SYLLABLES
    return form.metre_of(min(line, len(form.scheme) - 1)).syllables


def _syllables(line: str, poetics: Poetics | None) -> int:
    """The fewest syllables that a line can have."""
    return sum(
        min(map(len, poetics.stresses_of(word) if poetics else ()), default=count_syllables(word))
        for word in words_of(fold(line))
    )
