"""Which of some lines is kept: the likeliest, if likelihood were all.

The likeliest line is seldom the best. It says what is always said, in the commonest words, and says
it again in the next line. So a line is worth its log p, and something for each rare word, and less
for each echo. After Li et al. (2016), "A Diversity-Promoting Objective Function for Neural
Conversation Models", which takes log p of the words by themselves away from log p of the answer.
"""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from data.text import words_of
from models.verse.line_generator import Candidate
from models.verse.rhyme_and_metre import RhymeAndMetreIndex


@dataclass(frozen=True)
class RerankWeights:
    """What a line is worth beside the likelihood of its characters, in nats."""

    rarity: float = 0.8
    """For each word but the last, which the rhyme has chosen, times the logarithm of its rank: by
    Zipf's law, times −log p of the word."""
    ending: float = 1.5
    """Log p of the last word counts so often again: there the rhyme was forced."""
    echo: float = 3.0
    """Lost for each content word that stands in the poem already."""
    repetition: float = 2.0
    """Lost for each word that comes again within the line."""
    phrase: float = 1.5
    """Lost for each pair of words that stands in the poem already."""
    beginning: float = 1.0
    """Lost for each line above that begins with the same word."""
    stutter: float = 20.0
    """Lost for each word that comes twice running."""
    statement: float = 4.0
    """Lost for a question mark behind what does not begin as a question."""


TASTE = RerankWeights()
QUESTIONS = frozenset(
    words_of(
        "what who whom whose why how where wherefore whence whither shall will would should do "
        "dost doth did didst does can canst could couldst may might must is are am art was "
        "were wast wert hast hath have had has wilt shalt"
    )
)
"""One of them is among the first words of a question: *Why, then, …*, *O, shall I …*"""
FUNCTION_WORDS = 100
"""So many of the commonest words may come again in a poem."""
SMALL_WORDS = 10
"""And so many in a line."""


class Poem:
    """What a poem has said so far."""

    def __init__(self, lines: Sequence[str]) -> None:
        """Of folded lines."""
        words = [words_of(line) for line in lines]
        self.words = frozenset(word for line in words for word in line)
        self.phrases = frozenset(pair for line in words for pair in pairwise(line))
        self.beginnings = Counter(line[0] for line in words if line)
        self.sentence = re.split("[.?!]", "\n".join(lines))[-1]
        """What is begun and has not come to a full stop."""


def score(
    candidate: Candidate,
    begun: str,
    poem: Poem,
    poetics: RhymeAndMetreIndex,
    taste: RerankWeights = TASTE,
) -> float:
    """What a candidate is worth as the next line of a poem, in nats per character.

    `begun` is what the member has written of that line.
    """
    words = words_of(candidate.text)
    line = words_of(begun + candidate.text)
    ranks = {word: poetics.rank.get(word, 0) for word in line}
    last_word = len(candidate.text) - (candidate.text.rfind(" ") + 1)
    total = float(candidate.log_p.sum())
    total += taste.ending * float(candidate.log_p[-last_word - 1 :].sum())
    total += taste.rarity * sum(math.log(1 + ranks[word]) for word in words[:-1] if word in ranks)
    total -= taste.echo * sum(
        word in poem.words and ranks[word] >= FUNCTION_WORDS for word in words if word in ranks
    )
    total -= taste.repetition * sum(
        n - 1 for word, n in Counter(line).items() if ranks[word] >= SMALL_WORDS
    )
    total -= taste.phrase * sum(pair in poem.phrases for pair in pairwise(line))
    total -= taste.beginning * (poem.beginnings[line[0]] if line else 0)
    total -= taste.stutter * sum(a == b for a, b in pairwise(line))
    total -= taste.statement * _statements(poem.sentence + "\n" + begun + candidate.text)
    return total / len(candidate.log_p)


def _statements(text: str) -> int:
    """How many sentences end in a question mark although they do not begin as a question."""
    sentences = re.findall(r"[^.?!]*[.?!]", text)
    asked = [words_of(sentence) for sentence in sentences if sentence.endswith("?")]
    return sum(QUESTIONS.isdisjoint(words[:2]) for words in asked)
