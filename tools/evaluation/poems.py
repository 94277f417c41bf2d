"""Poems of all systems that are compared: with response times, sampled plainly, cut from plays."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from data.pronunciation import Readings
from models.networks.network import Network
from models.text_generator import Accept
from models.verse.poem import SonnetError, SonnetRequest, begin, extend
from models.verse.prosody import syllable_counts
from models.weights import Trained
from tools.evaluation.baselines import ShowStatus, sample_texts
from tools.evaluation.verse import LINES, SYLLABLES, MeasuredPoem


@dataclass(frozen=True)
class TimedPoem:
    """A poem, with seconds since its request."""

    poem: MeasuredPoem
    first_line: float
    """When the first generated lines are shown: they appear together once they are chosen."""
    whole: float


def generate_poems(
    trained: Trained, requests: Sequence[SonnetRequest], accept: Accept, show_status: ShowStatus
) -> list[TimedPoem]:
    """Generate poems one after another. A poem that fails is kept as far as it got."""
    time_poem(trained, requests[0], accept)  # warm up, like a running bot
    poems = []
    for number, request in enumerate(requests):
        show_status(f"{number} of {len(requests)} poems")
        poems.append(time_poem(trained, request, accept))
    return poems


def time_poem(trained: Trained, request: SonnetRequest, accept: Accept) -> TimedPoem:
    """Write one poem."""
    poem = MeasuredPoem(request.opening, len(request.opening))
    started, first_line = time.perf_counter(), None
    with suppress(SonnetError):  # the measures will find it too short
        draft = begin(trained, request)
        given = len(draft.lines)
        while not draft.finished:
            draft = extend(trained, [draft], accept)[0]
            poem = MeasuredPoem("\n".join(draft.lines), draft.opening_length)
            if first_line is None and len(draft.lines) > given:
                first_line = time.perf_counter() - started
    whole = time.perf_counter() - started
    return TimedPoem(poem, whole if first_line is None else first_line, whole)


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
