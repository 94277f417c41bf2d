"""State of buttons that is too long for the button's id."""

import secrets
from datetime import datetime

from sqlalchemy import delete, select

from bot.store.calls import limited, patient
from bot.store.database import Database
from bot.store.schema import ButtonState


@limited
class ButtonStates:
    """JSON payloads by random id."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(
        self, payload: str, member_id: int, community_id: int | None, now: datetime
    ) -> int:
        """Store a payload for the buttons of a message. Returns its id, at most 18 digits."""
        row = ButtonState(
            id=1 + secrets.randbelow(10**18 - 1),
            member_id=member_id,
            community_id=community_id,
            payload=payload,
            created_at=now,
        )
        async with self._database.writing() as session:
            session.add(row)
        return row.id

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
