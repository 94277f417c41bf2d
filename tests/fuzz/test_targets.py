"""Every target, on its seeds, on changed seeds, and on random bytes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.targets import TARGETS, Target

targets = pytest.mark.parametrize("target", TARGETS.values(), ids=list(TARGETS))
few = settings(max_examples=25, deadline=None)


@targets
def test_seeds(target: Target) -> None:
    for seed in target.seeds():
        assert len(seed) <= target.longest
        target.run(seed)


@targets
@few
@given(st.binary(max_size=200))
def test_random_bytes(target: Target, content: bytes) -> None:
    target.run(content)


@targets
@few
@given(data=st.data())
def test_changed_seeds(target: Target, data: st.DataObject) -> None:
    content = bytearray(data.draw(st.sampled_from(target.seeds())))
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=4)):
        content[place] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(content)))
    target.run(bytes(content))
    target.run(bytes(content[:cut]))
