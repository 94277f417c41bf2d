"""Whether text of members and networks is inert in what the bot sends to Slack.

Inert text notifies nobody, links nowhere, shows no preview and formats nothing. The rules are those
of Slack's documentation: mrkdwn is parsed, `plain_text` and text elements of rich text are not.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tests.bot.chats.slack_transport import Sent

MARK = "Zq"
"""In every hostile text, so that it can be found."""
TEXTS: Mapping[str, str] = {
    "everyone": "<!channel><!here> @everyone @here Zq",
    "mentions": "<@U0LOCAL0006> <#C0LOCAL0007> Zq",
    "a group and a date": "<!subteam^S012|t> <!date^1^{date}|x> Zq",
    "a link": "<http://evil.example|free> Zq",
    "addresses": "https://evil.example/Zq a@evil.example",
    "marks": "*Zq* _Zq_ ~Zq~ `Zq` ```Zq```",
    "quotes and lists": "> Zq\n>>> Zq\n• Zq\n1. Zq",
    "emoji": ":tada: :Zq: 🦕",
    "escaped": "&lt;!here&gt; &amp;lt;!x&amp;gt; Zq",
    "lines": "Zq\n\r\n\u2028\u2029\tZq",
    "directions": "\u202eZq\u202c \u2066Zq\u2069 \u200b\u200d\u2060\ufeff",
    "private use": "\ue000user:4611686018427387905\ue001Zq",
    "no characters": "Zq\ud83e \udd95\0Zq\x01\x1b[31m",
    "braces": '"Zq" “Zq” \\" opening:"Zq" {Zq} {0} %s ?',
    "ten thousand": "<!channel>*Zq* " * 667,
}
WRITERS = ("chat.postMessage", "chat.update", "chat.postEphemeral", "actions")
"""Requests that write messages. The last is a `response_url`."""
SAFE_ADDRESSES = re.compile(r"https://(local\.slack\.com/archives|github\.com)/[\w/.-]*")
"""Those that the bot writes itself."""


def assert_inert(sent: Iterable[Sent]) -> None:
    """Raise `AssertionError` for a request in which a text could be anything but text."""
    for each in sent:
        arguments = {name: _parsed(value) for name, value in each.arguments.items()}
        json.dumps(arguments, ensure_ascii=False).encode()  # no half of a character
        if each.method in WRITERS:
            _assert_message(each.method, arguments)
        for part in parts_of([arguments.get("blocks"), arguments.get("view")]):
            _assert_part(part, is_private=_is_private(each.method, arguments))
        assert not arguments.get("attachments")
        assert not arguments.get("initial_comment"), "it is mrkdwn"


def assert_inert_parts(value: object) -> None:
    """The same for objects in an acknowledgement, which one member sees."""
    json.dumps(value, ensure_ascii=False).encode()
    for part in parts_of(value):
        _assert_part(part, is_private=True)


def is_shown(sent: Iterable[Sent]) -> bool:
    """Whether a hostile text is part of what was sent."""
    return any(MARK in json.dumps(dict(each.arguments), ensure_ascii=False) for each in sent)


def _assert_message(method: str, arguments: Mapping[str, Any]) -> None:
    text = arguments.get("text", "")
    assert not re.search(r"[<>]|&(?!amp;|lt;|gt;)", text), f"not escaped: {text}"
    assert "\ue000" not in text
    if method in ("chat.postMessage", "chat.update"):
        assert arguments["parse"] == "none"
        assert not int(arguments["link_names"])
    if method in ("chat.postMessage", "actions"):
        assert not any(int(arguments[name]) for name in ("mrkdwn", "unfurl_links", "unfurl_media"))


def _assert_part(part: Mapping[str, Any], *, is_private: bool) -> None:
    """`part` is a block, an element or an object of composition."""
    match part.get("type"):
        case "mrkdwn" | "markdown" | "broadcast" | "usergroup" | "emoji" | "team" | "color":
            raise AssertionError(part)
        case "plain_text":
            assert part.get("emoji") is False, part
        case "link":
            assert SAFE_ADDRESSES.fullmatch(part["url"]), part
            assert "text" not in part
        case "user":
            assert is_private, part
        case "text":
            if MARK in part["text"]:
                # The bot's own styles may be around a name; none comes from within it.
                assert set(part.get("style", {})) <= {"bold", "italic", "code"}
        case "date":
            assert MARK not in json.dumps(dict(part))


def parts_of(value: object) -> Iterator[Mapping[str, Any]]:
    """All JSON objects in a value."""
    if isinstance(value, Mapping):
        yield value
        for each in value.values():
            yield from parts_of(each)
    elif isinstance(value, list):
        for each in value:
            yield from parts_of(each)


def _is_private(method: str, arguments: Mapping[str, Any]) -> bool:
    if method in ("views.open", "views.publish", "chat.postEphemeral"):
        return True
    if method == "actions":
        is_own = bool(int(arguments.get("replace_original", 0)))
        return is_own or arguments.get("response_type") == "ephemeral"
    return str(arguments.get("channel", "")).startswith("D")


def _parsed(value: object) -> object:
    """An argument; blocks and views are JSON within a form."""
    if isinstance(value, str) and value[:1] in "[{":
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value
