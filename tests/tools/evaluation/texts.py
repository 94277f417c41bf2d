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
SEA = "beach boat breeze coast crab crew deep drift fish fleet foam gale gull mast net oar reef"
WORDS = [*COMMON, *SEA.split()]


def random_poems(count: int, seed: int, words: Sequence[str] = COMMON) -> list[str]:
    """Poems of fourteen lines, without marks, of words drawn at random."""
    drawn = np.random.default_rng(seed).choice(words, (count, 14, 10))
    return ["\n".join(" ".join(line) for line in poem) for poem in drawn]
