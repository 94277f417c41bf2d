"""Readings of a text: plain letters, with disguises removed.

Case, accents, styles (full-width, mathematical, circled), look-alikes of other alphabets and
invisible characters are removed from each character alone, so the cost is linear in the text.
Digits and symbols that stand for letters (leetspeak) give further readings, because a symbol may
as well be punctuation.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path

APOSTROPHE = "'"
_APOSTROPHES = frozenset("'`´ʹʻʼʽˈ‘’‛′＇ꞌ")
LEET_SYMBOLS = frozenset("@$!|+€£¥¢(<{[^#\\/)]}-")
"""Symbols that can stand for letters or parts of letters. All others separate words."""
_LONGEST_EXPANSION = 4
"""Characters that one character may become: U+FDFA would become 18."""
_MOST_REMEMBERED = 20_000
"""Characters whose plain form is kept: all that people type, but not all of Unicode."""
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and symbols that are shown as nothing."""

LOOK_ALIKES = Path(__file__).with_name("look_alikes.toml")
"""Characters that look like Latin letters, compiled by `tools/compilers/look_alikes.py`.

Words of the lists are mapped as well, so that Russian words still match. Letters of scripts such as
Hebrew count only in words that have Latin letters, too.
"""
_LIGATURES = {"æ": "ae", "œ": "oe", "ß": "ss", "þ": "th"}
_SIGNS = {"\N{REVERSED HAND WITH MIDDLE FINGER EXTENDED}": "fuck"}
_SPELLED = {
    "|\\/|": "m", "\\/\\/": "w", "|\\|": "n", "|-|": "h", "|_|": "u", "/-\\": "a", "()": "o",
    "[]": "o", "\\/": "v", "/\\": "a", "|<": "k", "|{": "k", "|)": "d", "|3": "b", "|=": "f",
}  # fmt: skip
"""Letters that are drawn with several symbols."""
_DRAWN = re.compile("|".join(map(re.escape, _SPELLED)))
_LEET = str.maketrans("0123456789@$!|+€£¥¢(<{[^#", "oizeasgtbgasiitelycccccah")
_OTHER_LEET = str.maketrans("0123456789@$!|+€£¥¢(<{[^#", "olreasbtbgaslltelycccccah")
_PUNCTUATION = "!|+(<{[^#\\/)]}-"
"""Symbols that may be punctuation at the ends of a word. `@` and signs of money never are."""
_BRACKETED = tuple(re.compile(p) for p in (r"\([^()]+\)", r"\[[^][]+\]", r"\{[^{}]+\}"))
_SYMBOLS = re.compile(r"[@$!|+€£¥¢(<{\[^#\\/)\]}-]")
_NO_LETTERS = re.compile(r"[\\/)\]}-]")
_NUMBER = re.compile(r"(?<![^ ])\d{3}(?![^ ])|(?<![^ (-])(?:1[4-9]|20)\d{2}(?![^ )-])")
"""A number that is read as such only: the year 455 is no *ass*, and 2009 no *zog*.

Other numbers of four digits and more are seldom years.
"""
_DIGIT = re.compile("[0-9]")
_NO_DIGITS = str.maketrans("", "", "0123456789")
_LAST_DIGITS = re.compile(r"(?<![ -])(?<![0-9])[0-9]+(?![^ ])")
"""Digits that are appended to a word."""
_SHORTEST_WITH_GAPS = 5
"""Letters between spaces from which each second may be there to confuse."""
_LABEL = re.compile(r"(?<![^ ])(?!a4?55|f4[69]{1,2}(?![0-9]))[a-z][0-9]{2,3}(?![^ ])")
"""A letter and a number: `n16` is a name, although 6 can be a *g*; `a55` and two more are none."""
MASK = "*"
_LONGEST_INITIALS = 3
"""Characters of initials without the last symbol, and without a plural's *s*: *N.Z.*, *M&Ms*"""
_MASKED = re.compile(r"[^\W_][^\w\s'’](?=\S)|[^\W_][*#%$@&]|[^\W_]_")
_SYMBOL = re.compile(r"[^\w\s'’]|_")
_JOINING = frozenset('-./:,;&+~–—‐‑)("“”!?')
"""Symbols that join words or are around them, too; others within a word mask letters."""
_AROUND = "".join(_JOINING)
_MASKING = frozenset(".-‐‑–&")
"""Joining symbols that also mask letters, in longer words."""
_CHORD = re.compile(r"(?<![^\s(/])(?:[A-G]#m|\d[\d.,]{0,9}%)(?![^\s),.;:/])")
"""Minor chords and shares, which are not masked words."""
_QUOTES = re.compile(r"(?<!\S)[«»‹›„‚…]{1,3}|[«»‹›…][.,;:!?]{0,3}(?!\S)")
_SEPARATORS = re.compile(r"[\s./:,;&+~–—‐‑)(\"“”!?-]")
_SHORTEST_SPELLED = 3
"""Words of one letter in a row that are read as one word."""
_CONTRACTION = re.compile(r"(?<![\w'])(i|you|he|she|it|we|they|who)'(?:ll|re|ve|d)(?![\w'])")


class _PlainForms(dict[int, str]):
    """Plain forms of characters, for `str.translate`; found when they are first needed."""

    def __missing__(self, code: int) -> str:
        plain = _plain(chr(code))
        if len(self) < _MOST_REMEMBERED:
            self[code] = plain
        return plain


class _MaskedForms(_PlainForms):
    """Plain forms of characters in words in which symbols mask letters."""

    def __missing__(self, code: int) -> str:
        plain = _PLAIN_FORMS[code]
        if APOSTROPHE in plain:
            return ""
        return "".join(MASK if c in LEET_SYMBOLS or c == " " else c for c in plain)


def plain(text: str) -> str:
    """Lower-case letters and digits, spaces, apostrophes and `LEET_SYMBOLS`."""
    return text.translate(_PLAIN_FORMS)


def readings(text: str) -> Iterator[str]:
    """Ways to read a text: words in lower case, separated by spaces.

    The first has digits as they are; others read digits and symbols as letters or leave out digits,
    turn letters that stand on their heads, join letters with spaces between them, or halve words
    whose letters are all doubled.
    """
    written = plain(text)
    if APOSTROPHE in written:  # `who're` is no whore, and `fu'ck` is no help
        written = _CONTRACTION.sub(r"\1 ", written).replace(APOSTROPHE, "")
    first = _SYMBOLS.sub(" ", written)
    seen = dict.fromkeys((first, first.translate(_NO_DIGITS), *sorted(leet_readings(written))))
    if _DIGIT.search(written):
        for shorter in (
            _LAST_DIGITS.sub("", written),
            _LAST_DIGITS.sub(lambda digits: digits[0][0], written),  # it may be a letter
        ):
            seen |= dict.fromkeys(sorted(leet_readings(shorter)))
    if "qq" in first:  # a q looks like a g
        seen[first.replace("qq", "gg")] = None
    if not text.isascii() and not _OTHERS.isdisjoint(text):
        for table in (_BESIDE_LATIN, _AS_I):
            mixed = (_mixed(word, table) for word in text.split())
            seen[_SYMBOLS.sub(" ", " ".join(mixed))] = None
    if _TURNED.search(text):
        turned = _SYMBOLS.sub(" ", plain(text.translate(_TURNED_LETTERS)))
        seen |= dict.fromkeys((turned, turned[::-1]))
    for reading in seen:
        yield reading
        words = reading.split()
        joined = _joined(words)
        if joined != words:
            yield " ".join(joined)
            if any(len(word) >= _SHORTEST_WITH_GAPS for word in joined):
                yield " ".join(_every_second(words))
        halved = [_halved(word) for word in joined]
        if halved != joined:
            yield " ".join(halved)


def transliterated(text: str) -> Iterator[tuple[str, str]]:
    """Words of a text in Greek, Coptic or Cyrillic letters, and in Latin ones of the same sound."""
    if not _FOREIGN.search(text):
        return
    lower = unicodedata.normalize("NFD", text.lower())
    single = grouped = "".join(c for c in lower if not unicodedata.combining(c))
    for group, sound in _GROUPS:
        grouped = grouped.replace(group, sound)
    written = _SEPARATORS.split(single)
    for spelled in dict.fromkeys((grouped, single)):
        for table in _LETTER_TABLES:
            for word, letters in zip(written, _SEPARATORS.split(spelled), strict=True):
                for latin in _SYMBOLS.sub(" ", plain(letters.translate(table))).split():
                    yield word, latin


def leet_readings(written: str) -> set[str]:
    """The readings of plain text in which digits and symbols are letters."""
    if written.isalpha() or not re.search(r"[0-9@$!|+€£¥¢(<{\[^#\\/]", written):
        return set()
    written = _LABEL.sub(" ", _NUMBER.sub(" ", written))
    for bracketed in _BRACKETED:
        written = bracketed.sub(lambda match: f" {match[0][1:-1]} ", written)
    drawn = _DRAWN.sub(lambda match: _SPELLED[match[0]], written)
    without_punctuation = " ".join(word.strip(_PUNCTUATION) for word in written.split())
    return {
        _NO_LETTERS.sub(" ", reading)
        for reading in (
            without_punctuation.translate(_LEET),
            without_punctuation.translate(_OTHER_LEET),
            drawn.translate(_LEET),
            drawn.translate(_OTHER_LEET),
        )
    }


def masked_words(text: str) -> Iterator[tuple[str, str, bool]]:
    """Words with symbols in them: as written, with each symbol a `MASK`, and whether one is sure.

    A symbol is sure to mask a letter if it never joins words.
    """
    if not _MASKED.search(text):
        return
    for word in _CHORD.sub(" ", _QUOTES.sub("", text)).split():
        if _MASKED.search(word):
            shown = word.translate(_MASKED_FORMS)
            is_sure = not _JOINING.issuperset(_SYMBOL.findall(word))
            if is_sure:
                shown = shown.translate(_LEET)
            inner = shown.strip(MASK)
            if not is_sure and (_is_initials(inner) or _is_joined(word)):
                continue
            if MASK in inner:
                yield word, inner, is_sure
            if is_sure and shown[0] == MASK != shown[-1]:
                yield word, shown, is_sure
            if shown[-1] == MASK != shown[0]:
                yield word, shown, is_sure


def _is_joined(word: str) -> bool:
    """Whether a word has a symbol that joins words, but not around it."""
    return not _MASKING.issuperset(_SYMBOL.findall(word.strip(_AROUND)))


def _is_initials(masked: str) -> bool:
    """Whether a word is too short for a disguise, or has single letters between its symbols."""
    is_short = len(masked.removesuffix("s")) <= _LONGEST_INITIALS
    return is_short or all(len(part) == 1 for part in masked.split(MASK))


def _joined(words: Sequence[str]) -> list[str]:
    """The words, with letters between spaces joined to words."""
    joined: list[str] = []
    for is_letter, run in groupby(words, lambda word: len(word) == 1):
        found = [*run]
        is_spelled = is_letter and len(found) >= _SHORTEST_SPELLED
        joined += ["".join(found)] if is_spelled else found
    return joined


def _mixed(word: str, table: Mapping[int, str]) -> str:
    """The plain form of a word, with a table's letters if it is in Latin letters otherwise.

    Chinese characters are Latin letters in words without real ones: 山口P is a name.
    """
    latin = not _ASCII.search(word) if _CHINESE.search(word) else _LATIN.search(plain(word))
    mixed = plain(word.translate(table)) if latin else ""
    return mixed if mixed.isascii() and mixed else plain(word)


def _every_second(words: Sequence[str]) -> list[str]:
    """Every second one of the letters between spaces, from the first and from the second on."""
    found: list[str] = []
    for is_letter, run in groupby(words, lambda word: len(word) == 1):
        letters = "".join(run) if is_letter else ""
        if len(letters) >= _SHORTEST_WITH_GAPS:
            found += [letters[::2], letters[1::2]]
    return found


def _halved(word: str) -> str:
    """The word with each letter once, if each is written twice."""
    return word[::2] if word[::2] == word[1::2] else word


def _plain(character: str) -> str:
    """The plain form of one character: up to `_LONGEST_EXPANSION` characters, or a space."""
    if character in _APOSTROPHES:
        return APOSTROPHE
    if known := _KNOWN.get(character):
        return known
    if character in _BLANK or unicodedata.category(character) in ("Cf", "Me"):
        return ""
    compatible = unicodedata.normalize("NFKC", character).lower()
    if len(compatible) > _LONGEST_EXPANSION:
        return " "
    return "".join(_without_marks(part) for part in compatible)


def _without_marks(character: str) -> str:
    if known := _KNOWN.get(character):
        return known
    decomposed = unicodedata.normalize("NFKD", character)
    if ord(decomposed[0]) < 0x0590:  # in Latin, Greek and Cyrillic the marks are accents
        return "".join(_KNOWN.get(c, c) if _is_kept(c) else "" for c in decomposed) or _blank(
            character
        )
    if character.isalnum() or _is_vowel_sign(character):
        return character
    return _blank(character)


def _is_kept(character: str) -> bool:
    return character.isalnum() or character in LEET_SYMBOLS or character == APOSTROPHE


def _blank(character: str) -> str:
    """Nothing for a combining mark, which hides in a word; a space for what separates words."""
    return "" if unicodedata.category(character).startswith("M") else " "


def _is_vowel_sign(character: str) -> bool:
    """Whether a combining mark is a part of words, as in the scripts of India and Thailand."""
    return unicodedata.category(character).startswith("M") and "\u0900" <= character < "\u1100"


_TURNED_LETTERS = str.maketrans(
    "ɐɒqɔɕpǝəɘɟƃɓɡɥᴉıᵎɾɿʞןꞁlɯɰnuodbɹʇʌʍʎ∀ⱯꓯꓭƆꓛꓷᗡƎꓱℲꓞ⅁ꓨꓩſ⋊ꓘ˥ꓶꓵ∩ꓤᴚ⊥ꓕΛꓥ⅄69",
    "aabccdeeefgbghiiijjklllmmunopqrtvwyaaabccddeeffgggjkkllnnrrttvvy96",
)
"""Letters on their heads, and those that are others so."""
_TURNED = re.compile("[ɐɔǝɟƃɥᴉɾʞןꞁɯɹʇʌʍʎ∀ⱯꓯꓭƆꓛꓷƎꓱℲꓞ⅁ꓨ⋊ꓘ˥ꓶꓵꓤᴚ⊥ꓕꓥ⅄]")
_FOREIGN = re.compile("[\u0370-\u04ff\u2c80-\u2cff]")
_GROUPS = (
    ("μπ", "b"), ("ντ", "d"), ("γκ", "gg"), ("τζ", "j"), ("τσ", "ch"), ("τς", "ch"), ("ου", "u"),
    ("οι", "i"), ("ει", "i"), ("αι", "e"), ("дж", "j"), ("кс", "x"),
)  # fmt: skip
"""Letters that have another sound together."""
_LETTERS: dict[int, int | str] = {
    **str.maketrans("αβγδεζηθικλμνξοπρσςτυφχω", "abgdezitiklmnxoprsstufho"),
    **str.maketrans("ⲁⲃⲅⲇⲉⲍⲏⲑⲓⲕⲗⲙⲛⲝⲟⲡⲣⲥⲧⲩⲫⲭⲱ", "abgdezitiklmnxoprstufho"),
    **str.maketrans("абвгдезиклмнопрстуфхыэіґє", "abwgdeziklmnoprstufhieige"),
    ord("ж"): "j", ord("ц"): "ts", ord("ч"): "ch", ord("ш"): "sh", ord("щ"): "sh", ord("ю"): "yu",
    ord("я"): "ya", ord("ь"): "", ord("ъ"): "", ord("ψ"): "ps",
}  # fmt: skip
"""Greek, Coptic and Cyrillic letters by their sound."""
_LETTER_TABLES = (_LETTERS, _LETTERS | str.maketrans("βυωвэ", "vywva"))
"""The same, and by other sounds."""
_TABLES: dict[str, dict[str, str]] = tomllib.loads(LOOK_ALIKES.read_text("utf-8"))
_KNOWN = {c: letter for letter, each in _TABLES["anywhere"].items() for c in each}
_KNOWN |= _LIGATURES | _SIGNS
_BESIDE_LATIN = {ord(c): letter for letter, each in _TABLES["beside_latin"].items() for c in each}
_BESIDE_LATIN |= dict.fromkeys(map(ord, "ーๆ"), " ")  # signs in words of Japanese and Thai
_AS_I = _BESIDE_LATIN | {code: "i" for code, letter in _BESIDE_LATIN.items() if letter == "l"}
_OTHERS = frozenset(map(chr, _BESIDE_LATIN))
_LATIN = re.compile("[a-z]")
_ASCII = re.compile("[A-Za-z]")
_CHINESE = re.compile("[\u3100-\u312f\u4e00-\u9fff]")
_PLAIN_FORMS = _PlainForms()
_MASKED_FORMS = _MaskedForms()
