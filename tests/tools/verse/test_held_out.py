"""Passages that share words with held-out verse are found, whatever their spelling."""

import pytest

from tools.verse.held_out import AROUND, LONG, plain_spelling, runs_in, without_shared

POEM = (
    "so shall i live, supposing thou art true,\n"
    "like a deceived husband; so love's face\n"
    "may still seem love to me, though alter'd new;\n\n"
)
HELD_OUT = runs_in([POEM])
STANZA = [f"the {n} other lines of verse were never heard" for n in "abcdefghij"]


def left_of(stanza: list[str]) -> list[str]:
    return [line for part in without_shared(stanza, HELD_OUT) for line in part]


@pytest.mark.parametrize(
    "planted",
    [
        "So shall I live, supposing thou art true,",
        "he says: so shal I liue, supposinge",  # old spelling
        "like a deceiv'd husband; so he says",
        "supposing thou art true, like other men",  # over a line's end
        "though altered new! said he",  # see the test below
    ],
)
def test_planted_passage_is_dropped(planted: str) -> None:
    before = "may still seem love to me," if planted.startswith("though") else "and here we are"
    stanza = [*STANZA[:4], before, planted, *STANZA[4:]]
    assert left_of(stanza) == []


@pytest.mark.parametrize("line", ["supposing thou art false, i live", "like a deceived man"])
def test_four_words_are_common_speech(line: str) -> None:
    stanza = [*STANZA, line]
    assert left_of(stanza) == stanza


def test_lines_around_are_dropped_of_a_long_stanza() -> None:
    before, after = ([f"line {side} {n}" for n in range(50)] for side in "ab")
    parts = list(without_shared([*before, "so shall i live, supposing", *after], HELD_OUT))
    assert parts == [before[: 50 - AROUND], after[AROUND:]]
    assert list(without_shared([*before[:LONG], "so shall i live, supposing"], HELD_OUT)) == [
        before[: LONG - AROUND]
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("louede", "lov'd"),
        ("ioye", "joy"),
        ("vppon", "upon"),
        ("sicke", "sick"),
        ("colour", "color"),
        ("o'er", "ore"),
        ("chear", "chear"),
    ],
)
def test_plain_spelling(old: str, new: str) -> None:
    assert plain_spelling(old) == plain_spelling(new)
    assert plain_spelling(old) != plain_spelling("time")
