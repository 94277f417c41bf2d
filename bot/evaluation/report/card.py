"""The held-out loss on a model card."""

import dataclasses
import math
from pathlib import Path

from data.corpora import Corpus, CorpusError
from data.files import write_atomically
from models.weights import Trained, describe, save_weights

TOLERANCE = 1e-5
"""Relative difference up to which a loss is that of the card: machines round differently."""


def leak_warning(trained: Trained, corpus: Corpus) -> str | None:
    """A warning if the held-out loss is too optimistic."""
    if trained.card.corpus_sha256 != corpus.sha256:
        return (
            f"These weights were trained on another corpus ({trained.card.corpus}). If it shares "
            "text with this one, the loss is too optimistic."
        )
    if trained.card.reads_all:
        return "These weights were trained on the held-out part too, so the loss is too optimistic."
    return None


def check_record(trained: Trained, corpus: Corpus) -> None:
    """Raise `CorpusError` if the loss is not the held-out loss of a model card."""
    if trained.card.corpus_sha256 != corpus.sha256:
        raise CorpusError(
            "A model card records the held-out loss on its own corpus ({own}), not on {title}. "
            "Leave out --record, or use that corpus with --corpus.",
            own=trained.card.corpus,
            title=corpus.title,
        )
    if trained.card.reads_all:
        raise CorpusError(
            "These weights were trained on the held-out part too, so they have no held-out loss to "
            "record. Leave out --record."
        )


def record(path: Path, trained: Trained, nats_per_character: float) -> Trained:
    """Write the held-out loss into the model card of the weights at `path`; returns the result.

    The digest changes, since the card is a part of the file, unless the card has that loss already.
    """
    known = trained.card.held_out
    if known is not None and math.isclose(nats_per_character, known, rel_tol=TOLERANCE):
        return trained
    card = dataclasses.replace(trained.card, held_out=nats_per_character)
    digest = save_weights(
        path,
        trained.network.arrays(),
        card,
        trained.known,
        trained.proper,
        runs=trained.runs,
        words=trained.words,
        further=trained.further,
    )
    write_atomically(path.with_suffix(".md"), describe(card, digest).encode())
    return dataclasses.replace(trained, card=card, digest=digest)
