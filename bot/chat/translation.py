"""Translation of the bot's sentences with gettext: English message ids, one catalogue.

Sentences are marked where they are used. `make catalogue` extracts them to `messages.pot`.
"""

from gettext import NullTranslations

_TRANSLATIONS = NullTranslations()
"""English, as in the source. A translation is a `GNUTranslations`."""


def _(sentence: str) -> str:
    """The translation of a sentence. Fields are in braces: `_("Won with {votes}.")`."""
    return _TRANSLATIONS.gettext(sentence)


def ngettext(singular: str, plural: str, count: int) -> str:
    """The translation of a sentence that depends on a count."""
    return _TRANSLATIONS.ngettext(singular, plural, count)
