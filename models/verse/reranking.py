"""Reranking of candidate lines: likelihood, corrected for common words and repetition.

The most likely line is seldom the best one: it has the most common words and repeats itself. The
score of a line is therefore its log p, plus a bonus for each rare word, minus a penalty for each
repetition. After Li et al. (2016), "A Diversity-Promoting Objective Function for Neural
Conversation Models", which subtracts log p of the words by themselves from log p of the answer.
"""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from data.text import words_of
from models.verse.constrained.line_generator import Candidate
from models.verse.constrained.rhyme_and_metre import RhymeAndMetreIndex


@dataclass(frozen=True)
class RerankWeights:
    """Bonuses and penalties of a line's score, in nats."""

    rarity: float = 0.8
    """Bonus per word, times the logarithm of its rank: by Zipf's law, that is −log p of the word.
    The last word does not count, because the rhyme chose it."""
    last_word: float = 1.5
    """Additional weight of log p of the last word, which the rhyme may have forced."""
    repeated_content_word: float = 3.0
    """Penalty per word that is not common and already in the poem."""
    repeated_in_line: float = 2.0
    """Penalty per repetition of a word within the line."""
    repeated_pair: float = 1.5
    """Penalty per pair of consecutive words that is already in the poem."""
    same_first_word: float = 1.0
    """Penalty per line above that starts with the same word."""
    doubled_word: float = 20.0
    """Penalty per word that directly follows itself."""
    false_question: float = 4.0
    """Penalty per question mark after a sentence that does not start like a question."""


DEFAULT_WEIGHTS = RerankWeights()
QUESTION_WORDS = frozenset(
    words_of(
        "what who whom whose why how where wherefore whence whither shall will would should do "
        "dost doth did didst does can canst could couldst may might must is are am art was "
        "were wast wert hast hath have had has wilt shalt"
    )
)
"""One of these is among the first two words of a question: *Why, then, …*, *O, shall I …*"""
FUNCTION_WORDS = 100
"""The most common words, which may be repeated within a poem."""
SMALL_WORDS = 10
"""The most common words, which may be repeated within a line."""


class PreviousLines:
    """Words, pairs and first words of the lines so far."""

    def __init__(self, lines: Sequence[str]) -> None:
        """`lines`: folded lines."""
        words = [words_of(line) for line in lines]
        self.words = frozenset(word for line in words for word in line)
        self.pairs = frozenset(pair for line in words for pair in pairwise(line))
        self.first_words = Counter(line[0] for line in words if line)
        self.sentence = re.split("[.?!]", "\n".join(lines))[-1]
        """The unfinished sentence at the end."""


def score(
    candidate: Candidate,
    prefix: str,
    previous: PreviousLines,
    index: RhymeAndMetreIndex,
    weights: RerankWeights = DEFAULT_WEIGHTS,
) -> float:
    """The score of a candidate as the next line, in nats per character; higher is better.

    `prefix` is what the member has typed of this line, folded.
    """
    words = words_of(candidate.text)
    line = words_of(prefix + candidate.text)
    # Unknown words get rank 0, like the most common word: no bonus and no penalty.
    ranks = {word: index.rank.get(word, 0) for word in line}
    last_word = len(candidate.text) - (candidate.text.rfind(" ") + 1)  # its characters
    total = float(candidate.log_p.sum())
    total += weights.last_word * float(candidate.log_p[-last_word - 1 :].sum())  # with the `END`
    total += weights.rarity * sum(math.log(1 + ranks[word]) for word in words[:-1] if word in ranks)
    total -= weights.repeated_content_word * sum(
        word in previous.words and ranks[word] >= FUNCTION_WORDS for word in words if word in ranks
    )
    total -= weights.repeated_in_line * sum(
        n - 1 for word, n in Counter(line).items() if ranks[word] >= SMALL_WORDS
    )
    total -= weights.repeated_pair * sum(pair in previous.pairs for pair in pairwise(line))
    total -= weights.same_first_word * (previous.first_words[line[0]] if line else 0)
    total -= weights.doubled_word * sum(a == b for a, b in pairwise(line))
    sentence = previous.sentence + "\n" + prefix + candidate.text
    total -= weights.false_question * _false_questions(sentence)
    return total / len(candidate.log_p)  # long lines have a lower log p


def _false_questions(text: str) -> int:
    """Number of sentences that end with a question mark but do not start like a question."""
    sentences = re.findall(r"[^.?!]*[.?!]", text)
    questions = [words_of(sentence) for sentence in sentences if sentence.endswith("?")]
    return sum(QUESTION_WORDS.isdisjoint(words[:2]) for words in questions)
