"""Words in disguise. The words themselves are in rot13."""

import codecs
from collections.abc import Callable
from string import ascii_lowercase

import pytest

from bot.words import WordFilter
from bot.words.disguises import coarse, sound, starred
from bot.words.normalisation import masked_words, transliterated


def read(words: str) -> list[str]:
    return [codecs.decode(word, "rot13") for word in words.split()]


WORDS = read("avttre snttbg xvxr puvax fcvp ergneq genaal jrgonpx ornare enturnq cnxv sntf")
TURNED = str.maketrans(ascii_lowercase, "ɐqɔpǝɟƃɥᴉɾʞlɯuodbɹsʇnʌʍxʎz")
CYRILLIC = str.maketrans(ascii_lowercase, "абкдефгхижклмнопкрстуввксйз"[:26])
GREEK = str.maketrans("abdefgiklmnoprstuyzqcwvxhj", "αβδεφγικλμνοπρστυιζκκωβξχτ")
LEET = str.maketrans("aeio", "4310")


def masked(mask: str) -> Callable[[str], str]:
    return lambda word: "".join(mask if letter in "aeiou" else letter for letter in word)


def halves(between: str) -> Callable[[str], str]:
    return lambda word: word[: len(word) // 2] + between + word[len(word) // 2 :]


def by_sound(word: str) -> str:
    for written, sounds in (("ch", "ч"), ("ck", "к"), ("y", "и")):
        word = word.replace(written, sounds)
    return word.translate(CYRILLIC)


DISGUISES: dict[str, Callable[[str], str]] = {
    **{f"starred with {mask}": masked(mask) for mask in "*#%_🦕"},
    "turned": lambda word: word.translate(TURNED),
    "turned around": lambda word: word.translate(TURNED)[::-1],
    "reversed": lambda word: word[::-1],
    "reversed in capitals": lambda word: word[::-1].upper(),
    "reversed with leet": lambda word: word[::-1].translate(LEET),
    "reversed in a name": lambda word: f"{word[::-1]}osaurus",
    "Cyrillic": by_sound,
    **{f"before {each}": f"{{}}{each}".format for each in ("1", "88", "2024")},
    "after digits": "88{}".format,
    "leet before digits": lambda word: f"{word.translate(LEET)}88",
    "a digit inside": lambda word: f"{word[:2]}9{word[2:]}",
    "halves over a": halves(" a "),
    "halves over x": halves(" x "),
    "letters over x": " x ".join,
    "letters over a": " a ".join,
    "y for i": lambda word: word.replace("i", "y"),
    "q for k": lambda word: word.replace("ck", "q").replace("k", "q"),
    "ur for er": lambda word: word.replace("er", "ur"),
    "ph for f": lambda word: word.replace("f", "ph"),
}


@pytest.mark.parametrize("disguise", DISGUISES)
def test_disguised(disguise: str) -> None:
    words = WordFilter()
    passed = [word for word in WORDS if words.allows(DISGUISES[disguise](word))]
    assert [codecs.encode(word, "rot13") for word in passed] == []


@pytest.mark.parametrize(
    "text",
    [
        *("cunttbg", "xarrtebj", "xarr tebj", "alttheubfnhehf", "ergeq", "avtthu", "genavr"),
        *("cnwrrg", "zhqfyvzr", "xvyy lbhefrys", "xvyy hefrys", "a****e", "fug*"),
    ],
)
def test_blocked(text: str) -> None:
    assert not WordFilter().allows(codecs.decode(text, "rot13"))


@pytest.mark.parametrize(
    "text",
    [
        *("N.Z., U.S. and D.C. at 3 p.m.", "a she-tiger in a wash-tub, his fish-tail", "T-rex"),
        *("*emphasis* and **bold**", "C# and C++, R&D, snake_case, 3*4*5, 50%", "12:30, F-16"),
        *("a sheet of ice, a beach, a peach and I", "stressed desserts, drawer reward", "poesy"),
        *("Kuhn and Dyck", "Кант, Семён Фокин и Диего", "Книга про жизнь: русский лес", "ʎɹƃuɐ"),
        *("Γεια σου Κώστα", "φαγητό", "a b c d e f g", "was I there, is a man", "debarred"),
    ],
)
def test_allowed(text: str) -> None:
    assert WordFilter().allows(text)


def test_letter_with_a_number_is_a_name() -> None:
    words = WordFilter()
    labels = [f"{letter}{number}" for letter in ascii_lowercase for number in range(10, 1000)]
    assert [label for label in labels if not words.allows(label)] == ["a55", "a455", "a555"]


def test_sounds() -> None:
    assert sound("knights") == sound("niggts")
    assert coarse(sound("phaquer")) == coarse(sound("fockur"))
    assert starred("m*dd*n") == starred("madden")
    assert [*masked_words("a m*d mud-bath")] == [("m*d", True), ("mud*bath", False)]
    assert "mango" in transliterated("манго") and "mango" in transliterated("μάνγο")  # noqa: PT018
