"""How words sound, by the CMU Pronouncing Dictionary itself.

The bot reads a lexicon that was compiled from it (`data/lexicon.py`); whoever judges should not
take the defendant's word.
"""

import importlib.util
from functools import cache

from data.early_modern import with_fallbacks
from data.phonetics import Reading, Readings, reading_of


def can_hear() -> bool:
    """Whether the dictionary is installed. Imports nothing of it."""
    return importlib.util.find_spec("pronouncing") is not None


def dictionary() -> Readings:
    """The dictionary's readings, with the fallbacks for early modern endings."""
    import pronouncing  # here, because only the whole scoreboard needs it

    def known(word: str) -> tuple[Reading, ...]:
        spoken = (phones.partition("#")[0] for phones in pronouncing.phones_for_word(word))
        return tuple(dict.fromkeys(map(reading_of, spoken)))

    return cache(with_fallbacks(known, endings_only=True))
