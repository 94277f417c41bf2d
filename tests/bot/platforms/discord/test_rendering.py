"""Rendering messages within Discord's limits."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.message import Button, Embed, Field, File, Message
from bot.platforms.discord import rendering as limits
from bot.platforms.discord.rendering import (
    MessageButton,
    embeds_of,
    render,
    render_edit,
    to_markdown,
)
from bot.text.spans import Timestamp, code, emphasis, link, strong, text
from bot.text.technical import technical
from data.phrases import NOTHING, Showable
from tests.bot.conftest import NOW
from tests.texts import written


def test_styles_and_escapes() -> None:
    words = text(
        written("*a* "),
        strong(written("b_c")),
        emphasis(written("d")),
        code(written("e`f")),
        written(" "),
        Timestamp(NOW),
    )
    assert to_markdown(words) == r"\*a\* **b\_c***d*`eˋf` <t:1735689600:R>"
    assert (
        to_markdown(text(written("since "), Timestamp(NOW, absolute=True)))
        == "since <t:1735689600:f>"
    )

    assert to_markdown(text(link(written("https://a.b")))) == "https://a.b"  # others are escaped
    assert to_markdown(text(written("https://a.b"))) == r"https\://a.b"
    assert to_markdown(text(strong(NOTHING), emphasis(written(" ")))) == " "


long_texts = st.text(alphabet="ab*@ ", max_size=5000).map(written)
embeds = st.builds(
    Embed,
    title=long_texts,
    lines=st.lists(long_texts.map(text), max_size=4).map(tuple),
    fields=st.lists(
        st.builds(
            Field, st.text("ab", min_size=1, max_size=300).map(written), long_texts.map(text)
        ),
        max_size=30,
    ).map(tuple),
    footer=long_texts,
)


@given(embeds)
def test_embed_limits(made: Embed) -> None:
    for embed in embeds_of(made):
        assert len(embed.title or "") <= limits.TITLE
        assert len(embed.description or "") <= limits.DESCRIPTION
        assert len(embed.footer.text or "") <= limits.FOOTER
        assert len(embed.fields) <= limits.FIELDS
        for field in embed.fields:
            assert 0 < len(field.name or "") <= limits.FIELD_NAME
            assert 0 < len(field.value or "") <= limits.FIELD_VALUE


@given(long_texts, st.lists(embeds, max_size=3))
def test_message_limits(content: Showable, drawn: list[Embed]) -> None:
    for message in render(Message(content=text(content), embeds=tuple(drawn))):
        assert len(message.get("content", "")) <= limits.CONTENT
        assert len(message.get("embeds", [])) <= limits.EMBEDS
        assert sum(map(len, message.get("embeds", []))) <= limits.EMBED_CHARACTERS


def test_largest_parts() -> None:
    lines = (text(written("x" * limits.DESCRIPTION)),)
    fields = (Field(written("n" * 300), text(written("v" * 2000))),) * 30
    (message,) = render(
        Message(embeds=(Embed(written("t" * 300), lines, fields, written("f" * 3000)),))
    )
    (embed,) = message["embeds"]
    assert len(embed) <= limits.EMBED_CHARACTERS


def test_lines_continue_on_next_embed() -> None:
    lines = tuple(text(written(f"{number:04}" + "x" * 90)) for number in range(200))
    embeds = embeds_of(Embed(written("*Title*"), lines, footer=written("Footer")))
    assert len(embeds) > 1
    assert embeds[0].title == r"\*Title\*"
    assert [embed.footer.text for embed in embeds] == [None] * (len(embeds) - 1) + ["Footer"]
    shown = "\n".join(embed.description or "" for embed in embeds).split("\n")
    assert [line[:4] for line in shown] == [f"{number:04}" for number in range(200)]


def test_last_message_has_buttons_and_files() -> None:
    lines = tuple(text(written("x" * 99)) for _ in range(100))
    reply = Message(
        embeds=(Embed(written("T"), lines),),
        buttons=(Button(written("B"), "act"),),
        files=(File(technical("f"), b"1"),),
    )
    *first, last = render(reply)
    assert first
    assert not any("view" in message or "files" in message for message in first)
    assert "view" in last
    assert last["files"][0].filename == "f"


def test_edit_removes_what_is_missing() -> None:
    nothing: dict[str, object] = {"embeds": [], "attachments": [], "view": None}
    assert render_edit(Message(content=text(written("Hi")))) == {"content": "Hi"} | nothing


def test_edit_leaves_files_that_stay() -> None:
    """Unless it brings others."""
    accompanied = Message(content=text(written("Hi")), files_stay=True)
    assert "attachments" not in render_edit(accompanied)
    (file,) = render_edit(replace(accompanied, files=(File(technical("f"), b"1"),)))["attachments"]
    assert file.filename == "f"


def test_button_id_is_never_cut() -> None:
    with pytest.raises(ValueError, match="longer than 100"):
        MessageButton(Button(written("B"), "act", "x" * 100))


def test_button_styles() -> None:
    buttons = (
        Button(written("Vote"), "act", "1", primary=True),
        Button(written("More"), "act", "2"),
        Button(written("Forget"), "act", "3", dangerous=True),
    )
    (message,) = render(Message(buttons=buttons))
    styles = [child.item.style.name for child in message["view"].children]
    assert styles == ["primary", "secondary", "danger"]


def test_longest_alternative_text() -> None:
    file = File(technical("a.png"), b"x", written("x" * 2000))
    ((sent,),) = (part["files"] for part in render(Message(files=(file,))))
    assert sent.description == "x" * 1023 + "…"
