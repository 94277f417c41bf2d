"""Members: their rights, and how often Slack is asked for them."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.chat.turn import Gone, Unreachable
from bot.monitoring.monitor import Monitor
from bot.platforms.slack.network import members
from bot.platforms.slack.network.api import SlackApi
from bot.platforms.slack.network.members import Member, Members, member_of
from tests.bot.platforms.slack.network.server import Answer, Clock, SlackServer, refusal
from tests.bot.platforms.slack.setups import user


@pytest.fixture
async def found(slack: SlackServer, clock: Clock) -> AsyncIterator[Members]:
    api = SlackApi("xoxb-1", monitor=Monitor(), base_url=slack.url)
    yield Members(api, clock=clock)
    await api.close()


async def test_rights_are_asked_for_each_minute(
    found: Members, slack: SlackServer, clock: Clock
) -> None:
    slack.answers["users.info"] = [user(is_admin=True), user()]
    assert (await found.find("U1", "T1")).is_administrator
    assert (await found.find("U1", "T1")).is_administrator
    clock.now += members.RIGHTS_S
    assert not (await found.find("U1", "T1")).is_administrator
    assert len(slack.of("users.info")) == 2


async def test_requests_at_once_share_a_question(found: Members, slack: SlackServer) -> None:
    slack.answers["users.info"] = [user(is_admin=True)]
    asked = await asyncio.gather(*(found.find("U1", "T1") for _ in range(50)))
    assert all(each.is_administrator for each in asked)
    assert len(slack.of("users.info")) == 1


async def test_failed_question_is_asked_again(found: Members, slack: SlackServer) -> None:
    slack.answers["users.info"] = [refusal("user_not_found"), user()]
    with pytest.raises(Gone):
        await found.find("U1", "T1")
    assert (await found.find("U1", "T1")).display_name == "Mary"


async def test_names_are_remembered_longer(
    found: Members, slack: SlackServer, clock: Clock
) -> None:
    """Most commands need no rights, so that they ask Slack once in half an hour for each member."""
    slack.answers["users.info"] = [user(), user(display_name="Mary Anning")]
    await found.find("U1", "T1", for_rights=False)
    clock.now += members.NAME_S - 1
    assert (await found.find("U1", "T1", for_rights=False)).display_name == "Mary"
    clock.now += 1
    assert (await found.find("U1", "T1", for_rights=False)).display_name == "Mary Anning"


async def test_rights_go_before_names(found: Members, slack: SlackServer, clock: Clock) -> None:
    """Slack tells of about 100 members a minute: the last of them are kept for rights."""
    slack.answers["users.info"] = [user(is_admin=True) for _ in range(members.ASKS + 2)]
    for number in range(members.ASKS):
        await found.find(f"U{number}", "T1", for_rights=False)
    with pytest.raises(Unreachable):
        await found.find("UNEW", "T1", for_rights=False)
    assert (await found.find("UADMIN", "T1")).is_administrator
    clock.now += members.WINDOW_S
    await found.find("UNEW", "T1", for_rights=False)


async def test_many_members_at_once(found: Members, slack: SlackServer, clock: Clock) -> None:
    """In a rush Slack is asked for all members, once a minute, instead of for each."""
    slack.answers["users.info"] = [user() for _ in range(members.ASKS)]
    for number in range(members.ASKS):
        await found.find(f"U{number}", "T1", for_rights=False)
    pages = [[{"id": "UNEW", "is_restricted": True}, "odd", {}], [{"id": "UOTHER", "name": "Ann"}]]
    slack.answers["users.list"] = [
        Answer({"members": pages[0], "response_metadata": {"next_cursor": "more"}}),
        Answer({"members": pages[1], "response_metadata": {"next_cursor": ""}}),
    ]
    asked = [found.find(each, "T1", for_rights=False) for each in ("UNEW", "UOTHER", "UNEW")]
    guest, other, _again = await asyncio.gather(*asked)
    assert guest.is_guest
    assert other == Member("Ann")
    assert [each.get("cursor") for each in slack.of("users.list")] == [None, "more"]
    with pytest.raises(Unreachable):
        await found.find("UNKNOWN", "T1", for_rights=False)
    assert len(slack.of("users.list")) == 2


FOREIGN: dict[str, object] = {"team_id": "T2", "is_admin": True}
IN_BOTH: dict[str, object] = {"enterprise_user": {"teams": ["T2", "T1"]}}


@pytest.mark.shows("use without the bot in the community")
@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, Member("Mary")),
        ({"is_admin": True}, Member("Mary", is_administrator=True)),
        ({"is_owner": True}, Member("Mary", is_administrator=True)),
        ({"is_primary_owner": True}, Member("Mary", is_administrator=True, is_primary_owner=True)),
        ({"is_restricted": True}, Member("Mary", is_guest=True)),
        ({"is_ultra_restricted": True}, Member("Mary", is_guest=True)),
        ({"is_bot": True}, Member("Mary", is_bot=True)),
        ({"is_admin": "yes"}, Member("Mary")),
        (FOREIGN | {"is_primary_owner": True}, Member("Mary", is_guest=True)),
        (FOREIGN | IN_BOTH, Member("Mary", is_administrator=True)),
        (FOREIGN | {"enterprise_user": {"teams": "T1"}}, Member("Mary", is_guest=True)),
    ],
)
def test_rights(facts: dict[str, object], expected: Member) -> None:
    """An administrator of another workspace, in a shared channel, has none here.

    A member of an organization can be in several of its workspaces.
    """
    payload = {"team_id": "T1", "profile": {"display_name": "Mary"}, **facts}
    assert member_of(payload, "T1") == expected


@pytest.mark.parametrize("odd", [None, [], {"profile": 5, "name": 7}])
def test_odd_member(odd: object) -> None:
    assert member_of(odd, "T1") == Member("")
