"""Translation of the bot's sentences, gettext style: English message ids, one catalogue.

Sentences are marked where they are used. `python -m bot.commands.catalogue` extracts them.
"""

from gettext import NullTranslations

_TRANSLATIONS = NullTranslations()
"""English, as written in the source. A language is a `GNUTranslations` in its place."""


def _(sentence: str) -> str:
    """The translation of a sentence. Fields stand in braces: `_("Won with {votes}.")`."""
    return _TRANSLATIONS.gettext(sentence)


def ngettext(singular: str, plural: str, count: int) -> str:
    """The translation of a sentence that depends on a count."""
    return _TRANSLATIONS.ngettext(singular, plural, count)
