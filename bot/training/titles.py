"""Titles of corpora: the project's own are translated, those of uploads filtered."""

from functools import cache

from bot.text.written import already_filtered
from bot.words import WordFilter
from data.downloads import sources
from data.phrases import Showable, _

UNNAMED_FILE, UNNAMED_LIST, UNNAMED_CORPUS = _("The file"), _("The list"), _("The corpus")
"""Titles of uploads whose names cannot be shown."""
_UNNAMED_IN_1_0 = {
    "Your file": UNNAMED_FILE,
    "Your list": UNNAMED_LIST,
    "Your corpus": UNNAMED_CORPUS,
}


def corpus_title(title: str, words: WordFilter | None = None) -> Showable:
    """The title of a corpus as it can be shown.

    words: the filter of those who see it; `None` if it was filtered for them when it was stored.
    """
    title = _UNNAMED_IN_1_0.get(title, title)
    if title in _own_titles():
        return _(title)
    if words is None:
        return already_filtered(title)
    return words.filtered(title, _("(blocked by the word filter)"))


@cache
def _own_titles() -> frozenset[str]:
    named = {source["title"] for source in sources().values() if "title" in source}
    return frozenset({UNNAMED_FILE, UNNAMED_LIST, UNNAMED_CORPUS, *named})
