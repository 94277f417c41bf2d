"""What the worst members send: forged options and forged buttons."""

from collections.abc import Mapping

LIGATURE = "\ufdfa"
"""One character that is 18 when it is normalized."""
ALLOWED = "Scunthorpe"
"""Contains a word that is blocked, and is allowed."""

OPTIONS: tuple[tuple[str, Mapping[str, object]], ...] = (
    ("dinoname", {"starts_with": " ".join([ALLOWED] * 545)}),  # expensive to read
    ("dinoname", {"starts_with": LIGATURE * 6000}),
    ("dinoname", {"contains": ("é̂̃" * 2000)[:6000]}),
    ("dinoname", {"count": 10**9}),
    ("dinoname", {"count": -1}),
    ("dinoname", {"starts_with": "\ud800\udc00\ud800"}),
    ("dinoname", {"ends_with": "sau\x00rus"}),
    ("dinoname", {"length": 10**6}),
    ("dinoname", {"temperature": 1e308}),
    ("dinoname", {"temperature": 0.0}),
    ("dissect", {"name": LIGATURE * 6000}),
    ("dissect", {"name": "a" * 6000}),
    ("dissect", {"name": "\udfff"}),
    ("sonnet", {"opening": "la " * 2000}),
    ("sonnet", {"opening": "\x00\ud83d"}),
    ("sonnet", {"about": "@everyone " * 600}),
    ("sonnet", {"form": "x" * 6000}),
    ("name", {"namer": "\x00"}),
    ("name", {"namer": "#" * 6000}),
    ("halloffame", {"period": "'; DROP TABLE polls; --"}),
    ("export", {"format": "\ud800"}),
    ("namer info", {"name": "\ud800"}),
    ("models info", {"version": "9" * 6000}),
)
"""Commands, and values that Discord would not let through."""

BUTTONS = (
    "vote:99999999999999999999999:1",
    "vote:1:-1",
    "vote:1:99999999",
    "vote:\ud800:1",
    "unvote:x",
    "keep:@99999999999999999999",
    "keep:@1",
    "poems:drop:0:99999999999999999999",
    "poems:show:-5",
    "sonnet:@@",
    "sonnet:99999:sonnet:o“\x00”",
    "names:" + "9" * 90,
    "name:#1:",
    "dissect:@poll:0",
    "dissect:#999:@poll:1",
    "privacy:\x00",
    "namer:delete:99999999999999999999",
    "training:stop:1",
    "models:activate:1",
    "nothing:at:all",
)
"""Ids of buttons that the bot never made."""
