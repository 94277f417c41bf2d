"""Folder of a long training: what the recipe `pretrain` makes the base from.

`tools.verse.long_training` fills it. Every function raises `CorpusError` if a file is missing.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file

from data.errors import CorpusError
from models.fingerprints import BloomFilter
from models.networks.words import WordVocabulary
from models.serving.packed_texts import unpacked
from models.serving.words import FastWordLSTM
from models.verse.reading import LONG_RUN

LIMERICKS = "data/limericks.txt"


@dataclass(frozen=True, eq=False)
class OfTexts:
    """Data that the base keeps of the texts, besides what its networks have learnt."""

    vectors: NDArray[np.float32]
    """Word vectors of the vocabulary, `(V, D)`."""
    rare: Sequence[str]
    """Words outside of the vocabulary."""
    names: Sequence[str]
    """Proper nouns, in lower case."""
    copies: BloomFilter
    """Lines and runs of words that must not be copied."""
    digests: Mapping[str, str]
    """SHA-256 of each source."""


def load_vocabulary(folder: Path) -> WordVocabulary:
    """The vocabulary of a prepared folder."""
    listed = json.loads(_path(folder, "data/vocabulary.json").read_text())
    return WordVocabulary(tuple(listed["tokens"]), tuple(listed["features"]))


def load_of_texts(folder: Path) -> OfTexts:
    """Load the data that a prepared folder keeps of the texts."""
    facts = json.loads(_path(folder, "data/facts.json").read_text())
    arrays = load_file(_path(folder, "data/of_texts.safetensors"))
    rare, names = (unpacked(arrays[name].tobytes()) for name in ("rare", "names"))
    digests = {name: fact["sha256"] for name, fact in facts.items() if isinstance(fact, dict)}
    return OfTexts(arrays["vectors"], rare, names, BloomFilter(arrays["copies"], LONG_RUN), digests)


def load_network(folder: Path) -> FastWordLSTM:
    """Load the network, as far as it has been trained."""
    arrays = load_file(_path(folder, "words.safetensors"))
    return FastWordLSTM.from_arrays(load_vocabulary(folder), arrays)


def load_limericks(folder: Path) -> tuple[str, ...]:
    """Limericks that `tools.verse.limericks` has found, each with a blank line; it may be none."""
    text = path.read_text() if (path := folder / LIMERICKS).exists() else ""
    return tuple(f"{limerick}\n\n" for limerick in text.strip().split("\n\n") if limerick)


def _path(folder: Path, name: str) -> Path:
    if not (path := folder / name).exists():
        command = f"prepare {folder} --corpora CORPORA" if "/" in name else f"run {folder}"
        raise CorpusError(
            "{path} is missing. Run python -m tools.verse.long_training {command}. docs/verse.md "
            "explains how to get the corpora.",
            path=path,
            command=command,
        )
    return path
