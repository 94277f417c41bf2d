"""Disguises of one word that no reading of it undoes: spellings by sound, lost and starred vowels.

Words that sound alike have one key, in which letters are sounds: `phuqqed` and `fucked` are
`fuked`. The coarse key has two vowels only, as nobody agrees on how those are written.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

from bot.words.matching import (
    LONGEST_WORD,
    Automaton,
    Strictness,
    WordEntry,
    WordPlace,
    ends_name,
)
from bot.words.normalisation import MASK
from data.lexicon import load_lexicon

_VOWELS = re.compile("[aeiou]+")
_MASKED_VOWELS = re.compile(r"[aeiou*]+")
_SILENT = re.compile(r"(?<=[aeiou])h(?![aeiou])|t(?=s[aeiou])")
_ADDED_H = re.compile("(?<=^[^aeiouct])h")
"""An *h* that is added to slurs only: *ch* and *th* are other sounds, as is an *h* within words."""
_BEFORE_R = re.compile("(?<=[^aeiou])[aeiou](?=r(?![aeiou]))")
_REPEATED = re.compile(r"(.)\1+")
_BEGINNINGS = {"kn": "n", "gn": "n", "pn": "n", "wr": "r", "ps": "s", "wh": "h", "x": "s"}
_SOUNDS = tuple(
    re.findall(
        r"(\w+):(\w+)",
        "tsch:C tch:C sch:S ch:C sh:S ph:f gh:g kh:k rh:r dh:d bh:b nh:n fh:f ck:k q:k "
        "ce:se ci:si cy:si c:k x:ks z:s dg:j ee:i ea:i ie:i ei:i ey:i ay:ai y:i oo:u ou:u ew:u "
        "eu:u ue:u aw:o au:o ow:o oa:o oe:o",
    )
)
"""Letters and their sound, replaced in this order. `C` and `S` are the sounds of *ch* and *sh*."""
_COARSE = str.maketrans("eou", "iaa")
_SHORTEST_KEY = 3
_SHORTEST_COARSE = 4
"""Sounds of the shortest key; a coarse one is shared by many more words."""
_FEWEST_CONSONANTS = 3
"""Consonants of the shortest coarse key; first names and towns have shorter ones, as *Lisboa*."""
_SHORTEST = 4
"""Letters of the shortest entry that is found by its sound."""
_SHORTEST_MASKED, _SHORTEST_MASKED_STEM = 3, 4
"""Letters of the shortest entry that is found with masked letters, as a word and within words."""
_SHORTEST_BEGINNING = 6
"""Sounds of the shortest slur that other words begin with, in other letters."""
_SHORTEST_PARTLY = 6
"""Letters of the shortest entry that is found without some of its vowels, but not all."""


def sound(word: str, *, is_english: bool = True) -> str:
    """The sounds of a word of small letters. Some are silent in English only."""
    for length in (2, 1) if is_english else ():
        if begin := _BEGINNINGS.get(word[:length]):
            word = begin + word[length:]
            break
    for letters, sounds in _SOUNDS:
        if letters in word:
            word = word.replace(letters, sounds)
    word = _REPEATED.sub(r"\1", _SILENT.sub("", word) if is_english else word)
    return word[:-1] if len(word) > _SHORTEST_KEY and word[-1] == "e" else word


def coarse(sounds: str) -> str:
    """The sounds with two vowels only, and none before an *r*."""
    return _REPEATED.sub(r"\1", _BEFORE_R.sub("", sounds.translate(_COARSE)))


class Disguises:
    """Words of a list, ready to be found behind what a reader hears or completes.

    Immutable; takes time linear in a word.
    """

    def __init__(self, entries: Iterable[WordEntry], innocent: frozenset[str]) -> None:
        """`innocent` are words that only sound like an entry."""
        self._innocent = innocent
        self._starred: dict[str, list[tuple[str, Strictness]]] = {}
        self._whole: dict[str, Strictness] = {}
        self._coarse: dict[str, Strictness] = {}
        self._foreign: dict[str, Strictness] = {}
        self._slurs: tuple[str, ...] = ()
        """Coarse keys of slurs that names begin with."""
        self._beginnings: tuple[str, ...] = ()
        """Keys of slurs that words in other letters begin with."""
        self.spellings: set[str] = set()
        """Long words of the list."""
        self._shapes: dict[tuple[int, str], list[tuple[str, Strictness]]] = {}
        stems: list[tuple[str, tuple[str, Strictness]]] = []
        for entry in entries:
            word = entry.spelling
            if entry.size < _SHORTEST_MASKED:
                continue
            self._starred.setdefault(starred(word), []).append((word, entry.strictness))
            if entry.size >= _SHORTEST_PARTLY:
                self.spellings.add(word)
            shape = self._shapes.setdefault((entry.size, word[0]), [])
            shape.append((word, entry.strictness))
            if entry.is_stem and len(starred(word)) >= _SHORTEST_MASKED_STEM:
                stems.append((starred(word), (word, entry.strictness)))
            if entry.size >= _SHORTEST and (entry.is_stem or _is_slur(entry)):
                self._add_sounds(entry)
        self._stems = Automaton(stems)

    def _add_sounds(self, entry: WordEntry) -> None:
        word = entry.spelling
        key = sound(word)
        if len(key) >= _SHORTEST_KEY:
            _add(self._whole, key, entry)
        if len(key) >= _SHORTEST_COARSE:
            _add(self._foreign, key, entry)
            if _is_slur(entry):
                _add(self._foreign, _foreign(key), entry)
                if entry.is_stem and len(_foreign(key)) >= _SHORTEST_BEGINNING:
                    self._beginnings += (_foreign(key),)
        for key in map(sound, _without_vowels(entry)):
            if len(key) >= _SHORTEST_COARSE or (
                len(key) >= _SHORTEST_KEY and not _VOWELS.search(key)
            ):
                _add(self._whole, key, entry)
        key = coarse(sound(word))
        if len(key) >= _SHORTEST_COARSE:
            for each in (key, f"{key[:-1]}a") if word.endswith("er") else (key,):
                if len(_VOWELS.sub("", each)) >= _FEWEST_CONSONANTS:
                    _add(self._coarse, each, entry)
            if _is_slur(entry) and entry.place is WordPlace.ANYWHERE:
                self._slurs += (key,)

    def strictness(self, word: str) -> Strictness | None:
        """The mildest filter that refuses a word for its sound; `None` if none does."""
        if not word.isascii():
            return None
        found = self._sounding(word)
        if found is None or len(word) <= _SHORTEST_KEY:
            return None
        is_innocent = any(
            each in self._innocent or load_lexicon().readings(each)
            for each in (word, word.removesuffix("s"))
        )
        return None if is_innocent else found

    def masked(self, word: str, *, is_sure: bool) -> Strictness | None:
        """The mildest filter that refuses a word with stars in it; `None` if none does.

        is_sure: whether the stars are symbols that never join words
        """
        key = starred(word)
        hidden = _MASKED_VOWELS.findall(word)
        words = [*self._starred.get(key, ())]
        if key[-1] in "sz":
            words += self._starred.get(key[:-1], ())
        found = [strictness for known, strictness in words if _agree(hidden, known)]
        if is_sure:
            stars = [place for place, letter in enumerate(key) if letter == MASK]
            for (stem, strictness), end in self._stems.find(key):
                first = bisect_left(stars, end - len(starred(stem)))
                if _agree(hidden[first : first + LONGEST_WORD], stem):
                    found.append(strictness)
            found += (each for known, each in self._shaped(word) if _fits(word, known))
        return min(found, default=None)

    def transliterated(self, word: str, latin: str) -> Strictness | None:
        """The mildest filter that refuses a word of other letters; `None` if none does.

        latin: the word in Latin letters
        """
        if word in self._innocent:
            return None
        sounds = sound(latin, is_english=False)
        keys = (sounds, _foreign(sounds))
        if any(key.startswith(self._beginnings) for key in keys):
            return Strictness.MILD
        found = (_strictness_of(self._foreign, key) for key in keys)
        return min(filter(None, found), default=None)

    def _shaped(self, word: str) -> Iterable[tuple[str, Strictness]]:
        """The words of as many letters as a masked one, of which two at least are seen."""
        is_shown = len(word) - word.count(MASK) > 1 and 2 * MASK in word
        return self._shapes.get((len(word), word[0]), ()) if is_shown else ()

    def _sounding(self, word: str) -> Strictness | None:
        sounds = sound(word)
        rough = coarse(sounds)
        if rough.startswith(self._slurs) and ends_name(word):
            return Strictness.MILD
        plain = _ADDED_H.sub("", word)
        if plain != word and _strictness_of(self._whole, sound(plain)) is Strictness.MILD:
            return Strictness.MILD
        whole = _strictness_of(self._whole, sounds), _strictness_of(self._coarse, rough)
        return min(filter(None, whole), default=None)


def _strictness_of(keys: dict[str, Strictness], key: str) -> Strictness | None:
    """The strictness of a key, or of the one whose plural it is."""
    return keys.get(key) or keys.get(key.removesuffix("s"))


def _foreign(sounds: str) -> str:
    """The sounds as somebody hears them whose language has no two kinds of *e* and *r*."""
    return _REPEATED.sub(r"\1", _BEFORE_R.sub("", sounds.replace("e", "i")))


def starred(word: str) -> str:
    """The word with one star for vowels and masks next to each other."""
    return _MASKED_VOWELS.sub(MASK, word)


def _agree(hidden: Sequence[str], word: str) -> bool:
    """Whether vowels and stars can be the vowels of a word, and a star is among them."""
    runs = _VOWELS.findall(word)
    return any(MASK in run for run in hidden[: len(runs)]) and all(map(_covers, hidden, runs))


def _covers(hidden: str, vowels: str) -> bool:
    if MASK not in hidden:
        return hidden == vowels
    first, *_inner, last = hidden.split(MASK)
    return vowels.startswith(first) and vowels.endswith(last)


def _fits(masked: str, word: str) -> bool:
    return all(a in (MASK, b) for a, b in zip(masked, word, strict=True))


def _without_vowels(entry: WordEntry) -> Iterator[str]:
    """The word with some or all vowels after the first letter left out."""
    word = entry.spelling
    runs = [*_VOWELS.finditer(word, 1)]
    if entry.size <= _SHORTEST or not 0 < len(runs) <= 4:
        return
    fewest = 1 if entry.size >= _SHORTEST_PARTLY else len(runs)
    for number in range(fewest, len(runs) + 1):
        for lost in combinations(runs, number):
            letters = list(word)
            for run in lost:
                letters[run.start() : run.end()] = [""] * len(run[0])
            yield "".join(letters)


def _is_slur(entry: WordEntry) -> bool:
    return entry.strictness is Strictness.MILD


def _add(keys: dict[str, Strictness], key: str, entry: WordEntry) -> None:
    keys[key] = min(entry.strictness, keys.get(key, entry.strictness))
