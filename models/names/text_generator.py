"""Names as a task: the text generator, and how weights for names are checked and sampled."""

from collections.abc import Sequence

from data.corpora import LONGEST_NAME
from models.names import generator
from models.names.capitalization import format_name
from models.names.clusters import allowed_clusters
from models.names.constrained.markov_model import learn_contexts
from models.names.constrained.problems import NamesError
from models.names.generator import NamesDraft, NamesRequest, generate_names
from models.names.near_copies import near_names_of
from models.networks.lstm import LSTM
from models.networks.mixture import Mixture
from models.networks.network import Network
from models.networks.ngram import NGram
from models.networks.vocabulary import END
from models.text_generator import Accept, Sample, ShouldStop, never
from models.weights import Trained, has_controls

MOST_SYMBOLS = 256
"""Characters of a vocabulary; lists have up to 200."""
MOST_LAYERS = 32
"""Layers of all LSTMs of a network together. Each takes time per character, however narrow."""
FULL_SAMPLE, SHORT_SAMPLE, FEWEST_SAMPLES = 50, 10, 5
"""Names in a sample, and how many a network must be able to write."""


class NamesGenerator:
    """Writes names batch by batch. A `models.text_generator.TextGenerator`."""

    batch_size = 16

    def begin(self, trained: Trained, request: NamesRequest) -> NamesDraft:
        """See `generator.begin`."""
        return generator.begin(trained, request)

    def extend(
        self,
        trained: Trained,
        drafts: Sequence[NamesDraft],
        accepts: Sequence[Accept],
        should_stop: ShouldStop = never,
    ) -> list[NamesDraft]:
        """See `generator.extend`: every draft gets a batch of names."""
        return generator.extend(trained, drafts, accepts, should_stop)


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
    if has_controls(characters) or any(not 0 < len(word) <= LONGEST_NAME for word in words):
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
    generator.begin(trained, NamesRequest())
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
