"""Options of an evaluation."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ScoreboardOptions:
    """Options of an evaluation; the defaults are those of the project's page."""

    seed: int = 0
    """Seed of the first request, or of the first poem; each further one adds 1."""
    count: int = 0
    """Number of requests, of ten names each, or of poems; 0 for the number on the page."""
    corpus: Path | None = None
    """A corpus file instead of the project's corpus."""
    openings: Path | None = None
    """A file of openings of poems, one per line; by default those of the page."""
    previous: Path | None = None
    """Weights to compare with; by default the last different ones in the git history."""
