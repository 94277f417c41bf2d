"""Hard rules of English: what they find, and what they leave alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.parts_of_speech import load_parts_of_speech
from data.tokens import tokenise
from models.verse.grammar import (
    RULES,
    SETS,
    can_end,
    faults,
    finite_verbs,
    has_verb,
    is_question,
    is_whole,
)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("and thou hath seen the sea", "agreement"),
        ("what have thou lost with rain", "agreement"),
        ("and when i is asleep", "agreement"),
        ("and yet, they is gone", "agreement"),
        ("my hearts is cold", "agreement"),
        ("as he see the sea", "agreement"),
        ("he found a hearts, and went", "number"),
        ("the end of those pleasure", "number"),
        ("it fell upon a idle eye", "article"),
        ("and in an garden", "article"),
        ("i give thee thine sword", "article"),
        ("he loved the my and went", "determiner"),
        ("with the him he stays", "determiner"),
        ("and this is the of her", "determiner"),
        ("she came with all her words and the.", "determiner"),
        ("it came to thy\nand went", "determiner"),
        ("i saw the appear of men", "noun"),
        ("he gave me your own great new.", "adjective"),
        ("the silence of my sullen.", "adjective"),
        ("'tis a deathless of the sea", "adjective"),
        ("i did do it then", "verbs"),
        ("thou canst dost the same", "verbs"),
        ("and he will not do proceed", "verbs"),
        ("what should could be", "verbs"),
        ("he had forget the sea", "verbs"),
        ("the wind is now appear", "verbs"),
        ("and so they be understand", "verbs"),
        ("how first i should to see", "verbs"),
        ("the weight of grow", "preposition"),
        ("i never heard of in a song", "preposition"),
        ("and me am left alone", "pronoun"),
        ("and, and the men", "conjunction"),
        ("i cannot never go", "negation"),
        ("for it was so too fair", "degree"),
        ("i gave thee all your gold", "address"),
        ("at length, as as the moon", "doubled"),
        ("he saw the sea in\nin the morning", "doubled"),
        ("a summer's summer's day", "doubled"),
        ("he went o'er\no'er the sea", "doubled"),
        ("the summer's of the summer's day", "repeated"),
        ("the shadow of the shadow", "repeated"),
    ],
)
def test_faults(text: str, rule: str) -> None:
    assert faults(tokenise(f"{text}\n")) == [rule]


@pytest.mark.parametrize(
    "text",
    [
        "then hated he the sea, and loved the land",
        "o thou that dost the sun and moon command",
        "if he have gold, and though she be a queen",
        "i, the king, have spoken what i mean",
        "the summer days, the winter morning came",
        "the fair and good shall love his very name",
        "i loved him, and the dead have made their bed",
        "'tis true, 'twas said, and had he had it said",
        "what i could do i did, and will do more",
        "i thought that this man never came before",
        "her her own mother loved too, too well",
        "do thou remember what thou canst not tell",
        "mine eyes and thine are thine; thine hour is mine",
        "that book of mine shall last, an hour divine",
        "all that i have is this: to be, to go",
        "to-day the would-be king is fallen low",
        "thou art my friend. you all have heard my vow",
        "king of kings, be with us, help us now",
        "long, long the day, a thousand thousand more",
    ],
)
def test_what_verse_says(text: str) -> None:
    assert faults(tokenise(f"{text}\n")) == []


def test_only_new_faults_count() -> None:
    """Those of the lines above were counted before; one that a new line completes is new."""
    above, line = tokenise("the the sea\nand so he gave the\n"), tokenise("my sword away\n")
    assert faults(above) == ["determiner", "doubled"]
    assert faults(above + line, len(above)) == ["determiner"]
    assert faults(above + tokenise("sword away\n"), len(above)) == []


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("and all the world was still.", True),
        ("what dost thou look for, love\n", True),
        ("and the", False),
        ("he gave me all, and", False),
        ("the colour of,\n", False),
        ("i know it not, because he", False),
        ("", True),
        ("the end. no more of it.", True),
        ("when the cold silver of the evening moon.", False),
        ("when the cold moon upon the sea arose.", False),
        ("when the cold moon that shone is gone, i sleep.", True),
        ("i sleep; the silver of the evening moon.", False),
        ("the cup, the wine, and bread, and the ripe rose of dew.", False),
        ("the soft waves of the sea, the song of birds;", False),
        ("the soft waves rose, and all the roses bloom.", True),
    ],
)
def test_can_end(text: str, ends: bool) -> None:
    assert can_end(tokenise(text)) is ends


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("a bag of wine, a bowl of sugar cake,\n", 0),
        ("the rose and the light are here,\n", 1),
        ("he said that she went\n", 2),
    ],
)
def test_finite_verbs(text: str, count: int) -> None:
    assert finite_verbs(tokenise(text)) == count


@pytest.mark.parametrize(
    ("text", "whole", "question"),
    [
        ("good morning, everyone", True, False),
        ("it was", False, False),
        ("how do you sleep", True, True),
        ("how do i", False, True),
        ("isn't it good", True, True),
        ("what a day", True, False),
        ("nobody told me that adulthood", False, False),
        ("nobody told me that it was", False, False),
        ("nobody told me that it rained", True, False),
        ("i like that cake", True, False),
        ("the laundry still isn't", False, False),
        ("i can't believe i'm still", False, False),
        ("come and help me please", True, False),
        ("dear owl, please", False, False),
        ("what if it rains", True, True),
        ("let it go", True, False),
        ("i lost the", False, False),
        ("", False, False),
        ("!", False, False),
    ],
)
def test_clauses_of_today(text: str, whole: bool, question: bool) -> None:
    tokens = tokenise(text)
    assert is_whole(tokens) is whole
    assert is_question(tokens) is question


WORDS = sorted({*load_parts_of_speech(), *(word for words in SETS.values() for word in words)})


@given(
    st.lists(st.sampled_from([*WORDS, "\n", "\t", "café"]) | st.text(max_size=3)), st.integers(0, 9)
)
def test_any_tokens(tokens: list[str], start: int) -> None:
    """Faults that count from a token on are among all faults."""
    names = {rule.split()[0] for rule in RULES.strip().splitlines()} | {"doubled", "repeated"}
    found = faults(tokens, start)
    assert set(found) <= names
    assert len(found) <= len(faults(tokens))
    assert can_end(tokens) in {True, False}


@pytest.mark.parametrize(
    ("text", "verb"),
    [
        ("the rose", False),
        ("the light of the moon", False),
        ("the moon is red", True),
        ("he went home", True),
    ],
)
def test_verb(text: str, verb: bool) -> None:
    assert has_verb(tokenise(text)) == verb
