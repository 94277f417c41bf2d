"""Prosody: definitions of rhyme, syllable counts and metre, for judging verse.

They take any function that gives the readings of a word (`data.pronunciation.Readings`): that of
the compiled lexicon, or of the whole dictionary. Results for Shakespeare's 154 sonnets, with the
dictionary's readings and those of early modern endings (`data.pronunciation.ENDINGS`):

    words with a reading                                                       98.2%
    pairs of ABAB CDCD EFEF GG that rhyme                                       77.8%
    poems in which all seven pairs do                                          11.2%
    lines of ten or eleven syllables                                            95.4%
    iambic lines                                                               88.3%
"""

from collections.abc import Collection, Sequence

from data.lexicon import count_syllables
from data.pronunciation import Reading, Readings
from data.text import words_of

IAMBIC_PENTAMETER = ("wswswswsws", "swwswswsws", "wswswswswsf", "swwswswswsf")
"""Weak-strong five times. The first foot may be inverted, the last may have another syllable."""

_FREE = "-"
"""A syllable that can be weak or strong."""
_STRESSES = {"w": "02-", "s": "012-", "f": "012-", "-": "012-", "u": "02-", "b": "12-"}
"""Stresses that a weak, a strong, a final feminine, any and an unstressed syllable and a beat may
have."""


def is_real(word: str, readings: Readings, others: Collection[str] = frozenset()) -> bool:
    """Whether a word has a reading, or is one of `others`, for example the words of a corpus."""
    return word in others or bool(readings(word))


def rhymes(a: str, b: str, readings: Readings) -> bool:
    """Whether two different words have the same sounds from the last stressed vowel on.

    One reading of each is enough, and primary and secondary stress count as equal. A word without a
    reading does not rhyme.
    """
    return a != b and not _sounds(readings(a)).isdisjoint(_sounds(readings(b)))


def pairs_of(scheme: str) -> tuple[tuple[int, int], ...]:
    """Pairs of lines, from 0, that have to rhyme: `ABAB CC` → (0, 2), (1, 3), (4, 5).

    Each line is paired with the last one before it that has the same letter.
    """
    letters = "".join(scheme.split())
    return tuple(
        (letters.rindex(letter, 0, line), line)
        for line, letter in enumerate(letters)
        if letter in letters[:line]
    )


def syllable_counts(line: str, readings: Readings) -> set[int]:
    """Possible numbers of syllables of a line of normalised verse, over all readings.

    The syllables of a word without a reading are estimated from its spelling.
    """
    counts = {0}
    for patterns in _patterns(line, readings):
        counts = {before + len(p) for before in counts for p in patterns}
    return counts


def is_iambic(line: str, readings: Readings) -> bool:
    """Whether a line can be read as iambic pentameter; see `scans`."""
    return scans(line, IAMBIC_PENTAMETER, readings)


def scans(line: str, templates: Sequence[str], readings: Readings) -> bool:
    """Whether a line can be read so that it fits one of the templates of a metre.

    A template has one letter per syllable: `w` weak, `s` strong, `f` the last of a feminine ending,
    `-` any, `u` and `b` as in `models.verse.forms`.
    A primary stress must not be weak. A word of one syllable fits anywhere; so does one without a
    reading, whose syllables are estimated; so does any syllable of a feminine ending.
    """
    words = _patterns(line, readings)
    return any(_fits(words, template) for template in templates)


def _sounds(found: Sequence[Reading]) -> set[str]:
    """The rhymes of readings, with secondary stress written as primary."""
    return {reading.rhyme.replace("2", "1") for reading in found}


def _patterns(line: str, readings: Readings) -> list[set[str]]:
    """The possible stresses of each word of a line."""
    patterns = []
    for word in words_of(line):
        found = {r.stresses for r in readings(word)}
        estimate = _FREE * count_syllables(word)
        patterns.append({p if len(p) > 1 else _FREE for p in found} or {estimate})
    return patterns


def _fits(words: Sequence[set[str]], template: str) -> bool:
    """Whether the words in this order fill a template exactly."""
    reached = {0}  # positions in the template after the words so far
    for patterns in words:
        reached = {
            position + len(stresses)
            for position in reached
            for stresses in patterns
            if position + len(stresses) <= len(template)
            and all(s in _STRESSES[t] for s, t in zip(stresses, template[position:], strict=False))
        }
    return len(template) in reached
