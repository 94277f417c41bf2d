"""Verse in which everything is known: lines of ten monosyllables, drawn at random."""

from collections.abc import Sequence

import numpy as np

_COMMON = """
age aid aim air arm art ash bad bag bald ball band bank bar bark barn base bath bean bear beat bed
bell belt bench bend big bird bit bite black blade blame blast blaze bleed bless blind block blood
bloom blow blue board bold bolt bomb bond bone book boot bowl box boy brain branch brand brass brave
bread break breath breed brick bride bridge brief bright bring broad brook broom brown brush bud
bulk bull burn burst bush cage cake calf call calm camp cap card care cart cash cat cause cave cell
chain chair chalk chance charm
"""
COMMON = _COMMON.split()
"""A hundred words, which have no vector if they are the most frequent."""
SEA = "beach boat breeze coast crab crew deep drift fish fleet foam gale gull mast net oar reef"
LAW = "bail case chief claim code count court crime fine guilt judge oath plea proof right rule"
TOPICS = (SEA.split(), LAW.split())
WORDS = [*COMMON, *SEA.split(), *LAW.split()]


def random_poems(count: int, seed: int, words: Sequence[str] = COMMON) -> list[str]:
    """Poems of fourteen lines, without marks, of words drawn at random."""
    drawn = np.random.default_rng(seed).choice(words, (count, 14, 10))
    return ["\n".join(" ".join(line) for line in poem) for poem in drawn]


def poem_about(*topics: int, rng: np.random.Generator) -> str:
    """A poem with a topic, as its index in `TOPICS`, for each line: one word of it, nine others.

    With a single topic, all fourteen lines are about it.
    """
    lines = []
    for topic in topics if len(topics) > 1 else topics * 14:
        words = [rng.choice(TOPICS[topic]), *rng.choice(COMMON, 9)]
        lines.append(" ".join(rng.permutation(words)))
    return "\n".join(lines)


_RNG = np.random.default_rng(0)
SONNETS = [f"{poem_about(i % 2, rng=_RNG)}\n\n" for i in range(20)]
PLAYS = [poem_about(i % 2, rng=_RNG) for i in range(200)]
