"""People who may be named: the columns of members that queries select, without hidden members."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Label,
    Row,
    SQLColumnExpression,
    case,
    literal,
    select,
)

from bot.store.schema import Discovery, HiddenCollection, Poll
from data.phrases import Showable


@dataclass(frozen=True, slots=True)
class Person:
    """A member who may be named in the answer."""

    id: int
    name: Showable | None = None
    """Display name, where no mention is possible; `None` if it may not be shown."""


def known_member(table: type[Discovery] | type[Poll]) -> Label[Any]:
    """The column for `person_in`: a row's member, or `NULL` if they hide their collection there."""
    return _known(table.community_id, table.member_id)


def known_owner() -> Label[Any]:
    """The same column for the owner of a discovery."""
    return _known(Discovery.community_id, Discovery.owner_id)


def known_in(community_id: int, member_id: int) -> Label[Any]:
    """A column for `person_in` like that of `known_member`, for one member of a community."""
    return _known(literal(community_id, BigInteger), literal(member_id, BigInteger))


def hides(
    community_id: SQLColumnExpression[int], member_id: SQLColumnExpression[int | None]
) -> ColumnElement[bool]:
    """Condition: a member hides their collection in a community."""
    return (
        select(HiddenCollection.member_id)
        .where(
            HiddenCollection.community_id == community_id, HiddenCollection.member_id == member_id
        )
        .exists()
    )


def _known(
    community_id: SQLColumnExpression[int], member_id: SQLColumnExpression[int | None]
) -> Label[Any]:
    known = case((hides(community_id, member_id), None), else_=member_id)
    return known.label("known_id")


def person_in(row: Row[*tuple[Any, ...]], name: Showable | None = None) -> Person | None:
    """The member in a row with the column of `known_member`; `None` if they are hidden."""
    return None if row.known_id is None else Person(row.known_id, name)


def by_themself(member_id: int) -> Person:
    """The member who asks, in what they choose to show to others."""
    return Person(member_id)


def privately(member_id: int) -> Person:
    """A member, for an answer that only they or moderators see, even if they hide."""
    return Person(member_id)
