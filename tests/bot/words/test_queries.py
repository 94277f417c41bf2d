"""Settings of the word filters of communities."""

from bot.store import Store
from bot.words.queries import FilterSettings
from tests.bot.polls.test_queries import NOW


async def test_settings(store: Store) -> None:
    filters = store.word_filters
    assert await filters.of(1) == FilterSettings()
    await filters.set_blocked_words(1, ("mud", "swamp*"))
    await filters.set_strictness(1, 3)
    await store.polls.set_minutes(1, 5)
    assert await filters.of(1) == FilterSettings(3, ("mud", "swamp*"))
    assert await filters.of(2) == FilterSettings()
    await filters.set_blocked_words(1, ())
    assert await filters.of(1) == FilterSettings(3)
    assert await store.polls.minutes(1) == 5


async def test_forgotten_with_the_community(store: Store) -> None:
    await store.word_filters.set_blocked_words(1, ("mud",))
    await store.privacy.left(1, NOW)
    assert await store.privacy.forget_communities(NOW.replace(year=NOW.year + 1)) == [1]
    assert await store.word_filters.of(1) == FilterSettings()
