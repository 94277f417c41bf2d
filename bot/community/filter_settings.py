"""The part of `/settings` that concerns a community's word filter."""

from bot.chat.app import App
from bot.chat.message import Text, UserError, code, text
from bot.chat.translation import _
from bot.formats import shortened
from bot.words import Strictness
from bot.words.queries import WordFilters

MOST_WORDS = 50
"""Words that a community can block."""
LONGEST_WORD = 30
"""Characters of such a word."""
LONGEST_LIST = 1000
"""Characters of the option with all words."""
NO_WORDS = "none"
"""What removes all words."""

CHOICES = {strictness.name.lower(): strictness for strictness in Strictness}
"""Choices of the option `filter`."""


def checked_strictness(typed: str) -> Strictness:
    """The strictness of a choice. Raises `UserError` for anything else."""
    try:
        return CHOICES[typed]
    except KeyError as error:
        raise UserError(
            _("The filter can be mild, normal or strict; for example, {example}."),
            example=code("filter:strict"),
        ) from error


def checked_words(typed: str) -> tuple[str, ...]:
    """The words of the option `blocked_words`, separated by commas. Raises `UserError`."""
    if len(typed) > LONGEST_LIST:
        raise UserError(
            _(
                "The words can have at most {limit:,} characters in total, and yours have "
                "{count:,}."
            ),
            limit=LONGEST_LIST,
            count=len(typed),
        )
    if typed.strip().lower() == NO_WORDS:
        return ()
    words = tuple(dict.fromkeys(filter(None, (" ".join(w.split()) for w in typed.split(",")))))
    if not words or len(words) > MOST_WORDS:
        raise UserError(
            _("Give 1 to {limit} words, separated by commas; for example, {example}."),
            limit=MOST_WORDS,
            example=code("blocked_words:mud, swamp*"),
        )
    for word in words:
        if len(word) > LONGEST_WORD or not any(map(str.isalnum, word)):
            raise UserError(
                _("A blocked word can have 1 to {limit} letters. “{word}” has more, or none."),
                limit=LONGEST_WORD,
                word=shortened(word, LONGEST_WORD),
            )
    return words


async def change_filter(
    app: App, community_id: int, strictness: Strictness | None, words: tuple[str, ...] | None
) -> tuple[Text, ...]:
    """Store what is given. Returns a sentence for each change."""
    sentences: list[Text] = []
    if strictness is not None:
        await app.store[WordFilters].set_strictness(community_id, strictness)
        sentences.append(strictness_sentence(strictness))
    if words is not None:
        await app.store[WordFilters].set_blocked_words(community_id, words)
        sentences.append(words_sentence(words))
    app.filters.changed(community_id)
    return tuple(sentences)


async def filter_overview(app: App, community_id: int) -> tuple[tuple[Text, str], ...]:
    """Sentences on the filter of a community, each with the option that changes it."""
    kept = await app.store[WordFilters].of(community_id)
    strictness = Strictness.NORMAL if kept.strictness is None else Strictness(kept.strictness)
    return (
        (strictness_sentence(strictness), "filter"),
        (words_sentence(kept.blocked_words), "blocked_words"),
    )


def strictness_sentence(strictness: Strictness) -> Text:
    """What a filter of this strictness blocks."""
    sentences = {
        Strictness.MILD: _(
            "The word filter is mild here: it blocks slurs and hatred, but not swearing."
        ),
        Strictness.NORMAL: _(
            "The word filter is normal here: it blocks slurs, and profane and sexual words."
        ),
        Strictness.STRICT: _(
            "The word filter is strict here: it also blocks common words that are innocent in most "
            "contexts, such as hell."
        ),
    }
    return text(sentences[strictness])


def words_sentence(words: tuple[str, ...]) -> Text:
    """A community's own blocked words."""
    if not words:
        return text(_("No other words are blocked here."))
    return text(_("Also blocked here: {words}."), words=", ".join(words))
