"""Further reading: passages of verse, and none that quotes a held-out sonnet."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from data.corpora import load_plays, load_sonnets
from data.further_reading import CHAPTER, load_bible, load_poems
from data.text import normalise_verse, words_of
from tests.optional import downloaded

Passages = tuple[str, ...]


def bible(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> Passages:
    monkeypatch.setattr("data.downloads.cached_text", lambda *_: f'x = """{text}"""\ny = """z"""')
    return load_bible(tmp_path)


def test_prose_becomes_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (
        "In the beginning God created the heaven and the earth.\n"
        "And the earth was without form, and void; and darkness was upon the face of the deep."
    )
    assert bible(tmp_path, monkeypatch, text) == (
        "in the beginning god created the heaven and the earth.\n"
        "and the earth was without form,\n"
        "and void; and darkness was upon the face of the deep.\n\n",
    )


def test_passages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    line = "and it came to pass in those days.\n"
    passages = bible(tmp_path, monkeypatch, line * (2 * CHAPTER + 1))
    assert [passage.count("pass") for passage in passages] == [CHAPTER, CHAPTER, 1]
    assert "".join(passages).replace("\n\n", "\n") == line * (2 * CHAPTER + 1)


@pytest.mark.parametrize("load", [load_poems, load_bible])
def test_passages_are_normalised(load: Callable[[], Passages]) -> None:
    passages = downloaded(load)
    assert len(passages) > 100
    for passage in passages[::50]:
        assert passage == normalise_verse(passage) + "\n\n"


def all_plays() -> Passages:
    return load_plays().training


@pytest.mark.parametrize("load", [load_poems, load_bible, all_plays])
def test_no_quotation_of_held_out_sonnets(load: Callable[[], Passages]) -> None:
    """No run of six words is shared with a sonnet that networks are measured by."""
    words = words_of("\n".join(downloaded(load)))
    sonnets = load_sonnets()
    held_out = {
        run for poem in (*sonnets.held_out, *sonnets.validation) for run in runs_in(words_of(poem))
    }
    assert held_out.isdisjoint(runs_in(words))


def runs_in(words: list[str]) -> Iterator[tuple[str, ...]]:
    """All runs of six words."""
    return zip(*(words[i:] for i in range(6)), strict=False)
