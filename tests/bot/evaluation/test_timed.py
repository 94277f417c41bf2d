"""Poems with response times."""

from bot.evaluation.measures.timed import generate_poems
from models.verse.poem import OPENING_LIMIT, SonnetRequest
from tests.models.tiny import poet


def nobody(_: str) -> None:
    """A status callback that does nothing."""


def anything(_: str) -> bool:
    return True


def nothing(_: str) -> bool:
    return False


def test_timed_poems() -> None:
    requests = [SonnetRequest("Shall I", seed, form="free") for seed in (1, 2)]
    one, other = generate_poems(poet(), requests, anything, nobody)
    assert one.poem.text.startswith("Shall I")
    assert one.poem.given == other.poem.given == len("Shall I")
    assert len(one.poem.lines) == 14
    assert one.poem.text != other.poem.text
    assert 0 < one.first_line < one.whole


def test_failing_poem_is_its_opening() -> None:
    requests = [SonnetRequest("Shall I", 1, form="free"), SonnetRequest("a" * 999, 2)]
    refused, too_long = generate_poems(poet(), requests, nothing, nobody)
    assert refused.poem.words == []
    assert len(refused.poem.lines) < 14
    assert OPENING_LIMIT < 999
    assert too_long.poem.text == "a" * 999
    assert too_long.poem.words == []
