"""The word filter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.services.word_filter import WordFilter
from data.corpora import load_names

VILE = [
    "fuck",
    "FUCKING",
    "f u c k",
    "f.u.c.k",
    "fuuuuuck",
    "fu\u200bck",
    "ｆｕｃｋ",
    "𝓯𝓾𝓬𝓴",
    "fück",
    "sh1t",
    "n1gg3r",
    "n i g g e r",
    "f4gg0t",
    "thou art a cunt",
    "gang rape",
    "Hitler",
]
VILE_NAMES = ["fuckasaurus", "niggersaurus", "cuntosaurus", "hitlerosaurus", "kikeodon", "kıkeodon"]
HARMLESS = [
    "",
    "Scunthorpe",
    "the cock that crows",
    "the law is an ass",
    "hell is empty",
    "damn'd spot",
    "bastard shame",
    "But since she prick'd thee out for women's pleasure,",
    "Than unswept stone besmear'd with sluttish time.",
    "therapist",
    "as his wits",
    "this hit",
    "tit for tat",
    "the pen is mightier",
    "raccoon",
    "grass, class and assassins",
    "peacock",
    "document",
    "Essex and Sussex",
    "I, O, a",
    "🦕🌹",
]
HARMLESS_NAMES = ["titanosaurus", "assaurus", "fukuiraptor", "nigersaurus", "spicomellus"]


@pytest.mark.parametrize("text", VILE + VILE_NAMES)
def test_blocked(text: str) -> None:
    assert not WordFilter().allows(text)


@pytest.mark.parametrize("text", HARMLESS + HARMLESS_NAMES)
def test_allowed(text: str) -> None:
    assert WordFilter().allows(text)


def test_dinosaurs_are_allowed() -> None:
    words = WordFilter()
    assert [name for name in load_names().items if not words.allows(name)] == []
    assert not words.allows("rape to saurus")


def test_operator_blocks_a_word() -> None:
    words = WordFilter(blocked=["mud"])
    assert not words.allows("In the MÜD!")
    assert words.allows("muddy")


@pytest.mark.parametrize(
    ("pattern", "stopped", "spared"),
    [
        ("mud*", "mudasaurus", "bemud"),
        ("*mud", "bemud", "mudasaurus"),
        ("*mud*", "gomudon", "moody"),
        ("m*d", "moulded", "mouldy"),
    ],
)
def test_wildcards(pattern: str, stopped: str, spared: str) -> None:
    words = WordFilter(blocked=[pattern])
    assert not words.allows(stopped)
    assert words.allows(spared)


def test_operator_allows_a_word() -> None:
    words = WordFilter(allowed=["dick"])
    assert words.allows("Dick and Harry")
    assert not words.allows("dickhead")


def test_allowed_word_hides_no_other() -> None:
    assert not WordFilter(allowed=["dick"]).allows("dick fuck")


@pytest.mark.parametrize("pattern", ["", "*", "**", "(", "a.c", "[x]"])
def test_odd_patterns(pattern: str) -> None:
    assert WordFilter(blocked=[pattern]).allows("a harmless line")


@given(st.text())
def test_any_text(text: str) -> None:
    assert WordFilter().allows(text) in (True, False)
