"""The page of poems."""

from pathlib import Path

import pytest

from data.corpora import load_names
from models.verse.forms import FORMS
from models.verse.poem import SonnetRequest
from tests.models.tiny import poet
from tools.evaluation import samples
from tools.evaluation.options import Evaluation, EvaluationOptions
from tools.evaluation.samples import UNREAD, today, write_poems
from tools.evaluation.verse import MeasuredPoem


@pytest.fixture
def evaluation(monkeypatch: pytest.MonkeyPatch) -> Evaluation:
    """An evaluation whose poems say what was requested."""

    def generate(_: object, requests: list[SonnetRequest], *__: object) -> list[MeasuredPoem]:
        texts = (f"{r.opening}{r.about}\n{r.form} {r.seed}" for r in requests)
        return list(map(MeasuredPoem, texts))

    monkeypatch.setattr(samples, "generate_poems", generate)
    options = EvaluationOptions("sonnets", seed=7)
    return Evaluation(Path(), poet(), load_names(), options, 0, lambda _: None)


def test_page(evaluation: Evaluation, tmp_path: Path) -> None:
    path = tmp_path / "docs" / "poems.md"
    write_poems(evaluation, path)
    page = path.read_text()
    openings, subjects = today()["openings"], today()["subjects"]
    assert (len(openings), len(subjects)) == (20, 10)
    assert f"`{poet().digest}`" in page
    assert "the seeds are 7 and up" in page
    first = f"**Seed 7**, opening `{openings[0]}`\n\n```text\n{openings[0]}\nshakespearean 7\n```\n"
    assert first in page
    assert "**Seed 26**\n\n```text\n\nshakespearean 26\n```\n" in page
    assert f"**Seed 16**, about `{subjects[9]}`\n" in page
    assert ("## Quatrains" in page) == ("quatrain" in FORMS)


def test_what_was_written_by_hand_stays(evaluation: Evaluation, tmp_path: Path) -> None:
    path = tmp_path / "poems.md"
    write_poems(evaluation, path)
    first = path.read_text()
    written = "One line.\n\nMore.\n\n### A part\n\nAnd more."
    path.write_text(first.replace(UNREAD, written))
    write_poems(evaluation, path)
    assert path.read_text() == first.replace(UNREAD, written)
