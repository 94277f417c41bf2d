"""Number of syllables of a token, from the lexicon or estimated from the spelling."""

import re
from functools import cache

from data.lexicon import Lexicon, load_lexicon
from data.text import fold
from data.tokens import is_word

_VOWELS = re.compile("[aeiouy]+")
_OTHER_VOWELS = re.compile("[αεηιουω]+|[аеиоуыэюяіє]")
"""Greek and Cyrillic ones; a word in another script counts as one syllable."""


@cache
def syllables_of(token: str) -> int:
    """Syllables of a word by its usual reading, or estimated from its spelling; 0 for a mark."""
    if not is_word(token):
        return 0
    readings = _lexicon().readings(token) or _lexicon().readings(token.strip("'"))
    if readings:
        return len(readings[0].stresses)
    folded = fold(token)
    return count_syllables(folded) or max(1, len(_OTHER_VOWELS.findall(folded)))


def count_syllables(line: str) -> int:
    """Estimate the syllables of a line of folded English; 0 for a line without letters.

    Each group of vowels is a syllable, except a silent final e (*fate*, *faced*, *times*).
    """
    return sum(_syllables_of_word(word) for word in re.findall("[a-z]+", line.replace("'", "")))


def _syllables_of_word(word: str) -> int:
    groups = len(_VOWELS.findall(word))
    silent = re.search("([^aeiouylr]|[aeiouy][lr])e$|[^aeiouytd]ed$|[^aeiouyscxzgh]es$", word)
    return max(1, groups - bool(silent))


@cache
def _lexicon() -> Lexicon:
    return load_lexicon()
