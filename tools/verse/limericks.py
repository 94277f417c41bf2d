"""Limericks, known by their form: what `pretrain` teaches the word network last.

    python -m tools.verse.limericks RUN --corpora FOLDER

writes `data/limericks.txt` into the folder of a long training: those of packed verse, and of the
books in `corpora.toml`, which git fetches.
"""

import argparse
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from data import downloads
from data.errors import CorpusError
from data.files import write_atomically
from data.lexicon import rhyme_of, syllables_of
from data.text import normalise_verse, words_of
from models.verse.forms import FORMS
from models.verse.training_folder import LIMERICKS
from tools.verse.packed_verse import packed_works
from tools.verse.sources import ADDRESS, documents_in

LONG, SHORT = range(7, 12), range(4, 8)
"""Syllables of the first, second and fifth line, and of the third and fourth."""
_TELLS = re.compile(r"(there|once|an?|the|one|two|said)\b.*\b(was|were|had|said|who|\w+ed)\b", re.S)
"""What begins as a story does. Other stanzas of the form are songs."""
_SET_APART = re.compile(r"(?<![^ \n])' |(?<= )'(?= |$)| (?=n't\b)|(?<= )'(?=\n)", re.M)
"""Quotation marks, and spaces within words, of transcriptions."""


def limerick_of(stanza: Sequence[str]) -> str | None:
    """The text of a stanza of normalised lines if it is a limerick, else `None`.

    Old prints have the third and the fourth line as one, which is cut at its inner rhyme.
    """
    if len(stanza) == 4:
        words = stanza[2].split()
        cuts = [(" ".join(words[:i]), " ".join(words[i:])) for i in range(2, len(words) - 1)]
        return next(filter(None, (limerick_of([*stanza[:2], *c, stanza[3]]) for c in cuts)), None)
    if len(stanza) != len(FORMS["limerick"].scheme) or not _TELLS.match("\n".join(stanza)):
        return None
    counts = [sum(map(syllables_of, words_of(line))) for line in stanza]
    fits = all(count in (SHORT if i in (2, 3) else LONG) for i, count in enumerate(counts))
    first, second, third, fourth, last = ((words_of(line) or [""])[-1] for line in stanza)
    # Few of the places are in the dictionary of rhymes.
    rhyme = _rhyme(first, second) or last in (first, second)
    return "\n".join(stanza) if fits and rhyme and _rhyme(third, fourth) else None


def _rhyme(one: str, other: str) -> bool:
    return one != other and rhyme_of(one) == rhyme_of(other) != ""


def limericks_in(bodies: Iterable[str]) -> Iterator[str]:
    """The limericks of some texts, each once."""
    known: set[str] = set()
    for body in bodies:
        for stanza in body.replace("\r", "").split("\n\n"):
            if stanza.count("\n") > 6:
                continue
            plain = _SET_APART.sub("", normalise_verse(stanza.replace("\n    ", "\n").strip()))
            found = limerick_of([line for line in plain.split("\n") if line])
            # Editions differ in marks.
            if found and (middle := " ".join(words_of(found.split("\n")[2]))) not in known:
                known.add(middle)
                yield found


def books(address: str = ADDRESS) -> Iterator[str]:
    """The books of limericks. Raises `CorpusError` if one cannot be fetched."""
    source = downloads.sources()["books"]["limericks"]
    for repository in source["repositories"]:
        files = documents_in(repository, source["files"], address, source["encoding"])
        yield from (text for _, text in files)


def main() -> None:
    """Parse arguments."""
    parser = argparse.ArgumentParser(description="Find limericks for a long training.")
    parser.add_argument("run", type=Path)
    parser.add_argument("--corpora", type=Path, required=True)
    arguments = parser.parse_args()
    try:
        verse = (body for _, _, body in packed_works(arguments.corpora))
        found = list(limericks_in([*verse, *books()]))
    except CorpusError as error:
        sys.exit(str(error))
    write_atomically(arguments.run / LIMERICKS, "".join(f"{x}\n\n" for x in found).encode())
    sys.stdout.write(f"{len(found)} limericks\n")


if __name__ == "__main__":
    main()
