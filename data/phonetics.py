"""How a word sounds, in the phones of the CMU Pronouncing Dictionary.

A phone is one sound, `K` or `AH0`; the digit that each vowel carries is its stress: 1 primary,
2 secondary, 0 none (<http://www.speech.cs.cmu.edu/cgi-bin/cmudict>).
"""

from collections.abc import Callable
from typing import NamedTuple

VOICELESS = frozenset({"P", "T", "K", "F", "TH", "S", "SH", "CH", "HH"})
SIBILANTS = frozenset({"S", "Z", "SH", "ZH", "CH", "JH"})
DENTAL_STOPS = frozenset({"T", "D"})


class Reading(NamedTuple):
    """One way to say a word."""

    stresses: str
    """A digit a syllable: *compare* is `01`."""
    rhyme: str
    """Its phones from the last stressed vowel on: *compare* has `EH1 R`. Of a word that stresses
    none (*an*, as `AH0 N`), all its phones."""

    @property
    def last(self) -> str:
        """The phone that it ends with."""
        return self.rhyme.rpartition(" ")[2]

    def closed_by(self, phones: str) -> "Reading":
        """The same word with more consonants at its end: *love* and `D` are *lov'd*."""
        return Reading(self.stresses, f"{self.rhyme} {phones}")

    def lengthened_by(self, phones: str) -> "Reading":
        """The same word with an unstressed syllable more: *love* and `AH0 TH` are *loveth*."""
        return Reading(f"{self.stresses}0", f"{self.rhyme} {phones}")


Readings = Callable[[str], tuple[Reading, ...]]
"""Gives the readings of a word, none of one that it does not know."""


def reading_of(phones: str) -> Reading:
    """The reading of a whole pronunciation: `K AH0 M P EH1 R` → `01`, `EH1 R`.

    The rhyme is the *rhyming part* of the package `pronouncing`.
    """
    sounds = phones.split()
    stressed = [i for i, sound in enumerate(sounds) if sound[-1] in "12"]
    stresses = "".join(sound[-1] for sound in sounds if sound[-1].isdigit())
    return Reading(stresses, " ".join(sounds[stressed[-1] if stressed else 0 :]))
