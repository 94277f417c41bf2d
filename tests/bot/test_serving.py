"""The end of the process."""

import asyncio
import logging

import pytest

from bot.serving import leave_behind
from bot.store import Unavailable


@pytest.mark.parametrize(
    ("error", "level"), [(Unavailable("gone"), logging.INFO), (KeyError("x"), logging.ERROR)]
)
async def test_calls_left_behind(
    error: Exception, level: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    context = {"message": "closing a generator", "exception": error}
    leave_behind(asyncio.get_running_loop(), context)
    (record,) = caplog.records
    assert record.levelno == level
    assert bool(record.exc_info) == (level == logging.ERROR)
