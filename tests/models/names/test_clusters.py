"""Consonant clusters: which ones a name has, and names that have none but those of their list."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.corpora import load_names
from models.names.filters import (
    allowed_clusters,
    clusters_of,
    first_names,
    known_clusters,
    unshared,
)
from models.names.generator import NamesRequest, NamesResult, generate_names
from models.names.problems import Flaw
from models.weights import load_shipped
from tests.models.lists import HEROES, KANA, VILLAGES, listed
from tests.models.names.test_generator import Parrot
from tests.models.tiny import anything, namer
from tools.evaluation.names import new_cluster_share

words = st.text("abstrey", min_size=1, max_size=9)


def names_of(written: list[str], **request: object) -> NamesResult:
    """Two names from a network that has read the dinosaurs and writes other names."""
    network = replace(namer(Parrot(written)), words=load_names().words)
    return generate_names(network, NamesRequest(2, 0, **request), anything)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "clusters"),
    [
        ("triphthops", {"^tr", "phth", "ps$"}),
        ("ao", set()),
        ("bob", {"^b", "b$"}),
        ("krk", {"^krk", "krk$"}),
        ("tyrannolong", {"^t", "ng$"}),
        ("lúthien-ëlsh d'arn", {"^l", "n$", "lsh$", "^d", "d$", "rn$"}),
        ("θησευς", {"^θ", "ς$"}),
        ("мстислав", {"^мст", "в$"}),
        ("アインth", {"th$"}),
        ("אברם", set()),
    ],
)
def test_clusters_of_name(name: str, clusters: set[str]) -> None:
    assert clusters_of(name) == clusters


@given(words)
def test_clusters_are_symmetric(name: str) -> None:
    """A name read backwards has the same clusters backwards."""
    backwards = {c[::-1].translate({ord("^"): "$", ord("$"): "^"}) for c in clusters_of(name)}
    assert clusters_of(name[::-1]) == backwards


@given(words, words)
def test_two_consonants_inside_are_no_cluster(name: str, other: str) -> None:
    assert clusters_of(f"{name}abta{other}") == clusters_of(f"{name}a") | clusters_of(f"a{other}")


@given(st.lists(words, min_size=1, max_size=5, unique=True))
def test_unshared_leaves_one_out(names: list[str]) -> None:
    others = [[other for other in names if other != name] for name in names]
    found = [
        new_cluster_share([name], known_clusters(o)) for name, o in zip(names, others, strict=True)
    ]
    assert unshared(first_names(names), len(names)) == sum(found) / len(names)


def test_names_with_new_clusters_are_rejected() -> None:
    result = names_of(["vhtoomaceratops", "grticoraptor", "mangovenator", "papayonyx", "figomn"])
    assert sorted(result.names) == ["mangovenator", "papayonyx"]
    assert 1 <= result.rejected[Flaw.UNSAYABLE] <= 3


@pytest.mark.parametrize(
    ("constraints", "written"),
    [
        ({"starts_with": "vht"}, ["vhtooceratops", "vhtpapayasaurus", "vhtoopxksaurus", "vhtomn"]),
        ({"ends_with": "mn"}, ["mangomn", "papayamn", "fkgomn", "vhtoomn"]),
        ({"contains": "xzv"}, ["mangoxzvenator", "papaxzvodon", "fkoxzvenator", "axzvomn"]),
    ],
)
def test_constraint_may_force_a_cluster(constraints: dict[str, object], written: list[str]) -> None:
    """Names with no other new cluster than the forced one are preferred; here the first two."""
    result = names_of(written, **constraints)
    assert sorted(result.names) == written[:2]
    assert result.shortfall is None


def test_sayable_names_come_first() -> None:
    result = names_of(["vhtoomaceratops", "mangovenator"])
    assert result.names == ("mangovenator", "vhtoomaceratops")
    assert result.shortfall is None
    result = names_of(["vhtoomaceratops"])
    assert result.names == ("vhtoomaceratops",)
    assert result.shortfall is not None
    assert result.shortfall.flaw is Flaw.REPEATED


def test_abbreviations_have_any_clusters() -> None:
    codes = ["ABTQ", "BCX", "CRT", "DVD", "KPMG"]
    assert allowed_clusters(listed(codes)) is None
    assert generate_names(listed(codes, written=["xklt"]), NamesRequest(1), anything).names


def test_held_out_clusters_are_unknown() -> None:
    """Names are compared with the held-out ones, whose clusters must not help."""
    corpus, shipped = load_names(), load_shipped("names")
    assert allowed_clusters(shipped) == known_clusters(corpus.training + corpus.validation)
    for model in (shipped, listed(VILLAGES), listed(HEROES)):
        reads_all = replace(model, card=replace(model.card, reads_all=True))
        assert allowed_clusters(reads_all) == known_clusters(model.words)
    assert allowed_clusters(listed(KANA)) == frozenset()  # a script without vowels


def test_shipped_names_are_sayable() -> None:
    known = known_clusters(load_names().training)
    names = generate_names(load_shipped("names"), NamesRequest(200), anything).names
    assert len(names) == 200
    assert new_cluster_share(names, known) <= 0.01
