"""Windows of lines: what a word network reads, and what it is to predict."""

from dataclasses import replace

import numpy as np
import pytest

from models.networks.words import LINE_END, NONE, PLAN, SLOTS, SPACE_FLIP, UNKNOWN
from models.networks.words_and_characters import unit_log_p
from models.training.word_lines import (
    LONGEST_PLANNED,
    PackedLines,
    TokenLine,
    features_of,
    line_losses,
    period_of,
    read_lines,
    window_of,
)
from tests.models.tiny import FEATURES, WITH_FEATURES, WORDS, lstm, word_lstm

PASSAGE = "the rose of summer,\n'tis love the dawn\n\n"
THE, ROSE, OF, SUMMER, COMMA = (WORDS.index[w] for w in ("the", "rose", "of", "summer", ","))


def lines() -> list[TokenLine]:
    return read_lines(PASSAGE, WORDS)


def test_read_lines() -> None:
    first, second, empty = lines()
    assert first.tokens.tolist() == [THE, ROSE, OF, SUMMER, COMMA, LINE_END]
    assert first.syllables.tolist() == [1, 2, 3, 5, 5, 0]
    assert first.sizes.tolist() == [3, 5, 3, 7, 1, 1]
    assert first.end == SUMMER
    assert second.tokens[3] == UNKNOWN
    assert second.end == NONE
    assert empty.tokens.tolist() == [LINE_END]
    assert sum(line.sizes.sum() for line in lines()) == len(PASSAGE)
    against_the_rule, too_long = read_lines("love ,the\n" + "love " * LONGEST_PLANNED, WORDS)
    assert against_the_rule.tokens[1] == SPACE_FLIP
    assert against_the_rule.sizes.tolist() == [4, 0, 2, 0, 3, 1]
    assert too_long.end == NONE


def test_features_of_lines() -> None:
    vocabulary = replace(WORDS, features=(*FEATURES, "kind verse", "line 2", "left 0"))
    names = ("", *vocabulary.features)

    def features(passage: str) -> list[list[str]]:
        read = read_lines(passage, vocabulary, {"period": 1600, "kind": "verse"})
        return [[names[i] for i in line.features] for line in read]

    of_text = ["period 1600", "kind verse"]
    assert features(PASSAGE) == [
        ["", "line 1", "left 1", "", *of_text],
        ["", "line 2", "left 0", "syllables 4", *of_text],
        ["", "", "", "", *of_text],
    ]
    assert features("love\n" * 17)[0][:3] == ["rhyme AH1 V", "", ""]  # too long to be numbered
    assert features("love\n\n\nlove")[3][1:3] == ["line 1", "left 0"]


def test_known_features() -> None:
    read = read_lines(PASSAGE, WITH_FEATURES, {"period": 1600})
    whole, some, nothing = (window_of(read, known=known) for known in (SLOTS, ["line"], []))
    assert not nothing.features.any()
    line = SLOTS.index("line")
    assert whole.features[:, line].any()
    np.testing.assert_array_equal(some.features[:, line], whole.features[:, line])
    assert not np.delete(some.features, line, axis=1).any()
    planned = window_of(read, planned=True, known=SLOTS)
    np.testing.assert_array_equal(planned.features[0], planned.features[1])  # also in the plan


def test_features_of_a_vocabulary() -> None:
    features = features_of(["love", "dove", "above", "day", "may", ","])
    assert {"rhyme AH1 V", "line 16", "left 0", "period 1900", "kind prose"} <= set(features)
    assert "rhyme EY1" not in features
    assert [period_of(year) for year in (1400, 1609, 1640, 1999)] == [1550, 1600, 1650, 1900]


def test_packed_lines() -> None:
    texts = [PASSAGE, "love.\n\n"]
    packed = PackedLines(**vars(PackedLines.read(texts, WITH_FEATURES, {"period": 1600})))
    for i, text in enumerate(texts):
        expected = read_lines(text, WITH_FEATURES, {"period": 1600})
        for found, line in zip(packed.passage(i), expected, strict=True):
            for name in ("tokens", "syllables", "sizes", "end", "features"):
                np.testing.assert_array_equal(getattr(found, name), getattr(line, name))


def test_window() -> None:
    window = window_of(lines())
    assert window.tokens[0] == LINE_END
    np.testing.assert_array_equal(window.tokens[1:], window.targets[:-1])
    np.testing.assert_array_equal(window.targets, np.concatenate([x.tokens for x in lines()]))
    np.testing.assert_array_equal(window.syllables[1:7], lines()[0].syllables)
    assert (window.ends == NONE).all()


def test_planned_window() -> None:
    window = window_of(lines(), planned=True)
    assert window.tokens[:3].tolist() == [PLAN, LINE_END, THE]
    assert window.targets[:3].tolist() == [SUMMER, THE, ROSE]
    assert window.ends[:8].tolist() == [NONE, *[SUMMER] * 6, NONE]
    assert window.syllables[:3].tolist() == [0, 0, 1]
    assert window.sizes.sum() == len(PASSAGE)
    assert PLAN not in window.tokens[1:]  # the second line's last word is unknown


@pytest.mark.parametrize("planned", [False, True])
@pytest.mark.parametrize("length", [1, 4, 7, 8, 100])
def test_window_is_cut(length: int, *, planned: bool) -> None:
    whole, cut = (window_of(lines(), size, planned=planned) for size in (None, length))
    assert len(cut.targets) == min(length, len(whole.targets))
    for name in ("tokens", "syllables", "ends", "targets", "sizes", "features"):
        np.testing.assert_array_equal(getattr(cut, name), getattr(whole, name)[:length])


def test_line_losses() -> None:
    """Without plans it is the loss of the word network in a mixture, before any spelling."""
    passages = [PASSAGE, "love.\n\n"]
    log_p = unit_log_p(lstm(), word_lstm(), passages)
    expected = -log_p.tokens.sum()
    read = [read_lines(passage, WORDS) for passage in passages]
    assert line_losses(word_lstm(), read) == pytest.approx(expected, rel=1e-5)


def test_line_losses_with_features() -> None:
    """What is known changes what a line costs, and unknown features are the default."""
    network = word_lstm(WITH_FEATURES)
    passages = [read_lines(PASSAGE, WITH_FEATURES, {"period": 1600})]
    nothing, everything, planned = (
        line_losses(network, passages, known=known, planned=planned)
        for known, planned in (((), False), (SLOTS, False), (SLOTS, True))
    )
    expected = -unit_log_p(lstm(), network, [PASSAGE]).tokens.sum()
    assert nothing == pytest.approx(expected, rel=1e-5)
    assert len({round(loss, 3) for loss in (nothing, everything, planned)}) == 3
