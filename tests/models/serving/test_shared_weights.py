"""Weights that several processes map."""

import numpy as np
import pytest

from models.names.generator import NamesRequest, generate_names
from models.serving.memory import resident_bytes
from models.serving.packed_texts import BREAK, MOST_IN_TUPLE, PackedTexts, packed, unpacked
from models.serving.shared_weights import ALIGNMENT, attach, share
from models.tasks import TASKS, task_of
from models.verse import poem
from models.weights import Trained


@pytest.fixture(scope="module", params=TASKS)
def shipped(request: pytest.FixtureRequest) -> Trained:
    task = task_of(request.param)
    trained = task.load_shipped()
    task.prepare(trained)
    return trained


def written(trained: Trained) -> tuple[str, ...]:
    if trained.card.task == "names":
        return generate_names(trained, NamesRequest(3, 1), lambda _: True).names
    draft = poem.begin(trained, poem.SonnetRequest("Shall I", 1))
    return poem.extend(trained, [draft], lambda _: True)[0].lines


def test_attached_weights_write_the_same(shipped: Trained) -> None:
    """What was computed from the weights is shared as well."""
    attached = attach(share(shipped))
    assert attached.digest == shipped.digest
    assert attached.derived.keys() == shipped.derived.keys() != set()
    assert written(attached) == written(shipped)


def test_arrays_are_mapped(shipped: Trained) -> None:
    """The objects beside them are small, and nobody can write to the arrays of the others."""
    shared = share(shipped)
    arrays = attach(shared).network.arrays()
    assert sum(end - begin for begin, end in shared.extents) > resident_bytes(shipped) / 2
    assert len(shared.objects) < 2_000_000
    for name, array in shipped.network.arrays().items():
        np.testing.assert_array_equal(arrays[name], array)
    fingerprints = attach(shared).known.fingerprints
    with pytest.raises(ValueError, match="read-only"):
        fingerprints[0] = 0
    assert all(begin % ALIGNMENT == 0 for begin, _ in shared.extents)


# Packed texts, against a tuple


TEXTS = ("aa", "", "Évreux", "サクラ", "𐌰𐌱", "z")
PACKED = PackedTexts(BREAK.join(TEXTS).encode())


def test_same_as_tuple() -> None:
    assert len(PACKED) == len(TEXTS)
    assert tuple(PACKED) == TEXTS
    assert [PACKED[i] for i in range(-6, 6)] == [*TEXTS, *TEXTS]
    assert PACKED[1:] == TEXTS[1:]
    assert PACKED[::-2] == TEXTS[::-2]
    assert "サクラ" in PACKED
    assert "aaÉ" not in PACKED
    for index in (6, -7):
        with pytest.raises(IndexError):
            PACKED[index]


@pytest.mark.parametrize("count", [0, 1, MOST_IN_TUPLE, MOST_IN_TUPLE + 1])
def test_only_long_lists_are_packed(count: int) -> None:
    texts = tuple(f"name {number}" for number in range(count))
    same = packed(texts)
    assert isinstance(same, PackedTexts) == (count > MOST_IN_TUPLE)
    assert tuple(same) == tuple(unpacked(BREAK.join(texts).encode())) == texts


def test_memory() -> None:
    names = tuple(f"{number:08}" for number in range(10_000))
    small = packed(names)
    assert len(small) == len(names)
    assert resident_bytes(small) < resident_bytes(names) / 4
