"""Poems to compare with: those of a word trigram, and pieces of plays."""

from collections.abc import Sequence

import numpy as np

from bot.evaluation.measures.sense.word_trigram import WordTrigram
from bot.evaluation.measures.verse import LINES, SYLLABLES, Poem
from data.pronunciation import Readings
from data.text import normalise_verse
from models.verse.prosody import syllable_counts


def trigram_poems(
    trigram: WordTrigram, openings: Sequence[str], rng: np.random.Generator
) -> list[Poem]:
    """A poem of fourteen lines for each opening, sampled plainly."""
    poems = []
    for opening in openings:
        start = normalise_verse(opening)
        lines = [trigram.sample_line(rng, start)]
        lines += [trigram.sample_line(rng) for _ in range(LINES - 1)]
        poems.append(Poem("\n".join(lines), len(start)))
    return poems


def poems_of_plays(
    scenes: Sequence[str], readings: Readings, count: int, rng: np.random.Generator
) -> list[Poem]:
    """Up to `count` pieces of fourteen lines of verse, one each of different scenes.

    Verse: lines of ten or eleven syllables in scenes where most lines are. The others are left out.
    """
    poems: list[Poem] = []
    for number in rng.permutation(len(scenes)):
        if len(poems) == count:
            break
        lines = scenes[number].strip().split("\n")
        verse = [
            line for line in lines if not SYLLABLES.isdisjoint(syllable_counts(line, readings))
        ]
        if len(verse) >= max(LINES, len(lines) / 2):
            begin = int(rng.integers(len(verse) - LINES + 1))
            poems.append(Poem("\n".join(verse[begin : begin + LINES])))
    return poems
