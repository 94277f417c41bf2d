"""Lines in metre: every line that a network can write fits its request."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import reduce
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from data.lexicon import syllables_of
from data.text import words_of
from data.tokens import is_word, tokenise
from models.networks.network import State, log_softmax
from models.networks.words import (
    LINE_END,
    MAX_SYLLABLES,
    NONE,
    PLAN,
    WordLSTM,
    WordVocabulary,
    subject_of,
)
from models.verse import word_lines as module
from models.verse.forms import FORMS, Metre
from models.verse.mentions import Mention
from models.verse.metrical import start_of
from models.verse.word_index import Columns, Output, WordIndex, english_index, stresses_in_verse
from models.verse.word_lines import (
    LineRequest,
    MetricalLine,
    Start,
    write_lines,
)
from tests.models.tiny import word_lstm
from tests.models.verse.test_word_index import after
from tests.models.verse.versifier import READINGS, VERSIFIER, WORDS, writer_of

METRE = FORMS["shakespearean"].metre_of(0)
LIMERICK = FORMS["limerick"].metre_of(0)
SHORT = Metre(("wsws", "wswsf"))
TWO_LENGTHS = Metre(("ws", "wsws"))
WRITER = writer_of(VERSIFIER)
NETWORK, INDEX = WRITER.network, WRITER.index
DAYS = INDEX.rhyme == INDEX.rhyme_of("day")
ANY = INDEX.rhyme_count > 0
LINE = re.compile(r"[a-z']+(?:[,.:;!?]? [a-z']+|-[a-z']+)*[,.:;!?]?")


def request(
    text: str = "",
    metre: Metre = METRE,
    *,
    start: Start | None = None,
    ends: Columns = ANY,
    index: WordIndex = INDEX,
    network: WordLSTM = NETWORK,
    temperature: float = 1.0,
    particles: int = 8,
    closing: str = "",
    seed: int = 0,
) -> LineRequest:
    """The first line of a poem, which begins with a text."""
    return LineRequest(
        network.initial_state(1),
        metre,
        start or start_of(text, metre, index),
        ends,
        np.zeros(len(index.texts), np.float32),
        network.vocabulary.encode_features({}),
        subject_of(()),
        temperature,
        particles,
        closing,
        np.random.default_rng(seed),
    )


@pytest.mark.parametrize("bare", [True, False])
def test_mention_follows_a_determiner(bare: bool) -> None:
    mention = Mention("wug", int(INDEX.tokens[INDEX.column["love"]]), ("1",), bare)
    bias = np.zeros(len(INDEX.texts), np.float32)
    bias[INDEX.mentions[0]] = 9.0
    found = lines(replace(request(particles=200), bias=bias, mentions=(mention,)))
    words = [words_of(text) for text in found]
    before = [" ".join(line[: line.index("wug")][-1:]) for line in words if "wug" in line]
    assert before
    assert bare == ("" in before)
    assert bare or all(INDEX.before_noun[INDEX.column[word]] for word in before)


def test_no_word_comes_twice_in_a_row() -> None:
    love = INDEX.column["love"]
    bias = np.zeros(len(INDEX.texts), np.float32)
    bias[love] = 30.0
    for typed in ("", "my love "):
        (found,) = written(replace(request(typed, particles=50), bias=bias))
        tokens = [(*candidate.start.tokens, *candidate.tokens) for candidate in found]
        assert any("love" in line for line in tokens)
        assert all("love love" not in " ".join(line) for line in tokens)


def test_content_word_comes_once() -> None:
    """In a line, however likely it is, with its inflections; also the one at the end."""
    bias = np.zeros(len(INDEX.texts), np.float32)
    bias[[INDEX.column["love"], INDEX.column["loves"]]] = 30.0
    again, once = (
        written(replace(request(particles=50), bias=bias, once=o)) for o in (False, True)
    )
    several, single = (
        {sum(token in {"love", "loves"} for token in candidate.tokens) for candidate in found}
        for (found,) in (again, once)
    )
    assert max(several) > 1
    assert single == {1}


def written(*requests: LineRequest) -> list[list[MetricalLine]]:
    return write_lines(NETWORK, INDEX, Output(NETWORK, INDEX), requests)


def lines(a_request: LineRequest) -> list[str]:
    """Whole lines, with what they begin with."""
    (found,) = written(a_request)
    return [a_request.start.text + candidate.written for candidate in found]


def fits(metre: Metre, line: str) -> bool:
    """Whether some readings of the words of a line fill the metre."""

    def advance(positions: int, word: str) -> int:
        found = (stresses_in_verse(word, reading.stresses) for reading in READINGS(word))
        shifted = (
            (positions & metre.positions_of(stresses)) << len(stresses) for stresses in found
        )
        return reduce(int.__or__, shifted, 0)

    return bool(reduce(advance, words_of(line), metre.starts) & metre.ends)


TEMPERATURES = st.sampled_from([0.1, 0.8, 2.0])
METRES = st.sampled_from([METRE, LIMERICK, SHORT, TWO_LENGTHS])


@settings(max_examples=25)
@given(METRES, TEMPERATURES, st.sampled_from(["", ".?!", ".?!;:"]), st.integers(0, 2**32))
def test_line_scans_and_ends_in_chosen_word(
    metre: Metre, temperature: float, closing: str, seed: int
) -> None:
    found = lines(
        request("", metre, ends=DAYS, temperature=temperature, closing=closing, seed=seed)
    )
    assert found
    for line in found:
        assert LINE.fullmatch(line), line
        assert set(words_of(line)) <= set(INDEX.texts)
        assert fits(metre, line), line
        assert DAYS[INDEX.column[words_of(line)[-1]]]
        assert not closing or line[-1] in closing


def test_only_last_line_has_to_end_sentence() -> None:
    assert any(line[-1] not in ".!?" for seed in range(3) for line in lines(request(seed=seed)))


def test_last_line_without_closing_marks() -> None:
    """A network that knows no full stop still comes to an end."""
    index = english_index(WordVocabulary.of([",", *WORDS]))
    assert index is not None
    network = word_lstm(WordVocabulary.of([",", *WORDS]))
    a_request = request(index=index, network=network, ends=index.rhyme_count > 0, closing=".?!")
    (found,) = write_lines(network, index, Output(network, index), [a_request])
    assert found
    assert all(fits(METRE, candidate.written) for candidate in found)


OPENINGS = (
    *("", "shall", "shall ", "shall i comp", "shall i compare thee to a summer's d"),
    *("memo", "i'", "eternal memo", "memory memory", "xqzt ", "xqzt memo", "a" * 300),
    *("love: ", "love,be", "love:memo", "(memo", "( memo", "self-me", "self- me"),
    *("- ", "...", "...me", "'", "''"),
)


@pytest.mark.parametrize("opening", OPENINGS)
def test_line_continues_opening(opening: str) -> None:
    """It has the opening's syllables and words, and known words after them."""
    complete = opening.removesuffix(re.findall("[a-z']*$", opening)[0])
    found = lines(request(opening))
    assert found
    for line in found:
        assert line.startswith(opening)
        rest = line.removeprefix(complete)
        assert LINE.fullmatch(re.sub(r"^[ ,:;.!?'-]*", "", rest)), line
        if words_of(opening) != ["memory", "memory"]:  # out of metre
            assert fits(METRE, re.sub("xqzt|self|a{300}", "my", line)), line


def test_incomplete_word_is_completed() -> None:
    """*Day* is a word: it does not become *days*."""
    for opening in ("memor", "love:memor", "love-memor"):
        for line in lines(request(opening)):
            assert words_of(line)[len(words_of(opening)) - 1] == "memory"
            assert fits(METRE, line), line
    assert {words_of(line)[0] for line in lines(request("day"))} == {"day"}


def test_mark_follows_word_but_not_space_or_mark(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ENOUGH", 1.0)  # lines without marks are finished first
    marks = np.where(INDEX.punctuation | INDEX.hyphen, 6, 0).astype(np.float32)

    def next_characters(opening: str) -> set[str]:
        a_request = replace(request(opening, particles=32), bias=marks)
        return {line.removeprefix(opening)[0] for line in lines(a_request)}

    assert next_characters("shall i") <= set(" -,.:;!?")
    assert not next_characters("shall i").isdisjoint(",.:;!?")
    letters = set("abcdefghijklmnopqrstuvwxyz")
    assert next_characters("shall i ") <= letters
    assert next_characters("shall i, ") <= letters
    assert next_characters("shall i,") == {" "}
    assert next_characters("shall i-") <= letters


SUMMER, QUESTION = (
    "shall i compare thee to a summer's day",
    "to be, or not to be, that is the question",
)
CLOSED = [SUMMER, QUESTION, f"{SUMMER} or is it", f"{SUMMER}'", "xqzt " * 12 + "xqzt"]
CLOSED += ["lala" * 60, "lala" * 60 + "'"]


@pytest.mark.parametrize("line", CLOSED)
def test_complete_line_only_ends(line: str) -> None:
    def endings(closing: str) -> set[str]:
        drawn = [lines(request(line, closing=closing, seed=seed)) for seed in range(4)]
        assert all(drawn)
        return {text.removeprefix(line) for found in drawn for text in found}

    assert endings(closing="") <= {"", *",.:;!?"}
    assert endings(closing=".?!") <= set(".!?")


def test_line_closed_by_member_ends() -> None:
    for line in (f"{SUMMER} ", f"{SUMMER}, ", f"{SUMMER}?", f"{SUMMER}-"):
        for closing in ("", ".?!"):
            assert set(lines(request(line, closing=closing))) == {line}


@pytest.mark.parametrize(
    ("start", "possible"),
    [
        (Start(SHORT.starts), True),
        (Start(SHORT.starts, "etern", fragment="etern"), True),
        (Start(SHORT.shift(SHORT.starts, 3), "etern", fragment="etern"), False),
        (Start(SHORT.shift(SHORT.starts, 3), "d", fragment="d"), True),
        (Start(SHORT.shift(SHORT.starts, 4), after_word=True), False),
        (Start(SHORT.shift(SHORT.starts, 4), after_word=True, complete=True), True),
        (Start(0, after_word=True, complete=True), True),
        (Start(0), False),
    ],
)
def test_possible_starts(start: Start, possible: bool) -> None:
    assert bool(lines(request(metre=SHORT, start=start))) == possible


@pytest.mark.filterwarnings("error")
def test_no_ending_no_line() -> None:
    """The other lines of the batch are written all the same."""
    impossible = request(ends=np.zeros_like(ANY))
    other = request("shall i ")
    assert lines(impossible) == []
    none, some = written(impossible, request("shall i "))
    assert none == []
    assert ["shall i " + candidate.written for candidate in some] == lines(other)


def test_too_many_tokens_no_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_TOKENS", 3)
    assert lines(request()) == []
    assert lines(request(metre=Metre(("ws",)), particles=64))


# What a candidate says of itself. ----------------------------------------------------------------


def read(
    tokens: Sequence[str], end: int, network: WordLSTM = NETWORK
) -> Iterator[tuple[NDArray[np.float32], State]]:
    """The prediction and the state before each token of a line, and after the last one."""
    one, state = np.ones(1, np.int64), network.initial_state(1)
    _, state = network.step(PLAN * one, 0 * one, network.towards(NONE * one), state)
    towards = network.towards(end * one)
    h, state = network.step(LINE_END * one, 0 * one, towards, state)
    yield h, state
    syllables = 0
    for token in tokens:
        syllables = min(syllables + syllables_of(token), MAX_SYLLABLES)
        x = network.vocabulary.encode([token])
        h, state = network.step(x, syllables * one, towards, state)
        yield h, state


@pytest.mark.parametrize(
    "opening", ["", "shall i ", "memory-", "i lov", SUMMER, "xqzt", "xqzt " * 13]
)
def test_state_is_that_of_line(opening: str) -> None:
    """The next line begins with it."""
    a_request = request(opening)
    (found,) = written(a_request)
    assert found
    for candidate in found:
        line = opening + candidate.written
        assert [*a_request.start.tokens, *candidate.tokens] == tokenise(line)
        end = [token for token in tokenise(line) if is_word(token)][-1]
        known = NETWORK.vocabulary.index.get(end, NONE)
        *_, (_, state) = read(tokenise(line), known)
        np.testing.assert_allclose(candidate.state, state, rtol=1e-4, atol=1e-5)


def test_line_does_not_depend_on_batch() -> None:
    def requests() -> list[LineRequest]:
        return [
            request(seed=1, temperature=0.1),
            request("shall i comp", SHORT, seed=2),
            request(SUMMER, seed=3),
            request("", LIMERICK, ends=DAYS, seed=4, temperature=2.0),
            request(ends=np.zeros_like(ANY), seed=5),
        ]

    together = written(*requests())
    for number, a_request in enumerate(requests()):
        (alone,) = written(a_request)
        assert [c.tokens for c in together[number]] == [c.tokens for c in alone]
        for a, b in zip(together[number], alone, strict=True):
            assert a.log_weight == pytest.approx(b.log_weight, abs=1e-3)


def test_bias_makes_words_likelier() -> None:
    bias = np.zeros(len(INDEX.texts), np.float32)
    bias[DAYS] = 30
    biased = replace(request(), bias=bias)
    for line in lines(biased):
        words = words_of(line)
        days = [word for word in words if DAYS[INDEX.column[word]]]
        assert len(days) > len(words) / 2
        assert DAYS[INDEX.column[words[-1]]]


# Lines by words: how candidates are sampled


FEW = ("the", "love", "delight", "above", "beauty")
FEW_VOCABULARY = WordVocabulary.of(["!", *FEW])


def few(scale: float = 1.0, seed: int = 3) -> tuple[WordLSTM, WordIndex]:
    """A network of a few words; the larger the scale, the more certain it is of each."""
    network = word_lstm(FEW_VOCABULARY, units=(6, 5), seed=seed)
    index = WordIndex(FEW_VOCABULARY, READINGS, may_end=lambda word: word != "the")
    return replace(network, E=scale * np.asarray(network.E)), index


def all_lines(
    network: WordLSTM,
    index: WordIndex,
    metre: Metre,
    temperature: float,
    bias: NDArray[np.float32],
    opening: tuple[str, ...],
) -> dict[tuple[str, ...], float]:
    """Probability of every line that meets the constraint: the target of the sampler."""
    output, found = Output(network, index), dict[tuple[str, ...], float]()

    def softmax(h: NDArray[np.float32]) -> NDArray[np.float64]:
        scaled = (output.logits(h)[0] / temperature + bias).astype(np.float64)
        p = np.exp(scaled - scaled.max())
        normalised: NDArray[np.float64] = p / p.sum()
        return normalised

    def go_on(end: int, p: float, tokens: tuple[str, ...], positions: int) -> None:
        *_, (h, _) = read(tokens, int(index.tokens[end]), network)
        predicted = softmax(h)
        marked = not tokens or tokens[-1] in "!"
        if not positions:  # the end has been written
            found[tokens] = p * predicted[0]
            if not marked:
                go_on(end, p * predicted[index.column["!"]], (*tokens, "!"), 0)
            return
        ending = int(index.endings(metre)[end])
        last = index.column[tokens[-1]] if tokens else -1
        can_end = positions & ending and end != last  # no word comes twice in a row
        if can_end:
            go_on(end, p * predicted[end], (*tokens, index.texts[end]), 0)
        inner = [int(column) for column in np.flatnonzero(index.inner(metre, positions, ending))]
        # The last word comes once.
        inner = [column for column in inner if column not in (end, last)]
        for column in inner:
            there = after(index, metre, positions, column)
            go_on(end, p * predicted[column], (*tokens, index.texts[column]), there)
        if not marked and (inner or can_end):
            go_on(end, p * predicted[index.column["!"]], (*tokens, "!"), positions)

    one = np.ones(1, np.int64)
    nowhere = network.towards(NONE * one)
    h, _ = network.step(PLAN * one, 0 * one, nowhere, network.initial_state(1))
    planned = softmax(h) * (index.rhyme >= 0)
    for end in np.flatnonzero(planned).tolist():
        p, positions = planned[end] / planned.sum(), metre.starts
        for token, (h, _) in zip(opening, read(opening, index.tokens[end], network), strict=False):
            log_p = log_softmax(network.logits(h))[0]
            p *= np.exp(log_p[network.vocabulary.index[token]])
            positions = after(index, metre, positions, index.column[token])
        go_on(end, float(p), opening, positions)
    total = sum(found.values())
    return {line: p / total for line, p in found.items()}


@pytest.mark.parametrize(
    ("scale", "temperature", "opening"), [(1.0, 1.0, ""), (4.0, 0.7, ""), (8.0, 1.0, "the love")]
)
def test_weighted_candidates_are_a_sample(
    monkeypatch: pytest.MonkeyPatch, scale: float, temperature: float, opening: str
) -> None:
    """Of the network's lines that meet the constraint, as a large number of particles shows."""
    monkeypatch.setattr(module, "MIN_P", 0.0)
    for name in ("ENOUGH", "END_TEMPERATURE"):
        monkeypatch.setattr(module, name, 1.0)
    network, index = few(scale)
    metre = Metre(("wsws",))
    bias = np.zeros(len(index.texts), np.float32)
    bias[index.column["love"]] = 1.0
    typed = tuple(opening.split())
    target = all_lines(network, index, metre, temperature, bias, typed)
    assert len(target) > 10
    a_request = request(
        opening, metre, network=network, index=index, ends=index.rhyme >= 0, temperature=temperature
    )
    a_request = replace(a_request, bias=bias, particles=4000)
    (found,) = write_lines(network, index, Output(network, index), [a_request])
    drawn = dict.fromkeys(target, 0.0)
    highest = max(candidate.log_weight for candidate in found)
    for candidate in found:
        drawn[(*typed, *candidate.tokens)] += float(np.exp(candidate.log_weight - highest))
    total = sum(drawn.values())
    distance = sum(abs(drawn[line] / total - p) for line, p in target.items()) / 2
    assert distance < 0.12


def test_particles_that_are_stuck_die_out() -> None:
    """After *remember*, no word leads to the last foot."""
    vocabulary = WordVocabulary.of(["delight", "remember", "eternity", "above"])
    network, index = word_lstm(vocabulary), WordIndex(vocabulary, READINGS)
    metre = Metre(("wswsws",))
    ends = np.arange(len(index.texts)) == index.column["delight"]
    assert index.inner(metre, metre.starts, 1 << 4)[index.column["remember"]]
    a_request = request("", metre, network=network, index=index, ends=ends, particles=64)
    (found,) = write_lines(network, index, Output(network, index), [a_request])
    assert 0 < len(found) < 64
    texts = {candidate.written for candidate in found}
    pairs = {f"{a} {b} delight" for a in ("delight", "above") for b in ("delight", "above")}
    assert texts <= {"eternity delight"} | pairs


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("temperature", [0.1, 2.0])
def test_words_that_network_hardly_writes(temperature: float) -> None:
    """Even if all words that are allowed are next to impossible, one of them is written."""
    by = NETWORK.by.copy()
    by[NETWORK.vocabulary.index["the"]] = 300
    network = replace(NETWORK, by=by)
    a_request = request(network=network, ends=DAYS, temperature=temperature)
    (found,) = write_lines(network, INDEX, Output(network, INDEX), [a_request])
    assert found
    assert all(np.isfinite(candidate.log_weight) for candidate in found)
    assert all(DAYS[INDEX.column[words_of(candidate.written)[-1]]] for candidate in found)


def test_largest_random_number() -> None:
    """Rounded to 32 bits it is 1, and still no word is drawn that is not allowed."""

    class Largest:
        def random(self, size: int | tuple[int, ...]) -> NDArray[np.float64]:
            return np.full(size, np.nextafter(1, 0))

    rng: Any = Largest()
    (found,) = written(replace(request(ends=DAYS, closing=".?!"), rng=rng))
    assert found
    assert all(fits(METRE, candidate.written) for candidate in found)
    assert {DAYS[INDEX.column[words_of(c.written)[-1]]] for c in found} == {True}


def test_low_temperature_varies_less() -> None:
    def different(temperature: float) -> int:
        found = (lines(request(temperature=temperature, seed=seed)) for seed in range(3))
        return len({word for some in found for line in some for word in words_of(line)})

    assert different(0.1) < different(2.0)


def test_unlikely_words_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last word of the line too; the likeliest one never is."""
    monkeypatch.setattr(module, "MIN_P", 1.0)
    assert len({lines(request(seed=seed, particles=1))[0] for seed in range(4)}) == 1
