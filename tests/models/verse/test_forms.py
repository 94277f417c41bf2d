"""Forms of verse, from the table."""

import string

import pytest

from models.verse.forms import DEFAULT_FORM, FORMS, Form, forms_of

TABLE = {
    "metres": {"trochees": ["swsw"], "iambs": ["wsws", "wswsf"]},
    "forms": {
        "tercets": {
            "title": "Tercets",
            "description": "Three lines, and three",
            "stanzas": ["ABA", "BCB"],
            "metre": {"A": "iambs", "B": "trochees", "C": "iambs"},
            "modern": True,
        },
        "letters": {"title": "Letters", "description": "Nine letters", "characters": 9},
    },
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_forms_have_titles(form: Form) -> None:
    assert FORMS[form.name] is form
    assert form.title
    assert 0 < len(form.description) <= 100  # what a choice of Discord holds
    assert (form.lines is None) == (form.characters is not None)
    assert bool(form.stanzas) == (form.metres is not None)

    if form.metres is None:
        return
    assert form.lines == len(form.scheme) == sum(map(len, form.stanzas))
    assert set(form.scheme) <= set(string.ascii_uppercase)
    assert set(form.metres) == set(form.scheme)
    for letter in set(form.scheme) if form.rhymed else ():
        assert form.scheme.count(letter) > 1, f"nothing rhymes with {letter}"


@pytest.mark.parametrize(
    ("name", "stanzas"),
    [
        ("shakespearean", "ABAB CDCD EFEF GG"),
        ("petrarchan", "ABBA ABBA CDE CDE"),
        ("spenserian", "ABAB BCBC CDCD EE"),
        ("couplets", "AA BB CC DD EE FF GG"),
        ("quatrain", "ABAB"),
        ("couplet", "AA"),
        ("limerick", "AABBA"),
    ],
)
def test_rhyme_schemes(name: str, stanzas: str) -> None:
    assert " ".join(FORMS[name].stanzas) == stanzas


def test_listed_forms() -> None:
    assert DEFAULT_FORM == "shakespearean"
    assert FORMS["free"].lines == 14
    assert [name for name, form in FORMS.items() if not form.rhymed] == ["free", "notebook"]
    assert FORMS["notebook"].characters == 400
    assert [name for name, form in FORMS.items() if form.modern] == ["limerick"]
    limerick = FORMS["limerick"]
    assert [limerick.metre_of(line).syllables for line in range(5)] == [9, 9, 6, 6, 9]


def test_new_form() -> None:
    forms = forms_of(TABLE)
    tercets = forms["tercets"]
    assert list(forms) == ["tercets", "letters"]
    assert (tercets.title, tercets.description) == ("Tercets", "Three lines, and three")
    assert tercets.scheme == "ABABCB"
    assert tercets.lines == 6
    assert tercets.modern
    assert tercets.stanza_ends == {3}
    assert tercets.metre_of(0).templates == ("wsws", "wswsf")
    assert tercets.metre_of(1).templates == ("swsw",)
    assert forms["letters"].lines is None
    assert forms["letters"].metres is None
    assert [tercets.rhymes_of(line) for line in range(6)] == [(), (), (0,), (1,), (), (1, 3)]
    assert [tercets.rhymes_to_come(line) for line in range(6)] == [1, 2, 0, 1, 0, 0]
