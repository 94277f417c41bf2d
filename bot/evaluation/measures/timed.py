"""Poems as a member gets them, through the door that members come by, and how long they wait."""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from bot.evaluation.measures.baselines import Tell
from bot.evaluation.measures.verse import Poem
from bot.services.inference import Inference
from models.verse.poem import SonnetError, SonnetRequest
from models.weights import Trained

DEADLINE = 120.0
"""Seconds for a line: a slow machine is to be measured, and not to be given up."""


@dataclass(frozen=True)
class TimedPoem:
    """A poem, and the seconds from its request."""

    poem: Poem
    first_line: float
    whole: float


def write_poems(
    trained: Trained,
    requests: Sequence[SonnetRequest],
    accept: Callable[[str], bool],
    tell: Tell,
) -> list[TimedPoem]:
    """Write poems one after another. One that cannot be gone on with stays as it is."""
    return asyncio.run(_write_poems(trained, requests, accept, tell))


async def _write_poems(
    trained: Trained,
    requests: Sequence[SonnetRequest],
    accept: Callable[[str], bool],
    tell: Tell,
) -> list[TimedPoem]:
    inference = Inference({"sonnets": trained}, accept, deadline=DEADLINE)
    try:
        await _write(inference, requests[0])  # a bot that runs has written before
        poems = []
        for number, request in enumerate(requests):
            tell(f"{number} of {len(requests)} poems")
            poems.append(await _write(inference, request))
        return poems
    finally:
        await inference.close()


async def _write(inference: Inference, request: SonnetRequest) -> TimedPoem:
    poem = Poem(request.opening, len(request.opening))
    started = time.perf_counter()
    seconds = []
    with suppress(SonnetError):  # what there is will be measured, and found too short
        async for draft in inference.sonnet(request):
            poem = Poem("\n".join(draft.lines), draft.opening_length)
            seconds.append(time.perf_counter() - started)
    whole = time.perf_counter() - started
    return TimedPoem(poem, first_line=next(iter(seconds), whole), whole=whole)
