"""The compiler of innocent words: `python -m tools.compilers.innocent_words` writes `innocent.txt`.

Words of the dictionary and genera are innocent if they merely contain a word of the lists. Words of
the dictionary that contain a stem are derived from it, and left out.
"""

import sys
from collections.abc import Iterable

from bot.words.disguises import Disguises
from bot.words.lists import INNOCENT_WORDS, affixes, is_disguised, listed
from bot.words.matching import TextReading, WordEntry, WordList, WordPlace
from data.corpora import load_names
from data.files import write_atomically
from data.genera import load_genera
from data.lexicon import load_lexicon


def compile_innocent() -> str:
    """The text of `innocent.txt`. Takes some seconds."""
    genera = load_genera()
    names = {*load_names().words, *genera.vertebrates, *genera.others}
    lexicon = load_lexicon().words()
    inner = [entry for entry in listed() if entry.place is not WordPlace.WHOLE]
    derived = _containing(lexicon, [entry for entry in inner if entry.is_stem])
    words = _containing(lexicon, inner) - derived
    heard = Disguises(filter(is_disguised, listed()), frozenset())
    words |= _containing(names, listed()) | set(filter(heard.strictness, names))
    return "".join(f"{word}\n" for word in sorted(words))


def _containing(words: Iterable[str], entries: Iterable[WordEntry]) -> set[str]:
    """The words that contain an entry, but are none."""
    patterns = WordList(entries, affixes=affixes())
    found = set()
    for word in words:
        matches = [*patterns.matches(TextReading(word))]
        if matches and all(m.entry.size < len(word) or m.entry.is_reversed for m in matches):
            found.add(word)
    return found


def main() -> None:
    """Write `innocent.txt`."""
    content = compile_innocent()
    write_atomically(INNOCENT_WORDS, content.encode())
    sys.stdout.write(f"{INNOCENT_WORDS.name}: {len(content.split()):,} words\n")


if __name__ == "__main__":
    main()
