"""Mentions: how a poem names its subject in the member's own words.

Verse of former centuries has no *pizza*, and no *Steve*. Such a word is written through a stand-in,
a word that the network knows (`data/stand_ins.toml`): the network predicts and reads *bread*, and
the poem has *pizza*, with the syllables and stresses of *pizza*. So grammar and metre decide where
it can be. Known words stand for themselves.

A poem names its subject at the beginning and again near its end. While it has not, its word becomes
more likely line by line (`bias_of`), and lines with the word are preferred (`models.verse.search`).
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.lexicon import load_lexicon, syllables_of
from data.text import fold, words_of
from data.tokens import is_word
from models.networks.words import UNKNOWN, WordVocabulary
from models.verse.forms import Form

TABLE = Path(__file__).parents[2] / "data" / "stand_ins.toml"
SHORT = 4
"""Lines of a poem up to which it names its subject once; longer ones do so twice."""
EARLY, LATE = 4, 3
"""The first mention is in the first lines: 1 of 4 in a short poem, of 2 in a long one; the second
in the last third."""
BASE, URGENCY = 7.0, 9.0
"""Nats by which a missing mention becomes more likely: always, and in the last line for it."""
COMMON_WORDS = 10_000
"""Words of the vocabulary that stand for themselves, the most common ones. Of a rarer one, a
network knows less than of its stand-in."""
PHRASE = 2.0
"""Nats by which the first mention is a phrase rather than its last word."""
MOST_SYLLABLES = 7
"""Syllables of a phrase that is written as one word."""
MOST_PATTERNS = 4
_PEOPLE, _THINGS = ("john", "caesar"), ("thing", "things")
"""Stand-ins for words of which nothing is known, with and without a capital."""
DETERMINERS = frozenset(words_of("a an the my our your his her its their this that these those"))
_INNER = DETERMINERS | frozenset(words_of("and at by for from in of on or to with"))
"""Words that are in no phrase, apart from one before it."""


@dataclass(frozen=True)
class Mention:
    """A word or phrase that names the subject, and is written as one word."""

    text: str
    """The word or phrase as displayed."""
    token: int
    """The word of the vocabulary that the network reads in its place."""
    stresses: tuple[str, ...]
    """Patterns of stresses, such as `010`: its readings."""
    bare: bool = True
    """Whether the mention can stand without a determiner: *pizza*, but no *cat*."""


def mentions_of(text: str, vocabulary: WordVocabulary) -> tuple[Mention, ...]:
    """Ways to name a member's subject: a phrase of several words, if there is one; its last word.

    *Our moderator Steve* → *our moderator Steve*, *Steve*; *my cat* → *cat*.
    """
    typed = [word for word in (part.strip(".,;:!?\"'“”‘’()*_~`#") for part in text.split()) if word]
    core = typed[1:] if typed and fold(typed[0]) in DETERMINERS else typed
    # The last word of each part: *day* and *school* of *first day of school*.
    heads = [
        word
        for word, after in zip(core, [*core[1:], "of"], strict=False)
        if fold(word) not in _INNER and fold(after) in _INNER
    ]
    if not heads:
        return ()
    names = [word for word in heads if word[:1].isupper()]
    head = (names or heads)[-1]
    # The first name tells what kind of name it is: *Taylor Swift*.
    is_full_name = fold(core[0]) in _tables()[1] and names and core[-1] == head
    token = token_of(core[0] if is_full_name else head, vocabulary)
    # What a member calls *the cat* can be counted.
    bare = len(core) == len(typed) or bool(names) or head.endswith("s")
    found = [Mention(head, UNKNOWN if token is None else token, stresses_of(head), bare)]
    is_phrase = len(core) > 1 and core[-1] == head and _INNER.isdisjoint(map(fold, core))
    # A name needs no determiner, so it may have one of its own.
    phrase = " ".join(typed if names else core)
    if is_phrase and len(stresses_of(phrase)[0]) <= MOST_SYLLABLES:
        found.insert(0, replace(found[0], text=phrase, stresses=stresses_of(phrase)))
    return tuple(found)


def times(mention: Mention, lines: Iterable[str]) -> int:
    """The number of lines, as displayed, that have a mention."""
    pattern = re.compile(rf"(?<!\w){re.escape(fold(mention.text))}(?!\w)")
    return sum(pattern.search(fold(line)) is not None for line in lines)


def due(form: Form, number: int) -> int:
    """The number of lines that should have named the subject by the end of a line."""
    lines = len(form.scheme)
    return 2 if lines > SHORT and number >= lines - max(2, lines // LATE) else 1


def bias_of(mentions: Sequence[Mention], above: Sequence[str], form: Form) -> list[float]:
    """The bias in nats for each mention in a line; −∞ for a phrase that the poem has already.

    above: the lines before it, and what the member has written of it.
    """
    if not mentions:
        return []
    number, lines = len(above) - 1, len(form.scheme)
    count, bias = times(mentions[-1], above), 0.0
    if count < due(form, number):
        last = lines - 1 if count else min(EARLY if lines > 2 * EARLY else 2, lines) - 1
        bias = BASE + URGENCY / (1 + max(0, last - number))
    if len(mentions) == 1:
        return [bias]
    if times(mentions[0], above):
        return [-np.inf, bias]
    return [bias + PHRASE, bias - PHRASE] if bias else [0.0, 0.0]


def named(mentions: Sequence[Mention], lines: Sequence[str], form: Form) -> float:
    """The number of lines that name the subject, as far as needed; a phrase counts half more."""
    if not mentions:
        return 0.0
    has_phrase = len(mentions) > 1 and times(mentions[0], lines) > 0
    return min(times(mentions[-1], lines), due(form, len(lines) - 1)) + has_phrase / 2


# Stand-ins ----------------------------------------------------------------------------------------


def encode(tokens: Iterable[str], vocabulary: WordVocabulary) -> NDArray[np.int64]:
    """The indices of a member's words and marks; of their stand-ins if they are not known."""
    return np.array([_read_as(token, vocabulary) for token in tokens], np.int64)


def _read_as(token: str, vocabulary: WordVocabulary) -> int:
    if token in vocabulary.index or not is_word(token):
        return vocabulary.index.get(token, UNKNOWN)
    return next((vocabulary.index[w] for w in listed(token) if w in vocabulary.index), UNKNOWN)


def token_of(word: str, vocabulary: WordVocabulary) -> int | None:
    """The token that a word is written as; `None` for a vocabulary that has no stand-in for it."""
    folded = fold(word)
    general = _PEOPLE if word[:1].isupper() else _THINGS[folded.endswith("s") :]
    common = [folded] if vocabulary.index.get(folded, COMMON_WORDS) < COMMON_WORDS else []
    rare = (*listed(folded), folded, *_last_parts(folded, vocabulary))
    candidates = (*common, *rare, *general)
    return next((vocabulary.index[w] for w in candidates if w in vocabulary.index), None)


def listed(word: str) -> Iterator[str]:
    """The stand-in of a folded word by the table, and by its endings: *pizzas* → *breads*."""
    things, names = _tables()
    singular = [word.removesuffix(end) for end in ("s", "es", "'s") if word.endswith(end)]
    if word in things:
        yield things[word]
    for stand_in in [things[w] for w in singular if w in things]:
        yield stand_in + ("'s" if "'" in word else "es" if stand_in.endswith("ch") else "s")
        yield stand_in
    if word in names:
        yield names[word]
    yield from (names[k] for k in names if k.startswith("-") and word.endswith(k[1:]))


def thing(word: str) -> str | None:
    """The stand-in of a folded word that is no name, for its meaning."""
    things, _ = _tables()
    return things.get(word) or things.get(word.removesuffix("s"))


def _last_parts(word: str, vocabulary: WordVocabulary) -> Iterator[str]:
    """The second part of a compound: *snowboard* → *board*."""
    cuts = range(3, len(word) - 3)
    yield from (word[c:] for c in cuts if {word[:c], word[c:]} <= vocabulary.index.keys())


@cache
def _tables() -> tuple[dict[str, str], dict[str, str]]:
    """Stand-ins of things and of names, by folded word."""
    table = tomllib.loads(TABLE.read_text())
    things, names = (
        {word: known for known, words in table[kind].items() for word in words.split()}
        for kind in ("things", "names")
    )
    return things, names


def stresses_of(text: str) -> tuple[str, ...]:
    """The patterns of a text of one or more words. In a phrase, single syllables may be weak."""
    words = words_of(fold(text)) or [text]
    readings = [_patterns(word)[:2] for word in words]
    if len(words) > 1:
        readings = [[p if len(p) > 1 else "2" for p in found] for found in readings]
    joined = dict.fromkeys("".join(patterns) for patterns in product(*readings[:MOST_SYLLABLES]))
    return tuple(joined)[:MOST_PATTERNS]


def _patterns(word: str) -> list[str]:
    found = [reading.stresses for reading in load_lexicon().readings(word)]
    if found:
        return list(dict.fromkeys(found))
    syllables = max(1, syllables_of(word))
    # Most nouns and names: the last but one.
    return ["1" if syllables == 1 else "0" * (syllables - 2) + "10"]
