"""What weights take in memory."""

from dataclasses import dataclass

import numpy as np

from models.memory import resident_bytes


@dataclass(frozen=True)
class Pair:
    first: object
    second: object


def test_shared_values_are_counted_once() -> None:
    array, words = np.zeros(1_000), "some words"
    once = resident_bytes(Pair(array, words))
    assert resident_bytes(Pair(Pair(array, words), Pair(words, array))) == once
    assert once > array.nbytes


def test_cycle_ends() -> None:
    loop: list[object] = []
    loop.append(loop)
    assert resident_bytes(loop) > 0


def test_views_keep_their_whole_memory() -> None:
    array = np.zeros(1_000)
    assert resident_bytes(array[:1]) == array.nbytes
    assert resident_bytes(Pair(array[:1], array[5:])) == array.nbytes


def test_keys_and_values_of_a_mapping() -> None:
    key, value = "k" * 500, b"v" * 700
    assert resident_bytes({key: value}) - resident_bytes({}) > 1_200
