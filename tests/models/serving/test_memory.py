"""What weights take in memory."""

import os
import subprocess
import sys
from dataclasses import dataclass

import numpy as np
import pytest

from models.serving.memory import resident_bytes

resource = pytest.importorskip("resource", reason="Windows has no such module")


@dataclass(frozen=True)
class Pair:
    first: object
    second: object


def test_shared_values_are_counted_once() -> None:
    array, words = np.zeros(1_000), "some words"
    once = resident_bytes(Pair(array, words))
    assert resident_bytes(Pair(Pair(array, words), Pair(words, array))) == once
    assert once > array.nbytes
    loop: list[object] = []
    loop.append(loop)
    assert resident_bytes(loop) > 0


def test_views_and_mappings() -> None:
    array = np.zeros(1_000)
    assert resident_bytes(array[:1]) == array.nbytes
    assert resident_bytes(Pair(array[:1], array[5:])) == array.nbytes
    key, value = "k" * 500, b"v" * 700
    assert resident_bytes({key: value}) - resident_bytes({}) > 1_200


FREED_AND_TAKEN = """
import os
import resource
import numpy as np
from models.serving.memory import keep_freed_memory, limit_arenas
limit_arenas()
keep_freed_memory()
def turn():
    arrays = [np.ones(2**18) for _ in range(5)]  # 2 MiB each
for _ in range(5):
    turn()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    turn()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.parametrize("kept", ["", "65536"], ids=["a process of the bot", "a worker of Dask"])
def test_turns_use_the_same_memory_again(kept: str) -> None:
    """Memory that is given back is cleared by the system when it is taken again, page by page."""
    run = subprocess.run(
        [sys.executable, "-c", FREED_AND_TAKEN],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | ({"MALLOC_TRIM_THRESHOLD_": kept} if kept else {}),
    )
    pages = 20 * 5 * 2**21 // resource.getpagesize()
    assert int(run.stdout) < pages / 10
