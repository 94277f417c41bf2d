"""Samples: the page of poems that were not picked, with openings and subjects of today's life."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from data.files import write_atomically
from models.verse.forms import FORMS
from models.verse.poem import SonnetRequest
from tools.evaluation.options import Evaluation
from tools.evaluation.poems import generate_poems

FILE = Path(__file__).with_name("samples.toml")
SHOWN = 3
"""Number of poems in each part."""
SHORT_FORMS = {"limerick": "Limericks", "quatrain": "Quatrains"}
"""Titles of the other parts, by form."""
INTRODUCTION = """\
# Poems

Poems of `/sonnet` at its default settings. `python -m bot.evaluate sonnets --poems --record` makes
this page. None was picked or changed: in each part the seeds are {seed} and up, and the openings
and subjects are the first ones of `tools/evaluation/samples.toml`. This writes more:

    .venv/bin/python -m bot.generate sonnet -n 10
    .venv/bin/python -m bot.generate sonnet --form limerick --about pizza

The [scoreboard](scoreboard.md) has the measures. Weights: SHA-256 `{digest}`
"""
READER = "## What a reader would still find wrong"
UNREAD = "Nobody has read these poems yet."
"""Text below `READER` until somebody replaces it on the page."""


@cache
def today() -> Mapping[str, Sequence[str]]:
    """The `openings` and the `subjects`."""
    table: dict[str, list[str]] = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return table


def write_poems(evaluation: Evaluation, path: Path) -> None:
    """Write the page. What was written by hand below `READER` stays as it is."""
    old = path.read_text(encoding="utf-8") if path.exists() else ""
    by_hand = re.search(rf"^{READER}\n(.*?)(?=^## )", old, re.MULTILINE | re.DOTALL)
    reader = by_hand[1].strip() if by_hand else UNREAD
    seed = evaluation.options.seed
    introduction = INTRODUCTION.format(seed=seed, digest=evaluation.trained.digest)
    parts = [f"## {title}\n\n{_poems(evaluation, requests)}" for title, requests in _requests(seed)]
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, "\n".join([introduction, f"{READER}\n\n{reader}\n", *parts]).encode())


def _requests(seed: int) -> Iterator[tuple[str, list[SonnetRequest]]]:
    """The title and the requests of each part."""
    openings, subjects = today()["openings"], today()["subjects"]
    yield (
        "Sonnets with an opening",
        [SonnetRequest(o, n) for n, o in enumerate(openings[:SHOWN], seed)],
    )
    yield "Sonnets without an opening", [SonnetRequest(seed=seed + i) for i in range(SHOWN)]
    for form, title in SHORT_FORMS.items():
        if form in FORMS:
            about = enumerate(subjects[:SHOWN], seed)
            yield title, [SonnetRequest(seed=n, form=form, about=subject) for n, subject in about]


def _poems(evaluation: Evaluation, requests: Sequence[SonnetRequest]) -> str:
    written = generate_poems(
        evaluation.trained, requests, evaluation.accept, evaluation.show_status
    )
    return "\n".join(
        f"{_caption(request)}\n\n```text\n{poem.text}\n```\n"
        for request, poem in zip(requests, written, strict=True)
    )


def _caption(request: SonnetRequest) -> str:
    given = {"opening": request.opening, "about": request.about}
    options = (f"{name} `{value}`" for name, value in given.items() if value)
    return ", ".join((f"**Seed {request.seed}**", *options))
