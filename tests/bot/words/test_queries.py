"""Settings of the word filters of communities."""

from bot.community.queries import Communities
from bot.privacy.queries import Privacy
from bot.store import Store
from bot.words.queries import FilterSettings, WordFilters
from tests.bot.polls.test_queries import NOW


async def test_settings(store: Store) -> None:
    filters = store[WordFilters]
    assert await filters.of(1) == FilterSettings()
    await filters.set_blocked_words(1, ("mud", "swamp*"))
    await filters.set_strictness(1, 3)
    await store[Communities].change(1, vote_minutes=5)
    assert await filters.of(1) == FilterSettings(3, ("mud", "swamp*"))
    assert await filters.of(2) == FilterSettings()
    await filters.set_blocked_words(1, ())
    assert await filters.of(1) == FilterSettings(3)
    await filters.set_strictness(1, -1)  # as a backup can that somebody changed
    assert await filters.of(1) == FilterSettings()
    assert await store[Communities].poll_minutes(1) == 5


async def test_forgotten_with_the_community(store: Store) -> None:
    await store[WordFilters].set_blocked_words(1, ("mud",))
    await store[Privacy].left(1, NOW)
    assert await store[Privacy].forget_communities(NOW.replace(year=NOW.year + 1)) == [1]
    assert await store[WordFilters].of(1) == FilterSettings()
