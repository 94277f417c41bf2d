"""Reference loss: a figure that compares all networks of a task, whatever their corpus."""

from models.weights import ModelCard


def reference_loss_of(card: ModelCard, reference_sha256: str) -> float | None:
    """Loss in nats per character on the validation part of the task's reference corpus.

    The card says so, or it is the card's validation loss if its corpus is the reference corpus,
    whose digest is `reference_sha256`. `None` if it is unknown: a network that was trained on the
    validation part, as the recipes `notebook` do, would look better than it is.
    """
    if card.reference_loss is not None:
        return card.reference_loss
    if card.recipe == "notebook" or card.reads_all:
        return None
    return card.validation if card.corpus_sha256 == reference_sha256 else None
