"""Translation of the bot's sentences with gettext: English message ids, one catalogue.

Sentences are marked where they are used. `make catalogue` extracts them to `messages.pot`.
"""

import tomllib
from collections.abc import Iterator
from gettext import NullTranslations
from typing import BinaryIO

_TRANSLATIONS = NullTranslations()
"""English, as in the source. A translation is a `GNUTranslations`."""


def _(sentence: str) -> str:
    """The translation of a sentence. Fields are in braces: `_("Won with {votes}.")`."""
    return _TRANSLATIONS.gettext(sentence)


def ngettext(singular: str, plural: str, count: int) -> str:
    """The translation of a sentence that depends on a count."""
    return _TRANSLATIONS.ngettext(singular, plural, count)


Found = tuple[int, str | None, str, list[str]]
"""Line, function, sentence, comments: what Babel expects of an extractor."""


def forms(
    fileobj: BinaryIO, keywords: object, comment_tags: object, options: object
) -> Iterator[Found]:
    """Titles and descriptions of the forms of verse, from `data/forms.toml`."""
    for form in tomllib.load(fileobj)["forms"].values():
        for key in ("title", "description"):
            yield 1, None, form[key], []
