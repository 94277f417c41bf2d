"""Alembic environment: uses the connection that `Database.migrate` passes in.

On the command line it opens a SQLite file under `out/`, for `upgrade head` and
`revision --autogenerate`: CONTRIBUTING.md has the commands.
"""

from pathlib import Path
from typing import Literal

from alembic import context
from sqlalchemy import Connection, create_engine

from bot.store.schema import Base, Instant


def _rendered(kind: str, item: object, _context: object) -> str | Literal[False]:
    """Render plain types, since migrations must not depend on the code of today."""
    return "sa.DateTime(timezone=True)" if isinstance(item, Instant) else False


def _migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,  # SQLite changes a table by rebuilding it
        render_item=_rendered,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


given: Connection | None = context.config.attributes.get("connection")
if given is not None:
    _migrate(given)
else:
    address = context.config.get_main_option("sqlalchemy.url") or "sqlite://"
    Path("out").mkdir(exist_ok=True)
    with create_engine(address).begin() as opened:
        _migrate(opened)
