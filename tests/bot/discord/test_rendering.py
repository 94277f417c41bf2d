"""From replies to messages within Discord's limits."""

import discord
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands.message import (
    Button,
    Embed,
    Field,
    File,
    Message,
    Timestamp,
    code,
    emphasis,
    link,
    strong,
    text,
)
from bot.discord import rendering as limits
from bot.discord.buttons import MessageButton
from bot.discord.rendering import (
    embeds_of,
    render,
    render_edit,
    to_markdown,
)
from tests.bot.commands.test_commands import NOW


def test_styles_become_markdown_and_everything_else_is_escaped() -> None:
    words = text("*a* ", strong("b_c"), emphasis("d"), code("e`f"), " ", Timestamp(NOW))
    assert to_markdown(words) == r"\*a\* **b\_c***d*`eˋf` <t:1735689600:R>"


def test_an_address_of_our_own_can_be_followed_and_one_of_a_member_cannot() -> None:
    assert to_markdown(text(link("https://a.b"))) == "https://a.b"
    assert to_markdown(text("https://a.b")) == r"https\://a.b"


def test_empty_text_gets_no_marks() -> None:
    assert to_markdown(text(strong(""), emphasis(" "))) == " "


long_texts = st.text(alphabet="ab*@ ", max_size=5000)
cards = st.builds(
    Embed,
    title=long_texts,
    lines=st.lists(long_texts.map(text), max_size=4).map(tuple),
    fields=st.lists(
        st.builds(Field, st.text("ab", min_size=1, max_size=300), long_texts.map(text)), max_size=30
    ).map(tuple),
    footer=long_texts,
)


@given(cards)
def test_every_card_keeps_the_limits(card: Embed) -> None:
    for embed in embeds_of(card):
        assert len(embed.title or "") <= limits.TITLE
        assert len(embed.description or "") <= limits.DESCRIPTION
        assert len(embed.footer.text or "") <= limits.FOOTER
        assert len(embed.fields) <= limits.FIELDS
        for field in embed.fields:
            assert 0 < len(field.name or "") <= limits.FIELD_NAME
            assert 0 < len(field.value or "") <= limits.FIELD_VALUE


@given(long_texts, st.lists(cards, max_size=3))
def test_every_message_keeps_the_limits(content: str, drawn: list[Embed]) -> None:
    for message in render(Message(content=text(content), embeds=tuple(drawn))):
        assert len(message.get("content", "")) <= limits.CONTENT
        assert len(message.get("embeds", [])) <= limits.CARDS
        assert sum(map(len, message.get("embeds", []))) <= limits.CARD_CHARACTERS


def test_a_card_of_the_largest_parts_keeps_the_limits() -> None:
    lines = (text("x" * limits.DESCRIPTION),)
    fields = (Field("n" * 300, text("v" * 2000)),) * 30
    (message,) = render(Message(embeds=(Embed("t" * 300, lines, fields, "f" * 3000),)))
    (embed,) = message["embeds"]
    assert len(embed) <= limits.CARD_CHARACTERS


def test_lines_that_do_not_fit_go_on_to_the_next_card_and_none_is_lost() -> None:
    lines = tuple(text(f"{number:04}" + "x" * 90) for number in range(200))
    embeds = embeds_of(Embed("Title", lines, footer="Footer"))
    assert len(embeds) > 1
    assert embeds[0].title == "Title"
    assert [embed.footer.text for embed in embeds] == [None] * (len(embeds) - 1) + ["Footer"]
    shown = "\n".join(embed.description or "" for embed in embeds).split("\n")
    assert [line[:4] for line in shown] == [f"{number:04}" for number in range(200)]


def test_buttons_and_files_go_with_the_last_message() -> None:
    lines = tuple(text("x" * 99) for _ in range(100))
    reply = Message(
        embeds=(Embed("T", lines),), buttons=(Button("B", "act"),), files=(File("f", b"1"),)
    )
    *first, last = render(reply)
    assert first
    assert not any("view" in message or "files" in message for message in first)
    assert "view" in last
    assert last["files"][0].filename == "f"


def test_an_edit_takes_away_what_the_reply_no_longer_has() -> None:
    assert render_edit(Message(content=text("Hi"))) == {
        "content": "Hi",
        "embeds": [],
        "attachments": [],
        "view": None,
    }


def test_a_button_that_would_forget_part_of_its_state_is_refused() -> None:
    with pytest.raises(ValueError, match="longer than 100"):
        MessageButton(Button("B", "act", "x" * 100))


def test_a_button_looks_like_what_it_is_for() -> None:
    buttons = (
        Button("Vote", "act", "1", primary=True),
        Button("More", "act", "2"),
        Button("Forget", "act", "3", dangerous=True),
    )
    (message,) = render(Message(buttons=buttons))
    styles = [child.item.style for child in message["view"].children]
    assert styles == [
        discord.ButtonStyle.primary,
        discord.ButtonStyle.secondary,
        discord.ButtonStyle.danger,
    ]
