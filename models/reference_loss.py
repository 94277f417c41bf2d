"""One figure by which all networks of a kind can be compared, whatever corpus they learned from."""

from functools import cache

from models.weights import SHIPPED, Kind, ModelCard, read_card


def reference_loss_of(card: ModelCard) -> float | None:
    """Cross-entropy in nats per character on the validation part of the project's own corpus.

    As the card says, or its validation loss where its corpus is that one; `None` if nobody knows.
    The recipes `notebook` read that part, so their figure would flatter.
    """
    if card.yardstick is not None:
        return card.yardstick
    if card.recipe == "notebook" or card.reads_all:
        return None
    return card.validation if card.corpus_sha256 == _project_corpus(card.kind) else None


@cache
def _project_corpus(kind: Kind) -> str:
    """The digest of the corpus that the shipped weights of a kind learned from."""
    return read_card(SHIPPED / f"{kind}.safetensors").corpus_sha256
