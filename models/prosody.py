"""How many syllables a line has, by its spelling."""

import re

_VOWELS = re.compile("[aeiouy]+")


def count_syllables(line: str) -> int:
    """Estimate the syllables of a line of folded English, 0 for one without letters.

    Each group of vowels is a syllable; a silent final e (*fate*, *faced*, *times*) is not one. Good
    enough to know where a long line wraps.
    """
    return sum(_syllables_of_word(word) for word in re.findall("[a-z]+", line.replace("'", "")))


def _syllables_of_word(word: str) -> int:
    groups = len(_VOWELS.findall(word))
    silent = re.search("([^aeiouylr]|[aeiouy][lr])e$|[^aeiouytd]ed$|[^aeiouyscxzgh]es$", word)
    return max(1, groups - bool(silent))
