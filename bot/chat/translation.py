"""Translation with gettext: sentences are English in the source, and each reader gets their own.

`_()` and `ngettext()` return a `Phrase`, which a platform puts into the language of whoever reads
it when it renders a message (`bot.chat.message.translated`). So a sentence may be made before it
is known who reads it, or when a module is imported. `make catalogue` collects the sentences.
"""

import gettext
import json
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from string import Formatter
from typing import Any, BinaryIO, Self

LOCALES = Path(__file__).parents[1] / "locales"
"""Has the catalogues: `de/LC_MESSAGES/messages.po`, as Babel writes them."""


def _not_one(count: int) -> int:
    return int(count != 1)


@dataclass(frozen=True, eq=False)
class Language:
    """A language with its catalogue. That of English, in which the source is written, is empty."""

    tag: str = "en"
    """`pt-BR`. The region decides about units only."""
    sentences: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    """Translations by English sentence: one for each plural form, or a single one."""
    plural_form: Callable[[int], int] = field(default=_not_one, repr=False)
    """Which of the plural forms fits a count."""

    @property
    def is_imperial(self) -> bool:
        """Whether its readers measure in feet and pounds."""
        return self.tag == "en-US"

    def translation(self, sentence: str, plural: str = "", count: int = 1) -> str:
        """The translation of a sentence; itself if there is none."""
        found = self.sentences.get(sentence)
        if found is None:
            return plural if plural and count != 1 else sentence
        return found[self.plural_form(count)] if plural else found[0]

    def number(self, written: str) -> str:
        """A number as the language writes it, from how Python does: `1,234.5`, `47%`."""
        separators, percent = self._figures
        number = written.removesuffix("%").translate(separators)
        return percent.format(number) if written.endswith("%") else number

    @cached_property
    def _figures(self) -> tuple[Mapping[int, str], str]:
        number, share = self.translation(_NUMBER), self.translation(_SHARE)
        separators = {",": number[2:-5], ".": number[-2:-1]}
        return str.maketrans(separators), share.replace("47", "{}")


class Phrase(str):
    """A text that each reader gets in their own language. As a `str` it is English, as in the log.

    `format` returns a phrase, and so do the functions of `bot.formats`. Other methods of `str`,
    and f-strings, return English for every reader.
    """

    __slots__ = ("fields", "number", "plural", "template")
    template: str
    plural: str
    number: int
    fields: Mapping[str, object] | None

    def __new__(
        cls,
        template: str,
        plural: str = "",
        number: int = 1,
        fields: Mapping[str, object] | None = None,
    ) -> Self:
        """`number` decides between `template` and `plural`, if there is a plural."""
        english = plural if plural and number != 1 else str(template)
        phrase = super().__new__(cls, english if fields is None else english.format(**fields))
        phrase.template, phrase.plural, phrase.number = str(template), plural, number
        phrase.fields = fields
        return phrase

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the parts."""
        return Phrase, (self.template, self.plural, self.number, self.fields)

    def format(self, *args: object, **fields: object) -> "Phrase":
        """A phrase with its fields filled in, which are named."""
        if args or self.fields is not None:
            raise TypeError("a phrase is formatted once, with named fields")
        return Phrase(self.template, self.plural, self.number, fields)

    def said(self, language: Language) -> str:
        """The text in a language."""
        template = language.translation(self.template, self.plural, self.number)
        if self.fields is None:
            return template
        return "".join(
            literal + ("" if name is None else _formatted(self.fields[name], form or "", language))
            for literal, name, form, _conversion in Formatter().parse(template)
        )


def _formatted(value: object, form: str, language: Language) -> str:
    if isinstance(value, int | float):
        return language.number(format(value, form))
    return format(in_language(value, language) if isinstance(value, str) else value, form)


def in_language(words: str, language: Language) -> str:
    """A text in a language, if it is a phrase; any other text as it is."""
    return words.said(language) if isinstance(words, Phrase) else words


def _(sentence: str) -> str:
    """A sentence for translation. Fields are in braces: `_("Won with {votes}.")`."""
    return Phrase(sentence)


def ngettext(singular: str, plural: str, count: int) -> str:
    """A sentence that depends on a count."""
    return Phrase(singular, plural, count)


def joined(first: str, second: str) -> str:
    """Two sentences, one after the other. Either may be empty."""
    if not first or not second:
        return first or second
    # TRANSLATORS: Two sentences, one after the other, with what your language has in between.
    return _("{first} {second}").format(first=first, second=second)


# TRANSLATORS: Write this number with the separators of your language, for example 12.345,6.
_NUMBER = _("12,345.6")
# TRANSLATORS: Write this share as your language does, for example with a space before the sign.
_SHARE = _("47%")
# TRANSLATORS: The name of your language, in your language: Deutsch, español.
_NAME = _("English")


ENGLISH = Language()
_AMERICAN = Language("en-US")


@cache
def languages() -> tuple[str, ...]:
    """The languages that have a catalogue, by their tags, and English."""
    found = sorted(path.parts[-3] for path in LOCALES.glob("*/LC_MESSAGES/messages.po"))
    return ("en", *(name.replace("_", "-") for name in found))


def name_of(tag: str) -> str:
    """What a language calls itself, as its catalogue says."""
    return _language(tag).translation(_NAME)


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
    path = LOCALES / tag.replace("-", "_") / "LC_MESSAGES" / "messages.po"
    return read_catalogue(tag, path.read_text(encoding="utf-8"))


def read_catalogue(tag: str, content: str) -> Language:
    """A language from its catalogue in gettext's format. Fuzzy translations are left out."""
    sentences: dict[str, tuple[str, ...]] = {}
    plural_form: Callable[[int], int] = _not_one
    for entry in content.split("\n\n"):
        if "\n#, " in f"\n{entry}" and "fuzzy" in entry.partition("msgid")[0]:
            continue
        texts: dict[str, str] = {}
        keyword = ""
        for line in entry.split("\n"):
            if line.startswith("msg"):
                keyword, _space, line = line.partition(" ")
            if keyword and line.startswith('"'):
                texts[keyword] = texts.get(keyword, "") + json.loads(line)
        sentence = texts.pop("msgid", None)
        texts.pop("msgid_plural", None)
        if sentence:
            if all(texts.values()):
                sentences[sentence] = tuple(texts.values())
        elif sentence == "" and "plural=" in (header := texts.get("msgstr", "")):
            plural_form = gettext.c2py(header.partition("plural=")[2].partition(";")[0])
    return Language(tag, sentences, plural_form)


def to_json(words: str) -> str:
    """A text for the database: a phrase as JSON, so that it is translated when it is shown."""
    return json.dumps({_PHRASE: _stored(words)}) if isinstance(words, Phrase) else words


def from_json(stored: str) -> str:
    """The inverse of `to_json`. Anything else is a text, as older versions stored it."""
    if not stored.startswith('{"' + _PHRASE):
        return stored
    words: str = _restored(json.loads(stored)[_PHRASE])
    return words


_PHRASE = "phrase"


def _stored(value: object) -> object:
    """A phrase as a list of its parts, and any other value of a field as it is."""
    if not isinstance(value, Phrase):
        return value
    fields = value.fields and {name: _stored(each) for name, each in value.fields.items()}
    return [value.template, value.plural, value.number, fields]


def _restored(value: Any) -> Any:  # noqa: ANN401 (the value of a field)
    match value:
        case [template, plural, number, fields]:
            fields = fields and {name: _restored(each) for name, each in fields.items()}
            return Phrase(template, plural, number, fields)
        case _:
            return value


Found = tuple[int, str | None, str, list[str]]
"""Line, function, sentence, comments: what Babel expects of an extractor."""


def forms(
    fileobj: BinaryIO, keywords: object, comment_tags: object, options: object
) -> Iterator[Found]:
    """Titles and descriptions of the forms of verse, from `data/forms.toml`."""
    for form in tomllib.load(fileobj)["forms"].values():
        for key in ("title", "description"):
            yield 1, None, form[key], []


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
    """Languages and meanings of the roots of names, from `roots.toml`."""
    for language, places in tomllib.load(fileobj).items():
        yield 1, None, language, ["The language of a root, or what is named: Greek, place."]
        for meanings in places.values():
            for letters, (word, meaning) in meanings.items():
                source = f"The meaning of {language} {word}, as in names with {letters.split()[0]}."
                yield 1, None, meaning, [source]
