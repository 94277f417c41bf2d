"""A pytest plugin that fails if a message, choice, form or file of the bot is made by no test.

`make test` uses it, as it needs all quick tests. Those that no test can make are in `UNREACHED`.
"""

import ast
import sys
from collections.abc import Callable, Iterator
from functools import wraps

import pytest

from bot.chat.commands import Choice
from bot.chat.message import File, Form, Message
from tests.test_house import SOURCES, name_of, tree_of

KINDS = (Message, Choice, Form, File)
UNREACHED: dict[str, str] = {}
"""Constructions that no test makes, as they are reported, and why."""
_reached: set[str] = set()


def _noting(init: Callable[..., None]) -> Callable[..., None]:
    @wraps(init)
    def noting(*args: object, **values: object) -> None:
        code = sys._getframe(1)
        _reached.add(f"{code.f_code.co_filename}:{code.f_lineno}")
        init(*args, **values)

    return noting


for kind in KINDS:
    kind.__init__ = _noting(kind.__init__)  # type: ignore[method-assign]


def unreached() -> Iterator[str]:
    """The constructions in `bot/` of which no line was reached."""
    names = {kind.__name__ for kind in KINDS}
    for path in SOURCES["bot"]:
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in names:
                lines = range(node.lineno, (node.end_lineno or node.lineno) + 1)
                if not any(f"{path}:{line}" in _reached for line in lines):
                    yield f"{name_of(path)} {ast.unparse(node)[:70]}"


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workeroutput"):  # of xdist
        session.config.workeroutput["reached"] = sorted(_reached)
    elif set(unreached()) != UNREACHED.keys():
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_testnodedown(node: object) -> None:
    _reached.update(getattr(node, "workeroutput", {}).get("reached", ()))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    found = set(unreached())
    for each in sorted(found - UNREACHED.keys()):
        terminalreporter.write_line(f"no test makes: {each}")
    for each in sorted(UNREACHED.keys() - found):
        terminalreporter.write_line(f"a test makes after all: {each}")
