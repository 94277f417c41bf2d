"""Plates: whole creatures in their pictures, for every family, trait and pose."""

import io
import re
from dataclasses import replace

import pytest
from PIL import Image

from bot.creatures.profile import (
    Colour,
    Diet,
    Family,
    Pose,
    Profile,
    Temper,
    Theme,
    Trait,
)
from bot.creatures.rarity import Rarity
from bot.creatures.shells import egg_size
from bot.pictures.plates import creature as creatures
from bot.pictures.plates import nest, palette, plate, scenery
from bot.pictures.plates.body_plans import PLANS
from bot.pictures.plates.creature import creature, hatched
from bot.pictures.plates.drawing import Variation
from bot.pictures.plates.nest import hatchling_svg, nest_svg
from bot.pictures.plates.person import measure_of
from bot.pictures.plates.plate import museum_svg, plate_svg, strip_svg
from bot.pictures.plates.scenery import HEIGHT, WIDTH
from bot.pictures.plates.skeleton import FAR_GROUND, skeleton_of
from bot.pictures.plates.skulls import SKULLS
from bot.pictures.renderer import png_of_svg
from tests.bot.pictures.profiles import PLAIN, creature_of
from tests.texts import written

CREATURES = [
    creature_of(family, number * 7 + place, pose, *([trait] if trait else []))
    for number, family in enumerate(Family)
    for pose in Pose
    for place, trait in enumerate([None, *Trait])
]
ALL_TRAITS = [creature_of(family, 5, pose, *Trait) for family in Family for pose in Pose]


def box_of(svg: str) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of the creature in its plate."""
    placed = list(re.finditer(r'<g transform="translate\((\S+) (\S+)\) scale\((\S+) \S+\)">', svg))
    found = max(placed[1:], key=lambda group: float(group[3]))  # its young and others are smaller
    x, y, scale = map(float, found.groups())
    inner = svg[found.end() : svg.index("</g>", found.end())]
    points = re.findall(r"(-?[\d.]+),(-?[\d.]+)", inner)
    across = [x + scale * float(point[0]) for point in points]
    down = [y + scale * float(point[1]) for point in points]
    return min(across), min(down), max(across), max(down)


def test_families_have_plans() -> None:
    assert set(PLANS) == set(SKULLS) == set(Family)
    for plan in PLANS.values():
        assert plan.skull + plan.neck + plan.trunk + plan.tail == pytest.approx(1, abs=0.02)


def test_creatures_stay_inside() -> None:
    for profile in CREATURES[::13] + ALL_TRAITS:
        left, top, right, bottom = box_of(plate_svg(profile))
        described = (profile.family, profile.pose, profile.traits)
        assert left >= 0, described
        assert right <= WIDTH, described
        assert top >= -HEIGHT, described
        assert bottom <= 0, described


@pytest.mark.parametrize("family", Family)
def test_feet_touch_the_ground(family: Family) -> None:
    """One near or far foot at least stands, and nothing but dust is below the ground."""
    for profile in CREATURES[::7] + ALL_TRAITS:
        if profile.family is not family:
            continue
        skeleton = skeleton_of(profile, Variation(profile.name))
        limbs = skeleton.legs + (skeleton.arms if skeleton.stands_on_arms else ())
        standing = [limb for limb in limbs if not limb.is_lifted]
        assert standing, profile.pose
        if profile.pose is not Pose.RUNNING:
            assert len(standing) == len(limbs), profile.pose
        height = skeleton.plan.hip_height
        for limb in standing:
            assert limb.ground == (0 if limb.is_near else FAR_GROUND * height)
            thick = (skeleton.plan.shank + skeleton.plan.arm_width) * 0.3
            assert limb.end.imag - limb.ground < thick, profile.pose
        drawing = creature(profile).drawing
        assert -height * 0.03 < drawing.bottom, (profile.pose, profile.traits)
        assert drawing.bottom < height * FAR_GROUND + 1, (profile.pose, profile.traits)


@pytest.mark.parametrize("profile", CREATURES[::61], ids=lambda p: f"{p.family}-{p.pose}")
def test_joints_bend_the_right_way(profile: Profile) -> None:
    """Knees before the line from hip to ankle, elbows of standing arms behind it."""
    skeleton = skeleton_of(profile, Variation(profile.name))
    limbs = [(limb, 1) for limb in skeleton.legs]
    limbs += [(limb, -1) for limb in skeleton.arms] if skeleton.stands_on_arms else []
    for limb, side in limbs:
        way, joint = limb.ankle - limb.root, limb.middle - limb.root
        assert (way.conjugate() * joint).imag * side > 0


def test_what_shows_the_size() -> None:
    """A person beside large creatures, a thing beside small ones, never where the food lies."""
    for profile in CREATURES[::7]:
        for length in (0.5, 1.2, 2.5, 3.5, 30.0):
            sized = replace(profile, length=length)
            measure = measure_of(sized, Variation(profile.name))
            assert (measure.height > 1) == (length >= 3.5)
            assert not (measure.is_ahead and profile.pose is Pose.FEEDING)


def test_same_profile_gives_same_picture() -> None:
    first = plate_svg(PLAIN)
    creature.cache_clear()
    assert plate_svg(replace(PLAIN)) == first
    assert plate_svg(replace(PLAIN, name="Mangosaura")) != first
    assert plate_svg(replace(PLAIN, colour=Colour.TEAL)) != first


@pytest.mark.parametrize("theme", Theme)
def test_no_lettering_and_no_references(theme: Theme) -> None:
    name = '<text x="0">"&\'/><image href="/etc/passwd"/>'
    profile = replace(PLAIN, name=name, theme=theme)
    shown = (written(name), profile)
    for svg in (plate_svg(profile), strip_svg([shown] * 5), museum_svg([shown] * 9)):
        assert {*re.findall(r"<(\w+)", svg)} <= {"svg", "g", "path", "circle", "text"}
        assert "href" not in svg
        assert "passwd" not in svg
        assert "url(" not in svg


def test_rendered_sizes() -> None:
    some = CREATURES[::211]
    shown = [(written(profile.name), profile) for profile in some]
    for profile in some:
        content = png_of_svg(plate_svg(profile))
        assert Image.open(io.BytesIO(content)).size == (WIDTH, HEIGHT)
        assert len(content) < 90_000, profile
    for number in range(1, 6):
        wide, high = Image.open(io.BytesIO(png_of_svg(strip_svg(shown[:number])))).size
        assert (wide, high > plate.STRIP[1]) == (plate.STRIP[0], True)
        twice = png_of_svg(strip_svg((shown * 2)[: 2 * max(number, 3)]))
        assert Image.open(io.BytesIO(twice)).height > 1.9 * high or number == 1
    heights = (609, 337, 239, 680, 484, 484, 729, 729, 729)
    for number, height in enumerate(heights, 1):
        content = png_of_svg(museum_svg((shown * 2)[:number]))
        assert Image.open(io.BytesIO(content)).size == (plate.MUSEUM, height)


def test_nest_shows_each_egg() -> None:
    """As many eggs as names, in their order, each as large as its animal will be."""
    small, large = replace(PLAIN, length=0.5), replace(PLAIN, length=30.0, name="Mangosaura")
    assert egg_size(small) < egg_size(PLAIN) < egg_size(large) == 1
    highlight = 'fill="#ffffff" fill-opacity="0.60" d="M'
    for profiles in ([small], [small, large], [large, PLAIN, small]):
        starts = re.findall(re.escape(highlight) + r"([\d.]+),", nest_svg(profiles))
        assert len(starts) == len(profiles)
        assert sorted(map(float, starts)) == [*map(float, starts)]


def test_nest_keeps_the_secret() -> None:
    """An egg shows the family and the size, and nothing else of its animal."""
    other = replace(PLAIN, colour=Colour.TEAL, traits=(Trait.CREST,), pose=Pose.CALLING)
    assert nest_svg([PLAIN]) == nest_svg([other])
    assert nest_svg([PLAIN]) != nest_svg([replace(PLAIN, family=Family.SAUROPOD)])


@pytest.mark.parametrize("family", Family)
def test_hatchling(family: Family) -> None:
    """A large head, short limbs, small ornaments, and all of it inside the picture."""
    for number in range(3):
        grown = creature_of(family, number, Pose.RUNNING, *Trait)
        own, young = Variation(grown.name), hatched(grown)
        old, new = skeleton_of(grown, own), skeleton_of(young, own, is_young=True)
        assert new.head.length / new.length > 1.25 * old.head.length / old.length
        assert new.plan.hip_height < old.plan.hip_height
        assert not {Trait.BROW_HORNS, Trait.SAIL, Trait.TAIL_CLUB} & {*young.traits}
        assert young.colour is grown.colour
        drawing = creature(young, is_young=True).drawing
        assert -0.03 * new.plan.hip_height < drawing.bottom < new.plan.hip_height * FAR_GROUND + 1
        svg = hatchling_svg(grown)
        assert svg == hatchling_svg(replace(grown))
        assert {*re.findall(r"<(\w+)", svg)} <= {"svg", "g", "path", "circle"}


def test_rare_animals(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each rarity looks different, and twins are two."""
    usual = creature(PLAIN).drawing
    pictures = {plate_svg(PLAIN)}
    for rarity in Rarity:
        creature.cache_clear()
        for module in (palette, creatures, scenery, nest):
            monkeypatch.setattr(module, "rarity_of", lambda _name, found=rarity: found)
        pictures |= {plate_svg(PLAIN), hatchling_svg(PLAIN)}
        drawing = creature(PLAIN).drawing
        is_double = drawing.right - drawing.left > 1.9 * (usual.right - usual.left)
        assert is_double == (rarity is Rarity.TWINS)
    creature.cache_clear()
    assert len(pictures) == 1 + 2 * len(Rarity)


@pytest.mark.parametrize("count", [1, 2, 4, 5, 9, 10])
def test_names_below_animals(count: int) -> None:
    """Each whole, inside, beside no other, and legible where a picture is shown 400 wide."""
    names = ["Yi", "Carcharodontosaurus", "Mangosaurus", "Iguanodon", "Therizinosaurus"] * 2
    shown = [(written(name), PLAIN) for name in names[:count]]
    for svg in (strip_svg(shown), museum_svg(shown[:9])):
        width = int(re.findall(r'width="(\d+)"', svg)[0])
        places = re.findall(
            r'translate\((\S+) (\S+)\) scale\((\S+) 1\)"><text x="(\S+)"[^>]*font-size="([\d.]+)"'
            r"[^>]*>(\w+)<",
            svg,
        )
        expected = names[: min(count, 9 if width == plate.MUSEUM else 10)]
        assert sorted(words for *_place, words in places) == sorted(expected)
        lines: dict[str, list[tuple[float, float]]] = {}
        for x, y, narrow, half, size, _words in places:
            assert float(size) * 400 / width >= 14
            reach = abs(float(half)) * float(narrow)
            lines.setdefault(y, []).append((float(x) - reach, float(x) + reach))
        for line in lines.values():
            ends = [0.0, *(end for place in sorted(line) for end in place), width]
            assert ends == sorted(ends)


def test_long_name_is_cut() -> None:
    (shown,) = re.findall(r">([\w…]+)</text>", museum_svg([(written("Mango" * 20), PLAIN)]))
    assert shown.endswith("…")
    assert shown.startswith("Mango")


def test_young_stands_clear_of_legs() -> None:
    """Of a therizinosaur, whose legs reach far behind its hip."""
    calm = replace(PLAIN, family=Family.THERIZINOSAUR, temper=Temper.CALM, diet=Diet.PLANTS)
    adult = creature(calm)
    placed = re.findall(r"translate\((\S+) \S+\) scale\(([\d.]+) ([\d.]+)\)", plate_svg(calm))
    (x, size), (at, scale) = sorted(
        ((float(x), float(s)) for x, s, _y in placed), key=lambda p: p[1]
    )[-2:]
    young = creature(
        replace(
            calm,
            traits=(Trait.LARGE_EYES, Trait.LARGE_HEAD),
            temper=Temper.CURIOUS,
            pose=Pose.STANDING,
        )
    ).drawing
    assert size < scale
    assert x + young.right * size < at + adult.heel * scale


@pytest.mark.parametrize("family", [Family.CERATOPSIAN, Family.SMALL_THEROPOD])
def test_relatives_differ(family: Family) -> None:
    """Nine animals of a page, alike but for their names, are not the same drawing."""
    alike = replace(PLAIN, family=family, traits=(Trait.BROW_HORNS, Trait.FRILL))
    page = [replace(alike, name=f"Mangosaurus {i}") for i in range(9)]
    drawn = [creature(profile).drawing for profile in page]
    assert len({(round(each.right), round(each.top)) for each in drawn}) >= 6
