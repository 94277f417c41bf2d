"""Ordinary sentences of each language, and disguises that stay blocked beside them."""

from collections.abc import Callable
from pathlib import Path
from unicodedata import normalize

import pytest

from bot.words import Strictness, WordFilter
from bot.words import filter as filter_module
from bot.words.lists import listed, ordinary_words
from bot.words.ordinary import OrdinaryWords
from tests.bot.words.test_disguises import DISGUISES as DISGUISES_OF_SLURS
from tests.bot.words.test_filter import DISGUISES

SENTENCES = sorted((Path(__file__).parent / "sentences").glob("*.txt"))
ORDINARY = ordinary_words()


@pytest.mark.parametrize("path", SENTENCES, ids=lambda path: path.stem)
def test_sentences_are_allowed(path: Path) -> None:
    words = WordFilter()
    sentences = path.read_text(encoding="utf-8").splitlines()
    assert len(sentences) == 100
    assert [each for each in sentences if not words.allows(each)] == []


@pytest.mark.parametrize("text", ["una tarde de verano", "la neige", "welcher Tag"])
@pytest.mark.parametrize("strictness", Strictness)
def test_ordinary_at_each_strictness(text: str, strictness: Strictness) -> None:
    assert WordFilter(strictness=strictness).allows(text)


def test_each_is_allowed_as_it_is_written() -> None:
    words = WordFilter(strictness=Strictness.STRICT)
    phrases = sorted({*ORDINARY.anywhere, *ORDINARY.inside})
    written = [*phrases, *map(str.capitalize, phrases), *map(decomposed, ORDINARY.anywhere)]
    assert [each for each in written if not words.allows(each)] == []


def test_profane_elsewhere() -> None:
    """Beside a common word of its language a word is ordinary, but not for the strictest filter."""
    words, strict = WordFilter(), WordFilter(strictness=Strictness.STRICT)
    for text in ("plus tard, il neige", "der Schwanz der Katze", "el gato negro"):
        alone = next(each for each in text.split() if not words.allows(each))
        assert words.allows(text)
        assert not strict.allows(text)
        assert not words.allows(f"{text} {alone[:2]}_{alone[2:]}")
        assert not words.allows(f"you {alone}")


@pytest.mark.parametrize("text", ["hore", "h0re", "höre h0re", "ich höre hore", "h ö r e", "rape"])
def test_accents_make_the_difference(text: str) -> None:
    assert not WordFilter().allows(text)
    assert WordFilter().allows("höre, râpe")


def test_no_disguise_is_ordinary(monkeypatch: pytest.MonkeyPatch) -> None:
    """Words of the lists are refused in each disguise as if no word were ordinary."""
    spellings = sorted({e.spelling for e in listed() if e.size > 2 and not e.is_reversed})
    disguises = [*DISGUISES.values(), *DISGUISES_OF_SLURS.values(), *map(split_at, range(1, 6))]
    places = ("{}", "la {} de mon ami", "das {} ist nicht so", "o {} não é meu")
    texts = [
        place.format(disguise(word))
        for number, word in enumerate(spellings)
        for disguise in disguises[number % 11 :: 11]
        for place in (places[0], places[1 + number % 3])
    ]
    assert len(texts) > 50_000
    words = WordFilter()
    allowed = {text for text in texts if words.allows(text)}
    none = filter_module._own_lists()._replace(ordinary=OrdinaryWords((), (), {}, {}))
    monkeypatch.setattr(filter_module, "_made", [none])
    ordinary = {text for text in allowed if not words.allows(text)}
    written = {*ORDINARY.anywhere, *ORDINARY.inside, *ORDINARY.beside}
    found = {text for text in ordinary if not any(each in text.lower() for each in written)}
    assert sorted(found) == []


def decomposed(text: str) -> str:
    return normalize("NFD", text)


def split_at(place: int) -> Callable[[str], str]:
    return lambda word: f"{word[:place]} {word[place:]}"
