"""Compiles `innocent.txt`: words of the dictionary and genera that merely contain a bad word.

Run with `python -m bot.words.innocent` after a change of the lists, the lexicon or
the genera. Words of the dictionary that contain a stem are derived from it, and left out.
"""

import sys
from collections.abc import Iterable

from bot.words.entries import Entry, Place
from bot.words.lists import INNOCENT_WORDS, affixes, listed
from bot.words.words import Reading, WordList
from data.corpora import load_names
from data.files import write_atomically
from data.further_reading import load_genera
from data.lexicon import load_lexicon


def compile_innocent() -> str:
    """The text of `innocent.txt`. Takes some seconds."""
    genera = load_genera()
    names = {*load_names().words, *genera.vertebrates, *genera.others}
    lexicon = load_lexicon().words()
    inner = [entry for entry in listed() if entry.place is not Place.WHOLE]
    derived = _containing(lexicon, [entry for entry in inner if entry.is_stem])
    words = _containing(lexicon, inner) - derived
    return "".join(f"{word}\n" for word in sorted(words | _containing(names, listed())))


def _containing(words: Iterable[str], entries: Iterable[Entry]) -> set[str]:
    """Those words that contain an entry, but are none."""
    patterns = WordList(entries, affixes=affixes())
    found = set()
    for word in words:
        matches = [*patterns.matches(Reading(word))]
        if matches and all(match.entry.size < len(word) for match in matches):
            found.add(word)
    return found


def main() -> None:
    """Write `innocent.txt`."""
    content = compile_innocent()
    write_atomically(INNOCENT_WORDS, content.encode())
    sys.stdout.write(f"{INNOCENT_WORDS.name}: {len(content.split()):,} words\n")


if __name__ == "__main__":
    main()
