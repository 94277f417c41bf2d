"""Traces of lines: the particles that led to the line that was kept."""

import pytest

from data.text import fold
from data.tokens import join_tokens, tokenise
from models.verse.dissection import LineTrace, trace_line
from models.verse.poem import SonnetDraft, SonnetError, SonnetRequest, begin, extend
from tests.models.verse.versifier import VERSIFIER, QuickRequest


def traced(request: SonnetRequest, lines: int) -> tuple[SonnetDraft, list[LineTrace]]:
    """The first lines of a poem, and their traces."""
    draft, traces = begin(VERSIFIER, request), []
    for _ in range(lines):
        draft, trace = trace_line(VERSIFIER, draft, bool)
        traces.append(trace)
    return draft, traces


def test_kept_particle_wrote_the_line() -> None:
    draft, traces = traced(QuickRequest(seed=3), 5)
    for line, trace in zip(draft.lines, traces, strict=True):
        assert trace.line == line
        pairs = zip(trace.steps, trace.kept, strict=False)
        first, *tokens = [step.words[row] for step, row in pairs]
        assert tokens[-1] == "\n"
        assert join_tokens(tokens[:-1]) == fold(line)
        assert first == [word for word in tokenise(fold(line)) if word[-1].isalpha()][-1]
        rows = zip(trace.kept[1:], trace.kept, trace.steps[1:], strict=False)
        assert all(step.parents[row] == above for row, above, step in rows)


def test_tracing_changes_nothing() -> None:
    request = QuickRequest("Shall I", seed=4)
    draft, _ = traced(request, 2)
    untraced = begin(VERSIFIER, request)
    for _ in range(2):
        (untraced,) = extend(VERSIFIER, [untraced], bool)
    assert draft.lines == untraced.lines


def test_rhyme() -> None:
    """Line 3 rhymes with line 1; the share is that of all words that do."""
    draft, traces = traced(QuickRequest(seed=5), 3)
    first, _second, third = traces
    assert first.rhymes_with == ""
    assert third.rhymes_with in fold(draft.lines[0])
    assert all(word.allowed for word in third.allowed)
    assert not all(word.allowed for word in third.expected)
    listed = sum(word.probability for word in third.allowed)
    assert listed <= third.allowed_share + 1e-6 < first.allowed_share
    plan = third.steps[0]
    assert plan.allowed == pytest.approx([third.allowed_share] * len(plan.words), rel=1e-4)


def test_line_of_a_later_attempt() -> None:
    """All candidates of the first attempt are rejected."""
    draft = begin(VERSIFIER, QuickRequest(seed=3))
    rejected: list[str] = []

    def reject_first(line: str) -> bool:
        rejected.append(line)
        return len(rejected) > 8

    _, trace = trace_line(VERSIFIER, draft, reject_first)
    assert trace.kept == ()
    assert len(trace.steps) > 3


def test_only_metre_has_a_trace() -> None:
    with pytest.raises(SonnetError, match="Only a line in metre"):
        traced(QuickRequest(form="notebook"), 1)
    finished, _ = traced(QuickRequest(form="limerick"), 5)
    with pytest.raises(SonnetError):
        trace_line(VERSIFIER, finished, bool)
