"""Text cleaning, the same for corpora, uploads and members' input."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

VERSE_SYMBOLS = frozenset("abcdefghijklmnopqrstuvwxyz \n'!(),-.:;?")
"""The characters that `normalise_verse` keeps."""

_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−"), "-")
_QUOTES = dict.fromkeys(map(ord, '"‘’‚‛“”„‟«»‹›`´ʼ′″'), "'")
_MARKS = "".join(c for c in map(chr, range(0x300, 0x10000)) if unicodedata.category(c)[0] == "M")
"""Combining marks. They are parts of letters, as the vowel signs of Indic scripts are."""
LETTER = rf"[^\W\d_]|[{_MARKS}]"
"""Pattern of a letter of any alphabet."""
_WORD = re.compile(rf"(?:{LETTER})+(?:'(?:{LETTER})+)*")
# Letters that Unicode does not decompose into a base letter and an accent.
_LETTERS = str.maketrans(
    {"æ": "ae", "œ": "oe", "ø": "o", "ß": "ss", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ı": "i"}
)


LONGEST_EXPANSION = 4
"""Characters that a character may stand for, to be replaced by them: `㍿` is four, `ﷺ` eighteen."""
_MOST_FOLDED = 10_000
_NO_VERSE_SYMBOLS = re.compile(f"[^{re.escape(''.join(sorted(VERSE_SYMBOLS)))}]+")


class _Folded(dict[int, str]):
    """The result of `fold` for each character, by code point. It is filled as they are met."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        decomposed = unicodedata.normalize("NFKD", character)
        if len(decomposed) > LONGEST_EXPANSION:
            folded = character
        else:
            folded = "".join(c for c in decomposed if not unicodedata.combining(c))
        if len(self) < _MOST_FOLDED:
            self[code] = folded
        return folded


_FOLDED = _Folded()


def fold(text: str) -> str:
    """Simplify characters: lower case, `é` → `e`, `“` → `'`, `—` → `-`.

    Characters without a simple equivalent (emoji, Greek letters, `ﷺ`, which stands for eighteen
    letters) are unchanged.
    """
    plain = text.lower().translate(_DASHES).translate(_QUOTES).translate(_LETTERS)
    return plain if plain.isascii() else plain.translate(_FOLDED)


def unify_newlines(text: str) -> str:
    """Convert all line endings to line feeds."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def normalise_verse(text: str) -> str:
    """Clean a text for the verse networks: folded, `VERSE_SYMBOLS` only, stripped. Idempotent.

    Several spaces become one space, and several empty lines one empty line.
    """
    folded = fold(unify_newlines(text)).replace("\t", " ")
    kept = _NO_VERSE_SYMBOLS.sub("", folded)
    lines = "\n".join(re.sub(" +", " ", line).strip() for line in kept.split("\n"))
    return re.sub("\n{3,}", "\n\n", lines).strip()


def normalise_text(text: str) -> str:
    """Clean a text in any language, keeping its characters. Idempotent.

    Spaces of all kinds become a space, control and format characters are removed; several spaces
    become one, several empty lines one, and both ends are stripped.
    """
    composed = unicodedata.normalize("NFC", unify_newlines(text))
    kept = "".join(c if c == "\n" else _plain_character(c) for c in composed)
    lines = "\n".join(re.sub(" +", " ", line).strip() for line in kept.split("\n"))
    return re.sub("\n{3,}", "\n\n", lines).strip()


def proper_nouns(text: str) -> frozenset[str]:
    """Words that are nearly always capitalized within sentences: proper nouns.

    In lower case, without possessive *'s*. Used to capitalize generated text, which is lower case.
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
    """The words of normalised verse, in order: `o'er`, `love's`. Hyphens separate words.

    Apostrophes at either end of a word are excluded: they could be quotation marks.
    """
    return _WORD.findall(text)


def spellings(texts: Iterable[str]) -> list[str]:
    """The distinct words of normalised verse, the most frequent first.

    Words that mostly occur with an apostrophe at one end (`'tis`, `th'`) include it.
    """
    counts = Counter(word for text in texts for word in re.findall("[a-z']+", text))
    bare = Counter(word for text in texts for word in words_of(text))
    outer = {w: n for w, n in counts.items() if w[0] == "'" or w[-1] == "'"}
    for word, count in outer.items():
        core = word.strip("'")
        if re.fullmatch("'?[a-z]+(?:'[a-z]+)*'?", word) and 2 * count > bare[core]:
            bare[word], bare[core] = count, bare[core] - count
    return sorted(+bare, key=lambda w: (-bare[w], w))


def _plain_character(character: str) -> str:
    if character.isspace():
        return " "
    return "" if unicodedata.category(character).startswith("C") else character


def clean_name(line: str) -> str:
    """Clean a line of a list of names: folded, a–z only; can become empty. Idempotent."""
    return "".join(c for c in fold(line) if "a" <= c <= "z")
