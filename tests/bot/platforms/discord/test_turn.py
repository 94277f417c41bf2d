"""Interactions of Discord as requests."""

from types import SimpleNamespace
from typing import Any
from unittest.mock import AsyncMock, Mock

import discord
import pytest

from bot.chat.languages import no_choice
from bot.chat.message import Button, File, Message, Select
from bot.chat.turn import AnswerRef
from bot.monitoring.invalid_requests import InvalidRequests
from bot.platforms.discord import turn as turns
from bot.platforms.discord.platform import DiscordPlatform
from bot.platforms.discord.rendering import MessageSelect
from bot.platforms.discord.turn import DiscordTurn
from bot.text.technical import technical
from tests.bot.platforms.discord.test_platform import refused
from tests.texts import written

SERVER, CHANNEL, MESSAGE = 1, 2, 3
HIDDEN = AnswerRef(CHANNEL, None, "a token")
VISIBLE = AnswerRef(CHANNEL, MESSAGE, "a token")


def turn_of(platform: DiscordPlatform | None = None, **fields: object) -> DiscordTurn:
    """The turn of an interaction with these fields."""
    usual: dict[str, object] = {
        "user": SimpleNamespace(id=7, display_name="Ada"),
        "guild_id": SERVER,
        "channel_id": CHANNEL,
        "channel": None,
        "created_at": None,
        "locale": "en-US",
        "guild": None,
        "guild_locale": None,
    }
    interaction: Any = SimpleNamespace(**(usual | fields))
    fake: Any = SimpleNamespace(communities=[SERVER], known_language=no_choice)
    return DiscordTurn(interaction, platform or fake)


@pytest.mark.parametrize(
    ("server", "sees_channel", "private", "recorded"),
    [
        (SERVER, True, False, [HIDDEN, "shown", VISIBLE]),
        (SERVER, True, True, [HIDDEN, "shown"]),
        (SERVER, False, False, [HIDDEN, "shown"]),
        (99, True, False, [HIDDEN, "shown"]),
    ],
    ids=["ordinary", "private", "unseen-channel", "server-without-bot"],
)
async def test_pending_deferral(
    server: int, sees_channel: bool, private: bool, recorded: list[object]
) -> None:
    """It is recorded before it is shown, and its message only where the bot could edit it.

    The token comes first as long as it is young: an ordinary edit may leave "thinking…".
    """
    events: list[object] = []

    async def defer(**_options: object) -> object:
        events.append("shown")
        return SimpleNamespace(message_id=MESSAGE)

    async def on_pending(ref: AnswerRef, _retry: Button | None) -> None:
        events.append(ref)

    turn = turn_of(
        response=SimpleNamespace(type=None, defer=defer),
        guild_id=server,
        app_permissions=discord.Permissions(view_channel=sees_channel),
        token="a token",  # noqa: S106 (a fake one)
    )
    turn.on_pending = on_pending
    await turn.defer(private=private)
    assert events == recorded


@pytest.mark.parametrize("kind", [discord.TextChannel, discord.VoiceChannel, discord.StageChannel])
@pytest.mark.parametrize("connect", [True, False])
def test_chat_of_voice_channel_needs_connect(kind: type[object], connect: bool) -> None:
    rights = discord.Permissions(view_channel=True, connect=connect)
    turn = turn_of(channel=Mock(spec=kind), app_permissions=rights)
    assert turn.sees_channel == (connect or kind is discord.TextChannel)


@pytest.mark.parametrize("is_closed", [False, True], ids=["answer", "closed-answer"])
async def test_files_are_complete_once_a_thread_is_open(
    is_closed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file can be read once: it is made anew when the edit is repeated."""
    sizes: list[int] = []
    message = Message(files=(File(technical("picture.png"), b"picture"),))

    async def edit(*_: object, attachments: list[discord.File], **_options: object) -> object:
        sizes.extend(len(file.fp.read()) for file in attachments)
        if len(sizes) == 1:
            raise refused(discord.HTTPException, 400, 50083)
        return SimpleNamespace(id=MESSAGE)

    client = Mock(application_id=1, fetch_channel=AsyncMock(return_value=Mock(discord.Thread)))
    platform = DiscordPlatform(client, InvalidRequests())
    if is_closed:
        monkeypatch.setattr(discord.Webhook, "edit_message", edit)
        await platform.close_answer(HIDDEN, message)
    else:
        deferred = discord.InteractionResponseType.deferred_channel_message
        response = SimpleNamespace(type=deferred)
        turn = turn_of(platform, response=response, edit_original_response=edit)
        await turn.respond(message)
    assert sizes == [len(b"picture")] * 2


async def test_file_that_replaces_a_message_on_a_slow_uplink(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A late press is acknowledged before a file is sent, and then the message is edited."""
    monkeypatch.setattr(turns, "LATE_S", 0.0)
    calls: list[str] = []
    response = SimpleNamespace(type=None)

    async def defer() -> None:
        calls.append("defer")
        response.type = discord.InteractionResponseType.deferred_message_update

    async def edit(**_options: object) -> None:
        calls.append("edit")

    response.defer = defer
    platform = DiscordPlatform(Mock(), InvalidRequests())
    turn = turn_of(platform, response=response, message=None, edit_original_response=edit)
    await turn.edit_source(Message(files=(File(technical("picture.png"), b"picture"),)))
    assert calls == ["defer", "edit"]


@pytest.mark.parametrize("right", ["attach_files", "administrator"])
def test_right_to_attach_files(right: str) -> None:
    for granted in (True, False):
        turn = turn_of(app_permissions=discord.Permissions(**{right: granted}))
        assert turn.attaches_files == granted


@pytest.mark.parametrize("channel", [CHANNEL, CHANNEL + 1], ids=["known", "deleted"])
async def test_menu_of_a_deleted_channel(channel: int) -> None:
    """Discord may refuse a menu with a channel that it does not have."""
    shown: list[list[discord.SelectDefaultValue]] = []

    async def edit_message(*, view: discord.ui.View, **_options: object) -> None:
        (menu,) = view.walk_children()
        assert isinstance(menu, MessageSelect)
        assert isinstance(menu.item, discord.ui.ChannelSelect)
        shown.append(menu.item.default_values)

    guild = Mock(features=[], get_channel={CHANNEL: "a channel"}.get)
    response = SimpleNamespace(type=None, edit_message=edit_message)
    menu = Select(written("Channel"), "settings", "daily_channel=", (), str(channel))
    turn = turn_of(response=response, message=None, guild=guild)
    await turn.edit_source(Message(selects=(menu,)))
    assert [len(each) for each in shown] == [channel == CHANNEL]
