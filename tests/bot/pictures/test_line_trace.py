"""The picture of how a line was written."""

import io
from dataclasses import replace

from PIL import Image

from bot.pictures.canvas import CHOSEN
from bot.pictures.line_trace import STUCK, lanes_of, trace_picture
from models.verse.dissection import ExpectedWord, LineTrace
from models.verse.word_lines import ParticleStep
from tests.bot.pictures.pixels import has_empty_margins, pixels

EVEN = (0.25,) * 4
PLAN = ParticleStep(("day", "day", "way", "may"), (0.1,) * 4, EVEN, (0, 1, 2, 3))
RESAMPLED = ParticleStep(("the", "a", "my", "my"), (0.9,) * 4, EVEN, (0, 2, 2, 2))
LAST = ParticleStep(("day", "way"), (0.5, 0.5), (0.5, 0.5), (0, 3))
EXPECTED = (ExpectedWord("night", 0.1, allowed=False), ExpectedWord("day", 0.05, allowed=True))
TRACE = LineTrace(
    "The day", "away", EXPECTED, EXPECTED[1:], 0.1, (PLAN, RESAMPLED, LAST), kept=(0, 0, 0)
)


def drawn(trace: LineTrace) -> Image.Image:
    return Image.open(io.BytesIO(trace_picture(trace))).convert("RGB")


def test_first_successor_keeps_its_row() -> None:
    """The others take the rows of particles that died out, the nearest first."""
    assert lanes_of(TRACE.steps) == [[0, 1, 2, 3], [0, 2, 1, 3], [0, 3]]


def test_margins_are_empty() -> None:
    long = (PLAN, *[ParticleStep(PLAN.words, EVEN, EVEN, PLAN.parents)] * 20)
    for trace in (TRACE, replace(TRACE, steps=long, line="A line " * 30)):
        assert has_empty_margins(drawn(trace))


def test_kept_particle_is_framed() -> None:
    """Of the rest, only the heading of a resampled step has that color."""
    heading = pixels(drawn(replace(TRACE, kept=())), CHOSEN)
    assert pixels(drawn(TRACE), CHOSEN) > heading + 1000
    alone = replace(TRACE, kept=(), steps=(PLAN, LAST))
    assert 0 == pixels(drawn(alone), CHOSEN) < heading


def test_forbidden_words_and_stuck_particles() -> None:
    allowed = replace(TRACE, expected=EXPECTED[1:])
    assert 0 == pixels(drawn(allowed), STUCK) < pixels(drawn(TRACE), STUCK)
    stuck = replace(LAST, allowed=(0.5, 0.0))
    assert pixels(drawn(replace(allowed, steps=(PLAN, RESAMPLED, stuck))), STUCK) > 0


def test_new_rhyme_has_its_own_heading() -> None:
    assert drawn(replace(TRACE, rhymes_with="")).tobytes() != drawn(TRACE).tobytes()
