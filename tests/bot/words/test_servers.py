"""The word filters of servers."""

import pytest

from bot.store import Unavailable
from bot.words import Strictness, WordFilter
from bot.words import servers as module
from bot.words.queries import FilterSettings
from bot.words.servers import ServerFilters
from tests.clock import Clock


class Stored:
    """Settings of servers, as the store has them."""

    def __init__(self, **settings: FilterSettings) -> None:
        self.settings = {int(number.strip("_")): found for number, found in settings.items()}
        self.reads = 0
        self.is_down = False

    async def of(self, community_id: int) -> FilterSettings:
        self.reads += 1
        if self.is_down:
            raise Unavailable("the database is down")
        return self.settings.get(community_id, FilterSettings())


EVERYWHERE = WordFilter(blocked=["swamp"])
MUD = FilterSettings(Strictness.MILD, ("mud",))


def make(clock: Clock, **settings: FilterSettings) -> tuple[ServerFilters, Stored]:
    stored = Stored(**settings)
    return ServerFilters(EVERYWHERE, stored, clock), stored  # type: ignore[arg-type]


@pytest.fixture
def clock() -> Clock:
    return Clock()


async def test_each_server_has_its_own(clock: Clock) -> None:
    filters, _stored = make(clock, _1=MUD, _2=FilterSettings(Strictness.STRICT))
    ours, theirs = await filters.of(1), await filters.of(2)
    words = ("mud", "fuck", "damn", "swamp")
    assert [word for word in words if ours.allows(word)] == ["fuck", "damn"]
    assert [word for word in words if theirs.allows(word)] == ["mud"]
    assert await filters.of(None) is await filters.of(3) is EVERYWHERE


async def test_read_once(clock: Clock) -> None:
    filters, stored = make(clock, _1=MUD)
    words = await filters.of(1)
    assert await filters.of(1) is words
    assert stored.reads == 1
    stored.settings[1] = FilterSettings()
    filters.changed(1)
    assert await filters.of(1) is EVERYWHERE


async def test_change_of_another_process(clock: Clock) -> None:
    filters, stored = make(clock, _1=MUD)
    words = await filters.of(1)
    clock.now += module.LIFETIME_S
    assert await filters.of(1) is words  # read again, not compiled again
    assert stored.reads == 2
    stored.settings[1] = FilterSettings(Strictness.NORMAL, ("moss",))
    clock.now += module.LIFETIME_S
    assert (await filters.of(1)).allows("mud")


async def test_database_is_down(clock: Clock) -> None:
    filters, stored = make(clock, _1=MUD)
    words = await filters.of(1)
    stored.is_down = True
    clock.now += module.LIFETIME_S
    assert await filters.of(1) is words
    unknown = await filters.of(2)  # it may have chosen to be strict
    assert EVERYWHERE.allows("hell")
    assert [unknown.allows(word) for word in ("hell", "swamp", "mango")] == [False, False, True]
    stored.is_down = False
    assert await filters.of(2) is EVERYWHERE


async def test_bounded(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_FILTERS", 2)
    filters, stored = make(clock)
    for number in (1, 2, 1, 3, 1, 2):
        await filters.of(number)
    assert stored.reads == 4  # 2 was dropped for 3, and 1 was used since
