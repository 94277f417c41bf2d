"""Texts that the shipped networks write without a word filter, to pass through one."""

from collections.abc import Iterator, Sequence

from models.names.generator import NamesRequest
from models.tasks import task_of
from models.text_generator import Accept
from models.verse.poem import SonnetRequest

_TOGETHER = 10
"""Names of one request."""


def _everything(_text: str) -> bool:
    return True


def names(number: int, seed: int) -> list[str]:
    """Distinct names of dinosaurs, at the default settings, of requests seeded from `seed` on."""
    task = task_of("names")
    trained = task.load_shipped()
    task.prepare(trained)
    found: dict[str, None] = {}
    while len(found) < number:
        draft = task.generator.begin(trained, NamesRequest(_TOGETHER, seed))
        while not draft.finished:
            (draft,) = task.generator.extend(trained, [draft], [_everything])
        found |= dict.fromkeys(draft.result.names)
        seed += 1
    return [*found][:number]


def poems(number: int, seed: int) -> Iterator[Sequence[str]]:
    """The lines of sonnets without an opening, at the default settings, of seeds from `seed` on."""
    task = task_of("sonnets")
    trained = task.load_shipped()
    task.prepare(trained)
    generator = task.generator
    for first in range(seed, seed + number, generator.batch_size):
        seeds = range(first, min(first + generator.batch_size, seed + number))
        drafts = [generator.begin(trained, SonnetRequest(seed=each)) for each in seeds]
        while not all(draft.finished for draft in drafts):
            drafts = generator.extend(trained, drafts, [_everything] * len(drafts))
        yield from (draft.lines for draft in drafts)


def refused(poem: Sequence[str], accept: Accept) -> int:
    """The lines of a poem that a word filter refuses, alone or with the end of the line before."""
    allowed = [accept(line) for line in poem]
    pairs = zip(poem, poem[1:], allowed, allowed[1:], strict=False)
    split = sum(a and b and not accept(f"{before}\n{line}") for before, line, a, b in pairs)
    return allowed.count(False) + split
