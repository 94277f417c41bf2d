"""Both platforms at one address: what `python -m bot --local` serves."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.local.both.server import SideBySide
from bot.local.server import LocalDiscord
from bot.local.slack.server import LocalSlack
from bot.startup import Exit
from tests.end_to_end.conftest import running
from tests.end_to_end.toy_bot import ToyBot

CHECKOUT = Path(__file__).parents[2]
WITHOUT_SLACK = (
    "import sys; sys.modules['slack_sdk'] = None; from bot.__main__ import main; "
    "sys.exit(main(['--local']))"
)


@pytest.fixture(autouse=True)
def _without_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)


async def test_each_has_a_path_of_one_address() -> None:
    discord, slack = LocalDiscord(), LocalSlack()
    async with SideBySide(discord, slack, port=0) as local:
        assert discord.url == f"{local.url}discord/"
        assert slack.url == f"{local.url}slack/"
        async with running(ToyBot, discord):
            asked = await discord.run_command("quick", {"count": 2})
            assert "2 for Mary" in asked.message.content
        bot = AsyncWebClient(slack.bot_token, base_url=slack.api_url)
        assert (await bot.auth_test())["team_id"] == slack.workspace.id


async def test_other_sites_are_rejected() -> None:
    headers = {"Origin": "https://evil.example"}
    async with (
        SideBySide(LocalDiscord(), LocalSlack(), port=0) as local,
        aiohttp.ClientSession(headers=headers) as session,
    ):
        for path in ("", "discord/", "slack/", "slack/local/act", "discord/api/v10/gateway"):
            async with session.get(local.url + path) as answer:
                assert answer.status == 403, path


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("-m", "bot", "--local"), {"Ready as Mangosaurus", "Ready on Slack"}),
        (("-c", WITHOUT_SLACK), {"Ready as Mangosaurus"}),
    ],
    ids=["both", "without slack-sdk"],
)
async def test_local_process(
    tmp_path: Path, unused_tcp_port: int, arguments: tuple[str, ...], expected: set[str]
) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        cwd=CHECKOUT,
        env={
            "PATH": os.environ["PATH"],
            "STATE_DIR": str(tmp_path),
            "LOCAL_PORT": str(unused_tcp_port),
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    missing = set(expected)
    try:
        assert process.stderr is not None
        async with asyncio.timeout(60):
            async for line in process.stderr:
                missing = {words for words in missing if words.encode() not in line}
                if not missing:
                    break
        process.send_signal(signal.SIGINT)
        said, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    assert missing == set()
    assert process.returncode == Exit.OK
    assert f"http://127.0.0.1:{unused_tcp_port}/".encode() in said
    assert (b"-r requirements-slack.txt" in said) == ("Ready on Slack" not in expected)
