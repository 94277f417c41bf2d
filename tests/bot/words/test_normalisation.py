"""Readings of a text as plain letters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.words.normalisation import LEET_SYMBOLS, plain, readings


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("MÜD", "mud"),
        ("m\u200bu\u00add", "mud"),
        ("ｍｕｄ", "mud"),
        ("𝓂𝓊𝒹", "mud"),
        ("🅼🆄🅳 🇲🇺🇩", "mud mud"),
        ("ᴍꓴᗪ", "mud"),
        ("m\u20ddu\u0336d", "mud"),
        ("mu_d", "mu d"),
        ("mu\nd", "mu d"),
        ("m'ud", "mud"),
        ("she'll", "she "),
        ("Łódź ßæœþ", "lodz ssaeoeth"),
        ("강간 ガキ", "강간 ガキ"),
        ("हिन्दी", "हिन्दी"),
        ("\ufdfa", " "),
        ("\ud800", " "),
        ("m4d", "m4d"),
    ],
)
def test_first_reading(text: str, first: str) -> None:
    assert next(readings(text)) == first


@pytest.mark.parametrize(
    ("text", "reading"),
    [
        ("m4d", "mad"),
        ("m u d", "mud"),
        ("m 4 d", "mad"),
        ("mmuudd", "mud"),
        ("mm44dd", "mad"),
        ("h1!!", "hi"),
        ("!!!h1", "hi"),
        ("h!", "hi"),
        ("ba11", "ball"),
        ("|<ind", "kind"),
        ("(an) (an", "can"),
    ],
)
def test_other_readings(text: str, reading: str) -> None:
    assert any(reading in other.split(" ") or reading == other for other in readings(text))


@given(st.text())
def test_readings_are_bounded(text: str) -> None:
    found = [*readings(text)]
    assert len(found) <= 60
    assert all(len(reading) <= 4 * len(text) + 2 * text.count("(") for reading in found)
    assert all(c.isspace() or c not in LEET_SYMBOLS for reading in found for c in reading)
    assert plain(plain(text)) == plain(text)
