"""Random rows for every table of the schema."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Float,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Table,
    UniqueConstraint,
)

from bot.store import Database
from bot.store.schema import Base, Day, Instant, Wording, Written

LETTERS = "abcxyzäß€🦖漢\n\t\\\"' "
Row = dict[str, Any]


async def fill_randomly(database: Database, seed: int, rows: int = 12) -> None:
    """Put about `rows` random rows in every table."""
    rng = np.random.default_rng(seed)
    made: dict[str, list[Row]] = {}
    async with database.writing() as session:
        for table in Base.metadata.sorted_tables:
            made[table.name] = _rows(rng, table, made, rows)
            await session.execute(table.insert(), made[table.name])


def _rows(rng: np.random.Generator, table: Table, made: dict[str, list[Row]], n: int) -> list[Row]:
    keys = [
        [column.name for column in constraint.columns]
        for constraint in table.constraints
        if isinstance(constraint, PrimaryKeyConstraint | UniqueConstraint)
    ]
    seen: set[object] = set()
    found = []
    for _ in range(n):
        row = {column.name: _value(rng, column) for column in table.columns}
        for constraint in table.constraints:
            if isinstance(constraint, ForeignKeyConstraint):
                _refer(rng, row, constraint, made)
            elif isinstance(constraint, CheckConstraint):
                _satisfy(rng, row, str(constraint.sqltext))
        identities = [(i, *(row[name] for name in names)) for i, names in enumerate(keys)]
        if not seen & set(identities):
            seen |= set(identities)
            found.append(row)
    return found


def _refer(
    rng: np.random.Generator, row: Row, constraint: ForeignKeyConstraint, made: dict[str, list[Row]]
) -> None:
    parents = made.get(constraint.referred_table.name, [])
    if not parents or (constraint.columns[0].nullable and rng.random() < 0.3):
        row |= dict.fromkeys(column.name for column in constraint.columns)
        return
    parent = parents[rng.integers(len(parents))]
    for element in constraint.elements:
        row[element.parent.name] = parent[element.column.name]


def _satisfy(rng: np.random.Generator, row: Row, condition: str) -> None:
    """Fulfill a condition of the form `column IN ('a', 'b')`."""
    if found := re.fullmatch(r"(\w+) IN \((.*)\)", condition):
        row[found[1]] = str(rng.choice(re.findall(r"'(.*?)'", found[2])))


def _value(rng: np.random.Generator, column: Column[Any]) -> object:
    kind = column.type
    if column.nullable and rng.random() < 0.3:
        return None
    if isinstance(kind, DateTime | Instant):
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=float(rng.random() * 1e7))
    if isinstance(kind, Day):
        return date(2026, 1, 1) + timedelta(days=int(rng.integers(1000)))
    if isinstance(kind, Boolean):
        return bool(rng.random() < 0.5)
    if isinstance(kind, BigInteger):
        return int(rng.integers(1, 2**40))
    if isinstance(kind, Integer):
        return int(rng.integers(0, 2**31 - 1))
    if isinstance(kind, Float):
        return float(rng.normal())
    if isinstance(kind, LargeBinary):
        return rng.bytes(int(rng.integers(0, 50_000)))
    assert isinstance(kind, String | Wording | Written), f"{column} is not filled here"
    length = min(int(rng.integers(0, 60)), getattr(kind, "length", None) or 60)
    return "".join(rng.choice(list(LETTERS), length))
