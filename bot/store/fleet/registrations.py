"""Which commands were registered with a platform, by any process."""

from sqlalchemy import select

from bot.store.calls import limited
from bot.store.database import Database
from bot.store.fleet.tables import RegisteredCommands


@limited
class Registrations:
    """Digests of registered commands, by application."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def digest(self, application_id: int) -> str | None:
        """That of the commands that were registered last."""
        async with self._database.reading() as session:
            return await session.scalar(
                select(RegisteredCommands.digest).where(
                    RegisteredCommands.application_id == application_id
                )
            )

    async def note(self, application_id: int, digest: str) -> None:
        """Record what was registered."""
        insert = self._database.insert(RegisteredCommands).values(
            application_id=application_id, digest=digest
        )
        async with self._database.writing() as session:
            await session.execute(
                insert.on_conflict_do_update(
                    index_elements=[RegisteredCommands.application_id], set_={"digest": digest}
                )
            )
