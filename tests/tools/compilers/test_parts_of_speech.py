"""The compiler of the parts of speech."""

from pathlib import Path

import numpy as np
import pytest

from data.parts_of_speech import COMPILED, Part, load_parts_of_speech
from tools.compilers.parts_of_speech import Inflection, compiled, corrected, read_wordnet

FORMS = Inflection(
    {
        "fair": Part.ADJECTIVE,
        "glass": Part.NOUN,
        "heart": Part.NOUN,
        "know": Part.BASE,
        "love": Part.NOUN | Part.BASE,
        "stop": Part.BASE,
        "wretch": Part.NOUN,
    }
)


def test_shipped_table_is_as_compiled() -> None:
    assert compiled(load_parts_of_speech()) == COMPILED.read_text()


@pytest.mark.parametrize(
    ("word", "parts"),
    [
        ("hearts", Part.PLURAL),
        ("wretches", Part.PLURAL),
        ("glass", Part.NOUN),
        ("loves", Part.PLURAL | Part.THIRD),
        ("loveth", Part.THIRD),
        ("lov'st", Part.SECOND),
        ("knowest", Part.SECOND),
        ("lov'd", Part.PAST | Part.PARTICIPLE),
        ("stopped", Part.PAST | Part.PARTICIPLE),
        ("stopping", Part.GERUND),
        ("knew", Part.PAST),
        ("known", Part.PARTICIPLE),
        ("knowed", Part(0)),
        ("fairest", Part.ADJECTIVE | Part.ADVERB),
        ("heart's", Part(0)),
        ("'the", Part(0)),
        ("unheard-of", Part(0)),
    ],
)
def test_inflection(word: str, parts: Part) -> None:
    assert FORMS.parts(word) == parts


@pytest.mark.parametrize(
    ("parts", "counts", "expected"),
    [
        (Part.NOUN | Part.ADJECTIVE, (900, 100, 3, 0), Part.ADJECTIVE),  # great
        (Part.NOUN | Part.ADJECTIVE, (59, 30, 0, 0), Part.NOUN | Part.ADJECTIVE),  # too rare
        (Part.NOUN | Part.BASE, (900, 0, 0, 300), Part.BASE),  # appear
        (Part.NOUN | Part.BASE, (900, 100, 60, 2), Part.NOUN),
        (Part.BASE, (900, 10, 8, 300), Part.NOUN | Part.BASE),
        (Part(0), (900, 100, 60, 300), Part(0)),
    ],
)
def test_corrected_by_neighbours(
    parts: Part, counts: tuple[int, int, int, int], expected: Part
) -> None:
    assert corrected(parts, np.array(counts)) == expected


def test_wordnet_is_read(tmp_path: Path) -> None:
    files = {"noun": "  licence\nsea n 4\nlove n 6\n", "verb": "love v 4\n", "adj": "", "adv": ""}
    for name, text in files.items():
        (tmp_path / f"index.{name}").write_text(text)
    assert read_wordnet(tmp_path) == {"sea": Part.NOUN, "love": Part.NOUN | Part.BASE}
