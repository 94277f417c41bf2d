"""Small texts that were prepared for the long training."""

from dataclasses import replace
from pathlib import Path

import pytest

from data import corpora, further_reading
from tests.models.verse.test_reading import corpus
from tests.slow.passages import PASSAGES, VALIDATION
from tests.tools.verse.test_packed_verse import LYRIC, PROSE, SONNET, packed
from tools.verse import long_training, packed_verse


def prepare_small(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Prepare a training in a folder. Two texts share words with the validation poem."""
    sonnets = replace(corpus(*PASSAGES), validation=tuple(VALIDATION))
    planted = "the song is not the song that I was told of\n\n"
    monkeypatch.setattr(corpora, "load_sonnets", lambda: sonnets)
    monkeypatch.setattr(corpora, "load_plays", lambda: corpus(SONNET.lower() + "\n", planted))
    monkeypatch.setattr(further_reading, "load_bible", lambda: ("in the beginning\n\n",))
    monkeypatch.setattr(long_training, "MIN_COUNT", 1)
    monkeypatch.setattr(packed_verse, "ONE_WORK_IN", 1)
    monkeypatch.setattr(packed_verse, "LYRIC_YEARS", [1850])
    work = "### A | B | {} | c\n\n" + SONNET + "\nfa la la\n\n"
    text = "".join(work.format(year) for year in (1600, 1700, 1800))
    text += planted.upper() + "### A | Lyric | 1850 | c\n\n" + LYRIC + "\n"
    source, prose = folder / "packed", folder / "prose"
    source.mkdir()
    prose.mkdir()
    packed(prose, PROSE * 4)
    long_training.prepare(folder, packed(source, text), prose)
