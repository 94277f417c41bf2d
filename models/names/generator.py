"""Generating new names: constrained sampling, then filtering of real, near and repeated names.

Names with a consonant cluster that no name of the list has are filtered too, which leaves the
network's own distribution over the others. If a constraint forces such a cluster, they are given.

This module is a `models.text_generator.TextGenerator`.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from data.corpora import LONGEST_NAME as LONGEST_ENTRY
from data.text import clean_name
from models.names.capitalization import format_name
from models.names.constraints import (
    LONGEST_PIECE,
    NameConstraints,
    Piece,
    Shape,
    clean_piece,
    shape_of,
)
from models.names.filters import NearNames, allowed_clusters, clusters_of, near_names_of
from models.names.look_ahead import learn_contexts
from models.names.problems import (
    FLAWS,
    Flaw,
    NamesError,
    Shortfall,
    check_known,
    try_length,
    try_piece,
)
from models.names.sampler import (
    BATCH,
    LENGTH_BATCH,
    PREFIX_BATCH,
    ConstrainedSampler,
    sample_batches,
    sampler_of,
)
from models.networks.lstm import LSTM
from models.networks.mixture import Mixture
from models.networks.network import Network
from models.networks.ngram import NGram
from models.networks.vocabulary import END, Vocabulary
from models.text_generator import (
    HIGHEST_TEMPERATURE,
    LOWEST_TEMPERATURE,
    MOST_SEED,
    Accept,
    Sample,
    ShouldStop,
    check_stop,
    never,
)
from models.weights import Trained, cached_with_weights, has_controls

MOST_NAMES = 10_000
"""Names of a request. With `MAX_FRUITLESS` it limits the work."""
LONGEST_TYPED = 1000
"""Characters of a piece as typed. Of these, at most `LONGEST_PIECE` may be left."""
DEFAULT_TEMPERATURE = 0.9
"""Rejecting near copies makes names wilder than the network's; this makes up for it. On validation,
a classifier tells names at 0.9 from real ones least (AUC 0.55; at 1.0 0.57)."""
MAX_FRUITLESS = 640
"""Names in a row without a new one, after which the search ends."""
BUDGET = 20_000
"""Characters that are drawn for ten names at most; more names have more in proportion. A usual core
draws so many in 0.3 s with the shipped weights. Most requests need 200 to 4,000."""
PARAMETERS = 600_000
"""Parameters of a network that draws `BUDGET` characters. A larger one takes longer for each, and
draws fewer; by its size, not by a clock, so that a seed gives the same names everywhere."""
MAX_UNSAYABLE = 128
"""Names in a row without a new sayable one, after which it ends if the others are enough. A network
that may write sayable names hardly ever writes so many others: of its names, about one in ten."""

MOST_COUNTED = 10_000
"""Number of possible names up to which the search notices when it has seen all of them."""
MOST_ROWS = 512
"""Names that are drawn together, which bounds memory: the shipped weights need 40 kB for each."""
MOST_DRAFTS = 16
"""Drafts that `extend` handles well in one call."""


@dataclass(frozen=True)
class NamesRequest:
    """A request for names, with pieces as typed."""

    count: int = 5
    """Number of names, 1 to `MOST_NAMES`."""
    seed: int = 0
    """0 or more. The same request with the same seed and weights gives the same names."""
    starts_with: str = ""
    """Beginning as typed, like the other pieces: capitals are folded, and so are accents that the
    list lacks; characters that no name has are dropped."""
    temperature: float = DEFAULT_TEMPERATURE
    ends_with: str = ""
    contains: str = ""
    """Anywhere in the name; may overlap the start and the end."""
    length: int | None = None
    """Length in characters, within those of the list (dinosaurs: 3 to 26); `None` for any."""


@dataclass(frozen=True)
class NamesResult:
    """The names found for a request."""

    names: tuple[str, ...]
    """Names in lower case (see `capitalization.format_name`), all different, none nearly real."""
    shortfall: Shortfall | None
    """Why there are fewer than requested; `None` if there are not."""
    rejected: Mapping[Flaw, int] = field(default_factory=dict)
    """How many generated names were rejected, by flaw."""


@dataclass
class Found:
    """New names in the order in which they were found, and the state of the search."""

    sayable: dict[str, None] = field(default_factory=dict)
    """Names whose clusters are all allowed: an ordered set."""
    others: dict[str, int] = field(default_factory=dict)
    """Names with clusters that are not allowed, and how many."""
    rejected: Counter[Flaw] = field(default_factory=Counter)
    recent: Counter[Flaw] = field(default_factory=Counter)
    """Rejected names since the last batch with a new name, by flaw."""
    generated: set[str] = field(default_factory=set)
    """All names, good or not, if at most `MOST_COUNTED` are possible."""
    fruitless: int = 0
    """Names since the last batch with a new name."""
    unsayable: int = 0
    """Names since the last batch with a new sayable name."""

    def copy(self) -> "Found":
        """A copy that may be changed."""
        collections = {
            name: value.copy() for name, value in vars(self).items() if not isinstance(value, int)
        }
        return replace(self, **collections)

    def best(self, count: int) -> tuple[str, ...]:
        """At most `count` names: sayable ones, then those with the fewest new clusters.

        A constraint that forces a cluster leaves no sayable names, and some with that cluster only.
        """
        others = sorted(self.others, key=self.others.__getitem__)
        return (*self.sayable, *others)[:count]

    def __contains__(self, name: object) -> bool:
        """Whether a name was found."""
        return name in self.sayable or name in self.others

    def __len__(self) -> int:
        """Number of names, sayable or not."""
        return len(self.sayable) + len(self.others)


@dataclass(frozen=True)
class NamesDraft:
    """A search for names: plain data, which is small when it is pickled."""

    request: NamesRequest
    batches: int = 0
    """Batches of names that were drawn."""
    characters: int = 0
    """Characters of all names that were drawn, good or not."""
    found: Found = field(default_factory=Found)
    result: NamesResult | None = None

    @property
    def finished(self) -> bool:
        """Whether the search is over."""
        return self.result is not None


def generate_names(trained: Trained, request: NamesRequest, accept: Accept) -> NamesResult:
    """Generate new names that meet the constraints, read as names and pass `accept`.

    Sampling is steered towards the constraints, so that the letters around the pieces suit them.
    Raises `NamesError` for constraints that no new name can meet.
    """
    draft = begin(trained, request)
    # Ends: a batch brings a new name, and there are soon enough of its kind, or adds to both
    # counters of names in vain. At most MAX_FRUITLESS names are sampled for each that is found, and
    # so many characters in all as its budget allows.
    while draft.result is None:
        (draft,) = extend(trained, [draft], [accept])
    return draft.result


def batch_size(request: NamesRequest) -> int:
    """Drafts of such a request that are drawn together (`MOST_ROWS`)."""
    has_pieces = request.contains or request.ends_with
    rows = LENGTH_BATCH if request.length is not None else BATCH if has_pieces else PREFIX_BATCH
    return min(MOST_DRAFTS, MOST_ROWS // rows)


def begin(trained: Trained, request: NamesRequest) -> NamesDraft:
    """Return a draft without names. Raises `NamesError` for constraints that no name can meet."""
    _check_bounds(request)
    return _finished(trained, NamesDraft(request), _sampler_of(trained, request))


def extend(
    trained: Trained,
    drafts: Sequence[NamesDraft],
    accepts: Sequence[Accept],
    should_stop: ShouldStop = never,
) -> list[NamesDraft]:
    """Write a batch of names for each draft. Finished drafts are returned unchanged.

    Drafts share the steps of the network, whatever their constraints. Raises `NamesError` if the
    only name that meets a draft's constraints is rejected, and `Abandoned`.
    """
    extended = [*drafts]
    samplers = {
        i: _sampler_of(trained, draft.request)
        for i, draft in enumerate(drafts)
        if not draft.finished
    }
    for together in _shares(samplers):
        check_stop(should_stop)
        # A batch has its own generator, so that a draft need not hold one.
        rngs = [
            np.random.default_rng((drafts[i].request.seed, drafts[i].batches)) for i in together
        ]
        batches = sample_batches(trained.network, [samplers[i] for i in together], rngs)
        for i, batch, rng in zip(together, batches, rngs, strict=True):
            names = samplers[i].ordered(batch, rng)
            draft = _with_names(trained, drafts[i], names, samplers[i], accepts[i])
            drawn = sum(len(text) + 1 for text in batch.texts)
            draft = replace(draft, characters=draft.characters + drawn)
            extended[i] = _finished(trained, draft, samplers[i])
    return extended


def _sampler_of(trained: Trained, request: NamesRequest) -> ConstrainedSampler:
    """The sampler of a request. Raises `NamesError`."""
    constraints = parse_constraints(request, trained.network.vocabulary, shape_of(trained))
    return sampler_of(trained, constraints, request.temperature)


def parse_constraints(
    request: NamesRequest, vocabulary: Vocabulary, shape: Shape
) -> NameConstraints:
    """Clean the pieces as typed: fold capitals and accents, drop characters that no name has.

    Raises `NamesError` for a piece or a length that no name of this vocabulary can have.
    """
    length = request.length
    if length is not None and not shape.shortest <= length <= shape.longest:
        raise NamesError(
            "Names here must have {shortest} to {longest} letters, not {length:,}. {advice}",
            shortest=shape.shortest,
            longest=shape.longest,
            length=length,
            advice=try_length(shape.usual),
        )
    starts_with, contains, ends_with = (
        _parse_piece(piece, request, vocabulary, shape) for piece in Piece
    )
    return NameConstraints(starts_with, contains, ends_with, length, shape)


def _parse_piece(piece: Piece, request: NamesRequest, vocabulary: Vocabulary, shape: Shape) -> str:
    typed: str = getattr(request, piece)
    if shape.latin:
        text = clean_name(typed)
    else:
        text = clean_piece(typed, vocabulary.symbols, ends=piece is Piece.ENDS_WITH)
    if typed.strip() and not text:
        facts = {"option": piece.value, "advice": try_piece(piece, shape)}
        if shape.latin:
            raise NamesError(
                "Names can only use the letters a to z, but {option} has none of them. {advice}",
                **facts,
            )
        raise NamesError(
            "Names here can only use characters from the namer's list, but {option} has none of "
            "them. {advice}",
            **facts,
        )
    if shape.latin and (lost := [c for c in typed if c.isalpha() and not clean_name(c)]):
        raise NamesError(
            "Names can only use the letters a to z, so {character} won't work. {advice}",
            character=lost[0],
            advice=try_piece(piece, shape),
        )
    if len(text) > LONGEST_PIECE:
        raise NamesError(
            "{option} can have at most {limit} letters, but yours has {length:,}. {advice}",
            option=piece.value,
            limit=LONGEST_PIECE,
            length=len(text),
            advice=try_length(None),
        )
    triple = next((letter * 3 for letter in text if letter * 3 in text), None)
    if triple and not shape.allows_triples:
        raise NamesError(
            "A name can't have the same letter three times in a row, as in “{triple}”. {advice}",
            triple=triple,
            advice=try_piece(piece, shape),
        )
    check_known(text, vocabulary.symbols)
    return text


def _shares(samplers: Mapping[int, ConstrainedSampler]) -> Iterator[list[int]]:
    """The keys of samplers whose batches are drawn together: at most `MOST_ROWS` names."""
    together, rows = list[int](), 0
    for i, sampler in samplers.items():
        if together and rows + sampler.batch > MOST_ROWS:
            yield together
            together, rows = [], 0
        together.append(i)
        rows += sampler.batch
    if together:
        yield together


def _with_names(
    trained: Trained,
    draft: NamesDraft,
    names: Iterable[tuple[str, bool]],
    sampler: ConstrainedSampler,
    accept: Accept,
) -> NamesDraft:
    """The draft with the good ones of a batch of names, each with whether it is plausible."""
    found, count = draft.found.copy(), draft.request.count
    allowed, near_names = allowed_clusters(trained), near_names_of(trained)
    before = len(found.sayable), len(found)
    for name, plausible in names:
        if sampler.possible <= MOST_COUNTED:
            found.generated.add(name)
        flaw = _flaw(name, found, trained, near_names, accept) if plausible else Flaw.UNREADABLE
        if flaw:
            found.rejected[flaw] += 1
            found.recent[flaw] += 1
            continue
        unknown = 0 if allowed is None else len(clusters_of(name) - allowed)
        if unknown:
            found.others[name] = unknown
            continue
        found.sayable[name] = None
        if len(found.sayable) in (count, before[0] + sampler.kept_per_batch):
            break
    found.fruitless += sampler.batch
    found.unsayable += sampler.batch
    if len(found.sayable) > before[0]:
        found.unsayable = 0
    if len(found) > before[1]:
        found.fruitless = 0
        found.recent.clear()
    return replace(draft, batches=draft.batches + 1, found=found)


@cached_with_weights
def _budget(trained: Trained) -> float:
    """Characters that are drawn for ten names at most."""
    size = sum(array.size for array in trained.network.arrays().values())
    return BUDGET * PARAMETERS / max(size, PARAMETERS)


def _finished(trained: Trained, draft: NamesDraft, sampler: ConstrainedSampler) -> NamesDraft:
    """The draft, with its result if the search is over. Raises `NamesError`."""
    found, count = draft.found, draft.request.count
    is_enough = len(found.sayable) == count or (
        len(found) >= count and found.unsayable >= MAX_UNSAYABLE
    )
    is_vain = found.fruitless >= MAX_FRUITLESS or len(found.generated) >= sampler.possible
    is_over = draft.characters >= _budget(trained) * max(1, count / 10)
    if not is_enough and not is_vain and not is_over:
        return draft
    names, rejected = found.best(count), found.rejected.copy()
    if sampler.possible == 1 and not names:
        (name,), (flaw,) = found.generated, found.recent
        raise NamesError(
            "The only name that fits, {name}, was rejected for being {flaw}. Leave out the "
            "length, or some letters.",
            name=name,
            flaw=FLAWS[flaw],
        )
    if rest := len(found) - len(names):
        rejected[Flaw.UNSAYABLE] = rest
    shortfall = None
    if len(names) < count:
        shortfall = _shortfall(len(names), sampler.constraints, found.recent)
    return replace(draft, result=NamesResult(names, shortfall, rejected))


def _check_bounds(request: NamesRequest) -> None:
    """Raise `NamesError` for a number that is out of its range, or a piece that is too long."""
    pieces = request.starts_with, request.contains, request.ends_with
    for option, value, lowest, highest in (
        ("count", request.count, 1, MOST_NAMES),
        ("temperature", request.temperature, LOWEST_TEMPERATURE, HIGHEST_TEMPERATURE),
        ("seed", request.seed, 0, MOST_SEED),
        ("number of characters", max(map(len, pieces)), 0, LONGEST_TYPED),
    ):
        if not lowest <= value <= highest:  # NaN is not, either
            raise NamesError(
                "The {option} must be from {lowest:,} to {highest:,}, not {value:,}.",
                option=option,
                lowest=lowest,
                highest=highest,
                value=value,
            )


def _flaw(
    name: str, found: Found, trained: Trained, near_names: NearNames, accept: Accept
) -> Flaw | None:
    """Why a name is rejected, or `None`."""
    if name in trained.known:
        return Flaw.KNOWN
    if name in near_names:
        return Flaw.REAL
    if near_names.is_near(name):
        return Flaw.NEAR
    if not shape_of(trained).admits(name):
        return Flaw.UNREADABLE
    if name in found:
        return Flaw.REPEATED
    return None if accept(name) else Flaw.UNFIT


def _shortfall(found: int, constraints: NameConstraints, flaws: Counter[Flaw]) -> Shortfall:
    """The most frequent flaw of the last names, none of which could be given."""
    if not flaws:
        return Shortfall(found, constraints, None, 0.0)
    ((flaw, count),) = flaws.most_common(1)
    return Shortfall(found, constraints, flaw, count / flaws.total())


MOST_SYMBOLS = 256
"""Characters of a vocabulary; lists have up to 200."""
MOST_LAYERS = 32
"""Layers of all LSTMs of a network together. Each takes time per character, however narrow."""
FULL_SAMPLE, SHORT_SAMPLE, FEWEST_SAMPLES = 50, 10, 5
"""Names in a sample, and how many a network must be able to write."""


def check(trained: Trained) -> None:
    """Raise `ValueError` if a vocabulary or a list cannot be of names, or would be too slow.

    The network of the recipe `notebook` is exempt where it knows its file uncleaned.
    """
    card, words = trained.card, tuple(trained.words)
    symbols, is_notebook = card.symbols.replace(END, "", 1), card.architecture == "rnn"
    if len(symbols) > MOST_SYMBOLS and not is_notebook:
        raise ValueError(f"its vocabulary has {len(symbols):,} characters, at most {MOST_SYMBOLS}")
    if has_controls(symbols.replace("\t", "") if is_notebook else symbols):
        raise ValueError("its vocabulary has control characters")
    characters = set("".join(words))
    if has_controls(characters) or any(not 0 < len(word) <= LONGEST_ENTRY for word in words):
        raise ValueError("its list has words that are no names")
    if not is_notebook and not characters.issubset(symbols):
        raise ValueError("its list has characters that its vocabulary lacks")
    members = trained.network.members if isinstance(trained.network, Mixture) else ()
    networks = (trained.network, *members)
    layers = sum(len(n.layers) for n in networks if isinstance(n, LSTM))
    if layers > MOST_LAYERS:
        raise ValueError(f"it has {layers:,} layers, at most {MOST_LAYERS}")


def count_parameters(network: Network) -> int:
    """Parameters that a network reads for each character: all but those of n-gram models."""
    members = network.members if isinstance(network, Mixture) else (network,)
    neural = (member for member in members if not isinstance(member, NGram))
    return sum(array.size for member in neural for array in member.arrays().values())


def prepare(trained: Trained) -> None:
    """Fill the caches that the first request would otherwise have to wait for."""
    learn_contexts(trained)
    begin(trained, NamesRequest())
    allowed_clusters(trained)
    near_names_of(trained)


def sample(trained: Trained, seed: int, accept: Accept, *, full: bool) -> Sample:
    """Write 50 names, or 10 if not `full`, as they are shown."""
    count = FULL_SAMPLE if full else SHORT_SAMPLE
    try:
        names = generate_names(trained, NamesRequest(count, seed), accept).names
    except NamesError:
        names = ()
    texts = tuple(format_name(trained.card, name) for name in names)
    if len(texts) < FEWEST_SAMPLES:
        return Sample(texts, "It cannot write five names that are new and fit to be shown.")
    return Sample(texts)
