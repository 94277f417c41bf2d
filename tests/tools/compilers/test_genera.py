"""Genera: the further reading of networks for names, and how its list is compiled."""

import re

import pytest

from data.corpora import load_names
from data.genera import load_genera
from tools.compilers.genera import CopyIndex, stem_of
from tools.evaluation.names import neighbourhood

# taxon: name, parent, rank; 1 is the root, and 7 the rank of a genus


@pytest.fixture(scope="module")
def genera() -> tuple[str, ...]:
    found = load_genera()
    return found.vertebrates + found.others


def test_genera_are_names(genera: tuple[str, ...]) -> None:
    assert len(genera) == len(set(genera)) > 100_000
    assert all(re.fullmatch("[a-z]{3,26}", name) for name in genera)
    for part in (load_genera().vertebrates, load_genera().others):
        assert list(part) == sorted(part)
    assert "crocodylus" in load_genera().vertebrates
    assert {"apis", "quercus"}.issubset(load_genera().others)


def test_no_genus_is_nearly_a_dinosaur(genera: tuple[str, ...]) -> None:
    """None is within edit distance 1 of a dinosaur, held out or not, nor contains one."""
    dinosaurs = load_names().items
    near = {pattern for dinosaur in dinosaurs for pattern in neighbourhood(dinosaur)}
    # One edit changes the beginning or the end, if a name is not very short.
    begins, ends = {name[:3] for name in dinosaurs}, {name[-3:] for name in dinosaurs}
    alike = [n for n in genera if len(n) < 8 or n[:3] in begins or n[-3:] in ends]
    assert not [name for name in alike if not near.isdisjoint(neighbourhood(name))]
    longest = "\n".join(genera)
    assert not [dinosaur for dinosaur in dinosaurs if dinosaur in longest]


def test_no_genus_has_the_stem_of_a_dinosaur() -> None:
    """Nor is one within edit distance 2. Of the many other genera, a tenth is tested."""
    index, found = CopyIndex(load_names().items), load_genera()
    tested = found.vertebrates + found.others[::10]
    assert not [name for name in tested if index.has_near(name)]


def test_near_copies_are_found() -> None:
    copies = ["diplodocus", "diplodoucus", "diplocus", "diplodoccuss", "diplidacus"]
    copies += ["paradiplodocus", "diplodocites", "diplodia"]
    others = ["diplacacus", "diplocentrus", "dipla", "dip", "docus", "lacerta"]
    index = CopyIndex(["diplodocus"])
    assert [name for name in copies + others if index.has_near(name)] == copies


def test_stems() -> None:
    names = ["polacanthus", "polacanthoides", "centema", "darwinia", "ceratops", "anzu"]
    stems = ["polacanth", "polacanth", "centem", "darwin", "cerat", "anzu"]
    assert [stem_of(name) for name in names] == stems
