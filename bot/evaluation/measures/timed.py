"""Poems through the bot's inference service, with response times."""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from bot.evaluation.measures.baselines import ShowStatus
from bot.evaluation.measures.verse import Poem
from bot.writing import Inference
from models.verse.poem import SonnetError, SonnetRequest
from models.weights import Trained

DEADLINE = 120.0
"""Seconds per line; far above the bot's, so that slow machines are measured too."""


@dataclass(frozen=True)
class TimedPoem:
    """A poem, with seconds since its request."""

    poem: Poem
    first_line: float
    whole: float


def generate_poems(
    trained: Trained,
    requests: Sequence[SonnetRequest],
    accept: Callable[[str], bool],
    show_status: ShowStatus,
) -> list[TimedPoem]:
    """Generate poems one after another. A poem that fails is kept as far as it got."""
    return asyncio.run(_generate_poems(trained, requests, accept, show_status))


async def _generate_poems(
    trained: Trained,
    requests: Sequence[SonnetRequest],
    accept: Callable[[str], bool],
    show_status: ShowStatus,
) -> list[TimedPoem]:
    inference = Inference({"sonnets": trained}, accept, deadline=DEADLINE)
    try:
        await _write(inference, requests[0])  # warm up, like a running bot
        poems = []
        for number, request in enumerate(requests):
            show_status(f"{number} of {len(requests)} poems")
            poems.append(await _write(inference, request))
        return poems
    finally:
        await inference.close()


async def _write(inference: Inference, request: SonnetRequest) -> TimedPoem:
    poem = Poem(request.opening, len(request.opening))
    started = time.perf_counter()
    seconds = []
    with suppress(SonnetError):  # the measures will find it too short
        async for draft in inference.sonnet(request):
            poem = Poem("\n".join(draft.lines), draft.opening_length)
            seconds.append(time.perf_counter() - started)
    whole = time.perf_counter() - started
    return TimedPoem(poem, first_line=next(iter(seconds), whole), whole=whole)
