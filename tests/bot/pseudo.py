"""Pseudo-languages: longer and accented English, of which anything in plain English stands out."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

from bot.chat import translation
from bot.platforms.slack import options
from tests.bot.features.test_catalogue import messages

PLAIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
PRIVATE = "àƀçďéƒğĥìĵķĺɱñóƥɋřšţùṽŵẋýžÀƁÇĎÉƑĞĤÌĴĶĹṂÑÓƤɊŘŠŢÙṼŴẊÝŽ"
PUBLIC = "āḅćđēḟǧḧīǰḱłḿńōṕʠŕśŧūṿẅẍȳźĀḄĆĐĒḞǦḦĪɈḰŁḾŃŌṔǪŔŚŦŪṾẄẌȲŹ"
"""Letters of two languages: of what a member alone sees, and of what everybody sees."""
LETTERS = {"en-US": PRIVATE, "eo": PUBLIC}
"""By locale. The first is that of members of both simulators."""
NUMBERS = {"12,345.6": "12’345,6", "47%": "47 %"}
GROWTH = 3
"""One letter more for each of these."""
_VERBATIM = re.compile(r"(\{[^{}]*\}|/[a-z]+(?: [a-z_]+:[^.,;)]*)?|\b[a-z_]+:\S+|\{\{|\}\})")
"""Fields, and commands and options as they are typed."""


def accented(sentence: str, letters: str) -> str:
    """A sentence in a pseudo-language, with its fields."""
    if sentence in NUMBERS:
        return NUMBERS[sentence]
    parts = _VERBATIM.split(sentence)
    told = str.maketrans(PLAIN, letters)
    shown = "".join(part if place % 2 else part.translate(told) for place, part in enumerate(parts))
    growth = sum(map(str.isalpha, "".join(parts[::2]))) // GROWTH
    return shown + letters[0] * growth


def write_catalogue(folder: Path, locale: str, letters: str) -> None:
    """The catalogue of a pseudo-language."""
    catalogue = Catalog()
    for message in messages():
        forms = [message] if isinstance(message, str) else message
        told = tuple(accented(form, letters) for form in forms)
        catalogue.add(message, told[0] if isinstance(message, str) else told)
    place = folder / locale.replace("-", "_") / "LC_MESSAGES"
    place.mkdir(parents=True)
    with (place / "messages.po").open("wb") as file:
        write_po(file, catalogue, width=0)


@contextmanager
def spoken(folder: Path) -> Iterator[None]:
    """Only the languages of a folder are known."""
    caches = (
        translation.languages,
        translation.name_of,
        translation.language_of,
        translation._language,
        options._values_by_form,
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(translation, "LOCALES", folder)
        for each in caches:
            each.cache_clear()
        yield
    for each in caches:
        each.cache_clear()


@cache
def english_words() -> frozenset[str]:
    """The words of all sentences."""
    return frozenset(
        word.lower()
        for message in messages()
        for sentence in ([message] if isinstance(message, str) else message)
        for word in re.findall(r"[A-Za-z]{2,}", re.sub(_VERBATIM, " ", sentence))
    )


NAMES = frozenset(
    ["mangosaurus", "mango", "raptor", "discord", "slack", "shakespeare", "best", "default", "utc"]
)
"""Words of sentences that are also names: of dinosaurs, recipes, a time zone."""
_TYPED = re.compile(
    r"A corpus of tests|Plays, |/[a-z]+[^\n]*|\b[a-z_]+:\S*|https?:\S+|@\w+|#\w+|<[^>]*>|\[[^\]]*\]"
)


def english_in(text: str) -> list[str]:
    """English words of sentences in a text, apart from what is typed, such as commands."""
    words = re.findall(r"(?<!\w)[A-Za-z]{2,}(?!\w)", _TYPED.sub(" ", text))
    return [word for word in words if word.lower() in english_words() - NAMES]
