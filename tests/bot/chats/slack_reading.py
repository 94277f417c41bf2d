"""Messages of the simulated Slack as members read them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from simulators.slack.records import File, Message
from simulators.slack.workspace import Workspace
from tests.bot.chats.protocol import Card, Shown, ShownFile

_EMOJI = re.compile(r"[\u2190-\u2bff\ufe0f\U0001f300-\U0001faff]+ ")
Element = Mapping[str, Any]
"""A block, or a part of one."""


@dataclass(frozen=True)
class Reader:
    """Reads messages; a workspace knows the names of those whom they mention."""

    workspace: Workspace

    def shown(self, message: Message) -> Shown:
        """A message as members read it."""
        files = [*message.pictures, *message.files]
        text, cards = self._parts(message.blocks) if message.blocks else (message.text, [])
        return Shown(
            text,
            tuple(cards),
            tuple(map(label_of, message.buttons)),
            tuple(shown_file(each) for each in files if not each.is_deleted),
            message.is_ephemeral,
            message,
        )

    def _parts(self, blocks: Iterable[Element]) -> tuple[str, list[Card]]:
        """The text before the first header, and a card from each header on."""
        text: list[str] = []
        cards: list[Card] = []
        for block in blocks:
            match block["type"]:
                case "header":
                    cards.append(Card(block["text"]["text"], fields={}))
                case "context":
                    footer = "".join(each["text"] for each in block["elements"])
                    cards[-1:] = [replace(cards[-1], footer=footer)]
                case "rich_text":
                    elements = [e for part in block["elements"] for e in part["elements"]]
                    if not cards:
                        text.append(self._words(elements))
                    else:
                        cards[-1:] = [self._with_lines(cards[-1], elements)]
                case kind:
                    assert kind in ("actions", "image"), kind
        return "\n".join(text), cards

    def _with_lines(self, card: Card, elements: list[Element]) -> Card:
        """A card with more of its body, or with its fields."""
        if not _is_field(elements[0]):
            body = "\n".join(filter(None, (card.body, self._words(elements))))
            return replace(card, body=body)
        fields = dict(card.fields)
        name = ""
        for element in elements:
            if _is_field(element):
                name = element["text"].removesuffix(": ").removesuffix("\n")
                fields[name] = ""
            else:
                fields[name] += self._words([element])
        return replace(
            card, fields={name: value.removesuffix("\n") for name, value in fields.items()}
        )

    def _words(self, elements: Iterable[Element]) -> str:
        return "".join(map(self._word, elements))

    def _word(self, element: Element) -> str:
        match element["type"]:
            case "date":
                at = datetime.fromtimestamp(element["timestamp"], UTC)
                return f"[{at:%Y-%m-%d %H:%M}]"
            case "user":
                return "@" + self.workspace.members[element["user_id"]].name
            case "channel":
                return "#" + self.workspace.channels[element["channel_id"]].name
            case "link":
                return str(element["url"])
            case kind:
                assert kind == "text", kind
                return str(element["text"])


def label_of(button: Element) -> str:
    """What is on a button, without its picture."""
    return _EMOJI.sub("", button["text"]["text"], count=1)


def shown_file(file: File) -> ShownFile:
    """A file below a message."""
    return ShownFile(file.name, file.alt_text, partial(_read, file))


async def _read(file: File) -> bytes:
    assert file.data is not None
    return file.data


def _is_field(element: Element) -> bool:
    """Whether an element is the name of a field, in bold, and with a colon or above a list."""
    is_bold = bool(element.get("style", {}).get("bold"))
    return is_bold and str(element.get("text")).endswith((": ", "\n"))
