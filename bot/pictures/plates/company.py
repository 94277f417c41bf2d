"""Company: what is around a creature because of its temper, diet and pose."""

from dataclasses import replace

from bot.creatures.profile import Diet, Family, Pose, Profile, Temper, Trait
from bot.pictures.plates.creature import Animal, creature
from bot.pictures.plates.drawing import Drawing, Rgb, Variation, mix, rgb
from bot.pictures.plates.geometry import between, ellipse, leaf, polar, smooth
from bot.pictures.plates.palette import BONE, CREAM, SHADOW
from bot.pictures.plates.plants import fern, tree_fern
from bot.pictures.plates.scenery import GROUND, Light, shadow_of

YOUNG = 0.3
"""Length of a young one, as a part of that of the adult."""
HIGH = 150
"""Pixels above the ground; a mouth that is higher feeds on trees."""


def draw_company_behind(
    drawing: Drawing, profile: Profile, animal: Animal, scale: float, at: complex, light: Light
) -> None:
    """Draw others of its kind, far away, the tree that it feeds on, what it startles or stirs."""
    mouth = at + animal.mouth * scale
    if profile.temper is Temper.SOCIABLE:
        other = silhouette(animal.drawing, mix(light.middle, SHADOW, 0.12))
        place = complex(at.real + animal.drawing.left * scale * 0.55, GROUND + 26)
        for aside, size in ((-0.09, 0.12), (0.09, 0.17)):
            drawing.add(other, scale * size, place + aside * scale * animal.length)
    if profile.pose is Pose.FEEDING and _eats_plants(profile, mouth) and not _is_low(mouth):
        foot = complex(mouth.real + 60, GROUND + 14)
        high = (mouth.imag - foot.imag) / 0.72
        tint = mix(light.plant, light.middle, 0.45)
        reach = min(0.42, 84 / high)  # not behind the neck
        tree_fern(drawing, foot, high, tint, Variation(profile.name), reach)
    if profile.pose is Pose.RUNNING:
        _draw_dust(drawing, at + animal.drawing.left * scale * 0.2, light)
    elif profile.pose is Pose.CALLING:
        level = max(mouth.imag, GROUND + animal.drawing.top * scale - 44)
        _draw_flyers(drawing, complex(mouth.real, min(level, 374)), mix(light.middle, SHADOW, 0.35))


def draw_company_before(
    drawing: Drawing, profile: Profile, animal: Animal, scale: float, at: complex, light: Light
) -> None:
    """Draw its food, an insect that it watches, or its young."""
    mouth = at + animal.mouth * scale
    if profile.temper is Temper.CURIOUS or (
        profile.pose is Pose.FEEDING and profile.diet is Diet.INSECTS
    ):
        ahead = min(34.0, 780 - mouth.real)
        _draw_dragonfly(drawing, mouth + complex(ahead, 26 + (34 - ahead)), 15)
    if profile.temper is Temper.CALM and profile.diet is Diet.PLANTS:
        traits = (Trait.LARGE_EYES, Trait.LARGE_HEAD)
        young = creature(
            replace(profile, traits=traits, temper=Temper.CURIOUS, pose=Pose.STANDING)
        ).drawing
        size = scale * YOUNG
        behind = at.real - 36
        if profile.family is Family.THERIZINOSAUR:  # its legs reach far behind the hip
            behind = at.real + animal.heel * scale - 24
        foot = complex(max(behind - young.right * size, 10 - young.left * size), GROUND - 16)
        drawing.fill(shadow_of(light), ellipse(foot, (young.right - young.left) * size * 0.3, 4))
        drawing.add(young, size, foot)
    if profile.pose is not Pose.FEEDING:
        return
    if profile.diet is Diet.FISH:
        _draw_fish(drawing, mouth - animal.head_length * scale * 0.12, animal.head_length * scale)
    elif _eats_plants(profile, mouth):
        long = max(24, animal.head_length * scale * 0.3)
        frond = [leaf(mouth, mouth + polar(long, angle), 0.4) for angle in (-70, -25, 20)]
        drawing.fill(mix(light.plant, rgb("6fae4a"), 0.5), *frond)
        if _is_low(mouth):
            foot, high = complex(mouth.real + 4, GROUND - 8), animal.head_length * scale * 0.7
            fern(drawing, foot, max(30, high), light.plant, Variation("food"))
    elif profile.diet in (Diet.MEAT, Diet.ANYTHING):
        _draw_bones(drawing, complex(min(mouth.real + 6, 738), GROUND - 8), light)


def _is_low(mouth: complex) -> bool:
    return mouth.imag < GROUND + HIGH


def _eats_plants(profile: Profile, mouth: complex) -> bool:
    """Whether an animal feeds on plants; one that eats anything finds bones on the ground."""
    return profile.diet is Diet.PLANTS or (profile.diet is Diet.ANYTHING and not _is_low(mouth))


def silhouette(drawing: Drawing, colour: Rgb) -> Drawing:
    """A drawing in one colour, without its lines and discs, which are inside."""
    filled = '<path fill="#'
    tint = filled + "{:02x}{:02x}{:02x}".format(*colour)
    paths = [tint + path[len(tint) :] for path in drawing.elements if path.startswith(filled)]
    return Drawing(paths, drawing.left, drawing.right, drawing.bottom, drawing.top)


def _draw_dust(drawing: Drawing, at: complex, light: Light) -> None:
    """Draw what a runner's feet throw up."""
    dust = mix(light.ground, CREAM, 0.6)
    for x, y, size in ((0, 8, 15), (-26, 14, 20), (-58, 12, 14), (-84, 20, 9)):
        drawing.fill(dust, ellipse(at + complex(x, y), size * 1.5, size), opacity=0.75)


def _draw_flyers(drawing: Drawing, start: complex, colour: Rgb) -> None:
    """Draw pterosaurs that a call startles."""
    places = ((-230, 55, 15), (-172, 92, 20), (-300, 96, 17), (-120, 60, 12), (-392, 72, 13))
    for x, y, size in places:
        at = start + complex(x, y)
        wings = [leaf(at, at + polar(size * 1.5, angle), 0.3, 0.12) for angle in (150, 40)]
        body = leaf(at - polar(size * 0.5, 15), at + polar(size * 0.9, 15), 0.3)
        drawing.fill(colour, *wings, body)


def _draw_dragonfly(drawing: Drawing, at: complex, size: float) -> None:
    wings = [leaf(at, at + polar(size * 1.1, angle), 0.28) for angle in (62, 100, 248, 284)]
    drawing.fill(rgb("f4fbff"), *wings, opacity=0.8)
    dark = rgb("2a4d6e")
    drawing.line(dark, size * 0.17, [at + size * 0.35, at - complex(size * 1.15, size * 0.2)])
    drawing.disc(dark, at + size * 0.42, size * 0.19)


def _draw_fish(drawing: Drawing, at: complex, size: float) -> None:
    long = max(16.0, size * 0.42)
    head, tail = at + polar(long * 0.5, 205), at + polar(long * 0.55, 12)
    base = between(head, tail, 0.9)
    fins = [leaf(base, tail + polar(long * 0.26, angle), 0.5) for angle in (62, -40)]
    drawing.fill(rgb("a9c0cc"), leaf(head, tail, 0.5, 0.05), *fins)
    drawing.disc(SHADOW, between(head, tail, 0.16, 0.04), long * 0.045)


def _draw_bones(drawing: Drawing, at: complex, light: Light) -> None:
    bone = mix(BONE, light.ground, 0.1)
    drawing.fill(shadow_of(light), ellipse(at + 14, 44, 6))
    for i in range(5):
        x = at + 14 * i - 18
        rib = [x, x + complex(-9, 16 + 3 * (i % 2)), x + complex(3, 30 + 4 * (i % 3))]
        drawing.line(bone, 4.2, smooth(rib, steps=5))
    drawing.line(bone, 6, [at - 26, at + 52 + 3j])
