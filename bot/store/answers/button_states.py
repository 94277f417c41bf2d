"""State of buttons that is too long for the button's id."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select

from bot.store.calls import Batches, limited, patient
from bot.store.database import Database
from bot.store.schema import ButtonState

LARGEST_BATCH = 100
"""Payloads written in one transaction."""
Row = dict[str, Any]
"""Of the table, by column."""


@limited
class ButtonStates:
    """JSON payloads by random id."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._states = Batches(self._write, LARGEST_BATCH)

    async def put(
        self, payload: str, member_id: int, community_id: int | None, now: datetime
    ) -> int:
        """Store a payload for the buttons of a message. Returns its id, at most 18 digits."""
        return await self._states.put(
            {
                "id": 1 + secrets.randbelow(10**18 - 1),
                "member_id": member_id,
                "community_id": community_id,
                "payload": payload,
                "created_at": now,
            }
        )

    async def get(self, state_id: int) -> str | None:
        """The payload of an id; `None` once pruned or forgotten."""
        async with self._database.reading() as session:
            return await session.scalar(
                select(ButtonState.payload).where(ButtonState.id == state_id)
            )

    @patient
    async def prune(self, before: datetime) -> int:
        """Delete the payloads stored before a time. Returns their number."""
        async with self._database.writing() as session:
            gone = await session.scalars(
                delete(ButtonState).where(ButtonState.created_at < before).returning(ButtonState.id)
            )
            return len(gone.all())

    async def _write(self, rows: Sequence[Row]) -> list[int]:
        """Store payloads. Returns their ids."""
        async with self._database.writing() as session:
            await session.execute(insert(ButtonState), rows)
        return [row["id"] for row in rows]
