"""`/settings`: what a server shares with others."""

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
    assert [line.partition(".")[0] for line in shown] == [
        "Polls stay open for 5 minutes here",
        "Winners with two votes or more appear in the hall of fame of all servers",
        "Namers that other servers share can be used here",
    ]
