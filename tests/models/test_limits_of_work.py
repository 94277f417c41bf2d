"""Limits of work: bounds of requests, and work that is stopped."""

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count

import pytest

from models.names.dissection import dissect
from models.names.generator import (
    LONGEST_TYPED,
    MAX_FRUITLESS,
    MOST_NAMES,
    NamesRequest,
    generate_names,
)
from models.names.problems import NamesError, OutOfRange
from models.names.sampler import PREFIX_BATCH
from models.text_generator import Abandoned, ShouldStop
from models.verse.dissection import LONGEST_LINE, MOST_REJECTED, LineTooLong, dissect_line, is_line
from models.verse.poem import MAX_ATTEMPTS, NoLineFound, SonnetError, SonnetRequest, begin, extend
from tests.models.tiny import namer, poet, words_and_characters

NAMER, POET = namer(), poet()
NAMES, POEM = NamesRequest(3, 1), SonnetRequest("Shall I", 1)


def anything(_: str) -> bool:
    return True


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
    ("option", "request_", "problem"),
    [
        ("count", replace(NAMES, count=0), "The count can be 1 to 10,000, not 0"),
        ("count", replace(NAMES, count=10**9), "not 1,000,000,000"),
        ("temperature", replace(NAMES, temperature=0.0), "The temperature can be 0.01 to 10"),
        ("temperature", replace(NAMES, temperature=math.nan), "not nan"),
        ("temperature", replace(NAMES, temperature=math.inf), "not inf"),
        ("seed", replace(NAMES, seed=-1), "The seed can be 0 to"),
        (
            "number of characters",
            replace(NAMES, contains="-" * (LONGEST_TYPED + 1)),
            "The number of characters can be 0 to 1,000, not 1,001",
        ),
    ],
)
def test_names_out_of_range(option: str, request_: NamesRequest, problem: str) -> None:
    with pytest.raises(NamesError, match=problem) as error:
        generate_names(NAMER, request_, anything)
    assert isinstance(error.value.problem, OutOfRange)
    assert error.value.problem.option == option


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
        (replace(POEM, opening="a" * 301), "at most 300"),
        (replace(POEM, about="a" * 301), "at most 300"),
        (replace(POEM, form="epic"), "Unknown form 'epic'"),
    ],
)
def test_poem_out_of_range(request_: SonnetRequest, problem: str) -> None:
    with pytest.raises(SonnetError, match=problem):
        begin(POET, request_)


def test_dissected_name_is_measured_first() -> None:
    with pytest.raises(NamesError, match=r"and yours has 1,?000,?000"):
        dissect(NAMER, "-" * 1_000_000)


def test_dissected_line_is_measured_first() -> None:
    trained = poet(words_and_characters())
    line = "the rose " * LONGEST_LINE
    assert not is_line(trained, line)
    with pytest.raises(LineTooLong):
        dissect_line(trained, line, anything)
    with pytest.raises(LineTooLong):
        dissect_line(trained, "a" * (LONGEST_LINE + 1), anything)


def test_dissected_line_of_a_filter_that_refuses_all() -> None:
    asked: list[str] = []
    dissection = dissect_line(poet(words_and_characters()), "The rose of day", refusing(asked))
    assert all(choice.alternatives == () for choice in dissection.words)
    assert len(asked) <= MOST_REJECTED * len(dissection.words)


@pytest.mark.parametrize("batches", [0, 1, 3])
def test_names_are_stopped_between_batches(batches: int) -> None:
    asked: list[str] = []
    with pytest.raises(Abandoned):
        generate_names(NAMER, NAMES, refusing(asked), after(batches))
    assert len(asked) <= batches * PREFIX_BATCH
    assert bool(asked) == bool(batches)


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
