"""Limits of work: bounds of requests, and work that is stopped."""

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count

import pytest

from models.names import generator
from models.names.dissection import dissect
from models.names.generator import (
    LONGEST_TYPED,
    MAX_FRUITLESS,
    MOST_NAMES,
    NamesRequest,
    generate_names,
)
from models.names.problems import NamesError
from models.names.sampler import PREFIX_BATCH
from models.text_generator import Abandoned, ShouldStop
from models.verse.dissection import LONGEST_LINE, MOST_REJECTED, LineTooLong, dissect_line, is_line
from models.verse.forms import FORMS
from models.verse.poem import MAX_ATTEMPTS, NoLineFound, SonnetError, SonnetRequest, begin, extend
from tests.models.tiny import anything, namer, poet, words_and_characters

NAMER, POET = namer(), poet()
NAMES, POEM = NamesRequest(3, 1), SonnetRequest("Shall I", 1)


def after(calls: int) -> ShouldStop:
    """Says that the work should stop when it is asked for the (`calls` + 1)-th time."""
    asked = count()
    return lambda: next(asked) >= calls


def refusing(asked: list[str]) -> Callable[[str], bool]:
    def accept(text: str) -> bool:
        asked.append(text)
        return False

    return accept


@pytest.mark.parametrize(
    ("request_", "problem"),
    [
        (replace(NAMES, count=0), "The count must be from 1 to 10,000, not 0"),
        (replace(NAMES, count=10**9), "not 1,000,000,000"),
        (replace(NAMES, temperature=0.0), "The temperature must be from 0.01 to 10"),
        (replace(NAMES, temperature=math.nan), "not nan"),
        (replace(NAMES, temperature=math.inf), "not inf"),
        (replace(NAMES, seed=-1), "The seed must be from 0 to"),
        (replace(NAMES, contains="-" * (LONGEST_TYPED + 1)), "must be from 0 to 1,000, not 1,001"),
    ],
)
def test_names_out_of_range(request_: NamesRequest, problem: str) -> None:
    with pytest.raises(NamesError, match=problem):
        generate_names(NAMER, request_, anything)


def test_bounds_of_names_are_inclusive() -> None:
    """The highest count is accepted: here, its names are all refused."""
    asked: list[str] = []
    result = generate_names(NAMER, replace(NAMES, count=MOST_NAMES), refusing(asked))
    assert result.names == ()
    assert len(asked) <= MAX_FRUITLESS + PREFIX_BATCH


@pytest.mark.parametrize(
    ("request_", "problem"),
    [
        (replace(POEM, temperature=0.0), r"The temperature goes from 0\.01 to 10, not 0"),
        (replace(POEM, temperature=math.nan), "not nan"),
        (replace(POEM, seed=-1), "A seed is a number from 0 to"),
        (replace(POEM, seed=2**64), "from 0 to 18446744073709551615"),
        (replace(POEM, opening="a" * 301), r"at most 300 characters, .* has 301; .* example"),
        (replace(POEM, about="a" * 301), r"at most 300 characters, .* has 301; .* the sea"),
        (replace(POEM, form="epic"), f"Unknown form 'epic'; try one of {', '.join(FORMS)}"),
    ],
)
def test_poem_out_of_range(request_: SonnetRequest, problem: str) -> None:
    with pytest.raises(SonnetError, match=problem):
        begin(POET, request_)


def test_dissected_text_is_measured_first() -> None:
    with pytest.raises(NamesError, match=r"but yours has 1,?000,?000"):
        dissect(NAMER, "-" * 1_000_000)
    trained = poet(words_and_characters())
    assert not is_line(trained, "the rose " * LONGEST_LINE)
    for line in ("the rose " * LONGEST_LINE, "a" * (LONGEST_LINE + 1)):
        with pytest.raises(LineTooLong):
            dissect_line(trained, line, anything)


def test_dissected_line_of_a_filter_that_refuses_all() -> None:
    asked: list[str] = []
    dissection = dissect_line(poet(words_and_characters()), "The rose of day", refusing(asked))
    assert all(choice.alternatives == () for choice in dissection.words)
    assert len(asked) <= MOST_REJECTED * len(dissection.words)


def test_names_are_stopped_between_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also between those of several drafts that do not share one."""
    monkeypatch.setattr(generator, "MOST_ROWS", PREFIX_BATCH)
    asked: list[list[str]] = [[], [], []]
    drafts = [generator.begin(NAMER, NAMES)] * 3
    with pytest.raises(Abandoned):
        generator.extend(NAMER, drafts, [refusing(each) for each in asked], after(2))
    assert [bool(each) for each in asked] == [True, True, False]


@pytest.mark.parametrize("attempts", [0, 1, 2])
def test_poem_is_stopped_between_attempts(attempts: int) -> None:
    draft, asked = begin(POET, POEM), list[str]()
    with pytest.raises(Abandoned):
        extend(POET, [draft], [refusing(asked)], after(attempts))
    assert bool(asked) == bool(attempts)
    with pytest.raises(NoLineFound):
        extend(POET, [draft], refusing(asked), after(MAX_ATTEMPTS))


def test_each_draft_has_its_filter() -> None:
    """A draft whose filter accepts all is not changed by the other's."""
    drafts = [begin(POET, replace(POEM, seed=seed)) for seed in (1, 2)]
    first, second = extend(POET, drafts, anything)
    answers: Iterator[bool] = iter([False])
    (_, changed) = extend(POET, drafts, [anything, lambda _: next(answers, True)])
    (same, _) = extend(POET, drafts, [anything, lambda _: next(answers, True)])
    assert same.lines == first.lines
    assert changed.lines != second.lines
