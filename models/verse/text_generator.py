"""Sonnets as a task: the text generator, and how weights for verse are prepared and sampled."""

from collections.abc import Sequence

from models.text_generator import Accept, Sample, ShouldStop, never
from models.verse import poem
from models.verse.metrical import metrical_writer_of
from models.verse.poem import Draft, SonnetError, SonnetRequest
from models.weights import Trained

SAMPLE_LINES = 4
"""Lines of the poem in a sample."""


class SonnetGenerator:
    """Writes poems line by line. A `models.text_generator.TextGenerator`."""

    batch_size = 16
    """A poem takes half of the time that it takes alone; with more of them no less than that."""

    def begin(self, trained: Trained, request: SonnetRequest) -> Draft:
        """See `poem.begin`."""
        return poem.begin(trained, request)

    def extend(
        self,
        trained: Trained,
        drafts: Sequence[Draft],
        accepts: Sequence[Accept],
        should_stop: ShouldStop = never,
    ) -> list[Draft]:
        """See `poem.extend`: every draft gets its next line."""
        return poem.extend(trained, drafts, accepts, should_stop)


def prepare(trained: Trained) -> None:
    """Fill the caches that the first request would otherwise have to wait for."""
    metrical_writer_of(trained)


def sample(trained: Trained, seed: int, accept: Accept, *, full: bool) -> Sample:
    """Write the first lines of a sonnet; if `full`, write all of it and return its first lines."""
    lines: tuple[str, ...] = ()
    try:
        draft = poem.begin(trained, SonnetRequest("", seed))
        while not draft.finished and (full or len(lines) < SAMPLE_LINES):
            (draft,) = poem.extend(trained, [draft], accept)
            lines = draft.lines[:SAMPLE_LINES]
    except SonnetError as error:
        return Sample(lines, f"It cannot write a poem. {error}")
    return Sample(lines)
