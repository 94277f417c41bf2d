"""Exit codes and `StartupError`."""

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes. 1 is a bug, with a traceback; 2 means wrong options."""

    OK = 0
    BAD_SETTINGS = 3
    NO_TOKEN = 4
    TOKEN_REJECTED = 5
    UNREACHABLE = 6
    BAD_WEIGHTS = 7
    BAD_STATE_DIR = 8
    PORT_IN_USE = 9
    BAD_DATABASE = 10
    MISSING_PACKAGE = 11
    BAD_BACKUP = 12
    PROBLEMS_FOUND = 13


class StartupError(Exception):
    """The bot cannot start. The message is a sentence for the operator."""

    def __init__(self, code: Exit, message: str) -> None:
        super().__init__(message)
        self.code = code
