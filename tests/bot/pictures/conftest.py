"""Fixtures of the tests of pictures."""

from collections.abc import Iterator

import pytest

from bot.pictures import text
from bot.pictures.svg import SYSTEM


@pytest.fixture(autouse=True)
def no_system_fonts(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Draw with the bundled fonts alone, so that the machine's fonts do not matter."""
    with monkeypatch.context() as patch:
        patch.setattr(text, "FALLBACKS", [f for f in text.FALLBACKS if f != SYSTEM])
        text._runs.cache_clear()
        yield
    text._runs.cache_clear()
