"""Sampling of candidate lines without metre."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from models.networks.network import log_softmax, read
from models.networks.vocabulary import END
from models.verse.free_lines import Bounds, FreeLine, FreeLineRequest, generate_lines
from tests.models.tiny import VERSE, lstm

NETWORK = lstm()
ROWS = 4


def request(
    text: str = "shall i", seed: int = 0, temperature: float = 1.0, bounds: Bounds | int = 12
) -> FreeLineRequest:
    """Of a line with so many characters, or within bounds."""
    logits, state = read(NETWORK, END + text, NETWORK.initial_state(1))
    bounds = bounds if isinstance(bounds, Bounds) else Bounds(bounds, bounds, bounds)
    return FreeLineRequest(state, logits, temperature, np.random.default_rng(seed), bounds)


def lines(
    *requests: FreeLineRequest, rows: int = ROWS, top_p: float | None = None
) -> list[list[FreeLine]]:
    return generate_lines(NETWORK, requests, rows, max_length=40, top_p=top_p)


def texts(candidates: Sequence[FreeLine]) -> list[str]:
    return [candidate.written for candidate in candidates]


def test_lines_are_within_bounds() -> None:
    (found,) = lines(request(temperature=5, bounds=Bounds(5, 8, 12)), rows=1_000)
    assert {len(text) for text in texts(found)} == {*range(5, 13)}
    # Behind more than 8 characters it ends at a space.
    assert {len(text) for text in texts(found) if text[8:9] == " "} == {9}
    assert {len(text) for text in texts(found) if text[7:8] == " "} >= {8, 12}
    assert not any(" " in text[8:-1] for text in texts(found))
    assert texts(lines(request(bounds=Bounds.of_line(200)))[0]) == [""] * ROWS
    assert Bounds.of_line(3) == (17, 53, 110)


def test_complete_word_is_not_continued() -> None:
    (found,) = lines(replace(request("shall i", bounds=5), after_word=True), rows=200)
    assert not any(text[0].isalpha() or text[0] == "'" for text in texts(found))


def test_line_does_not_depend_on_batch() -> None:
    settings = [("shall i", 1, 0.5, 12), ("when", 2, 1.5, 3), ("o", 3, 1.0, 30)]
    together = lines(*(request(*setting) for setting in settings))
    for setting, found in zip(settings, together, strict=True):
        (alone,) = lines(request(*setting))
        assert texts(found) == texts(alone)
        for a, b in zip(found, alone, strict=True):
            np.testing.assert_allclose(a.log_p, b.log_p, rtol=1e-4)


@pytest.mark.parametrize("temperature", [0.1, 1.0, 2.0])
def test_log_p_at_temperature_one(temperature: float) -> None:
    """Teacher-forced over all symbols, whatever was allowed."""
    start = request("when forty winters", temperature=temperature)
    for candidate in lines(start)[0]:
        logits, state = start.logits, start.state
        for k, x in enumerate(VERSE.encode(candidate.written + END)):
            assert candidate.log_p[k] == pytest.approx(log_softmax(logits)[0, x], abs=1e-4)
            logits, state = NETWORK.step(np.array([x]), state)
        assert len(candidate.log_p) == len(candidate.written) + 1
        np.testing.assert_allclose(candidate.logits, logits, rtol=1e-3, atol=1e-5)
        np.testing.assert_allclose(candidate.state, state, rtol=1e-3, atol=1e-5)


def test_top_p_applies_to_allowed_characters() -> None:
    start = request(bounds=1)
    start.logits[0, VERSE.end] = 100
    likeliest = VERSE.symbols[int(np.delete(start.logits[0], VERSE.end).argmax()) + 1]
    assert set(texts(lines(start, rows=50, top_p=0.05)[0])) == {likeliest}
