"""Constructions of messages, choices, forms and files that no test reaches: a pytest plugin.

`make test` uses it, as it needs all quick tests, and fails if there are others than `UNREACHED`.
"""

import ast
import sys
from collections.abc import Callable, Iterator
from functools import wraps

import pytest

KINDS = ("Message", "Choice", "Form", "File")
UNREACHED: dict[str, str] = {}
"""Constructions that no test reaches, as they are reported, and why."""
_reached: set[str] = set()


def _noting(init: Callable[..., None]) -> Callable[..., None]:
    @wraps(init)
    def noting(*args: object, **values: object) -> None:
        code = sys._getframe(1)
        _reached.add(f"{code.f_code.co_filename}:{code.f_lineno}")
        init(*args, **values)

    return noting


def pytest_configure() -> None:
    # Here, after `conftest.py` has set what NumPy reads when it is imported.
    from bot.chat.commands import Choice
    from bot.chat.message import File, Form, Message

    for kind in (Message, Choice, Form, File):
        kind.__init__ = _noting(kind.__init__)  # type: ignore[method-assign]


def unreached() -> Iterator[str]:
    """The constructions in functions of `bot/` of which no line was reached."""
    from tests.test_house import SOURCES, name_of, tree_of

    functions = (
        (path, node)
        for path in SOURCES["bot"]
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    for path, function in functions:
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in KINDS:
                lines = range(node.lineno, (node.end_lineno or node.lineno) + 1)
                if not any(f"{path}:{line}" in _reached for line in lines):
                    yield f"{name_of(path)} {ast.unparse(node)[:70]}"


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workeroutput"):  # of xdist
        session.config.workeroutput["reached"] = sorted(_reached)
    elif {*unreached()} != UNREACHED.keys():
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_testnodedown(node: object) -> None:
    _reached.update(getattr(node, "workeroutput", {}).get("reached", ()))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for each in sorted({*unreached()} ^ UNREACHED.keys()):
        problem = "a test reaches after all" if each in UNREACHED else "no test reaches"
        terminalreporter.write_line(f"{problem}: {each}")
