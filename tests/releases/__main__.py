"""Writes the files of the version in `pyproject.toml`, which the tests of later versions read.

    python -m tests.releases

Run it before a release, once nothing else of it will change, if tables, weight files or settings
have changed since the last one, or what a seed gives. The rows are those of 0.7.0, upgraded, and
those of `rows.add_rows`.
"""

import asyncio
import dataclasses
import json
import sqlite3
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from bot.operate.backup import write_archive
from bot.settings import SETTINGS
from bot.store import Database, Store, url_of
from bot.store.backup import NOT_BACKED_UP
from bot.store.database import FILE
from bot.store.schema import Base
from bot.version import checkout_version
from models.fingerprints import Fingerprints
from models.names.generator import NamesRequest
from models.serving.mixture import ParallelMixture
from models.verse.poem import SonnetRequest
from models.weights import save_weights
from tests.models.tiny import LETTERS, VERSE, card, lstm, ngram, rnn
from tests.models.verse.versifier import WORDS, word_network
from tests.releases.files import FIRST, FOLDER, STORED, load, texts_of
from tests.releases.rows import add_rows


async def write_database(folder: Path) -> None:
    """A database and its backup, with a weight file. Each column has a value in some row."""
    with TemporaryDirectory() as temporary:
        path = Path(temporary) / FILE
        load(FIRST, path)
        database = Database(url_of(None, path.parent))
        await database.migrate()
        await add_rows(Store(database), (folder / STORED).read_bytes())
        if empty := await empty_columns(database):
            raise SystemExit(f"Nothing is in {', '.join(empty)}: fill them in rows.add_rows.")
        await write_archive(database, folder / "backup.zip")
        await database.close()
        with sqlite3.connect(path) as file:
            (folder / "database.sql").write_text("\n".join(file.iterdump()) + "\n", "utf-8")
        file.close()


async def empty_columns(database: Database) -> list[str]:
    """Columns that are null in every row, as `polls.day`."""
    async with database.reading() as session:
        return [
            f"{table.name}.{column.name}"
            for table in Base.metadata.sorted_tables
            if table.name not in NOT_BACKED_UP
            for column in table.columns
            if not (await session.execute(table.select().where(column.is_not(None)))).first()
        ]


def write_weights(folder: Path) -> None:
    """Untrained networks of all architectures."""
    mixture = ParallelMixture((lstm(LETTERS), ngram()), np.full(2, 0.5, np.float32))
    facts = card("names", LETTERS, architecture="mixture")
    known = Fingerprints.of(["mango"])
    save_weights(folder / "names.safetensors", mixture.arrays(), facts, known)
    parts = {"lstm": lstm(LETTERS).arrays(), "ngram": ngram().arrays(), "rnn": rnn().arrays()}
    for name, arrays in parts.items():
        facts = card("names", LETTERS, architecture=name)
        save_weights(folder / f"{name}.safetensors", arrays, facts, known)
    facts = card("sonnets", VERSE, architecture="words")
    arrays = word_network().arrays()
    save_weights(folder / "sonnets.safetensors", arrays, facts, known, words=WORDS)


def write_settings(folder: Path) -> None:
    """Every setting with its example, as a `.env`."""
    lines = [f"{name.upper()}={about.example}\n" for name, about in SETTINGS.items()]
    (folder / "settings.env").write_text("".join(lines), "utf-8")


def write_texts(folder: Path) -> None:
    """What some seeds give with the weights of the folder."""
    requests: list[NamesRequest | SonnetRequest] = [
        NamesRequest(count=10, seed=7),
        NamesRequest(count=3, seed=8, starts_with="ta", ends_with="us", temperature=0.7),
        SonnetRequest(seed=7, particles=4),
        SonnetRequest("Shall I", seed=8, form="limerick"),
    ]
    texts = [
        {
            "task": "names" if isinstance(request, NamesRequest) else "sonnets",
            "request": dataclasses.asdict(request),
            "texts": texts_of(request, folder),
        }
        for request in requests
    ]
    content = json.dumps(texts, indent=1, ensure_ascii=False)
    (folder / "texts.json").write_text(content + "\n", "utf-8")


def write(folder: Path) -> None:
    """Write all files of today's code into an empty folder."""
    write_weights(folder)
    asyncio.run(write_database(folder))
    write_settings(folder)
    write_texts(folder)


def main() -> None:
    """Write the folder of the version, which must not exist: what was released stays."""
    folder = FOLDER / checkout_version()
    if folder.exists():
        raise SystemExit(f"{folder} exists. Remove it if {folder.name} is not released yet.")
    folder.mkdir()
    write(folder)
    size = sum(path.stat().st_size for path in folder.iterdir())
    sys.stdout.write(f"{folder}: {size:,} bytes\n")


if __name__ == "__main__":
    main()
