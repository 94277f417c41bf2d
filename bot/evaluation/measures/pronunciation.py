"""Pronunciation by the CMU Pronouncing Dictionary, for evaluation.

The bot uses a lexicon compiled from it (`data/lexicon.py`). The evaluation uses the dictionary
itself, so that errors of the lexicon do not go unnoticed.
"""

import importlib.util
from functools import cache

from data.pronunciation import Reading, Readings, reading_of, with_fallbacks


def has_dictionary() -> bool:
    """Whether the dictionary is installed; does not import it."""
    return importlib.util.find_spec("pronouncing") is not None


def dictionary() -> Readings:
    """The dictionary's readings, with the rules for early modern endings."""
    import pronouncing  # only the full scoreboard needs it

    def known(word: str) -> tuple[Reading, ...]:
        spoken = (phones.partition("#")[0] for phones in pronouncing.phones_for_word(word))
        return tuple(dict.fromkeys(map(reading_of, spoken)))

    return cache(with_fallbacks(known, endings_only=True))
