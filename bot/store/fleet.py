"""Tables that processes share: running cooldowns, and the commands that were registered."""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import delete, select, text

from bot.store.queries import Queries
from bot.store.schema import RegisteredCommands, RunningCooldown

DISORDER = timedelta(seconds=10)
"""Requests may be looked at in another order than that in which they were made. By more than this,
a clock has stepped back."""
_START = text(
    "INSERT INTO running_cooldowns AS running (key, until) "
    "VALUES (:key, CAST(:until AS timestamptz)) "
    "ON CONFLICT (key) DO UPDATE SET until = CASE "
    "WHEN running.until BETWEEN CAST(:now AS timestamptz) AND CAST(:furthest AS timestamptz) "
    "THEN running.until + CAST(:length AS interval) ELSE CAST(:until AS timestamptz) END "
    "WHERE running.until <= CAST(:latest AS timestamptz) "
    "OR running.until > CAST(:furthest AS timestamptz) "
    "RETURNING key"
)
"""The rule of `bot.chat.cooldowns.Cooldowns.start`, in one statement."""


class RunningCooldowns(Queries):
    """One small statement for each. Used with PostgreSQL only."""

    async def start(self, name: str, now: datetime, length: timedelta, longest: timedelta) -> bool:
        """Start a cooldown. Returns false while `longest` would be exceeded by those that run.

        Raises `Unavailable`.
        """
        values = {
            "key": key_of(name),
            "now": now,
            "length": length,
            "until": now + length,
            "latest": now + longest - length,
            "furthest": now + longest + DISORDER,
        }
        async with self._database.at_once() as connection:
            return (await connection.execute(_START, values)).first() is not None

    async def end(self, name: str) -> None:
        """End the cooldowns of a name. Raises `Unavailable`."""
        async with self._database.at_once() as connection:
            await connection.execute(
                delete(RunningCooldown).where(RunningCooldown.key == key_of(name))
            )

    async def prune(self, before: datetime) -> None:
        """Delete cooldowns that were over before a time. Raises `Unavailable`."""
        async with self._database.at_once() as connection:
            await connection.execute(delete(RunningCooldown).where(RunningCooldown.until < before))


def key_of(name: str) -> int:
    """The key of a name, which does not tell it."""
    digest = hashlib.blake2b(name.encode(), digest_size=8).digest()
    return int.from_bytes(digest, signed=True)


class Registrations(Queries):
    """Digests of registered commands, by application or by server."""

    async def digests(self) -> Mapping[int, str]:
        """The digests of the commands that were registered last."""
        registered = RegisteredCommands
        async with self._database.reading() as session:
            rows = await session.execute(select(registered.application_id, registered.digest))
            return {row.application_id: row.digest for row in rows}

    async def note(self, number: int, digest: str) -> None:
        """Record what was registered."""
        insert = self._database.insert(RegisteredCommands).values(
            application_id=number, digest=digest
        )
        async with self._database.writing() as session:
            await session.execute(
                insert.on_conflict_do_update(
                    index_elements=[RegisteredCommands.application_id], set_={"digest": digest}
                )
            )
