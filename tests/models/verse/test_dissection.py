"""Dissections of lines: word probabilities, and what is a line."""

import math
from dataclasses import replace

import pytest

from models.networks.vocabulary import END
from models.networks.words import SPECIAL
from models.networks.words_and_characters import unit_log_p
from models.verse.dissection import (
    MAX_TOKENS,
    LineDissection,
    LineError,
    LineTooLong,
    NoWordNetwork,
    dissect_line,
    is_line,
)
from models.weights import Trained
from tests.models.tiny import anything, lstm, namer, poet, words_and_characters

NETWORK = words_and_characters()
TRAINED = poet(NETWORK)
LINE = "'Tis love, the rose of day - I love"


def dissected(line: str, trained: Trained = TRAINED) -> LineDissection:
    return dissect_line(trained, line, anything)


def test_probabilities_are_those_of_the_network() -> None:
    words = dissected(LINE).words
    tokens = ["'tis", "love", ",", "the", "rose", "of", "day", "-", "i", "love", END]
    assert [choice.token for choice in words] == tokens
    nats = [math.log(choice.probability or 0) for choice in words]
    line = "'tis love, the rose of day-i love\n"  # no spaces around a dash, by the rule
    expected = unit_log_p(NETWORK.characters, NETWORK.words, [line])
    assert nats == pytest.approx(expected.tokens.tolist(), rel=1e-4)


def test_unknown_words() -> None:
    dissection = dissected("The keyboard of the keyboard of love")
    assert dissection.unknown == ("keyboard",)
    assert [choice.probability is None for choice in dissection.words].count(True) == 2
    assert len(dissection.words[1].alternatives) == 5


def test_what_follows_an_unknown_word_depends_on_its_syllables() -> None:
    """The network reads how far the line is, also past words that it does not know."""
    short, long = (dissected(f"The {word} of").words[2] for word in ("blob", "immortality"))
    assert short.probability != long.probability


def test_spaces_and_quotation_marks() -> None:
    for typed in ("“The  rose ,of day”", ' "the rose\n, of   DAY"', "the rose, of day"):
        assert dissected(typed).words == dissected("The rose, of day").words
        assert dissected(typed).line.lower().startswith("the rose")


def test_alternatives() -> None:
    shown = set()
    for choice in dissected(LINE).words:
        probabilities = [p for _token, p in choice.alternatives]
        assert len(probabilities) == 5
        assert probabilities == sorted(probabilities, reverse=True)
        shown |= {token for token, _p in choice.alternatives}
    assert shown.isdisjoint(set(SPECIAL) - {END})
    assert END in shown


def test_rejected_words_are_no_alternatives() -> None:
    rejected = dissected("The rose").words[0].alternatives[0][0]
    words = dissect_line(TRAINED, "The rose", lambda word: word != rejected).words
    assert all(rejected not in dict(choice.alternatives) for choice in words)
    assert all(len(choice.alternatives) == 5 for choice in words)


def test_is_line() -> None:
    lines = ("The rose of love", "the rose", "Summer, love: keyboard")
    others = ("Tyrannosaurus rex", "The Tyrannosaurus", "rose", "rose.,", "🦖 🦖", "")
    letters_only = replace(poet(lstm()), words=("love", "rose", "summer", "the", "of"))
    for trained in (TRAINED, letters_only):
        assert [text for text in (*lines, *others) if is_line(trained, text)] == [*lines]


def test_limits() -> None:
    assert len(dissected("rose, " * (MAX_TOKENS // 2)).words) == MAX_TOKENS + 1
    with pytest.raises(LineTooLong, match="at most 20 words and marks, and yours has 21"):
        dissected("rose, " * (MAX_TOKENS // 2) + "rose")
    with pytest.raises(LineError, match="no words"):
        dissected("?! 🦖")
    for trained in (poet(lstm()), namer()):
        with pytest.raises(NoWordNetwork, match="by characters only"):
            dissected("the rose", trained)
