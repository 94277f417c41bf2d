"""Prose as lines: novels and tales whose paragraphs are broken as verse is, to be read with it.

The folder has text files packed with xz. `### author; title; year; …` stands before each work, each
line is a paragraph, and a blank line ends a chapter. Verse seldom shows whole clauses; prose does.
Lines end where a speaker would pause: after a sentence or a clause, before a preposition, and
practically never after *the* or *of*.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import groupby
from pathlib import Path

from data.lexicon import count_syllables
from data.text import fold, normalise_verse
from tools.verse.held_out import Runs, without_shared
from tools.verse.packed_verse import LONGEST, packed_works

MOST_SYLLABLES, USUAL, DEVIATION = 14, 11, 3
"""Syllables of a line: at most, as it should have, and how far it may be from that at a cost of 1.
"""
_ABBREVIATION = re.compile(r"\b(Mrs?|Dr|Messrs|Mme|Mlle|St|Rev|Capt|Col|Hon|Esq)\.")
"""Abbreviations, whose full stops end no sentence."""
_SENTENCE_END, _CLAUSE_END = re.compile(r"[.!?][)']*$"), re.compile(r"[,;:)-]'*$")
OPENING = frozenset(
    re.findall(
        "[a-z]+",
        """after and around as at because before beneath beside between but by for from if in into
    like nor on or over since than that though through till to toward towards under unless until
    upon when where which while who whom whose with within without yet""",
    )
)
"""Words that a line may begin with in the middle of a clause."""
LEANING = OPENING | frozenset(
    re.findall(
        "[a-z]+",
        """a am an any are be been can could did do does each every had has have he her his i is it
    its may might must my no not of our shall she should so some the their these they this those thy
    too very was we were what will would you your""",
    )
)
"""Words that lean on the next one: a line should not end with them."""


def load_packed_prose(folder: Path, held_out: Runs) -> Iterator[tuple[str, int | None]]:
    """Passages of about `LONGEST` lines, a blank line after each paragraph, and their years.

    Left out are paragraphs that share runs with held-out verse, and those with digits. Raises
    `CorpusError` if the folder has no files.
    """
    for _, header, body in packed_works(folder):
        dated = re.search(r"; (\d{4})[-\d]*; ", header)
        year = int(dated[1]) if dated else None
        for is_chapter, paragraphs in groupby(body.split("\n"), bool):
            passage, size = "", 0
            for paragraph in paragraphs if is_chapter else ():
                for part in filter(None, without_shared(lines_of_paragraph(paragraph), held_out)):
                    if passage and size + len(part) > LONGEST:
                        yield passage, year
                        passage, size = "", 0
                    passage += "\n".join(part) + "\n\n"
                    size += len(part)
            if passage:
                yield passage, year


def lines_of_paragraph(paragraph: str) -> Sequence[str]:
    """The lines of a paragraph, normalised as verse; none if it has digits.

    Without double quotes, as the corpora of verse.
    """
    if re.search(r"\d", paragraph):
        return []
    plain = fold(re.sub('["“”]', "", _ABBREVIATION.sub(r"\1", paragraph)))
    words = normalise_verse(plain).split()
    lines, begin = list[str](), 0
    while begin < len(words):
        costs, syllables = dict[int, float](), 0
        for end in range(begin + 1, len(words) + 1):
            syllables += _syllables(words[end - 1])
            if costs and syllables > MOST_SYLLABLES:
                break
            follows = words[end] if end < len(words) else ""
            cost = _cost_of_break(words[end - 1], follows)
            costs[end] = ((syllables - USUAL) / DEVIATION) ** 2 + cost
        end = min(costs, key=costs.__getitem__)
        lines.append(" ".join(words[begin:end]))
        begin = end
    return lines


@cache
def _cost_after(word: str) -> float | None:
    """Cost of ending a line with a word; `None` if the next word decides."""
    if _SENTENCE_END.search(word):
        return 0
    if _CLAUSE_END.search(word):
        return 1
    return 9 if word in LEANING else None


def _cost_of_break(word: str, following: str) -> float:
    cost = _cost_after(word) if following else 0
    return (2 if following in OPENING else 4) if cost is None else cost


_syllables = cache(count_syllables)
