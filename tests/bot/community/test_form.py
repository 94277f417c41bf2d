"""The menus, buttons and forms below the settings."""

import pytest

from tests.bot.chats.protocol import Chat, Shown

CHOSEN = "The dinosaur of the day is chosen in"


def last(answer: Shown) -> str:
    """The words of a message, without its first line."""
    return answer.words.partition("\n")[2]


@pytest.mark.both
async def test_dinosaur_of_the_day(chat: Chat) -> None:
    """Its hour and zone may be chosen before its channel, which switches it on."""
    boss = await chat.add_manager()
    shown = await boss.use("settings")
    assert shown.is_private
    assert "like.\n• There's no dinosaur of the day here. Pick" in shown.text
    shown = await boss.choose(shown, "Hour", "18")
    shown = await boss.fill(shown, "Time zone", "berlin")
    assert "There's no dinosaur of the day here. Pick a channel" in shown.text
    assert not chat.history()
    shown = await boss.choose(shown, "Channel", chat.channel)
    sentence = f"{CHOSEN} #{chat.channel.name}: five new names every day at 18:00 (Europe/Berlin)"
    assert sentence in shown.text
    (told,) = chat.history()
    assert told.words.startswith("The bot posts five new names here every day")
    shown = await boss.choose(shown, "Hour", "7")
    assert "every day at 7:00" in shown.text
    shown = await boss.press(shown, "Stop the dinosaur of the day")
    assert "There's no dinosaur of the day here.\n" in shown.text
    shown = await boss.press(shown, "Start the dinosaur of the day")
    assert "every day at 7:00" in shown.text


@pytest.mark.both
async def test_filter_and_what_is_shared(chat: Chat) -> None:
    boss = await chat.add_manager()
    shown = await boss.choose(await boss.use("settings"), "Word filter", "strict")
    assert "The word filter is strict here" in shown.text
    shown = await boss.fill(shown, "Blocked words", "mud, moss*")
    assert "Also blocked here: mud, moss*." in shown.text
    assert not await chat.app.allows("mud", chat.community_id)
    for pressed, back, sentence in (
        ("Keep winners here", "Share winners", "only in its own hall of fame."),
        ("Only our namers", "Allow shared namers", "can be used here."),
    ):
        shown = await boss.press(shown, pressed)
        assert sentence in shown.text
        assert {pressed, back} & {*shown.buttons} == {back}
    assert last(await boss.use("settings")) == last(shown)


async def test_wrong_texts(chat: Chat) -> None:
    """They are refused, and the settings stay as they were."""
    boss = await chat.add_manager()
    shown = await boss.use("settings")
    refused = await boss.fill(shown, "Time zone", "Middle Earth")
    assert refused.text.startswith("“Middle Earth” isn't a time zone.")
    refused = await boss.fill(shown, "Blocked words", "*")
    assert refused.text.startswith("A blocked word must have")
    assert last(await boss.use("settings")) == last(shown)


@pytest.mark.parametrize(
    "state",
    ["", "filter", "filter=none", "what=1", "daily_hour=x", "daily_channel=", "ask=", "ask=daily"],
)
async def test_forged(chat: Chat, state: str) -> None:
    boss = await chat.add_manager()
    shown = await boss.use("settings")
    chat.rewrite_button(shown, "Keep winners here", f"settings:{state}")
    refused = await boss.press(shown, "Keep winners here")
    assert "another version of the bot" in refused.text or "mild, normal" in refused.text
    assert last(await boss.use("settings")) == last(shown)
