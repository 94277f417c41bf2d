"""The four measures of sense, for any list of poems.

No single one suffices, since noise can pass one of them: they have to hold together. Shakespeare's
regular sonnets, with the project's corpora:

    told apart, his plays against his sonnets     words 0.79, parts of speech 0.64, both 0.79
    nats per word                                 5.71 (words shuffled within each line: 7.12)
    keeps to its subject                          0.85 (lines shuffled among the poems: 0.49)
    keeps to its opening, his first lines         0.77
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.evaluation.measures.sense.subject import keeps_to_opening, keeps_to_subject
from bot.evaluation.measures.sense.told_apart import DRAWS, ToldApart, told_apart
from bot.evaluation.measures.sense.word_trigram import WordTrigram
from bot.evaluation.measures.sense.word_vectors import WordVectors
from bot.evaluation.measures.verse import LINES, Poem
from data.corpora import PASSAGE_END


@dataclass(frozen=True, eq=False)
class SenseReference:
    """What poems are measured against."""

    real: tuple[Poem, ...]
    """The regular sonnets: those of fourteen lines."""
    trigram: WordTrigram
    """Fitted on the plays and on poems by others: none of the sonnets."""
    vectors: WordVectors
    """Fitted on the same text."""

    @classmethod
    def fit(
        cls, sonnets: Sequence[str], plays: Sequence[str], others: Sequence[str]
    ) -> "SenseReference":
        """Fit the models, in about three seconds. All texts are passages of normalised verse.

        sonnets: an empty line separates poems, too.
        """
        texts = (*plays, *others)
        poems = (Poem(poem) for text in sonnets for poem in text.strip().split(PASSAGE_END))
        real = tuple(poem for poem in poems if len(poem.lines) == LINES)
        return cls(real, WordTrigram.fit(texts), WordVectors.fit(texts))


@dataclass(frozen=True)
class Sense:
    """Sense of some poems; `None` where too little can be measured."""

    told_apart: ToldApart | None
    """How well classifiers tell single generated lines from lines of the sonnets."""
    nats_per_word: float | None
    """Mean −ln p of words, marks and line ends in the generated lines. Below the sonnets' figure
    they are commonplace, far above it they are word salad."""
    subject: float | None
    """How often a poem's second half is nearer to its own first half than to another poem's."""
    opening: float | None
    """How often the lines after the first are nearer to the poem's opening than to another."""


def measure_sense(poems: Sequence[Poem], reference: SenseReference, *, draws: int = DRAWS) -> Sense:
    """Measure poems. The classifiers are fitted anew each time, so nothing can be tuned to one.

    Lines with words of the member's opening are left out of the first two measures.
    draws: repetitions of the cross-validation; 0 leaves it out, as for the sonnets themselves.
    """
    lines = [line.text for poem in poems for line in poem.lines if line.is_written]
    return Sense(
        told_apart(poems, reference.real, draws=draws) if draws else None,
        reference.trigram.nats_per_word(lines) if lines else None,
        keeps_to_subject(poems, reference.vectors),
        keeps_to_opening(poems, reference.vectors),
    )
