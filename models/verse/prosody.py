"""The sound of verse: rhyme, syllables, metre.

These are the definitions by which verse is judged. They take any function that gives the readings
of a word (`data.phonetics.Readings`): the compiled lexicon's, or the whole dictionary's. What they
say of Shakespeare's 154 sonnets, with the dictionary's readings and those of early modern endings
(`data.early_modern.ENDINGS`):

    words with a reading                                                       98.2%
    pairs of ABAB CDCD EFEF GG that rhyme                                       77.8%
    poems in which all seven pairs do                                          11.2%
    lines of ten or eleven syllables                                            95.4%
    iambic lines                                                               88.3%

Each also has a strict variant, without any benefit of the doubt. Whoever obeys it obeys the others.
"""

import re
from collections.abc import Collection, Sequence

from data.phonetics import Reading, Readings
from data.text import words_of

IAMBIC_PENTAMETER = ("wswswswsws", "swwswswsws", "wswswswswsf", "swwswswswsf")
"""Weak-strong five times; the first foot may be reversed, and the last have a syllable more."""

_FREE = "-"
"""A syllable that can stand anywhere."""
_STRESSES = {"w": "02-", "s": "012-", "f": "012-"}
_STRESSES_STRICTLY = {"w": "0-", "s": "12-", "f": "0"}
"""Which syllables may stand in a weak place, in a strong one, and behind the last strong one."""
_VOWELS = re.compile("[aeiouy]+")


def is_real(word: str, readings: Readings, others: Collection[str] = frozenset()) -> bool:
    """Whether a word has a reading, or is one of some `others`, such as those of a corpus."""
    return word in others or bool(readings(word))


def rhymes(a: str, b: str, readings: Readings, *, strict: bool = False) -> bool:
    """Whether two different words share the sounds from the last stressed vowel on.

    They do in one reading of each; primary and secondary stress are alike. A word without a reading
    rhymes with none. Strictly they do in the first reading of each, with the same degree of stress.
    """
    if a == b:
        return False
    if strict:
        return any(x.rhyme == y.rhyme for x in readings(a)[:1] for y in readings(b)[:1])
    return not _sounds(readings(a)).isdisjoint(_sounds(readings(b)))


def pairs_of(scheme: str) -> tuple[tuple[int, int], ...]:
    """The lines, from 0, that a scheme wants to rhyme: `ABAB CC` → (0, 2), (1, 3), (4, 5).

    Each is paired with the line before it that has the same letter.
    """
    letters = "".join(scheme.split())
    return tuple(
        (letters.rindex(letter, 0, line), line)
        for line, letter in enumerate(letters)
        if letter in letters[:line]
    )


def syllable_counts(line: str, readings: Readings, *, strict: bool = False) -> set[int]:
    """How many syllables a line of normalised verse can have; all readings are tried.

    The syllables of a word without a reading are estimated from its spelling. Strictly a line with
    such a word has no count.
    """
    words = _patterns(line, readings, strict)
    counts = {0} if words is not None else set()
    for patterns in words or ():
        counts = {before + len(p) for before in counts for p in patterns}
    return counts


def is_iambic(line: str, readings: Readings, *, strict: bool = False) -> bool:
    """Whether a line can be read as iambic pentameter; see `scans`."""
    return scans(line, IAMBIC_PENTAMETER, readings, strict=strict)


def scans(line: str, templates: Sequence[str], readings: Readings, *, strict: bool = False) -> bool:
    """Whether a line can be read so that it fits one of the templates of a metre.

    A template has a letter a syllable: `w` weak, `s` strong, `f` the last of a feminine ending.
    No primary stress stands in a weak place; a word of one syllable, or without a reading (its
    syllables are then estimated), stands anywhere, and so does what the feminine ending adds.

    Strictly no secondary stress stands in a weak place either, no unstressed syllable of a longer
    word in a strong one, a feminine ending is the unstressed one of a longer word, and every word
    has a reading.
    """
    words = _patterns(line, readings, strict)
    return words is not None and any(_fits(words, template, strict) for template in templates)


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


def _sounds(found: Sequence[Reading]) -> set[str]:
    """The rhymes of some readings, primary and secondary stress made alike."""
    return {reading.rhyme.replace("2", "1") for reading in found}


def _patterns(line: str, readings: Readings, strict: bool) -> list[set[str]] | None:
    """For each word of a line the stresses that it can have; strictly `None` if one is unknown."""
    patterns = []
    for word in words_of(line):
        found = {r.stresses for r in readings(word)}
        if strict and not found:
            return None
        estimate = _FREE * count_syllables(word)
        patterns.append({p if len(p) > 1 else _FREE for p in found} or {estimate})
    return patterns


def _fits(words: Sequence[set[str]], template: str, strict: bool) -> bool:
    """Whether words can stand one behind another so that they fill a template."""
    allowed = _STRESSES_STRICTLY if strict else _STRESSES
    reached = {0}
    for patterns in words:
        reached = {
            place + len(stresses)
            for place in reached
            for stresses in patterns
            if place + len(stresses) <= len(template)
            and all(s in allowed[t] for s, t in zip(stresses, template[place:], strict=False))
        }
    return len(template) in reached
