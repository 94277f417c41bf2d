"""Poems that are written together: none changes another."""

import asyncio

import pytest

from bot.writing.writer import Generation, Text
from models.text_generator import never
from models.verse.poem import SonnetError, SonnetRequest
from tests.bot.writing.serving import POEM, Serve, anything, batch_sizes, poem_of
from tests.models.tiny import poet
from tests.models.verse.versifier import VERSIFIER


async def test_batches_change_no_poem_in_metre(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor do the poems of another form, or about another subject."""
    requests = [
        SonnetRequest("Shall I comp", seed=1),
        SonnetRequest(seed=2, form="limerick", about="Mangosaurus"),
        SonnetRequest(seed=3, form="couplets", about="beauty", temperature=2.0),
        SonnetRequest("Shall I", seed=4, form="free"),
    ]
    alone = [await poem_of(serve(sonnets=VERSIFIER), request) for request in requests]
    sizes = batch_sizes(monkeypatch)
    inference = serve(sonnets=VERSIFIER)
    together = await asyncio.gather(*(poem_of(inference, request) for request in requests))
    assert together == alone
    assert max(sizes) == 4


async def test_blocked_poem_leaves_others(serve: Serve) -> None:
    doomed = SonnetRequest("Never ", seed=3)
    kept_lines = await poem_of(serve(), POEM)
    accepted = {*kept_lines, *(await poem_of(serve(), doomed))[:5]}
    inference = serve(accept=accepted.__contains__)
    refused, kept = await asyncio.gather(
        poem_of(inference, doomed), poem_of(inference, POEM), return_exceptions=True
    )
    assert isinstance(refused, SonnetError)
    assert kept == kept_lines


def test_invalid_request_leaves_the_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    """The others still share one, and it gets its own error."""
    sizes = batch_sizes(monkeypatch)
    invalid = SonnetRequest(form="ode")
    requests = [SonnetRequest(seed=0), invalid, SonnetRequest(seed=1), invalid]
    texts = [Text(request, None, anything) for request in requests]
    steps = Generation("sonnets", poet())(texts, never)
    assert sizes == [2]
    assert [isinstance(step, SonnetError) for step in steps] == [False, True, False, True]
    assert Generation("sonnets", poet())(texts[1:2], never)
    assert sizes == [2]
