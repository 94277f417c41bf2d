"""Inference that is closed at the end."""

from collections.abc import AsyncIterator, Callable

import pytest

from bot.writing import Inference
from models.weights import Trained
from tests.bot.writing.serving import Serve, anything
from tests.models.tiny import namer, poet


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """A function that starts inference."""
    opened: list[Inference] = []

    def start(
        *,
        names: Trained | None = None,
        sonnets: Trained | None = None,
        accept: Callable[[str], bool] = anything,
        queue: int = 16,
        per_member: int = 20,
        deadline: float = 20.0,
    ) -> Inference:
        served: dict[str, Trained] = {"names": names or namer(), "sonnets": sonnets or poet()}
        opened.append(
            Inference(served, accept, queue=queue, per_member=per_member, deadline=deadline)
        )
        return opened[-1]

    yield start
    for inference in opened:
        await inference.close()
