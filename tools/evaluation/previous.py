"""The previous weights, for comparison: the last different ones in the git history."""

import json
import os
import subprocess
import sys
import tempfile
import zipfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.networks.network import Network
from models.text_generator import Accept
from models.verse.poem import SonnetRequest
from models.weights import SHIPPED, Trained, WeightsError, load_weights
from tools.evaluation.baselines import Baseline, ShowStatus
from tools.evaluation.poems import generate_poems
from tools.evaluation.verse import MeasuredPoem

CODE = ("bot", "models", "data")
"""The folders that generating needs."""


@dataclass(frozen=True, eq=False)
class PreviousWeights(Baseline):
    """The previous weights, or the reason why they are missing."""

    trained: Trained | None = None
    commit: str = ""
    """The commit that they were shipped with; empty for those of a file."""


def previous_weights(trained: Trained, path: Path | None) -> PreviousWeights:
    """The weights of `path`, or else the last different weights in the git history."""
    try:
        previous, commit = (load_weights(path), "") if path else _last_other(trained)
    except WeightsError as error:
        return PreviousWeights("the previous weights", None, str(error))
    name = f"the previous weights ({previous.card.recipe}, {previous.digest[:8]})"
    return PreviousWeights(name, previous.network, "", previous, commit)


def previous_poems(
    previous: PreviousWeights,
    requests: Sequence[SonnetRequest],
    accept: Accept,
    show_status: ShowStatus,
) -> list[MeasuredPoem]:
    """As many poems of the previous weights with the same openings, in the default form.

    Weights of the git history are run by the code that they were shipped with, since later code may
    expect other networks; its seeds are consecutive for each opening. Raises `WeightsError` if they
    are missing, or if that code fails.
    """
    if previous.trained is None:
        raise WeightsError(previous.missing)
    if not previous.commit:
        written = generate_poems(previous.trained, requests, accept, show_status)
        return [timed.poem for timed in written]
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "code.zip"
        archive.write_bytes(_git("archive", "--format=zip", previous.commit, "--", *CODE))
        with zipfile.ZipFile(archive) as zipped:
            zipped.extractall(folder)  # no member can leave the folder
        poems = list[MeasuredPoem]()
        seed = requests[0].seed
        for opening, count in Counter(request.opening for request in requests).items():
            show_status(f"the previous weights, {len(poems)} of {len(requests)} poems")
            poems += _generate(Path(folder), opening, count, seed + len(poems))
        return poems


def _generate(checkout: Path, opening: str, count: int, seed: int) -> list[MeasuredPoem]:
    """Poems of the shipped weights of a checkout."""
    options = ["-n", str(count), "--seed", str(seed), "--json"]
    done = subprocess.run(  # noqa: S603 (the project's own command)
        [sys.executable, "-m", "bot.generate", "sonnet", opening, *options],
        cwd=checkout,
        env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise WeightsError(f"the code that they were shipped with fails: {reason}")
    read = map(json.loads, done.stdout.splitlines())
    return [MeasuredPoem("\n".join(poem["lines"]), poem["opening_length"]) for poem in read]


def _last_other(trained: Trained) -> tuple[Trained, str]:
    """The weights and their commit. Raises `WeightsError` with the reason if they are missing."""
    file = f"models/weights/{trained.card.task}.safetensors"
    commits = _git("log", "--format=%H", "--", file).decode().split()
    for commit in commits:
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / f"{commit[:8]}.safetensors"
            copy.write_bytes(_git("show", f"{commit}:{file}"))
            other = load_weights(copy)
        if not _same_parameters(trained.network, other.network):
            return other, commit
    raise WeightsError("the git history has no other weights")


def _git(*arguments: str) -> bytes:
    try:
        done = subprocess.run(  # noqa: S603 (constant arguments)
            ["git", *arguments],  # noqa: S607
            cwd=SHIPPED.parents[1],
            capture_output=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError) as error:
        raise WeightsError("there is no git history; use --previous FILE") from error
    return done.stdout


def _same_parameters(one: Network, other: Network) -> bool:
    a, b = one.arrays(), other.arrays()
    return a.keys() == b.keys() and all(np.array_equal(a[name], b[name]) for name in a)
