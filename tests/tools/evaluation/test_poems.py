"""Poems that are compared: of Mangosaurus, plain samples, of plays."""

from data.pronunciation import Reading
from models.verse.poem import SonnetRequest
from tests.models.tiny import VERSE, lstm, poet
from tests.tools.evaluation.texts import random_poems
from tools.evaluation.poems import (
    generate_poems,
    poems_of_plays,
    sampled_poems,
)


def nobody(_: str) -> None:
    """A status callback that does nothing."""


def test_generated_poems() -> None:
    requests = [SonnetRequest("Shall I", seed, form="free") for seed in (1, 2)]
    one, other = generate_poems(poet(), requests, lambda _: True, nobody)
    assert one.text.startswith("Shall I")
    assert one.given == other.given == len("Shall I")
    assert len(one.lines) == 14
    assert one.text != other.text


def test_failing_poem_is_its_opening() -> None:
    requests = [SonnetRequest("Shall I", 1, form="free"), SonnetRequest("a" * 999, 2)]
    refused, too_long = generate_poems(poet(), requests, lambda _: False, nobody)
    assert refused.words == []
    assert len(refused.lines) < 14
    assert too_long.text == "a" * 999
    assert too_long.words == []


def test_plain_samples_continue_their_openings() -> None:
    one, again = (
        sampled_poems(
            lstm(VERSE),
            ["Shall I compare thee", "", "O"],
            0,
            temperature=0.8,
            is_whole=lambda text: text.count("\n") >= 3,
        )
        for _ in range(2)
    )
    assert one == again
    assert one[0].text.startswith("shall i compare thee")
    assert [poem.given for poem in one] == [20, 0, 1]
    assert [len(poem.lines) for poem in one] == [3, 3, 3]
    (whole,) = sampled_poems(
        lstm(VERSE), ["abcdefgh"], 0, temperature=1.0, is_whole=lambda text: len(text) >= 4
    )
    assert whole.text == "abcdefgh"


def test_poems_of_plays() -> None:
    """Prose is left out, line by line and scene by scene."""

    def readings(word: str) -> tuple[Reading, ...]:
        return (Reading("1", "EY1"),)

    verse = random_poems(2, seed=1)
    long = f"{verse[0]}\na line of prose"
    short = "\n".join(["a line of prose"] * 15 + verse[1].split("\n"))
    pieces = poems_of_plays([long, short, "o"], readings, 9, seed=0)
    assert [piece.text for piece in pieces] == [verse[0]]
    many = poems_of_plays(random_poems(9, seed=2), readings, 3, seed=0)
    assert len({piece.text for piece in many}) == 3
