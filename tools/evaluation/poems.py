"""Poems of all systems that are compared: generated, sampled plainly, cut from plays."""

from collections.abc import Callable, Sequence
from contextlib import suppress

import numpy as np

from data.pronunciation import Readings
from models.networks.network import Network
from models.text_generator import Accept
from models.verse.poem import SonnetError, SonnetRequest, begin, extend
from models.verse.prosody import syllable_counts
from models.weights import Trained
from tools.evaluation.baselines import ShowStatus, sample_texts
from tools.evaluation.verse import LINES, SYLLABLES, MeasuredPoem


def generate_poems(
    trained: Trained, requests: Sequence[SonnetRequest], accept: Accept, show_status: ShowStatus
) -> list[MeasuredPoem]:
    """Generate poems one after another. A poem that fails is kept as far as it got."""
    poems = []
    for number, request in enumerate(requests):
        show_status(f"{number} of {len(requests)} poems")
        poem = MeasuredPoem(request.opening, len(request.opening))
        with suppress(SonnetError):  # the measures will find it too short
            draft = begin(trained, request)
            while not draft.finished:
                draft = extend(trained, [draft], accept)[0]
                poem = MeasuredPoem("\n".join(draft.lines), draft.opening_length)
        poems.append(poem)
    return poems


def sampled_poems(
    network: Network,
    openings: Sequence[str],
    seed: int,
    *,
    temperature: float,
    is_whole: Callable[[str], bool],
) -> list[MeasuredPoem]:
    """Plain samples of a network over characters."""
    folded, rng = list(map(network.vocabulary.fold, openings)), np.random.default_rng(seed)
    texts = sample_texts(network, folded, rng, is_whole, temperature=temperature, empty_lines=False)
    pairs = zip(texts, folded, strict=True)
    return [MeasuredPoem(text.rstrip("\n"), len(opening)) for text, opening in pairs]


def poems_of_plays(
    scenes: Sequence[str], readings: Readings, count: int, seed: int
) -> list[MeasuredPoem]:
    """Up to `count` pieces of fourteen lines of verse, one each of different scenes.

    Verse: lines of ten or eleven syllables in scenes where most lines are. The others are left out.
    """
    rng, poems = np.random.default_rng(seed), list[MeasuredPoem]()
    for number in rng.permutation(len(scenes)):
        if len(poems) == count:
            break
        lines = scenes[number].strip().split("\n")
        verse = [
            line for line in lines if not SYLLABLES.isdisjoint(syllable_counts(line, readings))
        ]
        if len(verse) >= max(LINES, len(lines) / 2):
            begin = int(rng.integers(len(verse) - LINES + 1))
            poems.append(MeasuredPoem("\n".join(verse[begin : begin + LINES])))
    return poems
