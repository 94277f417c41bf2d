"""Lines by words: how candidates are sampled."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from data.text import words_of
from models.networks.network import log_softmax
from models.networks.words import NONE, PLAN, WordLSTM, WordVocabulary
from models.verse import word_lines as module
from models.verse.forms import Metre
from models.verse.word_index import Output, WordIndex
from models.verse.word_lines import write_lines
from tests.models.tiny import word_lstm
from tests.models.verse.test_word_index import after
from tests.models.verse.test_word_lines import (
    DAYS,
    INDEX,
    METRE,
    NETWORK,
    fits,
    lines,
    read,
    request,
    written,
)
from tests.models.verse.versifier import READINGS

FEW = ("the", "love", "delight", "above", "beauty")
FEW_VOCABULARY = WordVocabulary.of(["!", *FEW])


def few(scale: float = 1.0, seed: int = 3) -> tuple[WordLSTM, WordIndex]:
    """A network of a few words; the larger the scale, the more certain it is of each."""
    network = word_lstm(FEW_VOCABULARY, units=(6, 5), seed=seed)
    index = WordIndex(FEW_VOCABULARY, READINGS, may_end=lambda word: word != "the")
    return replace(network, E=scale * np.asarray(network.E)), index


def all_lines(
    network: WordLSTM,
    index: WordIndex,
    metre: Metre,
    temperature: float,
    bias: NDArray[np.float32],
    opening: tuple[str, ...],
) -> dict[tuple[str, ...], float]:
    """Probability of every line that meets the constraint: the target of the sampler."""
    output, found = Output(network, index), dict[tuple[str, ...], float]()

    def softmax(h: NDArray[np.float32]) -> NDArray[np.float64]:
        scaled = (output.logits(h)[0] / temperature + bias).astype(np.float64)
        p = np.exp(scaled - scaled.max())
        normalised: NDArray[np.float64] = p / p.sum()
        return normalised

    def go_on(end: int, p: float, tokens: tuple[str, ...], positions: int) -> None:
        *_, (h, _) = read(tokens, int(index.tokens[end]), network)
        predicted = softmax(h)
        marked = not tokens or tokens[-1] in "!"
        if not positions:  # the end has been written
            found[tokens] = p * predicted[0]
            if not marked:
                go_on(end, p * predicted[index.column["!"]], (*tokens, "!"), 0)
            return
        ending = int(index.endings(metre)[end])
        last = index.column[tokens[-1]] if tokens else -1
        can_end = positions & ending and end != last  # no word comes twice in a row
        if can_end:
            go_on(end, p * predicted[end], (*tokens, index.texts[end]), 0)
        inner = [int(column) for column in np.flatnonzero(index.inner(metre, positions, ending))]
        # The last word comes once.
        inner = [column for column in inner if column not in (end, last)]
        for column in inner:
            there = after(index, metre, positions, column)
            go_on(end, p * predicted[column], (*tokens, index.texts[column]), there)
        if not marked and (inner or can_end):
            go_on(end, p * predicted[index.column["!"]], (*tokens, "!"), positions)

    one = np.ones(1, np.int64)
    nowhere = network.towards(NONE * one)
    h, _ = network.step(PLAN * one, 0 * one, nowhere, network.initial_state(1))
    planned = softmax(h) * (index.rhyme >= 0)
    for end in np.flatnonzero(planned).tolist():
        p, positions = planned[end] / planned.sum(), metre.starts
        for token, (h, _) in zip(opening, read(opening, index.tokens[end], network), strict=False):
            log_p = log_softmax(network.logits(h))[0]
            p *= np.exp(log_p[network.vocabulary.index[token]])
            positions = after(index, metre, positions, index.column[token])
        go_on(end, float(p), opening, positions)
    total = sum(found.values())
    return {line: p / total for line, p in found.items()}


@pytest.mark.parametrize(
    ("scale", "temperature", "opening"), [(1.0, 1.0, ""), (4.0, 0.7, ""), (8.0, 1.0, "the love")]
)
def test_weighted_candidates_are_a_sample(
    monkeypatch: pytest.MonkeyPatch, scale: float, temperature: float, opening: str
) -> None:
    """Of the network's lines that meet the constraint, as a large number of particles shows."""
    monkeypatch.setattr(module, "MIN_P", 0.0)
    for name in ("ENOUGH", "END_TEMPERATURE"):
        monkeypatch.setattr(module, name, 1.0)
    network, index = few(scale)
    metre = Metre(("wsws",))
    bias = np.zeros(len(index.texts), np.float32)
    bias[index.column["love"]] = 1.0
    typed = tuple(opening.split())
    target = all_lines(network, index, metre, temperature, bias, typed)
    assert len(target) > 10
    a_request = request(
        opening, metre, network=network, index=index, ends=index.rhyme >= 0, temperature=temperature
    )
    a_request = replace(a_request, bias=bias, particles=4000)
    (found,) = write_lines(network, index, Output(network, index), [a_request])
    drawn = dict.fromkeys(target, 0.0)
    highest = max(candidate.log_weight for candidate in found)
    for candidate in found:
        drawn[(*typed, *candidate.tokens)] += float(np.exp(candidate.log_weight - highest))
    total = sum(drawn.values())
    distance = sum(abs(drawn[line] / total - p) for line, p in target.items()) / 2
    assert distance < 0.12


def test_particles_that_are_stuck_die_out() -> None:
    """After *remember*, no word leads to the last foot."""
    vocabulary = WordVocabulary.of(["delight", "remember", "eternity", "above"])
    network, index = word_lstm(vocabulary), WordIndex(vocabulary, READINGS)
    metre = Metre(("wswsws",))
    ends = np.arange(len(index.texts)) == index.column["delight"]
    assert index.inner(metre, metre.starts, 1 << 4)[index.column["remember"]]
    a_request = request("", metre, network=network, index=index, ends=ends, particles=64)
    (found,) = write_lines(network, index, Output(network, index), [a_request])
    assert 0 < len(found) < 64
    texts = {candidate.written for candidate in found}
    pairs = {f"{a} {b} delight" for a in ("delight", "above") for b in ("delight", "above")}
    assert texts <= {"eternity delight"} | pairs


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("temperature", [0.1, 2.0])
def test_words_that_network_hardly_writes(temperature: float) -> None:
    """Even if all words that are allowed are next to impossible, one of them is written."""
    by = NETWORK.by.copy()
    by[NETWORK.vocabulary.index["the"]] = 300
    network = replace(NETWORK, by=by)
    a_request = request(network=network, ends=DAYS, temperature=temperature)
    (found,) = write_lines(network, INDEX, Output(network, INDEX), [a_request])
    assert found
    assert all(np.isfinite(candidate.log_weight) for candidate in found)
    assert all(DAYS[INDEX.column[words_of(candidate.written)[-1]]] for candidate in found)


def test_largest_random_number() -> None:
    """Rounded to 32 bits it is 1, and still no word is drawn that is not allowed."""

    class Largest:
        def random(self, size: int | tuple[int, ...]) -> NDArray[np.float64]:
            return np.full(size, np.nextafter(1, 0))

    rng: Any = Largest()
    (found,) = written(replace(request(ends=DAYS, closing=".?!"), rng=rng))
    assert found
    assert all(fits(METRE, candidate.written) for candidate in found)
    assert {DAYS[INDEX.column[words_of(c.written)[-1]]] for c in found} == {True}


def test_low_temperature_varies_less() -> None:
    def different(temperature: float) -> int:
        found = (lines(request(temperature=temperature, seed=seed)) for seed in range(3))
        return len({word for some in found for line in some for word in words_of(line)})

    assert different(0.1) < different(2.0)


def test_unlikely_words_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last word of the line too; the likeliest one never is."""
    monkeypatch.setattr(module, "MIN_P", 1.0)
    assert len({lines(request(seed=seed, particles=1))[0] for seed in range(4)}) == 1
