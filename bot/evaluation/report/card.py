"""What a model card may say of held-out text."""

import dataclasses
from pathlib import Path

from data.corpora import Corpus, CorpusError
from data.files import write_atomically
from models.weights import Trained, describe, save_weights


def caution(trained: Trained, corpus: Corpus) -> str | None:
    """Why a figure may say too much."""
    if trained.card.corpus_sha256 != corpus.sha256:
        return (
            f"These weights were trained on another corpus ({trained.card.corpus}); "
            "if the two share text, the figure flatters them."
        )
    if trained.card.reads_all:
        return "These weights were trained on the held-out part too: the figure flatters them."
    return None


def check_record(trained: Trained, corpus: Corpus) -> None:
    """Raise `CorpusError` if the figure would not be what a model card calls held out."""
    if trained.card.corpus_sha256 != corpus.sha256:
        raise CorpusError(
            f"A model card records the held-out part of its corpus ({trained.card.corpus}), "
            f"not of {corpus.title}; leave out --record, or give that corpus with --corpus."
        )
    if trained.card.reads_all:
        raise CorpusError(
            "These weights were trained on the held-out part too, so there is no held-out figure "
            "to record; leave out --record."
        )


def record(path: Path, trained: Trained, nats_per_character: float) -> Trained:
    """Write the figure into the model card of the weights at `path`; the weights as they are now.

    Their digest is another one, because the card is a part of the file.
    """
    card = dataclasses.replace(trained.card, held_out=nats_per_character)
    digest = save_weights(
        path,
        trained.network.arrays(),
        card,
        trained.known,
        trained.proper,
        runs=trained.runs,
        words=trained.words,
    )
    write_atomically(path.with_suffix(".md"), describe(card, digest).encode())
    return dataclasses.replace(trained, card=card, digest=digest)
