"""Plain sampling."""

import numpy as np

from bot.evaluation.measures.sampling import sample_names, sample_verse
from models.names.constraints import LONGEST_NAME
from models.networks.ngram import NGram
from tests.models.tiny import LETTERS, VERSE, lstm

COUNTED = NGram.fit(["rex\n", "rexy\n"], LETTERS, 5, 0.01)


def has_three_lines(text: str) -> bool:
    return text.count("\n") >= 3


def test_sample_frequencies() -> None:
    names = sample_names(COUNTED, 300, np.random.default_rng(0))
    assert len(names) == 300
    share = names.count("rexy") / 300
    assert 0.4 < share < 0.6
    assert names.count("rex") + names.count("rexy") > 280


def test_endless_name_is_cut() -> None:
    arrays = lstm(LETTERS).arrays()
    arrays["by"] = arrays["by"] - 100 * (np.arange(len(LETTERS)) == LETTERS.end)
    endless = type(lstm(LETTERS)).from_arrays(LETTERS.symbols, arrays)
    names = sample_names(endless, 3, np.random.default_rng(0))
    assert {len(name) for name in names} == {LONGEST_NAME + 1}


def test_sampling_is_reproducible() -> None:
    one, other = (sample_names(lstm(LETTERS), 20, np.random.default_rng(4)) for _ in range(2))
    assert one == other


def test_poems_continue_their_openings() -> None:
    openings = ["Shall I compare thee", "", "O"]
    poems = sample_verse(
        lstm(), openings, np.random.default_rng(0), temperature=0.8, is_whole=has_three_lines
    )
    assert poems[0].startswith("shall i compare thee")
    assert poems[2].startswith("o")
    for poem in poems:
        assert poem.count("\n") == 3
        assert all(poem.removesuffix("\n").split("\n"))


def test_complete_opening_is_unchanged() -> None:
    poems = sample_verse(
        lstm(VERSE),
        ["abcdefgh"],
        np.random.default_rng(0),
        temperature=1.0,
        is_whole=lambda text: len(text) >= 4,
    )
    assert poems == ["abcdefgh"]
