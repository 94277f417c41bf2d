"""Writing new dinosaur names."""

import string
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from data.text import clean_name
from models.known import Known
from models.network import Network, State, read
from models.sampling import sample
from models.vocabulary import END, Vocabulary
from models.weights import Trained

LONGEST_PIECE = 20
"""Letters of a member's own that a name may begin with, contain or end with."""
SHORTEST_NAME, LONGEST_NAME = 3, 26
BATCH = 32
"""Names that are written side by side. One batch is enough for ten good ones as a rule."""
MOST_FRUITLESS = 40
"""Batches without a new name, one after another, at which the search ends."""

FLAWS = {
    "known": "is on the list that it learned from",
    "unreadable": "does not read as a name",
    "unfit": "is not fit to be shown",
    "repeated": "is a repetition",
}


class NamesError(Exception):
    """A request cannot be served. The message is a sentence for the member who made it."""


@dataclass(frozen=True)
class NamesRequest:
    """What a member asks for."""

    count: int
    seed: int
    """The same request with the same seed and weights gives the same names."""
    starts_with: str = ""
    """As typed: capitals and accents are folded, and everything but letters is dropped."""
    temperature: float = 1.0
    ends_with: str = ""
    contains: str = ""
    """Anywhere; also across what it begins or ends with."""
    length: int | None = None
    """In letters, `SHORTEST_NAME` to `LONGEST_NAME`; `None` for any."""


@dataclass(frozen=True)
class NamesResult:
    """The names found."""

    names: tuple[str, ...]
    """In lower case, all different, none of them in the corpus."""
    reason: str | None
    """A sentence about why they are fewer than asked for; `None` if they are not."""
    refused: Mapping[str, int] = field(default_factory=dict)
    """How many names were written and not given, by flaw: a key of `FLAWS`."""


def write_names(
    trained: Trained, request: NamesRequest, accept: Callable[[str], bool]
) -> NamesResult:
    """Write names that begin as asked, are new, read as names and pass `accept`.

    The network reads the beginning and goes on from there, so what follows suits it. Raises
    `NamesError` if the beginning holds no letter that the network knows, or too many letters.
    """
    network = trained.network
    prefix = _prefix(request.starts_with, network.vocabulary)
    rng = np.random.default_rng(request.seed)
    logits, state = read(network, END + prefix, network.initial_state(1))
    names: dict[str, None] = {}  # a set that keeps its order
    flaws = Counter[str]()  # of everything written since the last new name's batch
    while flaws.total() < MOST_FRUITLESS * BATCH:
        before = len(names)
        for ending in _endings(network, logits, state, request.temperature, len(prefix), rng):
            name = prefix + ending
            flaw = _flaw(name, names, trained.known, accept)
            if flaw:
                flaws[flaw] += 1
            else:
                names[name] = None
            if len(names) == request.count:
                return NamesResult(tuple(names), None)
        if len(names) > before:
            flaws.clear()
    return NamesResult(tuple(names), _reason(len(names), prefix, flaws))


def reads_as_name(name: str) -> bool:
    """Whether it has 3 to 26 letters, a vowel among them, and no letter three times running."""
    return (
        SHORTEST_NAME <= len(name) <= LONGEST_NAME
        and set(name) <= set(string.ascii_lowercase)
        and not set(name).isdisjoint("aeiou")
        and not any(letter * 3 in name for letter in set(name))
    )


def _flaw(
    name: str, found: Collection[str], known: Known, accept: Callable[[str], bool]
) -> str | None:
    """Why a name is not to be given: a key of `FLAWS`, or `None`."""
    if name in known:
        return "known"
    if not reads_as_name(name):
        return "unreadable"
    if name in found:
        return "repeated"
    return None if accept(name) else "unfit"


def _prefix(typed: str, vocabulary: Vocabulary) -> str:
    prefix = clean_name(typed)
    if typed.strip() and not prefix:
        raise NamesError(
            "A name begins with letters from a to z, and there are none in what you typed; "
            "try for example: tyranno"
        )
    if len(prefix) > LONGEST_PIECE:
        raise NamesError(
            f"A name can begin with at most {LONGEST_PIECE} letters of yours, and you typed "
            f"{len(prefix)}; try for example: tyranno"
        )
    unknown = sorted(set(prefix).difference(vocabulary.symbols))
    if unknown:
        raise NamesError(
            f"The list that the network learned from has no {' and no '.join(unknown)}, so no "
            "name can begin so; try other letters."
        )
    return prefix


def _endings(
    network: Network,
    logits: NDArray[np.float32],
    state: State,
    temperature: float,
    begun: int,
    rng: np.random.Generator,
) -> list[str]:
    """Draw how a batch of names goes on after `begun` letters: `(1, vocabulary)`, `(…, 1, units)`.

    A name that does not end in time comes back one letter too long.
    """
    end = network.vocabulary.end
    drawn = np.full((BATCH, LONGEST_NAME + 2 - begun), end)
    going_on = np.arange(BATCH)
    logits, state = logits.repeat(BATCH, axis=0), state.repeat(BATCH, axis=-2)
    for t in range(LONGEST_NAME + 1 - begun):
        x = sample(logits, rng, temperature)
        drawn[going_on, t] = x
        alive = x != end
        going_on = going_on[alive]
        if not len(going_on):
            break
        logits, state = network.step(x[alive], state[..., alive, :])
    return [network.vocabulary.decode(row).partition(END)[0] for row in drawn]


def _reason(found: int, prefix: str, flaws: Counter[str]) -> str:
    """What was wrong with what was written in the end, none of which could be given."""
    begun = f' beginning with "{prefix}"' if prefix else ""
    names = "No new name" if not found else f"Only {found:,} new name{'s'[: found != 1]}"
    (flaw, count), *_ = flaws.most_common(1)
    share = count / flaws.total()
    much = "most of what" if share > 0.5 else "much of what"
    if share >= 0.9:
        much = "almost everything that"
    written = "the network makes of that" if prefix else "the network writes"
    return f"{names}{begun} could be found; {much} {written} {FLAWS[flaw]}."
