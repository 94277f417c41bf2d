"""Pronunciation of words, in the phones of the CMU Pronouncing Dictionary.

A phone is one sound: `K`, `AH0`. The digit of a vowel is its stress: 1 primary, 2 secondary, 0 none
(<http://www.speech.cs.cmu.edu/cgi-bin/cmudict>).

Early modern English has words that a modern dictionary lacks. Each rule maps a word to the known
word that it is a form of, and to the difference in sound. The first of `RULES` that leads to a
known word is used. They cover inflection, elision and spelling, but not derivation with prefixes
and suffixes (*un-*, *-ness*).
"""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

VOICELESS = frozenset({"P", "T", "K", "F", "TH", "S", "SH", "CH", "HH"})
SIBILANTS = frozenset({"S", "Z", "SH", "ZH", "CH", "JH"})
DENTAL_STOPS = frozenset({"T", "D"})


class Reading(NamedTuple):
    """One pronunciation of a word."""

    stresses: str
    """One digit for each syllable: *compare* is `01`."""
    rhyme: str
    """The phones from the last stressed vowel on: *compare* has `EH1 R`. All phones of a word
    without a stressed vowel (*an*: `AH0 N`)."""

    @property
    def last(self) -> str:
        """The last phone."""
        return self.rhyme.rpartition(" ")[2]

    def closed_by(self, phones: str) -> "Reading":
        """The word with consonants added at its end: *love* and `D` make *lov'd*."""
        return Reading(self.stresses, f"{self.rhyme} {phones}")

    def lengthened_by(self, phones: str) -> "Reading":
        """The word with an unstressed syllable added: *love* and `AH0 TH` make *loveth*."""
        return Reading(f"{self.stresses}0", f"{self.rhyme} {phones}")


Readings = Callable[[str], tuple[Reading, ...]]
"""Looks up the readings of a word; empty if it is unknown."""


def reading_of(phones: str) -> Reading:
    """The reading of a pronunciation: `K AH0 M P EH1 R` → `01`, `EH1 R`.

    The rhyme equals the *rhyming part* of the package `pronouncing`.
    """
    sounds = phones.split()
    stressed = [i for i, sound in enumerate(sounds) if sound[-1] in "12"]
    stresses = "".join(sound[-1] for sound in sounds if sound[-1].isdigit())
    return Reading(stresses, " ".join(sounds[stressed[-1] if stressed else 0 :]))


# Early modern words -------------------------------------------------------------------------------

CONTRACTIONS = {
    "e'en": "IY1 N",
    "e'er": "EH1 R",
    "erst": "ER1 S T",
    "gainst": "G EH1 N S T",
    "howe'er": "HH AW0 EH1 R",
    "mongst": "M AH1 NG S T",
    "nought": "N AO1 T",
    "o'er": "AO1 R",
    "saith": "S EH1 TH",
    "ta'en": "T EY1 N",
    "thou'lt": "DH AW1 L T",
    "thou'rt": "DH AW1 R T",
    "twere": "T W ER1",
    "twixt": "T W IH1 K S T",
    "twould": "T W UH1 D",
    "whate'er": "W AH0 T EH1 R",
    "whoe'er": "HH UW0 EH1 R",
}
"""Words that no rule covers, with their phones."""

ARCHAIC = frozenset(
    re.findall(
        "[a-z']+",
        "thou thee thy thine thyself ye art wert wast hath hast doth dost didst hadst "
        "shalt wilt canst couldst wouldst shouldst mayst mightst ere nay yea unto lo alas "
        "methinks prithee sirrah whence hence thence thither hither whither wherefore oft "
        "o'er ne'er e'er e'en 'tis 'twas 'twere 'twill forsooth verily behold yon yonder "
        "hark sith anon betwixt twixt amongst whilst spake bade quoth begat lest nought "
        "aught thereof therein thereto whereof wherein whereon o ",
    )
)
"""Words that nobody says today. Others have an archaic ending, see `is_archaic`."""

MAX_DEPTH = 2
"""How many rules can be applied in sequence: *colour'd* → *colour* → *color*."""


class Rule(NamedTuple):
    """A regular difference between early modern words and those of the dictionary."""

    pattern: str
    """Regular expression that matches such words."""
    stems: Callable[[str, re.Match[str]], Iterator[str]]
    """The words that it may be a form of, the most likely first."""
    sounds: Callable[[Reading], tuple[Reading, ...]]
    """The readings of the form, given a reading of the stem."""


def with_fallbacks(known: Readings, *, endings_only: bool = False) -> Readings:
    """A lookup that tries `known` first, then the rules for early modern words.

    Apostrophes at either end of an unknown word are removed, as quotation marks. endings_only: use
    the rules `ENDINGS` only, as the evaluation of verse does.
    """
    rules, contractions = (ENDINGS, {}) if endings_only else (RULES, CONTRACTIONS)

    def readings(word: str, depth: int = MAX_DEPTH) -> tuple[Reading, ...]:
        if found := known(word):
            return found
        if (bare := word.strip("'")) != word:
            return readings(bare, depth)
        if word in contractions:
            return (reading_of(contractions[word]),)
        for rule in rules if depth else ():
            if match := re.search(rule.pattern, word):
                for stem in rule.stems(word, match):
                    if found := readings(stem, depth - 1):
                        return tuple(dict.fromkeys(form for r in found for form in rule.sounds(r)))
        return ()

    return readings


# Stems ------------------------------------------------------------------------------------------


def _before(word: str, match: re.Match[str]) -> Iterator[str]:
    """The part before the ending: *beauty's* → *beauty*."""
    yield word[: match.start()]


def _before_vowel(word: str, match: re.Match[str]) -> Iterator[str]:
    """The stems of an ending that starts with a vowel, pronounced or elided.

    *gaz'd* → *gaze*, *call'd* → *call*, *stopp'd* → *stop*, *buriest* → *bury*.
    """
    rest = word[: match.start()]
    spellings = [rest, f"{rest}e"]
    if re.search("^[^aeiou]*[aeiou][^aeiouwxy]$|^ow$|[ei]$", rest):
        spellings.reverse()  # *hop'd* is of *hope*, *ow'd* of *owe*, *seest* of *see*
    yield from spellings
    if re.search(r"([^aeiou])\1$", rest):
        yield rest[:-1]
    if rest.endswith("i"):
        yield f"{rest[:-1]}y"


def _singular(word: str, match: re.Match[str]) -> Iterator[str]:
    """*griefs* → *grief*, *wretches* → *wretch*, *impieties* → *impiety*."""
    yield word[:-1]
    if word.endswith("es"):
        yield word[:-2]
    if word.endswith("ies"):
        yield f"{word[:-3]}y"


def _spelt(new: str) -> Callable[[str, re.Match[str]], Iterator[str]]:
    """The word with `new` instead of the match: *colour* → *color*."""

    def stems(word: str, match: re.Match[str]) -> Iterator[str]:
        yield word[: match.start()] + new + word[match.end() :]

    return stems


# Sounds -----------------------------------------------------------------------------------------


def _same(reading: Reading) -> tuple[Reading, ...]:
    return (reading,)


def _past(reading: Reading) -> tuple[Reading, ...]:
    """*mov'd* ends in D, *fix'd* in T; *tempted* has one more syllable."""
    if reading.last in DENTAL_STOPS:
        return (reading.lengthened_by("AH0 D"),)
    return (reading.closed_by("T" if reading.last in VOICELESS else "D"),)


def _plural(reading: Reading) -> tuple[Reading, ...]:
    """*griefs* ends in S, *bosoms* in Z; *wretch's* has one more syllable."""
    if reading.last in SIBILANTS:
        return (reading.lengthened_by("AH0 Z"),)
    return (reading.closed_by("S" if reading.last in VOICELESS else "Z"),)


def _short_second_person(reading: Reading) -> tuple[Reading, ...]:
    """*lov'st* has no more syllables than its stem, unless that ends in a sibilant."""
    if reading.last in SIBILANTS:
        return (reading.lengthened_by("AH0 S T"),)
    return (reading.closed_by("S T"),)


def _second_person(reading: Reading) -> tuple[Reading, ...]:
    """*lovest* has one more syllable, or is pronounced as *lov'st*."""
    return (reading.lengthened_by("AH0 S T"), *_short_second_person(reading))


def _with_syllable(phones: str) -> Callable[[Reading], tuple[Reading, ...]]:
    return lambda reading: (reading.lengthened_by(phones),)


def _with_consonant(phone: str) -> Callable[[Reading], tuple[Reading, ...]]:
    return lambda reading: (reading.closed_by(phone),)


def _without_last_vowel(reading: Reading) -> tuple[Reading, ...]:
    """*heav'n* is *heaven* with one syllable less, *pow'r* is *power*; none for other words."""
    for full, elided in ((" AH0 N", " N"), (" ER0", " R")):
        if reading.rhyme.endswith(full):
            return (Reading(reading.stresses[:-1], reading.rhyme.removesuffix(full) + elided),)
    return ()


def _after_over(reading: Reading) -> tuple[Reading, ...]:
    return (Reading(f"2{reading.stresses}", reading.rhyme),)


ENDINGS = (
    Rule("'s$", _before, _plural),
    Rule("'d$", _before_vowel, _past),
    Rule("'st$", _before_vowel, _short_second_person),
    Rule("est$", _before_vowel, _second_person),
    Rule("eth$", _before_vowel, _with_syllable("AH0 TH")),
)
"""The most frequent rules, which cover most of the words that the dictionary does not have."""

RULES = (
    *ENDINGS,
    Rule("'t$", _before, _with_consonant("T")),  # *is't*
    Rule("'(?=[nr]$)", _spelt("e"), _without_last_vowel),  # *heav'n*, *pow'r*
    Rule("our", _spelt("or"), _same),  # *colour*
    Rule("ence", _spelt("ense"), _same),  # *offence*
    Rule("^o'er", lambda word, match: iter([word[match.end() :]]), _after_over),
    Rule("ed$", _before_vowel, _past),
    Rule("st$", _before, _short_second_person),  # *canst*
    Rule("ing$", _before_vowel, _with_syllable("IH0 NG")),
    Rule("[^s']s$", _singular, _plural),
)
"""The most frequent first, and rules with an apostrophe before ambiguous ones."""


def is_archaic(word: str, known: Readings) -> bool:
    """Whether a word of normalised verse belongs to early modern English only.

    known: the dictionary, without fallbacks.
    """
    if word in ARCHAIC:
        return True
    ending = re.search("(eth|st|'d|'n|'r|'t)$", word)
    return bool(ending) and not known(word)
