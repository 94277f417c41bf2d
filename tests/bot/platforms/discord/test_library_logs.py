"""Failures of the network in the log, without a traceback."""

import logging
import sys

import aiohttp
import pytest

from bot.platforms.discord.library import LOGGERS, shorten_library_logs


@pytest.mark.parametrize("name", LOGGERS)
def test_failure_of_the_network_is_one_line(name: str, caplog: pytest.LogCaptureFixture) -> None:
    shorten_library_logs()
    shorten_library_logs()  # each client does
    try:
        raise aiohttp.ServerDisconnectedError
    except aiohttp.ClientError:
        logging.getLogger(name).exception("Ignoring exception in autocomplete for %r", "name")
    (record,) = caplog.records
    assert record.exc_info is None
    assert record.levelno == logging.WARNING
    assert record.getMessage().count("Server disconnected") == 1


def test_faults_of_the_bot_keep_their_traceback(caplog: pytest.LogCaptureFixture) -> None:
    shorten_library_logs()
    try:
        raise KeyError("x")
    except KeyError:
        logging.getLogger(LOGGERS[0]).error("Ignoring exception", exc_info=sys.exc_info())
    (record,) = caplog.records
    assert record.exc_info is not None
    assert record.levelno == logging.ERROR
