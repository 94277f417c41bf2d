"""A check of each statement: members' ids are written where a deletion would be noticed."""

import re
from typing import Any

from sqlalchemy import Connection, event

from bot.store import Database

MEMBERS = {"member_id", "owner_id", "recipient_id", "moderator_id"}
"""Columns with ids of members who do something. `target_id` is only in the record of moderation."""
_VALUES = re.compile(rf"({'|'.join(sorted(MEMBERS))})(_m\d+)?")
"""What is written to them. In a condition the names would end in `_1`."""
CHECKED = "FROM deletions"
"""What each transaction of `bot/store/members.py` reads."""
OTHERS = {
    "moderation": "",  # outlasts a deletion for a year, as members are told
    "discoveries": "JOIN polls",  # from the poll, which the transaction has locked
    "versions": "FROM trainings",  # from the training, which the transaction has locked
    "activations": "FROM trainings",
}
"""Tables that are also written after another statement, from which the id comes."""


def watch_member_writes(database: Database) -> list[str]:
    """The statements that write a member's id without looking for a deletion, as they come."""
    stray: list[str] = []
    engine = database._engine.sync_engine

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.info["before"] = ""

    @event.listens_for(engine, "before_cursor_execute")
    def execute(connection: Connection, *call: Any) -> None:  # noqa: ANN401
        _cursor, statement, _parameters, context, _many = call
        before = connection.info.get("before", "")
        connection.info["before"] = before + statement
        compiled = context.compiled
        if compiled is None or not (context.isinsert or context.isupdate):
            return
        writes = any(
            value is not None and _VALUES.fullmatch(name)
            for row in context.compiled_parameters
            for name, value in row.items()
        )
        table = compiled.compile_state.dml_table.name
        if writes and CHECKED not in before and OTHERS.get(table, CHECKED) not in before:
            stray.append(statement)

    return stray
