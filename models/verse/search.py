"""Choosing among candidate lines: which of them a poem goes on with.

Candidates that meet the metre and the rhyme differ in how much sense they make. Each is ranked,
together with the lines since the last choice, by

    s = λ · mean fit + ln w + σ · mean cos − ρ · repeated − φ · faults − ν · verbless
        − ω · wanderings + μ · named + g

- mean fit of the words and marks, by the network's own predictions (`word_lines.fit`). A clause
  that the metre forced shows in it, and one that cannot land shows in the line after it;
- w is the weight of the particle that wrote the line;
- mean cos of the content words and the subject of the poem;
- the number of content words that the poem has already;
- the number of rules of English that the line breaks (`models.verse.grammar`);
- verbless is the number of verbs that the stanza lacks: so far, it should have as many words that
  can be finite verbs as it has lines. Lists of nouns (*a bag of wine, a bowl of cake*) are likely,
  and in metre. One real quatrain of ten has fewer than four such words, of ours one in three had;
- the number of changes of person, and of lines that begin alike, in a story
  (`models.verse.story`);
- named is the number of lines that name the subject in the member's words, as far as needed by now;
- g is drawn from a Gumbel distribution, so that the first candidate is a sample of exp(s), and each
  seed gives a poem of its own (the Gumbel-max trick; for several: Kool, van Hoof & Welling, 2019).
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Protocol, TypeVar

import numpy as np

from data.text import fold
from data.tokens import tokenise
from models.verse.forms import Form
from models.verse.grammar import can_end, faults, finite_verbs
from models.verse.mentions import named
from models.verse.metrical import MetricalWriter
from models.verse.story import wanderings
from models.verse.subject import Subject
from models.verse.word_lines import MetricalLine

FIT, SUBJECT, REPETITION, FAULT, VERBLESS, WANDERING, NAMED = 8.0, 24.0, 2.0, 4.0, 4.0, 4.0, 12.0
"""λ, σ, ρ, φ, ν, ω and μ, in nats."""
CLOSING = ".;:?!"
"""Marks at which a sentence ends."""


class Hypothesis(Protocol):
    """A draft's lines so far (`models.verse.poem.SonnetDraft`)."""

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines as displayed."""
        ...

    @property
    def prefix(self) -> str:
        """The member's words at the beginning of the next line."""
        ...

    @property
    def form(self) -> Form:
        """The form of the poem."""
        ...

    @property
    def scored(self) -> tuple[float, int]:
        """The score of the lines since the last choice, and their predictions."""
        ...


H = TypeVar("H", bound=Hypothesis)


def ranked(
    writer: MetricalWriter,
    subject: Subject,
    pool: Sequence[tuple[H, MetricalLine]],
    rng: np.random.Generator,
) -> list[tuple[H, MetricalLine]]:
    """Candidates for one line of a poem, with the draft that each continues: the best first."""
    above = {draft.lines: _tokens(draft.lines) for draft, _ in pool}
    scores = np.array(
        [_score(writer, subject, draft, above[draft.lines], line) for draft, line in pool]
    )
    scores += rng.gumbel(size=len(pool))
    return [pool[i] for i in np.argsort(-scores, kind="stable")]


def _tokens(lines: Sequence[str]) -> list[str]:
    return [token for line in lines for token in _tokens_of(line)]


@lru_cache(maxsize=1_000)
def _tokens_of(line: str) -> Sequence[str]:
    """The tokens of a line. Hypotheses share most of their lines."""
    return *tokenise(fold(line)), "\n"


def _score(
    writer: MetricalWriter,
    subject: Subject,
    draft: Hypothesis,
    above: list[str],
    line: MetricalLine,
) -> float:
    score, predictions = draft.scored
    mean = (score + line.score) / (predictions + line.predictions)
    vectors = np.asarray(writer.topics.vectors[writer.network.vocabulary.encode(line.tokens)])
    # Function words have no vector: zeros.
    content = [token for token, v in zip(line.tokens, vectors, strict=True) if v.any()]
    near = 0.0
    if content and subject.vector.size:
        near = float(np.maximum(vectors @ subject.vector, 0).sum()) / len(content)
    repeated = sum(word in above for word in content) + len(content) - len({*content})
    tokens = [*above, *line.start.tokens, *line.tokens, "\n"]
    broken = len(faults(tokens, len(above)))
    broken += tokens[-2] in CLOSING and not can_end(tokens)
    first = max((end for end in draft.form.stanza_ends if end <= len(draft.lines)), default=0)
    stanza = [*_tokens(draft.lines[first:]), *line.start.tokens, *line.tokens]
    verbless = max(0, len(draft.lines) + 1 - first - finite_verbs(stanza))
    lines = [*draft.lines, draft.prefix + line.written]
    wandering = wanderings(lines) if draft.form.story else 0
    score = FIT * mean + line.log_weight + SUBJECT * draft.form.pull * near - REPETITION * repeated
    score -= FAULT * broken + VERBLESS * verbless + WANDERING * wandering
    return score + NAMED * named(subject.mentions, lines, draft.form)
