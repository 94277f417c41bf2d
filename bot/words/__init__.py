"""Word filter for all text that members type and that networks generate.

`normalisation` reads a text as plain letters, `lists` has the words and how bad they are, `words`
finds them in a reading, and `filter` decides. `servers` has the filter of each server.
"""

from bot.words.entries import Strictness
from bot.words.filter import OwnLists, WordFilter

__all__ = ["OwnLists", "Strictness", "WordFilter"]
