"""Stored texts."""

import pytest

from bot.text.formats import human_join
from bot.text.stored import read_stored, to_json
from data.phrases import Showable, _, in_language
from tests.data.test_phrases import GERMAN, votes
from tests.texts import written


@pytest.mark.parametrize("words", [votes(2), _("server"), human_join([written("a"), _("server")])])
def test_stored(words: Showable) -> None:
    stored = to_json(words)
    assert type(stored) is str
    assert in_language(read_stored(stored), GERMAN) == in_language(words, GERMAN)


def test_stored_text() -> None:
    """Text of a member, or of an older version."""
    for words in ("A {note}.", "", '{"phras'):
        assert read_stored(to_json(words)) == words
