"""People who may be named: what queries select of members, so that nobody else is shown."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Label, Row, SQLColumnExpression, case, select

from bot.store.schema import HiddenCollection
from data.phrases import Showable


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may be named to those who are answered."""

    id: int
    name: Showable | None = None
    """Their display name where no mention is possible; `None` if it may not be shown."""


def known_member(
    community_id: SQLColumnExpression[int], member_id: SQLColumnExpression[int | None]
) -> Label[Any]:
    """A member as others may know them: nobody for one who hides their collection there.

    The column that `person_in` reads.
    """
    hides = (
        select(HiddenCollection.member_id)
        .where(
            HiddenCollection.community_id == community_id, HiddenCollection.member_id == member_id
        )
        .exists()
    )
    return case((hides, None), else_=member_id).label("known_id")


def person_in(row: Row[*tuple[Any, ...]], name: Showable | None = None) -> Person | None:
    """The member in a row that has the column of `known_member`."""
    return None if row.known_id is None else Person(row.known_id, name)


def privately(member_id: int) -> Person:
    """A member, in an answer that only they see, or moderators."""
    return Person(member_id)
