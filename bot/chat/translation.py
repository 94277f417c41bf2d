"""The catalogues of translations, and what of the tables in `data/` is translated.

Sentences are arguments of `_()` and `ngettext()`: phrases (`data.phrases`), which a platform puts
into the language of their readers when it renders a message (`bot.chat.message.translated`).
`make catalogue` collects them. A catalogue is read when somebody needs it.
"""

import gettext
import hashlib
import json
import logging
import re
import sys
import tomllib
from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import BinaryIO

from data.phrases import (
    ENGLISH,
    Language,
    Phrase,
    _,
    in_language,
    joined,
    listed,
    ngettext,
    not_one,
)

__all__ = [
    "ENGLISH",
    "Language",
    "Phrase",
    "_",
    "digest_of_catalogues",
    "in_language",
    "joined",
    "language_of",
    "languages",
    "listed",
    "name_of",
    "ngettext",
    "read_catalogue",
]

log = logging.getLogger(__name__)

_AMERICAN_SPELLING = {
    "apologised": "apologized",
    "apologises": "apologizes",
    "armour": "armor",
    "armoured": "armored",
    "cancelled": "canceled",
    "colour": "color",
    "coloured": "colored",
    "colours": "colors",
    "favour": "favor",
    "favourite": "favorite",
    "grey": "gray",
    "harbour": "harbor",
    "honoured": "honored",
    "marvellous": "marvelous",
    "metre": "meter",
    "metres": "meters",
    "neighbour": "neighbor",
    "neighbourhood": "neighborhood",
    "neighbours": "neighbors",
    "plough": "plow",
    "ploughed": "plowed",
    "recognised": "recognized",
    "rumour": "rumor",
    "towards": "toward",
    "travelled": "traveled",
}
_BRITISH = re.compile(rf"(?<!{{)\b(?:{'|'.join(_AMERICAN_SPELLING)})\b", re.IGNORECASE)


def _american(words: str) -> str:
    return _BRITISH.sub(_respelled, words)


def _respelled(british: re.Match[str]) -> str:
    word = _AMERICAN_SPELLING[british[0].lower()]
    return word.capitalize() if british[0][0].isupper() else word


_AMERICAN = Language("en-US", spelling=_american)
# TRANSLATORS: The name of your language, in your language: Deutsch, español.
_NAME = _("English")

LOCALES = Path(__file__).parents[1] / "locales"
"""Folder of the catalogues: `de/LC_MESSAGES/messages.po`, as Babel writes them."""


@cache
def languages() -> tuple[str, ...]:
    """The languages that have a catalogue, by their tags, and English."""
    found = sorted(path.parts[-3] for path in LOCALES.glob("*/LC_MESSAGES/messages.po"))
    return ("en", *(name.replace("_", "-") for name in found))


@cache
def name_of(tag: str) -> str:
    """A language's name in that language, no phrase, which other languages would translate.

    Nothing else of its catalogue is read, as the name is needed early.
    """
    if tag not in languages()[1:]:
        return str(_NAME)
    entry = f'\nmsgid "{_NAME}"\nmsgstr "'.encode()
    name = _path(tag).read_bytes().partition(entry)[2].partition(b'"')[0]
    return name.decode(errors="replace") or str(_NAME)


@lru_cache(maxsize=100)
def language_of(locale: str | None) -> Language:
    """The language nearest to a locale of a platform, such as `es-419`; English if none is.

    The same language in another region is near.
    """
    tag = (locale or "").replace("_", "-")
    known = {each.lower(): each for each in languages()}
    base = tag.lower().partition("-")[0]
    same = [each for lower, each in known.items() if lower.partition("-")[0] == base]
    nearest = known.get(tag.lower()) or known.get(base) or next(iter(same), "en")
    if nearest == "en" and tag == "en-US":
        return _AMERICAN
    return _language(nearest)


@cache
def _language(tag: str) -> Language:
    if tag == "en":
        return ENGLISH
    try:
        return read_catalogue(tag, _catalogue(tag))
    except ValueError as error:
        log.warning("The catalogue of %s can't be read: %s", tag, error)
        return Language(tag)


def digest_of_catalogues() -> str:
    """A digest of all translations, which reads none of them."""
    digest = hashlib.sha256()
    for tag in languages()[1:]:
        digest.update(tag.encode() + _path(tag).read_bytes())
    return digest.hexdigest()


def _catalogue(tag: str) -> str:
    return _path(tag).read_text(encoding="utf-8")


def _path(tag: str) -> Path:
    return LOCALES / tag.replace("-", "_") / "LC_MESSAGES" / "messages.po"


_ENTRY = re.compile(
    r"""^(?P<fuzzy>\#,.*fuzzy)|^(?P<keyword>msg\w+(?:\[\d\])?)\ (?P<quoted>"(?:.*"\n")*.*")$""",
    re.MULTILINE | re.VERBOSE,
)


def read_catalogue(tag: str, content: str) -> Language:
    """A language from its catalogue in gettext's format. Fuzzy translations are left out."""
    sentences: dict[str, str | tuple[str, ...]] = {}
    plural_form: Callable[[int], int] = not_one
    sentence, is_fuzzy, is_next_fuzzy = "", False, False
    for entry in _ENTRY.finditer(content):
        keyword, quoted = entry["keyword"], entry["quoted"]
        if keyword is None:
            is_next_fuzzy = True
            continue
        words = quoted[1:-1]
        if "\\" in words or "\n" in words:
            words = "".join(map(json.loads, quoted.split("\n")))
        if keyword == "msgid":
            sentence, is_fuzzy, is_next_fuzzy = sys.intern(words), is_next_fuzzy, False
        elif not sentence and "plural=" in words:
            plural_form = gettext.c2py(words.partition("plural=")[2].partition(";")[0])
        elif keyword.startswith("msgstr[") and not is_fuzzy:
            sentences[sentence] = (*sentences.get(sentence, ()), words)
        elif words and keyword == "msgstr" and not is_fuzzy:
            sentences[sentence] = words
    return Language(tag, sentences, plural_form)


Found = tuple[int, str | None, str, list[str]]
"""Line, function, sentence, comments: what Babel expects of an extractor."""


def forms(
    fileobj: BinaryIO, keywords: object, comment_tags: object, options: object
) -> Iterator[Found]:
    """Titles and descriptions of the forms of verse, from `data/forms.toml`."""
    for form in tomllib.load(fileobj)["forms"].values():
        for key in ("title", "description"):
            yield 1, None, form[key], [f"The {key} of a form of verse."]


def titles(
    fileobj: BinaryIO, keywords: object, comment_tags: object, options: object
) -> Iterator[Found]:
    """Titles of corpora, from `data/corpora.toml`."""
    for corpus in tomllib.load(fileobj).values():
        if "title" in corpus:
            yield 1, None, corpus["title"], ["The title of a corpus that networks were trained on."]


def roots(
    fileobj: BinaryIO, keywords: object, comment_tags: object, options: object
) -> Iterator[Found]:
    """Languages and meanings of the roots of names, and imagined ones, from `roots.toml`."""
    table = tomllib.load(fileobj)
    for meaning in table.pop("imagined"):
        yield 1, None, meaning, ["A meaning that is imagined, as of a name without known roots."]
    for language, places in table.items():
        yield 1, None, language, ["The language of a root, or what is named: Greek, place."]
        for meanings in places.values():
            for letters, (word, meaning) in meanings.items():
                source = f"The meaning of {language} {word}, as in names with {letters.split()[0]}."
                yield 1, None, meaning, [source]
