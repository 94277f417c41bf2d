"""Word filter for all text that members type and that networks generate.

`normalisation` reads a text as plain letters. `lists` has the words and how bad they are,
`matching` finds them in a reading, and `filter` decides. `servers` has the filter of each server.
"""

from bot.words.filter import OwnLists, WordFilter
from bot.words.matching import Strictness

__all__ = ["OwnLists", "Strictness", "WordFilter"]
