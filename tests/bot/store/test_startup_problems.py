"""What an operator is told to do about a database."""

import errno
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError

from bot.startup import Exit
from bot.store import StoreError, Unavailable
from bot.store.startup_problems import startup_problem


class DriverError(Exception):
    """An error of a driver."""

    def __init__(self, **codes: object) -> None:
        super().__init__("gone\nwith details")
        vars(self).update(codes)


@pytest.mark.parametrize(
    ("cause", "advice"),
    [
        (DriverError(sqlstate="28P01"), "Check the user and the password"),
        (DriverError(sqlstate="3D000"), "Create the database"),
        (DriverError(sqlstate="42501"), "the owner of the database"),
        (DriverError(sqlstate="53300"), "no free connections"),
        (DriverError(sqlstate="57P03"), "Check DATABASE_URL."),
        (DriverError(sqlite_errorcode=sqlite3.SQLITE_BUSY), "Another process holds it"),
        (DriverError(sqlite_errorcode=sqlite3.SQLITE_IOERR_READ), "Check STATE_DIR."),
        (DriverError(sqlite_errorcode=sqlite3.SQLITE_READONLY_DBMOVED), "chown"),
        (TimeoutError(), "the firewall"),
        (ConnectionRefusedError(), "that the server runs"),
    ],
)
def test_advice(cause: Exception, advice: str) -> None:
    for wrapped in (cause, DBAPIError("SELECT 1", {}, cause)):
        error = Unavailable("The database (x) does not answer: gone")
        error.__cause__ = wrapped
        found = startup_problem(error)
        assert found.code is Exit.BAD_DATABASE
        assert found.found == "The database (x) does not answer: gone."
        assert advice in found.advice


@pytest.mark.parametrize(
    ("state", "code", "advice"),
    [
        ("53100", Exit.DISK_FULL, "Free some space on the disk of the server."),
        ("25006", Exit.READ_ONLY, "The server is a read-only standby: use the primary's address."),
    ],
)
def test_disk_of_a_server(state: str, code: Exit, advice: str) -> None:
    error = Unavailable("The database (x) does not answer: gone")
    error.__cause__ = DriverError(sqlstate=state)
    found = startup_problem(error)
    assert (found.code, found.advice) == (code, advice)


def test_file_that_the_system_refuses(tmp_path: Path) -> None:
    """No address is to be checked."""
    error = Unavailable("The database (x) does not answer: gone")
    error.file, error.__cause__ = tmp_path / "x", PermissionError(errno.EPERM, "not permitted")
    assert startup_problem(error).advice.startswith("Check STATE_DIR and its disk")


def test_sentence_of_the_store() -> None:
    found = startup_problem(StoreError("It is of another version. Run that one."))
    assert str(found) == "It is of another version. Run that one."
    refused = startup_problem(DBAPIError("SELECT 1", {}, DriverError(sqlstate="42501")))
    assert refused.found == "The database refuses: gone."
