"""A pytest plugin that tells which messages, choices, forms and files of the bot no test makes.

.venv/bin/python -m pytest -p tests.constructions --numprocesses 4 tests/bot
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


def unreached(reached: set[str]) -> Iterator[str]:
    """The constructions in `bot/` of which no line is among those that were reached."""
    names = {kind.__name__ for kind in KINDS}
    for path in SOURCES["bot"]:
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in names:
                lines = range(node.lineno, (node.end_lineno or node.lineno) + 1)
                if not any(f"{path}:{line}" in reached for line in lines):
                    yield f"{name_of(path)}:{node.lineno} {ast.unparse(node)[:70]}"


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workeroutput"):  # of xdist
        session.config.workeroutput["reached"] = sorted(_reached)


def pytest_testnodedown(node: object) -> None:
    _reached.update(getattr(node, "workeroutput", {}).get("reached", ()))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for each in unreached(_reached):
        terminalreporter.write_line(f"UNREACHED {each}")
