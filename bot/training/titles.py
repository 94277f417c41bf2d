"""Titles of corpora: the project's own are translated, those of uploads filtered."""

from functools import cache

from bot.text.written import already_filtered
from bot.words import WordFilter
from data.downloads import sources
from data.phrases import Showable, _

YOUR_FILE, YOUR_LIST, YOUR_CORPUS = _("Your file"), _("Your list"), _("Your corpus")
"""Titles of uploads whose names cannot be shown."""


def corpus_title(title: str, words: WordFilter | None = None) -> Showable:
    """The title of a corpus as it can be shown.

    words: the filter of those who see it; `None` if it was filtered for them when it was stored.
    """
    if title in _own_titles():
        return _(title)
    if words is None:
        return already_filtered(title)
    return words.filtered(title, _("(blocked by the word filter)"))


@cache
def _own_titles() -> frozenset[str]:
    named = {source["title"] for source in sources().values() if "title" in source}
    return frozenset({YOUR_FILE, YOUR_LIST, YOUR_CORPUS, *named})
