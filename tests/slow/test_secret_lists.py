"""Counts of what a shared namer writes, for somebody who guesses the names on its list."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.names.name_options import TAMEST_OF_OTHERS, is_for_others
from data.genera import load_genera
from models.names.filters import RealNames
from models.names.generator import NamesRequest, generate_names
from models.names.problems import NamesError
from models.weights import Trained, load_weights

LISTS, LISTED, GUESSES = 20, 90, 30


def questions(guess: str) -> Iterator[NamesRequest]:
    """Requests that leave little open, with pieces of a guess."""
    for temperature in (0.1, 0.3, TAMEST_OF_OTHERS):
        for given in (len(guess) - 3, 2):
            middle = (given + 1) // 2
            for starts, ends in (
                (guess[:given], ""),
                ("", guess[-given:]),
                (guess[:middle], guess[middle - given :]),
            ):
                for length in (len(guess), None):
                    yield NamesRequest(10, 0, starts, temperature, ends, length=length)


def counts(trained: Trained, guess: str) -> tuple[int, int, int, int]:
    """How many names were found in all, how many are different, are the guess, and are near it."""
    found = list[str]()
    for request in filter(is_for_others, questions(guess)):
        with suppress(NamesError):
            found += generate_names(trained, request, bool).names
    near = RealNames.of([guess])
    return len(found), len({*found}), found.count(guess), sum(map(near.is_near, {*found}))


def area(members: NDArray[np.int64], others: NDArray[np.int64]) -> NDArray[np.float64]:
    """The AUC of telling members by lower counts, for each count: `(guesses, counts)` each."""
    a, b = members[:, np.newaxis], others[np.newaxis]
    found: NDArray[np.float64] = ((a < b) + (a == b) / 2).mean(axis=(0, 1))
    return found


def test_counts_do_not_tell_members(tmp_path: Path) -> None:
    rng, found = np.random.default_rng(0), []
    genera = sorted(name for name in load_genera().others if name.isascii() and len(name) > 6)
    for _ in range(LISTS):
        names = rng.choice(genera, LISTED + GUESSES, replace=False).tolist()
        (tmp_path / "list.txt").write_text("\n".join(names[:LISTED]))
        weights = tmp_path / "list.safetensors"
        command = ["-m", "bot.train", "names", "--recipe", "list", "--out", str(weights)]
        subprocess.run(
            [sys.executable, *command, "--corpus", str(tmp_path / "list.txt")],
            check=True,
            capture_output=True,
        )
        trained = load_weights(weights)
        told = np.array([counts(trained, name) for name in (*names[:GUESSES], *names[-GUESSES:])])
        found.append(area(told[:GUESSES], told[GUESSES:]))
        weights.unlink()
    assert np.mean(found, axis=0).max() <= 0.55
