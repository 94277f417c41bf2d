"""Calibration: a network's lines in metre get the words of its corpus as often as that has them."""

from dataclasses import replace
from functools import cache
from itertools import count

import numpy as np
import pytest
from numpy.typing import NDArray

from data.lexicon import syllables_of
from data.tokens import tokenise
from models.text_generator import Abandoned
from models.verse import calibration
from models.verse.calibration import FIRST_SEED, RATE, calibrated
from models.verse.poem import SonnetError, SonnetRequest
from models.weights import Trained
from tests.models.tiny import poet, words_and_characters
from tests.models.verse.versifier import VERSIFIER, WORDS, finished, word_network

NETWORK = word_network()
TOKENS = NETWORK.words.vocabulary
POEMS = 4
SINGLE = [word for word in WORDS if syllables_of(word) == 1]


@pytest.fixture(autouse=True)
def few_poems(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"BATCH": POEMS, "POEMS": POEMS, "ROUNDS": 1}.items():
        monkeypatch.setattr(calibration, name, value)


def correction(*passages: str, trained: Trained = VERSIFIER) -> NDArray[np.float32]:
    return calibrated(trained, passages).correction


@cache
def poems(trained: Trained = VERSIFIER) -> list[str]:
    """The poems that the calibration reads."""
    requests = [SonnetRequest(seed=FIRST_SEED + k) for k in range(POEMS)]
    return ["\n".join(draft.lines).lower() for draft in finished(requests, trained)]


def test_own_poems_need_no_correction() -> None:
    np.testing.assert_allclose(correction(*poems()), 0, atol=1e-5)
    np.testing.assert_allclose(correction(*poems(), *poems()), 0, atol=0.2)


def test_frequent_words_become_likelier() -> None:
    found = correction("the memory of beauty, and the memory,\n" * 50)
    texts = [TOKENS.tokens[i] for i in np.argsort(-found)[:6]]
    assert set(texts) == {"the", "memory", "of", "beauty", "and", ","}
    assert found[TOKENS.index["memory"]] > 1
    assert min(found[TOKENS.encode(";:.?!")]) < 0


def test_corrected_network_writes_like_its_corpus() -> None:
    passage = "the memory of beauty, and the memory,\n"
    network = calibrated(VERSIFIER, [passage * 1000])
    after = tokenise(" ".join(poems(replace(VERSIFIER, network=network, digest="after"))))
    before = tokenise(" ".join(poems()))
    words = set(tokenise(passage)) - {"\n", ","}
    assert sum(token in words for token in after) > 3 * sum(token in words for token in before)


def test_rare_words_share_the_ratio_of_their_kind() -> None:
    """The corpus has words of one syllable only; so others become less likely, written or not."""
    found = correction("\n".join(" ".join(SINGLE) for _ in range(5)))
    written = set(tokenise(" ".join(poems())))
    long = [word for word in WORDS if syllables_of(word) == 2 and word.endswith("ing")]
    assert written.intersection(long)
    long = [word for word in long if word not in written]
    assert len(long) > 20
    assert max(found[TOKENS.encode(long)]) < 0
    assert np.median(found[TOKENS.encode(SINGLE)]) > 0


def test_tokens_that_are_not_written_have_no_correction() -> None:
    found = correction("(the memory)\n'tis love - xqzt\n" * 20)
    unwritten = ["\n", "<none>", "<unknown>", "<plan>", "(", ")", "'"]
    assert not found[TOKENS.encode(unwritten)].any()
    assert np.isfinite(found).all()


def test_corrections_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibration, "RATE", 0.0)
    before = np.linspace(0, 1, len(TOKENS), dtype=np.float32)
    trained = replace(VERSIFIER, network=replace(NETWORK, correction=before))
    np.testing.assert_allclose(correction("the memory", trained=trained), before)
    assert RATE > 0


def test_nothing_to_compare(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise SonnetError

    assert not correction("").any()
    monkeypatch.setattr(calibration, "extend", fails)
    assert not correction("the memory").any()
    trained = poet(words_and_characters())  # of another language
    assert calibrated(trained, ["the rose"]) is trained.network


@pytest.mark.parametrize("calls", [0, 3])
def test_calibration_is_stopped_between_lines(calls: int) -> None:
    asked = count()
    with pytest.raises(Abandoned):
        calibrated(VERSIFIER, ["the memory"], lambda: next(asked) >= calls)
    assert next(asked) == calls + 1
