"""`/settings`: what a server shares with others."""

import pytest

from bot.commands.core.message import UserError
from bot.commands.filter_settings import MOST_WORDS, checked_strictness, checked_words
from bot.services.word_filter import Strictness
from tests.bot.champions import crown
from tests.bot.conftest import Home
from tests.bot.replies import lines, sentence

OTHER_GUILD = 4242


async def test_server_leaves_the_public_hall(home: Home) -> None:
    boss = home.administrator()
    now = home.env.now()
    await crown(home.app.store, "Ours", 3, at=now, community_id=home.guild.id)
    await crown(home.app.store, "Theirs", 2, at=now, community_id=OTHER_GUILD)
    result = await boss.slash(home.channel, "settings", public_hall=False)
    assert sentence(result) == "Winners of this server appear in its own hall of fame only."
    everywhere = await home.alice.slash(home.channel, "halloffame", scope="all")
    assert lines(everywhere) == ["🥇 **Theirs** · 2 votes"]
    here = await home.alice.slash(home.channel, "halloffame")
    assert lines(here) == ["🥇 **Ours** · 3 votes · Ada"]
    shown = sentence(await boss.slash(home.channel, "settings"))
    assert "in its own hall of fame only. Change it with `/settings public_hall:`." in shown


async def test_several_changes_at_once(home: Home) -> None:
    boss = home.administrator()
    result = await boss.slash(home.channel, "settings", vote_minutes=5, shared_namers=False)
    assert sentence(result).split("\n") == [
        "New polls stay open for 5 minutes here; open ones keep their time.",
        "Only namers of this server can be used here.",
    ]
    await boss.slash(home.channel, "settings", shared_namers=True)
    shown = sentence(await boss.slash(home.channel, "settings")).split("\n")
    assert [line.partition(".")[0] for line in shown][:3] == [
        "Polls stay open for 5 minutes here",
        "Winners with two votes or more appear in the hall of fame of all servers",
        "Namers that other servers share can be used here",
    ]


async def test_filter_of_the_server(home: Home) -> None:
    boss = home.administrator()
    result = await boss.slash(home.channel, "settings", filter="strict", blocked_words="mud, moss*")
    assert sentence(result).split("\n")[1] == "Also blocked here: mud, moss\\*."
    for word in ("M u d", "mossy", "damn"):
        refused = await home.alice.slash(home.channel, "sonnet", opening=word)
        assert "won't begin a poem with those words" in sentence(refused)
    assert await home.app.allows("mud")
    shown = sentence(await boss.slash(home.channel, "settings"))
    assert "strict here" in shown
    assert "Also blocked here: mud" in shown
    cleared = await boss.slash(home.channel, "settings", filter="mild", blocked_words="none")
    assert "No other words are blocked here." in sentence(cleared)
    assert await home.app.allows("mud fuck", home.guild.id)
    assert not await home.app.allows("fuck")
    assert not await home.app.allows("faggot", home.guild.id)


async def test_names_pass_the_filter_of_the_server(home: Home) -> None:
    boss = home.administrator()
    await boss.slash(home.channel, "settings", blocked_words="*mango*")
    refused = await home.alice.slash(home.channel, "dinoname", starts_with="mango")
    assert "won't write names like that" in sentence(refused)
    dissected = await home.alice.slash(home.channel, "dissect", name="Mangosaurus")
    assert "won't dissect that" in sentence(dissected)


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
