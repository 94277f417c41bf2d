"""Large corpora of verse: a folder of text files packed with xz.

`### author | title | year or life dates | source` stands before each work, a blank line after each
stanza. The project does not contain these files; a folder of them is given to the training.
"""

import hashlib
import lzma
import re
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from data import downloads
from data.errors import CorpusError
from data.lexicon import count_syllables, rhyme_of
from data.text import normalise_verse, words_of
from tools.verse.held_out import Runs, without_shared

LONGEST = 60
"""Lines of a passage, unless a stanza has more."""
PENTAMETER, LINES_IN_METRE = range(9, 12), 0.7
"""Estimated syllables of a line of pentameter, and the share of a stanza's lines that have them."""
WORKING_AGE = 35
"""Age at which an author is assumed to have written what has no date."""
LYRIC_YEARS, LYRIC_LINES = range(1780, 1901), range(4, 17)
"""Years and lengths of the stanzas that validate."""
ONE_WORK_IN, LONGEST_WORK, MOST_STANZAS = 24, 100_000, 12
"""One work of so many validates, by its digest, unless it has more characters (so that little is
lost), with at most so many of its stanzas."""


@dataclass(frozen=True)
class VersePassage:
    """Stanzas of a work, one after the other; all in pentameter, or none."""

    text: str
    """Normalised: a line feed after each line, a blank line after each stanza."""
    year: int | None
    is_drama: bool
    is_pentameter: bool


@dataclass(frozen=True)
class LyricValidation:
    """Lyric stanzas of `LYRIC_YEARS` from whole works that no network may be trained on."""

    works: frozenset[str]
    """Headers of the works."""
    stanzas: tuple[str, ...]
    """Normalised, each with a blank line after it."""


def load_lyric_validation(folder: Path) -> LyricValidation:
    """Some works of a folder, which are the same each time. Raises as `load_packed_verse` does."""
    years, works, kept = downloads.sources()["years"], set[str](), list[str]()
    for name, header, body in packed_works(folder):
        digest = int(hashlib.sha256(header.encode()).hexdigest(), 16)
        is_drawn = digest % ONE_WORK_IN == 0 and len(body) <= LONGEST_WORK and "drama" not in name
        if is_drawn and year_of(header, years) in LYRIC_YEARS:
            stanzas = ["\n".join(stanza) + "\n\n" for stanza in _stanzas(body) if _is_lyric(stanza)]
            if stanzas:
                works.add(header)
                kept += stanzas[:: -(-len(stanzas) // MOST_STANZAS)]
    return LyricValidation(frozenset(works), tuple(kept))


def _is_lyric(stanza: Sequence[str]) -> bool:
    """Whether a stanza is not long, and its first lines rhyme alternately."""
    if len(stanza) not in LYRIC_LINES:
        return False
    a, b, c, d = (rhyme_of((words_of(line) or [""])[-1]) for line in stanza[:4])
    return a != b and ((a == c != "") or (b == d != ""))


def load_packed_verse(
    folder: Path, held_out: Runs = frozenset(), left_out: Container[str] = ()
) -> Iterator[VersePassage]:
    """The passages of all files in a folder, without those that share runs with held-out verse.

    `held_out`: as from `runs_in`. `left_out`: headers of works to be left out. Raises `CorpusError`
    if the folder has no files.
    """
    years = downloads.sources()["years"]
    for name, header, body in packed_works(folder):
        if header in left_out:
            continue
        year, is_drama = year_of(header, years), "drama" in name
        for is_pentameter, passage in _passages(body, held_out):
            yield VersePassage(passage, year, is_drama, is_pentameter)


def packed_works(folder: Path) -> Iterator[tuple[str, str, str]]:
    """The file name, the header and the text of each work. Raises as `load_packed_verse` does."""
    paths = sorted(folder.glob("*.txt.xz"))
    if not paths:
        raise CorpusError(
            "{folder} has no packed verse (files whose names end in .txt.xz). To make some, run "
            "python -m tools.verse.sources {folder}.",
            folder=folder,
        )
    for path in paths:
        text = lzma.decompress(path.read_bytes()).decode()
        for work in f"\n{text}".split("\n### ")[1:]:
            header, _, body = work.partition("\n")
            yield path.name, header, body


def missing_collections(folder: Path) -> list[str]:
    """The names of the files that `tools.verse.sources` makes and a folder lacks."""
    names = [f"{name}.txt.xz" for name in downloads.sources()["verse"]]
    return [name for name in names if not (folder / name).exists()]


def year_of(header: str, years: dict[str, int]) -> int | None:
    """About when a work was written: `1609`; *1588-1667*, the author's life; `None` if unknown.

    years: of works without a date, by a part of their source.
    """
    *_, dates, source = (part.strip() for part in header.split("|"))
    if lived := re.fullmatch(r"(\d{4})-(\d{4})", dates):
        return min(int(lived[1]) + WORKING_AGE, int(lived[2]))
    if year := re.search(r"1[3-9]\d\d", dates):
        return int(year[0])
    return next((year for part, year in years.items() if part in source), None)


def _passages(work: str, held_out: Runs) -> Iterator[tuple[bool, str]]:
    """The passages of a work, and whether each is in pentameter."""
    stanzas = (part for stanza in _stanzas(work) for part in without_shared(stanza, held_out))
    for is_pentameter, same in groupby(stanzas, _in_pentameter):
        passage, size = "", 0
        for stanza in same:
            if passage and size + len(stanza) > LONGEST:
                yield is_pentameter, passage
                passage, size = "", 0
            passage += "\n".join(stanza) + "\n\n"
            size += len(stanza)
        yield is_pentameter, passage


def _stanzas(work: str) -> Iterator[Sequence[str]]:
    for is_stanza, lines in groupby(map(normalise_verse, work.split("\n")), bool):
        if is_stanza:
            yield list(lines)


def _in_pentameter(stanza: Sequence[str]) -> bool:
    """Whether most lines have nine to eleven syllables."""
    fitting = sum(count_syllables(line) in PENTAMETER for line in stanza)
    return fitting >= LINES_IN_METRE * len(stanza)
