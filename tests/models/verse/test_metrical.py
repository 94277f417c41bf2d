"""The writer of metre: which words the lines of a poem may end in."""

import pickle
from collections.abc import Sequence
from dataclasses import replace
from functools import reduce

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.lexicon import syllables_of
from data.text import VERSE_SYMBOLS, words_of
from data.tokens import is_word, tokenise
from models.networks.vocabulary import Vocabulary
from models.networks.words import LINE_END, NONE, PLAN, WordVocabulary
from models.serving.low_rank import BlockMatrix
from models.verse import metrical as module
from models.verse.forms import FORMS, Form, Metre, form_of
from models.verse.metrical import (
    MIN_RHYMES,
    RHYME_ATTEMPTS,
    MetricalWriter,
    NextLine,
    last_word,
    metrical_writer_of,
)
from models.verse.prosody import rhymes
from models.verse.subject import NO_SUBJECT, Subject, Topics
from models.verse.word_index import Output, WordIndex
from models.verse.word_lines import MetricalLine
from tests.models.tiny import lstm, poet, word_lstm, words_and_characters
from tests.models.verse.versifier import (
    MARKS,
    READINGS,
    VERSIFIER,
    WORDS,
    rhyme_strictly,
    versifier,
    word_network,
    writer_of,
)

WRITER = writer_of(VERSIFIER)
COUPLETS, SONNET = FORMS["couplets"], FORMS["shakespearean"]


def line(
    *above: str,
    form: Form = COUPLETS,
    prefix: str = "",
    subject: Subject = NO_SUBJECT,
    attempt: int = 0,
    temperature: float = 1.0,
    particles: int = 32,
    seed: int = 0,
    writer: MetricalWriter = WRITER,
) -> NextLine:
    """The next line after some."""
    rng = np.random.default_rng(seed)
    state = writer.read(above, form, subject)
    return NextLine(state, above, prefix, form, subject, temperature, particles, rng, attempt)


def ends(a_line: NextLine, writer: MetricalWriter = WRITER) -> list[str]:
    """The last words of its candidates, of which there are some."""
    return [last_word(text) for text in texts(a_line, writer)]


def texts(a_line: NextLine, writer: MetricalWriter = WRITER) -> list[str]:
    """Its candidates with what the member has written, of which there are some."""
    (found,) = writer.write([a_line])
    assert found
    return [a_line.prefix + candidate.written for candidate in found]


def few_words(*last_words: str) -> MetricalWriter:
    """A writer whose lines can end in a few words only."""
    words = ("the", "my", "of", "to", "and", "with", *last_words)
    vocabulary = WordVocabulary.of([*MARKS, *words])
    network = word_lstm(vocabulary)
    topics = Topics(vocabulary, np.zeros((len(vocabulary), 3), np.float32))
    index = WordIndex(vocabulary, READINGS, may_end=last_words.__contains__)
    output, vectors = Output(network, index), BlockMatrix.of(topics.vectors[index.tokens].T)
    correction = np.zeros(len(index.texts), np.float32)
    return MetricalWriter(network, index, output, topics, vectors, correction)


# Which networks write metre. ---------------------------------------------------------------------


def test_networks_that_write_no_metre() -> None:
    """Over characters alone, or of other languages."""
    assert metrical_writer_of(poet()) is None
    assert metrical_writer_of(poet(words_and_characters())) is None
    accents = Vocabulary("".join(sorted({*VERSE_SYMBOLS, "é"})))
    network = replace(word_network(), characters=lstm(accents))
    assert metrical_writer_of(poet(network)) is None


def test_proper_nouns_are_not_written() -> None:
    """But the member's own rhyme."""
    some = writer_of(versifier(proper=["day", "memory"]))
    assert set(WRITER.index.texts) - set(some.index.texts) == {"day", "memory"}
    assert all(rhymes("day", end, READINGS) for end in ends(line("the day", writer=some), some))


def test_pickled_writer_writes_the_same() -> None:
    """Its arrays can travel beside the pickle, so that processes share them."""
    above = ("my day", "the grand replay")
    written = WRITER.write([line(*above)])  # fills its caches
    arrays: list[pickle.PickleBuffer] = []
    pickled = pickle.dumps(WRITER, protocol=5, buffer_callback=arrays.append)
    assert sum(array.raw().nbytes for array in arrays) > len(pickled)
    copy = pickle.loads(pickled, buffers=[bytes(array.raw()) for array in arrays])  # noqa: S301 (its own pickle)
    ((first, *_),), ((same, *_),) = written, copy.write([line(*above, writer=copy)])
    assert (first.tokens, first.log_weight) == (same.tokens, same.log_weight)
    np.testing.assert_array_equal(first.state, same.state)


# Reading. ----------------------------------------------------------------------------------------


def state_after(*texts: str) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """The state after the lines as in training: plan, line feed, tokens."""
    network, one = WRITER.network, np.ones(1, np.int64)
    state = network.initial_state(1)
    for text in texts:
        tokens = tokenise(text)
        last = [token for token in tokens if is_word(token)][-1:]
        end = network.vocabulary.index.get(last[0], NONE) if last else NONE
        nowhere, towards = network.towards(NONE * one), network.towards(end * one)
        if end != NONE:
            _, state = network.step(PLAN * one, 0 * one, nowhere, state)
        _, state = network.step(LINE_END * one, 0 * one, towards, state)
        syllables = 0
        for token in tokens:
            syllables = min(15, syllables + syllables_of(token))
            x = network.vocabulary.encode([token])
            _, state = network.step(x, syllables * one, towards, state)
    return state


@pytest.mark.parametrize(
    "texts",
    [
        (),
        ("shall i compare thee",),
        ("love, my self-love!", "day"),
        ("xqzt",),
        ("the 'love'?",),
        ("...", "the - (day)"),
        ("memory " * 9,),
    ],
)
def test_read_lines_as_in_training(texts: tuple[str, ...]) -> None:
    np.testing.assert_allclose(WRITER.read(texts, COUPLETS), state_after(*texts), atol=1e-6)


def test_network_is_told_what_is_known_of_a_line() -> None:
    features = ("rhyme EY1", "line 3", "left 11", "syllables 10", "period 1850", "kind verse")
    writer = writer_of(versifier(word_network(features=features)))
    subject = writer.topics.subject_of("sorrow")
    assert subject is not None
    third = line("my day", "my love", form=SONNET, subject=subject, writer=writer)
    (request,) = writer.requests([third])
    told = [writer.network.vocabulary.features[i - 1] for i in request.features]
    assert told == [*features]
    assert {writer.network.vocabulary.tokens[i] for i in request.subject} == {"sorrow"}
    without = line("my day", "my love", form=SONNET, writer=writer)
    assert not np.allclose(third.state, without.state)  # it is told when it reads, too


# Rhyme. ------------------------------------------------------------------------------------------


def test_line_rhymes_with_either_of_two() -> None:
    """A member's lines may rhyme otherwise than the form."""
    above = ("my love", "day", "the ring", "night", "the grand replay", "the dust", "the dew")
    found = ends(line(*above, form=FORMS["petrarchan"]))
    others = {last_word(above[i]) for i in FORMS["petrarchan"].rhymes_of(7)}
    assert all(any(rhymes(other, end, READINGS) for other in others) for end in found)


def test_line_that_nothing_rhymes_with() -> None:
    """It has a new rhyme."""
    for word in ("orange", "xqzt", "...", ""):
        found = ends(line("my day", "the day", word))
        assert not any(rhymes("day", end, READINGS) for end in found)


def test_new_rhyme_can_be_rhymed() -> None:
    """If a later line has to rhyme with it."""
    index = WRITER.index
    rare = index.rhyme_count < MIN_RHYMES
    assert (rare & (index.rhyme >= 0)).any()
    found = [end for seed in range(4) for end in ends(line("day", "day", seed=seed))]
    assert all(index.rhyme_count[index.column[end]] >= MIN_RHYMES for end in found)
    assert not any(rhyme_strictly("day", end) for end in found)


def test_last_words_are_new() -> None:
    above = ("the bears", "the day")
    for found in (ends(line("the day")), ends(line(*above, form=SONNET))):
        assert not {"bears", "bear's", "day"} & set(found)


def test_rhyme_is_given_up_at_last() -> None:
    """After some attempts whose lines were all rejected."""
    for attempt in range(RHYME_ATTEMPTS + 1):
        found = ends(line("my day", attempt=attempt, seed=attempt))
        rhyming = all(rhymes("day", end, READINGS) for end in found)
        assert rhyming == (attempt < RHYME_ATTEMPTS)


def test_few_rhymes() -> None:
    """When all last words have been used, they are used again."""
    last_words = ("day", "way", "love")
    few = few_words(*last_words)
    above: tuple[str, ...] = ()
    for number in range(6):
        (end,) = ends(line(*above, writer=few, seed=number, particles=1), few)
        assert end in last_words
        above = (*above, f"the {end}")
    used = [last_word(text) for text in above]
    assert set(used[:3]) == set(last_words)
    assert set(ends(line("the day", writer=few), few)) == {"way"}
    assert set(ends(line("the way", writer=few), few)) == {"day"}


def test_no_word_can_end_a_line() -> None:
    nothing = few_words()
    assert nothing.write([line(writer=nothing)]) == [[]]
    assert texts(line(writer=nothing, prefix="to be or not to be that is the day"), nothing)


# What a member's words leave open. ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("prefix", "words"),
    [
        ("shall i compa", {"compare", "compared", "compares"}),
        ("memor", {"memory"}),
        # No word with these letters fits here: they are a word.
        ("shall i compare thee to a summer's comp", {"comp"}),
        ("my love, memor", {"memor"}),
        # Complete words are not continued, whether the network knows them or not.
        ("shall i comp", {"comp"}),
        ("my love, memo", {"memo"}),
        ("shall i beau", {"beau"}),
        ("xqz", {"xqz"}),
    ],
)
def test_unfinished_word(prefix: str, words: set[str]) -> None:
    number = len(words_of(prefix)) - 1
    assert {words_of(text)[number] for text in texts(line(prefix=prefix))} <= words


def test_unfinished_word_ends_in_rhyme() -> None:
    """Only those words complete it that end the line with its rhyme, if there are any."""
    found = ends(line("the day", prefix="shall i compare thee to a summer's str"))
    assert all(end.startswith("str") and rhymes("day", end, READINGS) for end in found)
    found = ends(line("the memory", prefix="shall i compare thee to a summer's str"))
    assert all(end.startswith("str") for end in found)


def test_marks_follow_a_clause_of_today() -> None:
    index, modern = WRITER.index, form_of("shakespearean", modern=True)
    for prefix, mark, other in (
        ("i believe it", ",", "?"),
        ("is it thy day", "?", ","),
        ("i believe the", "", ","),
    ):
        (request,) = WRITER.requests([line(form=modern, prefix=prefix)])
        first = {text: float(request.first[index.column[text]]) for text in (",", "?", "day")}
        assert first["day"] == 0
        assert first[other] <= first.get(mark, 0)
        assert (first[","] > 0) == bool(mark)
        assert (first[","] < 0) == (not mark)


def test_modern_form_has_no_archaic_words() -> None:
    """Whatever the network and the member want."""
    trained = versifier(word_network(corrected={"thou": 30.0, "thee": 30.0, "dark": 30.0}))
    writer, limerick = writer_of(trained), FORMS["limerick"]
    for prefix in ("", "tho", "thou art the ", "I call th"):
        for text in texts(line(form=limerick, prefix=prefix, writer=writer), writer):
            assert {"thou", "thee", "thy"}.isdisjoint(words_of(text.removeprefix(prefix)))
    assert any("thou" in words_of(text) for text in texts(line(form=SONNET, writer=writer), writer))
    # *Thy* is not written for a rhyme, but rhymed with.
    rhyming = ends(line("I call for thy", form=limerick))
    assert all(rhymes("thy", end, READINGS) for end in rhyming)


def test_stanza_has_a_content_word_once() -> None:
    """Until its lines have been rejected twice. The next stanza may have it again."""
    writer = writer_of(versifier(word_network(corrected={"blind": 30.0})))
    above = ("the blind day", "the", "the", "the")
    has_it = [
        any("blind" in words_of(text) for text in texts(replace(a_line, attempt=attempt), writer))
        for a_line in (line(*above[:2], form=SONNET), line(*above, form=SONNET))
        for attempt in (0, 2)
    ]
    assert has_it == [False, True, True, True]


def test_poem_does_without_common_words() -> None:
    """Each seed without others, but never without those of the subject."""
    rng, index = np.random.default_rng(5), WRITER.index
    ball = Subject(("balls",), np.zeros(3, np.float32), (int(index.tokens[index.column["balls"]]),))
    some, about_a_ball = (
        [{index.texts[c] for c in WRITER.without(subject, rng)} for _ in range(40)]
        for subject in (NO_SUBJECT, ball)
    )
    assert some[0] != some[1]
    assert {"ball" in words for words in some} == {True, False}
    assert all(("ball" in words) == ("balls" in words) for words in some)
    assert not any("ball" in words for words in about_a_ball)
    assert not any("the" in words for words in some)


def test_words_of_content_are_likelier() -> None:
    """But in a story, which small words tell."""
    index, found = WRITER.index, []
    for form in (SONNET, FORMS["limerick"]):
        bias = WRITER.requests([line(form=form)])[0].bias
        found.append(bias[index.column["ball"]] - bias[index.column["the"]])
    correction = WRITER.correction[index.column["ball"]] - WRITER.correction[index.column["the"]]
    assert found == pytest.approx([correction + module.CONTENT, correction])


def test_what_is_known_is_likelier_until_it_is_said() -> None:
    known = replace(NO_SUBJECT, known=("blind", "ball", "xqzt"))
    above = ("the blind day", "the", "the", "the")
    plain, told = (WRITER.requests([line(*above, subject=s)])[0] for s in (NO_SUBJECT, known))
    with np.errstate(invalid="ignore"):  # −∞ − −∞
        likelier = told.bias - plain.bias
    assert {WRITER.index.texts[column] for column in np.flatnonzero(likelier > 0)} == {"ball"}


def test_archaic_words_end_no_modern_line() -> None:
    """If no other word begins with the member's letters, they are a word."""
    writer = few_words("thee", "thou")
    writer.index.archaic = np.isin(writer.index.texts, ["thee", "thou"])
    assert texts(line(form=SONNET, writer=writer), writer)
    assert writer.write([line(form=FORMS["limerick"], writer=writer)]) == [[]]
    writer = few_words("day", "night", "sun", "thyself")
    writer.index.archaic = np.isin(writer.index.texts, ["thyself"])
    for form, word in ((SONNET, "thyself"), (FORMS["limerick"], "thysel")):
        found = texts(line(form=form, prefix="my day thysel", writer=writer), writer)
        assert {words_of(text)[2] for text in found} == {word}


# Corrections and subjects. ------------------------------------------------------------------------


def test_subject_makes_its_words_likelier(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SUBJECT_STRENGTH", 20.0)
    subject = WRITER.topics.subject_of("sorrow")
    assert subject is not None

    def cosine(some: Subject) -> float:
        lines: Sequence[str] = [
            candidate.written
            for seed in range(3)
            for candidate in WRITER.write([line(subject=some, seed=seed)])[0]
        ]
        tokens = WRITER.network.vocabulary.encode(w for text in lines for w in words_of(text))
        assert subject is not None
        return float((WRITER.topics.vectors[tokens] @ subject.vector).mean())

    assert cosine(subject) > cosine(NO_SUBJECT) + 0.2


def share(candidates: Sequence[MetricalLine], word: str) -> float:
    """How likely a candidate with a word is chosen."""
    weights = np.exp([c.log_weight - max(c.log_weight for c in candidates) for c in candidates])
    has_word = [word in words_of(candidate.written) for candidate in candidates]
    return float(weights @ has_word / weights.sum())


def test_word_that_came_back_is_less_likely(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each time that the poem has it halves what the subject adds to it."""
    monkeypatch.setattr(module, "SUBJECT_STRENGTH", 12.0)
    subject = WRITER.topics.subject_of("sorrow")
    assert subject is not None

    def of_sorrow(*above: str) -> float:
        a_line = line(*above, form=SONNET, subject=subject, particles=64)
        return share(WRITER.write([a_line])[0], "sorrow")

    assert of_sorrow("The day") > 2 * of_sorrow("Sorrow, my sorrow", "My sorrow and sorrow")


def test_corrected_words_are_likelier() -> None:
    def of_sorrow(correction: float) -> float:
        writer = writer_of(versifier(word_network(corrected={"sorrow": correction})))
        return share(writer.write([line(writer=writer, particles=64)])[0], "sorrow")

    assert of_sorrow(6.0) > 0.3 > 2 * of_sorrow(0.0)
    assert of_sorrow(-20.0) == 0


def test_rare_words_are_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that are rare in the network's corpus; the vocabulary has further reading first."""
    monkeypatch.setattr(module, "MOST_WORDS", len(WORDS) - 5)
    some = writer_of(versifier(digest="few"))
    assert set(WRITER.index.texts) - set(some.index.texts) == set(WORDS[-5:])


@pytest.mark.parametrize(
    ("text", "word"),
    [("The Day!", "day"), ("of 'love'", "love"), ("Où", "ou"), ("", ""), ("🦕", ""), ("…", "")],
)
def test_last_word(text: str, word: str) -> None:
    assert last_word(text) == word


# Metre: positions of words in a line, as sets of bits


PENTAMETER = Metre(("wswswswsws", "swwswswsws", "wswswswswsf", "swwswswswsf"))
TEMPLATE = st.builds(
    str.__add__, st.text("ws", min_size=1, max_size=11), st.sampled_from(["", "f"])
)
METRES = st.lists(TEMPLATE, min_size=1, max_size=4).map(lambda t: Metre(tuple(t)))
STRESSES = st.text("012", min_size=1, max_size=4)


def bits(places: int) -> set[int]:
    return {i for i in range(64) if places >> i & 1}


def numbered(metre: Metre) -> list[tuple[int, int, str]]:
    """Number, place in its template, and template of every place, in the documented order."""
    places = [(i, t) for t in metre.templates for i in range(len(t) + 1)]
    return [(number, i, template) for number, (i, template) in enumerate(places)]


def stands(stresses: str, gap: str) -> bool:
    """Whether a word may fill a gap of a template."""
    if len(gap) < len(stresses):
        return False
    if len(stresses) == 1:
        return gap in ("w", "s")
    for stress, place in zip(stresses, gap, strict=True):
        if (stress == "1" and place != "s") or (stress != "0" and place == "f"):
            return False
    return True


@given(METRES, STRESSES)
def test_main_stress_is_strong(metre: Metre, stresses: str) -> None:
    expected = {
        number
        for number, i, template in numbered(metre)
        if stands(stresses, template[i : i + len(stresses)])
    }
    assert bits(metre.positions_of(stresses)) == expected


@given(METRES, st.integers(0, 2**64 - 1), st.integers(0, 12))
def test_shift_stays_within_template(metre: Metre, places: int, syllables: int) -> None:
    expected = {
        number + syllables
        for number, i, template in numbered(metre)
        if number in bits(places) and i + syllables <= len(template)
    }
    assert bits(metre.shift(places, syllables)) == expected


@given(METRES, st.integers(0, 2**64 - 1))
def test_positions_before(metre: Metre, places: int) -> None:
    expected = {
        number
        for number, i, template in numbered(metre)
        if any(number - i + later in bits(places) for later in range(i, len(template) + 1))
    }
    assert bits(metre.positions_before(places)) == expected


@given(METRES, st.lists(STRESSES, max_size=6))
def test_line_ends_if_words_fill_template(metre: Metre, line: list[str]) -> None:
    def filled(template: str, words: list[str]) -> bool:
        if not words:
            return not template
        n = len(words[0])
        return stands(words[0], template[:n]) and filled(template[n:], words[1:])

    def advance(positions: int, word: str) -> int:
        return (positions & metre.positions_of(word)) << len(word)

    positions = reduce(advance, line, metre.starts)
    assert bool(positions & metre.ends) == any(filled(t, line) for t in metre.templates)


def test_syllables_without_feminine_ending() -> None:
    assert PENTAMETER.syllables == 10
    assert Metre(("ws", "wswsf")).syllables == 4


def test_any_stress_fits() -> None:
    free = Metre(("--", "---", "-----"))
    assert free.after(free.starts, ["010"]) == free.shift(free.starts, 3)
    assert free.after(free.starts, ["10"]) & free.ends
    # A line of a member's is not continued by a syllable or two, but by three.
    assert free.shift(free.starts, 3) & free.full
    assert not free.shift(free.starts, 2) & free.full


def test_beats_and_unstressed_syllables() -> None:
    """Words of one syllable count as longer ones do; elsewhere, they are weak or strong."""
    beat, weak, plain = Metre(("b",)), Metre(("u",)), Metre(("w", "s"))
    fitting = {"0": (False, True), "1": (True, False), "2": (True, True)}
    for stresses, (on_beat, unstressed) in fitting.items():
        assert bool(beat.after(beat.starts, [stresses])) == on_beat
        assert bool(weak.after(weak.starts, [stresses])) == unstressed
        assert plain.after(plain.starts, [stresses]) == plain.ends
    assert Metre(("ubu",)).positions_of("010")
    assert not Metre(("ubb",)).positions_of("010")


def test_invalid_metre_raises() -> None:
    wrong: list[tuple[str, ...]] = [(), ("",), ("ws", ""), ("wxs",), ("WS",), ("w s",)]
    for templates in wrong:
        with pytest.raises(ValueError, match="made of w, s"):
            Metre(templates)
    full = Metre(("w" * 31, "s" * 31))
    assert bits(full.ends) == {31, 63}
    with pytest.raises(ValueError, match="more than 64 positions"):
        Metre(("w" * 31, "s" * 32))
