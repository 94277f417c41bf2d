"""One way of cleaning text, for the shipped corpora, an operator's own, and a member's words."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

VERSE_SYMBOLS = frozenset("abcdefghijklmnopqrstuvwxyz \n'!(),-.:;?")
"""What is left of a text after `normalise_verse`."""

_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−"), "-")
_QUOTES = dict.fromkeys(map(ord, '"‘’‚‛“”„‟«»‹›`´ʼ′″'), "'")
# Letters that Unicode does not take apart into a base letter and an accent.
_LETTERS = str.maketrans(
    {"æ": "ae", "œ": "oe", "ø": "o", "ß": "ss", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ı": "i"}
)


def fold(text: str) -> str:
    """Turn each character into its nearest plain one: lower case, `é` → `e`, `“` → `'`, `—` → `-`.

    Characters that have no plain neighbour (an emoji, a Greek letter) are left as they are, for the
    caller to drop or to keep.
    """
    plain = text.lower().translate(_DASHES).translate(_QUOTES).translate(_LETTERS)
    decomposed = unicodedata.normalize("NFKD", plain)
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def unify_newlines(text: str) -> str:
    """Make every line ending a single line feed."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def normalise_verse(text: str) -> str:
    """Clean a text as the verse networks read it: folded, `VERSE_SYMBOLS` only, lines stripped.

    Runs of spaces become one space and runs of empty lines one empty line; the text neither begins
    nor ends with white space. Idempotent.
    """
    folded = fold(unify_newlines(text)).replace("\t", " ")
    kept = "".join(c for c in folded if c in VERSE_SYMBOLS)
    lines = "\n".join(re.sub(" +", " ", line).strip() for line in kept.split("\n"))
    return re.sub("\n{3,}", "\n\n", lines).strip()


def proper_nouns(text: str) -> frozenset[str]:
    """Words that a text writes with a capital within a line, and hardly ever without.

    Lower case, without a possessive *'s*. They tell where capitals come back in text that was
    written in lower case.
    """
    capitals, words = Counter[str](), Counter[str]()
    for line in unify_newlines(text).split("\n"):
        for match in re.finditer(r"[^\W\d_]+", line):
            word = match[0].lower()
            before = line[max(0, match.start() - 3) : match.start()]
            begins_sentence = not re.search(r"[^\W\d_],? $", before)
            if not begins_sentence:
                capitals[word] += match[0][0].isupper()
                words[word] += 1
            elif match[0][0].islower():
                words[word] += 1
    return frozenset(
        word
        for word, count in capitals.items()
        if len(word) > 1 and count > 1 and count > 0.9 * words[word]
    )


def words_of(text: str) -> list[str]:
    """The words of normalised verse, in order: `o'er`, `love's`; a hyphen parts two words.

    An apostrophe at either end of a word cannot be told from a quotation mark, and stays outside.
    """
    return re.findall("[a-z]+(?:'[a-z]+)*", text)


def spellings(texts: Iterable[str]) -> list[str]:
    """The different words of some normalised verse, the commonest first.

    Words that as a rule stand with an apostrophe at an end (`'tis`, `th'`) come with it.
    """
    counts = Counter(word for text in texts for word in re.findall("[a-z']+", text))
    bare = Counter(word for text in texts for word in words_of(text))
    outer = {w: n for w, n in counts.items() if w[0] == "'" or w[-1] == "'"}
    for word, count in outer.items():
        core = word.strip("'")
        if re.fullmatch("'?[a-z]+(?:'[a-z]+)*'?", word) and 2 * count > bare[core]:
            bare[word], bare[core] = count, bare[core] - count
    return sorted(+bare, key=lambda w: (-bare[w], w))


def clean_name(line: str) -> str:
    """Clean one line of a list of names: folded, a–z only. May be empty. Idempotent."""
    return "".join(c for c in fold(line) if "a" <= c <= "z")
