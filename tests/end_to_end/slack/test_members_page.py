"""The simulator lists members in pages, as Slack does."""

from slack_sdk.web.async_client import AsyncWebClient

from bot.platforms.local.slack.server import LocalSlack
from bot.platforms.local.slack.web_api import PAGE


async def test_members_come_in_pages() -> None:
    async with LocalSlack(port=0) as local:
        for number in range(PAGE):
            local.workspace.add_member(f"Member {number}")
        client = AsyncWebClient(token=local.bot_token, base_url=local.api_url)
        first = await client.users_list(limit=5_000)
        assert len(first["members"]) == PAGE
        rest = await client.users_list(cursor=first["response_metadata"]["next_cursor"])
        assert rest["response_metadata"]["next_cursor"] == ""
        found = {each["id"] for page in (first, rest) for each in page["members"]}
        assert found == local.workspace.members.keys()
