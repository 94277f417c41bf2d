"""Whether a regular expression can be slow, without measuring it."""

import re
from collections.abc import Iterator
from typing import Any


def is_linear(pattern: str) -> bool:
    """Whether each repetition without a limit begins only where it has not read before.

    Else a search that fails behind it begins anew at each character that it has read. A literal
    before it that it cannot take, or a lookbehind for what it takes, prevents that; and where
    nothing is behind it, nothing fails. Patterns with other repetitions are called slow, though
    some of them are not.
    """
    tokens = re._parser.parse(pattern)  # type: ignore[attr-defined]
    linear = 0
    for branch in _branches(tokens):
        linear += sum(map(_is_stopped, branch[:-2], branch[1:-1])) + _is_set(branch[-1])
    return bool(str(tokens).count("MAXREPEAT") == linear)


def _branches(tokens: Any) -> Iterator[list[Any]]:  # noqa: ANN401 (as `re` parses)
    """The alternatives of a pattern, each a list of tokens."""
    operation, argument = tokens[0]
    if len(tokens) == 1 and str(operation) == "BRANCH":
        yield from map(list, argument[1])
    else:
        yield [*tokens]


def _is_set(token: Any) -> bool:  # noqa: ANN401
    """Whether a token repeats a set of characters without a limit."""
    operation, repetition = token
    if str(operation) != "MAX_REPEAT" or str(repetition[1]) != "MAXREPEAT":
        return False
    return [str(part[0]) for part in repetition[-1]] == ["IN"]


def _is_stopped(before: Any, token: Any) -> bool:  # noqa: ANN401
    """Whether a token repeats a set of characters that stops at what is before it."""
    if not _is_set(token):
        return False
    body = token[1][-1]
    ((_in, characters),) = body
    if str(characters[0]) == "(NEGATE, None)":
        return before in characters
    kind, value = before
    return str(kind) == "ASSERT_NOT" and value[0] == -1 and str(value[1]) == str(body)
