"""`/settings`: what a server shares with others."""

import pytest

from bot.chat.message import UserError
from bot.community.settings import LOCALE, MOST_WORDS, checked_strictness, checked_words
from bot.words import Strictness
from tests.bot.champions import crown
from tests.bot.chats.protocol import Chat

OTHER_GUILD = 4242


async def test_server_leaves_the_public_hall(chat: Chat) -> None:
    boss = await chat.add_administrator()
    now = chat.now()
    await crown(chat.app.store, "Ours", 3, at=now, community_id=chat.community_id)
    await crown(chat.app.store, "Theirs", 2, at=now, community_id=OTHER_GUILD)
    result = await boss.use("settings", public_hall=False)
    club = chat.terms.community
    assert result.text == f"This {club}'s winners appear only in its own hall of fame."
    everywhere = await chat.alice.use("halloffame", scope="all")
    assert everywhere.lines == ["🥇 Theirs · 2 votes"]
    here = await chat.alice.use("halloffame")
    assert here.lines == ["🥇 Ours · 3 votes · Ada"]
    shown = (await boss.use("settings")).text
    assert "only in its own hall of fame." in shown


@pytest.mark.both
async def test_several_changes_at_once(chat: Chat) -> None:
    boss, terms = await chat.add_administrator(), chat.terms
    result = await boss.use("settings", vote_minutes=5, shared_namers=False)
    assert result.text.split("\n") == [
        "New polls here stay open for 5 minutes; polls that are already open don't change.",
        f"Only this {terms.community}'s namers and the bot's own can be used here.",
    ]
    await boss.use("settings", shared_namers=True)
    shown = (await boss.use("settings")).text.split("\n")
    assert [line.strip("• ").partition(".")[0] for line in shown][5:-1] == [
        f"Winners with two votes or more appear in the hall of fame for all {terms.communities}",
        f"Namers that other {terms.communities} share can be used here",
        "Polls here stay open for 5 minutes",
        "To win a new poll here, a name needs a vote from somebody other than the person "
        "who asked for it",
        "New dinosaurs come with a picture here, unless the bot is busy",
        "Members can show everybody a dinosaur for any name they type",
        "Members can hatch an egg a day, in any channel",
    ]


@pytest.mark.both
async def test_filter_of_the_server(chat: Chat) -> None:
    boss, alice = await chat.add_administrator(), chat.alice
    result = await boss.use("settings", filter="strict", blocked_words="mud\nmoss*; *mango*")
    assert result.text.split("\n")[1] == "Also blocked here: mud, moss*, *mango*."
    for word in ("M u d", "mossy", "damn"):
        refused = await alice.use("sonnet", opening=word)
        assert "won't begin a poem with those words" in refused.text
    refused = await alice.use("dinoname", starts_with="mango")
    assert "won't write names like that" in refused.text
    assert "won't dissect that" in (await alice.use("dissect", name="Mangosaurus")).text
    assert await chat.app.allows("mud", None)
    shown = (await boss.use("settings")).text
    assert "strict here" in shown
    assert "Also blocked here: mud" in shown
    cleared = await boss.use("settings", filter="mild", blocked_words="none")
    assert "No other words are blocked here." in cleared.text
    assert await chat.app.allows("mud fuck", chat.community_id)
    assert not await chat.app.allows("fuck", None)
    assert not await chat.app.allows("faggot", chat.community_id)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("mud", ("mud",)),
        (" mud ,, *swamp*,mud ", ("mud", "*swamp*")),
        ("none", ()),
        ("golden  shower", ("golden shower",)),
    ],
)
def test_blocked_words(typed: str, words: tuple[str, ...]) -> None:
    assert checked_words(typed) == words


@pytest.mark.parametrize(
    "typed", ["", ",", "*", "x" * 31, ",".join(map(str, range(MOST_WORDS + 1))), "x," * 600]
)
def test_blocked_words_are_bounded(typed: str) -> None:
    with pytest.raises(UserError):
        checked_words(typed)


def test_strictness() -> None:
    assert checked_strictness("mild") is Strictness.MILD
    with pytest.raises(UserError, match="mild, normal or strict"):
        checked_strictness("none")


@pytest.mark.both
async def test_language(chat: Chat) -> None:
    """Slack has none for a workspace, so that the default is English there."""
    boss = await chat.add_administrator()
    result = await boss.use("settings", language="en")
    assert result.text == "Language for everybody here: English."
    assert (await chat.app.languages.of(chat.community_id)).chosen == "en"
    result = await boss.use("settings", language=LOCALE)
    assert result.text == ("Language for everybody here: English, because none has been chosen.")
    assert (await chat.app.languages.of(chat.community_id)).chosen is None
    shown = await boss.choose(await boss.use("settings"), "Language", "en")
    assert "Language for everybody here: English." in shown.text
