"""Stories: how a form that tells one, such as the limerick, begins, and what keeps it together.

A network of verse changes from person to person and from past to present, and begins most lines
with *and*. In a story, the words of `is_present` and `is_spoken` are left out, and `wanderings` are
avoided.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

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


SPOKEN = {"i", "we", "you", "thou", "thee", "thy", "thine", "ye"}
"""Pronouns that stand for the persons of a story only where they speak, with their forms."""


@dataclass(frozen=True)
class Beginning:
    """What a first line is made of that names a person and a place."""

    patterns: Sequence[str]
    """Lines with the fields `person` and `place`, or `setting`."""
    adjectives: Sequence[str]
    """What a person can be; one of them may be empty."""
    places: Sequence[str]
    settings: Sequence[str]
    """Places with their prepositions: *by the sea*."""
    after_clause: Sequence[str] = ()
    """Words that the second line begins with where the first one is a clause."""
    after_phrase: Sequence[str] = ()
    """Words that it begins with where the first one lacks its verb: *A baker who lived in Kent*."""
    last: Sequence[str] = ()
    """Words that the last line begins with, so that the story ends."""

    def starts_of(self, above: Sequence[str], lines: int) -> Sequence[str]:
        """Words that the next line should begin with, of a poem of so many lines; often none."""
        if len(above) == 1:
            return self.after_clause if above[0].endswith(",") else self.after_phrase
        return self.last if len(above) == lines - 1 else ()

    def draw(self, person: str, rng: np.random.Generator) -> str:
        """A first line about a person, such as *a baker*. It may not be in metre."""
        pattern, adjective, place, setting = (
            some[int(rng.integers(len(some)))]
            for some in (self.patterns, self.adjectives, self.places, self.settings)
        )
        described = f"{adjective} {person.split(maxsplit=1)[1]}".strip()
        article = "an" if described.startswith(tuple("aeio")) else "a"
        line = pattern.format(person=f"{article} {described}", place=place, setting=setting)
        return line[0].upper() + line[1:]


def is_spoken(word: str) -> bool:
    """Whether a word stands for who speaks or is spoken to: *me*, *your*."""
    return word in SPOKEN or not SPOKEN.isdisjoint(PERSONS.get(word, "").split())


def is_present(word: str) -> bool:
    """Whether a word is a verb in the present, and nothing else: *is*, *goes*."""
    return word in PRESENT or load_parts_of_speech().get(word) == Part.THIRD


def wanderings(lines: Sequence[str]) -> int:
    """The number of persons besides the first, and of lines that begin as an earlier one does."""
    words = [found for line in lines if (found := words_of(fold(line)))]
    persons = {PERSONS[word] for found in words for word in found if word in PERSONS}
    return max(0, len(persons) - 1) + len(words) - len({found[0] for found in words})
