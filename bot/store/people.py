"""People who may be named: what queries select of members, so that nobody else is shown."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Label, Row, SQLColumnExpression, case, literal, select

from bot.store.schema import Discovery, HiddenCollection, Poll
from data.phrases import Showable


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may be named to those who are answered."""

    id: int
    name: Showable | None = None
    """Their display name where no mention is possible; `None` if it may not be shown."""


def known_member(table: type[Discovery] | type[Poll]) -> Label[Any]:
    """The member of a row, or nobody if they hide their collection in its community.

    The column that `person_in` reads.
    """
    return _known(table.community_id, table.member_id)


def known_in(community_id: int, member_id: int) -> Label[Any]:
    """A member, or nobody if they hide their collection in a community. Also for `person_in`."""
    return _known(literal(community_id, BigInteger), literal(member_id, BigInteger))


def _known(
    community_id: SQLColumnExpression[int], member_id: SQLColumnExpression[int | None]
) -> Label[Any]:
    hides = (
        select(HiddenCollection.member_id)
        .where(
            HiddenCollection.community_id == community_id, HiddenCollection.member_id == member_id
        )
        .exists()
    )
    return case((hides, None), else_=member_id).label("known_id")


def person_in(row: Row[*tuple[Any, ...]], name: Showable | None = None) -> Person | None:
    """The member in a row that has the column of `known_member` or `known_in`."""
    return None if row.known_id is None else Person(row.known_id, name)


def privately(member_id: int) -> Person:
    """A member, in an answer that only they see, or moderators."""
    return Person(member_id)
