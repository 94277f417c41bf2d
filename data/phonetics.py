"""Pronunciation of words, in the phones of the CMU Pronouncing Dictionary.

A phone is one sound: `K`, `AH0`. The digit of a vowel is its stress: 1 primary, 2 secondary, 0 none
(<http://www.speech.cs.cmu.edu/cgi-bin/cmudict>).
"""

from collections.abc import Callable
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
