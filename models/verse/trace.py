"""Trace of a line in metre: what each particle wrote, token by token, and which line was kept."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.networks.words import NONE, PLAN
from models.text_generator import Accept
from models.verse.constrained.word_index import Columns
from models.verse.constrained.word_lines import Step, end_logits, share_of
from models.verse.metrical import MetricalWriter, last_word, metrical_writer_of
from models.verse.poem import Draft, SonnetError, extend, next_line
from models.weights import Trained

MAX_EXPECTED = 6
"""Last words listed."""


@dataclass(frozen=True)
class ExpectedWord:
    """A word that the network expected at the end of the line."""

    word: str
    probability: float
    """With the subject, and at the temperature of the poem."""
    allowed: bool
    """Whether it rhymes as it must, and can end the line."""


@dataclass(frozen=True)
class LineTrace:
    """How one line of a poem was written."""

    line: str
    """The line that was kept, as displayed."""
    rhymes_with: str
    """The word that it has to rhyme with; empty if it begins a rhyme."""
    expected: tuple[ExpectedWord, ...]
    """The likeliest last words, most likely first."""
    allowed: tuple[ExpectedWord, ...]
    """The likeliest ones that are allowed."""
    allowed_share: float
    """The share of the prediction that all allowed last words have."""
    steps: tuple[Step, ...]
    """First the plan of the last words, then each token."""
    kept: tuple[int, ...]
    """The particle that became the line, in each step up to its end; empty if the line was written
    in a later attempt."""


def trace_line(trained: Trained, draft: Draft, accept: Accept) -> tuple[Draft, LineTrace]:
    """Write the next line of a draft as `extend` does, and say how.

    Raises `SonnetError` for a finished draft, for a form without metre, and as `extend` does.
    """
    writer = metrical_writer_of(trained) if draft.form.metres else None
    if writer is not None and draft.finished:
        raise SonnetError(
            f"The poem has {len(draft.lines)} lines; trace one of them, for example line 3."
        )
    if writer is None:
        raise SonnetError(
            "Only a line in metre has a trace, by weights with a network over English words; try "
            "the form shakespearean."
        )
    (extended,) = extend(trained, [draft], accept)
    steps: list[Step] = []
    (candidates,) = writer.write([next_line(draft)], trace=steps)
    same = [c.tokens for c in candidates if np.array_equal(c.state, extended.state)]
    kept = _ancestors(steps, same[0]) if same else ()
    return extended, _trace(writer, draft, extended.lines[-1], steps, kept)


def _trace(
    writer: MetricalWriter, draft: Draft, line: str, steps: Sequence[Step], kept: tuple[int, ...]
) -> LineTrace:
    (request,) = writer.requests([next_line(draft)])
    nowhere = writer.network.towards(np.array([NONE]))
    h, _ = writer.network.step(np.array([PLAN]), np.array([0]), nowhere, request.state)
    scaled = end_logits(request, writer.output.logits(h)[0])  # (C,)
    above = [last_word(draft.lines[i]) for i in draft.form.rhymes_of(len(draft.lines))]
    return LineTrace(
        line,
        rhymes_with=above[-1] if above else "",
        expected=_likeliest(writer, scaled, request.ends, writer.index.counted > 0),
        allowed=_likeliest(writer, scaled, request.ends, request.ends),
        allowed_share=share_of(request.ends, scaled),
        steps=tuple(steps),
        kept=kept,
    )


def _likeliest(
    writer: MetricalWriter, logits: NDArray[np.float32], ends: Columns, among: Columns
) -> tuple[ExpectedWord, ...]:
    p = np.exp(logits - logits.max())
    p /= p.sum()
    order = [i for i in np.argsort(-p, kind="stable").tolist() if among[i]][:MAX_EXPECTED]
    return tuple(ExpectedWord(writer.index.texts[i], float(p[i]), bool(ends[i])) for i in order)


def _ancestors(steps: Sequence[Step], tokens: tuple[str, ...]) -> tuple[int, ...]:
    """The particle of each step that led to a candidate with these tokens."""
    for number, step in enumerate(steps[1:], start=1):
        for row in (row for row, word in enumerate(step.words) if word == "\n"):
            rows = [row]
            for above in reversed(steps[1 : number + 1]):
                rows.append(above.parents[rows[-1]])
            rows.reverse()
            written = (s.words[r] for s, r in zip(steps[1:number], rows[1:], strict=False))
            if tuple(written) == tokens:
                return tuple(rows)
    return ()
