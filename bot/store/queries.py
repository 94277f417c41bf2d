"""`Queries`: the base class of what a feature asks the database."""

from collections.abc import Callable, Coroutine, Sequence
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any, ParamSpec, TypeVar, TypeVarTuple

from sqlalchemy import Row, Select

from bot.store.calls import is_in_call
from bot.store.database import Database

P = ParamSpec("P")
T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class Queries:
    """Queries of one subject. Their public methods answer in time, or raise `Unavailable`.

    Methods with `patient` have no limit.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def __init_subclass__(cls) -> None:
        for name, method in list(vars(cls).items()):
            is_call = iscoroutinefunction(method) and not name.startswith("_")
            if is_call and not getattr(method, "is_patient", False):
                setattr(cls, name, _in_time(method))

    async def _scalar(self, statement: Select[T]) -> T | None:
        """The first column of the first row."""
        async with self._database.reading() as session:
            return await session.scalar(statement)

    async def _rows(self, statement: Select[*Ts]) -> Sequence[Row[*Ts]]:
        """All rows."""
        async with self._database.reading() as session:
            return (await session.execute(statement)).all()


def patient(method: Callable[P, T]) -> Callable[P, T]:
    """Method decorator: it may take as long as the database lets it, for work in the background."""
    method.is_patient = True  # type: ignore[attr-defined]
    return method


def _in_time(method: Callable[..., Coroutine[Any, Any, T]]) -> Callable[..., Any]:
    @wraps(method)
    def call(self: Queries, *args: object, **options: object) -> Coroutine[Any, Any, T]:
        work = method(self, *args, **options)
        return work if is_in_call() else self._database.in_time(work)

    return call
