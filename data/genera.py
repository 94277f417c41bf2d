"""Genera of living beings: further reading of the networks for names. `genera.txt` was made
once from the package that `corpora.toml` names.
"""

from dataclasses import dataclass

from data import downloads


@dataclass(frozen=True)
class Genera:
    """Genus names of living beings: lower case, a–z, different, sorted.

    None is within edit distance 2 of a dinosaur of the project's corpus, contains one, or has the
    stem of one.
    """

    vertebrates: tuple[str, ...]
    others: tuple[str, ...]
    """Other animals, plants, fungi, bacteria and so on."""


def load_genera() -> Genera:
    """Read `genera.txt`. Raises `CorpusError` if it was changed."""
    vertebrates, others = downloads.stored_text("genera").split("\n\n")
    return Genera(tuple(vertebrates.split()), tuple(others.split()))
