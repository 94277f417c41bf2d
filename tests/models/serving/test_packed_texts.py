"""Packed texts, against a tuple."""

import pytest

from models.serving.memory import resident_bytes
from models.serving.packed_texts import BREAK, MOST_IN_TUPLE, PackedTexts, packed, unpacked

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
