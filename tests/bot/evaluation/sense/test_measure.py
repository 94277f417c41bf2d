"""All measures of sense together, and the poems to compare with."""

import numpy as np
import pytest

from bot.evaluation.measures.sense.comparisons import poems_of_plays, trigram_poems
from bot.evaluation.measures.sense.measure import Sense, SenseReference, measure_sense
from bot.evaluation.measures.sense.word_trigram import WordTrigram
from bot.evaluation.measures.verse import Poem
from data.pronunciation import Reading
from tests.bot.evaluation.sense.texts import poem_about, random_poems
from tests.optional import skip_without

skip_without("sklearn", "textblob", requirements="requirements-evaluate.txt")

RNG = np.random.default_rng(0)
SONNETS = [f"{poem_about(i % 2, rng=RNG)}\n\n" for i in range(20)]
PLAYS = [poem_about(i % 2, rng=RNG) for i in range(200)]


def test_reference() -> None:
    reference = SenseReference.fit([*SONNETS[:2], "two\nlines\n\n"], PLAYS, ())
    assert [poem.text for poem in reference.real] == [sonnet.strip() for sonnet in SONNETS[:2]]
    text = "".join(SONNETS[:2])
    assert SenseReference.fit([text], PLAYS, ()).real == reference.real


def test_models_never_read_the_sonnets() -> None:
    one, other = (SenseReference.fit(sonnets, PLAYS, ()) for sonnets in (SONNETS, ["zorp\n\n"]))
    assert one.trigram.codes == other.trigram.codes
    np.testing.assert_array_equal(one.vectors.vectors, other.vectors.vectors)


def test_poems_like_the_sonnets() -> None:
    reference = SenseReference.fit(SONNETS, PLAYS[:150], PLAYS[150:])
    rng = np.random.default_rng(5)
    sense = measure_sense([Poem(poem_about(i % 2, rng=rng)) for i in range(20)], reference)
    assert sense.told_apart is not None
    assert sense.told_apart.both == pytest.approx(0.5, abs=0.15)
    sonnets = measure_sense(reference.real, reference, draws=0)
    assert sonnets.told_apart is None
    assert sense.nats_per_word == pytest.approx(sonnets.nats_per_word, rel=0.05)
    assert sense.subject == pytest.approx(0.75, abs=0.1)


def test_nothing_to_measure() -> None:
    reference = SenseReference.fit(SONNETS, PLAYS, ())
    assert measure_sense([Poem("")], reference) == Sense(None, None, None, None)


def test_trigram_poems() -> None:
    trigram = WordTrigram.fit(random_poems(5, seed=1))
    ship, bare = trigram_poems(trigram, ["O Ship, ", ""], np.random.default_rng(0))
    assert ship.text.startswith("o ship, ")
    assert (len(ship.lines), len(bare.lines)) == (14, 14)
    assert ship.lines[0].given == "o ship,"
    assert (bare.given, bare.lines[0].given) == (0, "")


def test_poems_of_plays() -> None:
    """Prose is left out, line by line and scene by scene."""

    def readings(word: str) -> tuple[Reading, ...]:
        return (Reading("1", "EY1"),)

    verse = random_poems(2, seed=1)
    long = f"{verse[0]}\na line of prose"
    short = "\n".join(["a line of prose"] * 15 + verse[1].split("\n"))
    pieces = poems_of_plays([long, short, "o"], readings, 9, np.random.default_rng(0))
    assert [piece.text for piece in pieces] == [verse[0]]
    many = poems_of_plays(random_poems(9, seed=2), readings, 3, np.random.default_rng(0))
    assert len({piece.text for piece in many}) == 3
