"""Stories: what keeps the lines of a form that tells one, such as the limerick, together.

A network of verse changes from person to person and from past to present, and begins most lines
with *and*. In a story, the words of `is_present` are left out, and `wanderings` are avoided.
"""

import re
from collections.abc import Sequence

from data.parts_of_speech import Part, load_parts_of_speech
from data.text import fold, words_of

PERSONS = {
    word: words
    for words in (
        "i me my mine myself",
        "he him his himself",
        "she her hers herself",
        "we us our ours ourselves",
        "you your yours yourself yourselves",
    )
    for word in words.split()
}
"""Pronouns, with all pronouns of the same person. *It* and *they* can be in any story."""
PRESENT = frozenset(
    re.findall(
        "[a-z]+",
        """is are am has have do does will shall can may must brings comes gives goes hears knows
    makes says sees seems sits speaks takes thinks""",
    )
)
"""Verbs that the table of parts of speech has as plurals, too, though they seldom are."""


def is_present(word: str) -> bool:
    """Whether a word is a verb in the present, and nothing else: *is*, *goes*."""
    return word in PRESENT or load_parts_of_speech().get(word) == Part.THIRD


def wanderings(lines: Sequence[str]) -> int:
    """The number of persons besides the first, and of lines that begin as an earlier one does."""
    words = [found for line in lines if (found := words_of(fold(line)))]
    persons = {PERSONS[word] for found in words for word in found if word in PERSONS}
    return max(0, len(persons) - 1) + len(words) - len({found[0] for found in words})
