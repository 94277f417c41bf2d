"""Kneser-Ney trigrams of words."""

from collections import Counter

import numpy as np
import pytest

from tools.evaluation.word_trigram import LINE_END, WordTrigram, tokens_of

TEXT = "shall i go?\nshall i stay, love?\nshall we go?\n\ni go,\nwe stay.\n\n"


def test_tokens() -> None:
    assert tokens_of("o'er the sea, ay") == ["o'er", "the", "sea", ",", "ay", "\n"]
    assert tokens_of("a ,b") == tokens_of("a, b")


@pytest.mark.parametrize("context", ["", "shall", "shall i", "i", "stay,", "zorp", "zorp shall"])
def test_probabilities_sum_to_one(context: str) -> None:
    model = WordTrigram.fit([TEXT])
    position = len(tokens_of(context)) - 1
    words = [*(token for token in model.codes if token != LINE_END), "never"]
    p = [np.exp(-model.nats([f"{context} {word}".strip()])[position]) for word in words]
    p.append(np.exp(-model.nats([context])[position]))
    assert sum(p) == pytest.approx(1)


def test_probability_by_hand() -> None:
    """p(b | a) of the lines *a b* and *a c*, from the trigrams down to the uniform distribution."""
    model = WordTrigram.fit(["a b\na c\n"], discount=0.5)
    uniform = 1 / 5  # a, b, c, the end of a line, and anything else
    # Distinct tokens before a, b, c and the line end: 1, 1, 1, 2.
    unigram = (1 - 0.5) / 5 + 0.5 * 4 / 5 * uniform
    bigram = (1 - 0.5) / 2 + 0.5 * 2 / 2 * unigram
    trigram = (1 - 0.5) / 2 + 0.5 * 2 / 2 * bigram
    nats = model.nats(["a b"])
    assert nats[1] == pytest.approx(-np.log(trigram))
    assert model.nats_per_word(["a b"]) == pytest.approx(sum(nats) / 3)


def test_lines_are_independent() -> None:
    model = WordTrigram.fit([TEXT])
    both = model.nats(["shall i go?", "we stay."])
    assert both.tolist() == [*model.nats(["shall i go?"]), *model.nats(["we stay."])]
    assert len(both) == 5 + 4


def test_no_text() -> None:
    with pytest.raises(ValueError, match="no text"):
        WordTrigram.fit(["\n\n", ""])


# Samples


def test_samples_follow_the_probabilities() -> None:
    model, rng = WordTrigram.fit([TEXT]), np.random.default_rng(0)
    next_words = Counter(tokens_of(model.sample_line(rng, "shall"))[1] for _ in range(2_000))
    for word in ("i", "we"):
        p = np.exp(-model.nats([f"shall {word}"])[1])
        assert next_words[word] / 2_000 == pytest.approx(p, abs=0.04)


@pytest.mark.parametrize("start", ["shall i stay,", "never heard of", "i", "self-", ""])
def test_samples_go_on_from_a_start(start: str) -> None:
    model = WordTrigram.fit([TEXT])
    line = model.sample_line(np.random.default_rng(1), start)
    assert line.startswith(start)
    assert len(tokens_of(line)) > len(tokens_of(start))
    assert "  " not in line
