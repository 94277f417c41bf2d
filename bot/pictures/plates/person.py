"""Measures of a creature's size: a person, or a familiar thing beside a small creature."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from bot.creatures.profile import Diet, Pose, Profile, Temper
from bot.pictures.plates.drawing import Drawing, Variation, luminance, mix, rgb
from bot.pictures.plates.geometry import Points, Tube, between, ellipse, placed, polar, smooth
from bot.pictures.plates.palette import CREAM, SHADOW
from bot.pictures.plates.plants import cycad
from bot.pictures.plates.scenery import Light

HEIGHT = 1.72
"""Metres of a person, without the hat."""
SMALL, SMALLER, SMALLEST = 3.5, 2.2, 0.9
"""Metres of a creature, below which a thing stands for the person, a mug may, only a mug does."""
LARGE = 12.0
"""Metres of a creature, above which nobody is seen who hides."""

Draw = Callable[[Drawing, complex, float, Light], None]
"""Draws on a point of the ground, with the pixels of a metre."""
STANDS = ((267, 269, 350), (277, 273, 354))


class Gesture(Enum):
    """Gesture of the person: directions of both legs, both arms and the back, in degrees.

    The person looks right; directions of limbs lead outwards from the body.
    """

    WAVES = STANDS, ((252, 286), (4, 72)), 90
    PHOTOGRAPHS = ((262, 268, 352), (284, 268, 354)), ((300, 42), (318, 50)), 86
    HIDES = STANDS, ((256, 284), (276, 310)), 78
    RUNS = ((332, 248, 335), (258, 200, 278)), ((308, 30), (222, 136)), 76


BOLD = (Gesture.PHOTOGRAPHS, Gesture.WAVES)
TEMPERS = {
    Temper.FIERCE: (Gesture.RUNS, Gesture.RUNS, Gesture.HIDES),
    Temper.GRUMPY: (Gesture.HIDES, Gesture.PHOTOGRAPHS, Gesture.RUNS),
    Temper.SHY: (Gesture.HIDES, Gesture.PHOTOGRAPHS),
    Temper.NERVOUS: (Gesture.HIDES, Gesture.PHOTOGRAPHS, Gesture.WAVES),
}
"""Gestures before some tempers. Before the others the person is bold."""


@dataclass(frozen=True)
class Measure:
    """Something of known size, with its place."""

    draw: Draw
    width: float
    """Width in metres."""
    height: float
    is_ahead: bool
    """Whether the measure stands before the creature, not behind its tail."""


def measure_of(profile: Profile, own: Variation) -> Measure:
    """The measure that stands beside a creature: a person from `SMALL` on, else a thing."""
    may_lead = profile.pose is not Pose.FEEDING  # else its food is before it
    if profile.length < SMALL:
        things = (_BOOT, _BALL) if profile.length > SMALLER else (_BOOT, _BALL, _MUG)
        draw, width, height = _MUG if profile.length < SMALLEST else own.choice("thing", things)
        return Measure(draw, width * 1.2, height, is_ahead=own.unit("ahead") < 0.4 and may_lead)
    gesture = own.choice("gesture", TEMPERS.get(profile.temper, BOLD))
    if profile.pose is Pose.RUNNING and profile.diet is Diet.MEAT:
        gesture = Gesture.RUNS
    elif gesture is Gesture.HIDES and profile.length > LARGE:
        gesture = Gesture.WAVES
    leads = gesture is not Gesture.HIDES and (gesture is Gesture.RUNS or own.unit("ahead") < 0.5)
    is_ahead = may_lead and leads
    looks = -1 if is_ahead != (gesture is Gesture.RUNS) else 1

    def draw_person(drawing: Drawing, foot: complex, metre: float, light: Light) -> None:
        _draw_person(drawing, foot, HEIGHT * metre, light, gesture, looks)

    width = 1.4 if gesture in BOLD else 1.75
    return Measure(draw_person, width, HEIGHT * 1.06, is_ahead)


def _draw_person(
    drawing: Drawing, foot: complex, height: float, light: Light, gesture: Gesture, looks: int
) -> None:
    """Draw a person with a hat as a pale silhouette that looks right (1) or left (-1)."""
    legs, arms, lean = gesture.value
    colour = mix(light.middle, SHADOW, 0.32 if height < 110 else 0.14)  # fainter if large
    if luminance(light.middle) < 0.34:
        colour = mix(light.middle, CREAM, 0.22)

    def put(points: Points) -> Points:
        return [foot + height * complex(point.real * looks, point.imag) for point in points]

    def limb(start: complex, length: float, angles: Sequence[int], width: float) -> complex:
        points = [start]
        for angle in angles[:2]:
            points.append(points[-1] + polar(length, angle))
        toes = [points[-1] + polar(0.07, angle) for angle in angles[2:]]
        drawing.line(colour, width * height, put(points + toes))
        return points[-1]

    hip = 0.47j if gesture is Gesture.RUNS else 0.49j
    up = polar(1, lean)
    neck = hip + up * 0.36
    shoulder = neck - up * 0.055
    aside = 0 if gesture is Gesture.RUNS else 0.04
    for side, leg in zip((-1, 1), legs, strict=True):
        limb(hip + side * aside, 0.235, leg, 0.085)
    hands = [
        limb(shoulder + side * aside * 1.6, 0.165, arm, 0.05)
        for side, arm in zip((-1, 1), arms, strict=True)
    ]
    trunk = [hip - up * 0.05, *(between(hip, neck, part) for part in (0.3, 0.62, 0.85, 1.15))]
    half = [height * width for width in (0.085, 0.08, 0.098, 0.09, 0.028)]
    drawing.fill(colour, Tube(put(trunk), half, half).outline())
    head = neck + up * 0.095
    turn = lean - 90
    drawing.fill(colour, put(ellipse(head, 0.05, 0.064, turn)))
    brim = head + up * 0.03
    if gesture is Gesture.RUNS:  # the hat stays behind
        brim, turn = head + complex(-0.26, 0.12), 38
    drawing.fill(colour, put(ellipse(brim, 0.105, 0.014, turn)))
    crown = ((-0.054, 0), (-0.046, 0.055), (0, 0.046), (0.046, 0.055), (0.054, 0))
    drawing.fill(colour, put([brim + complex(*point) * polar(1, turn) for point in crown]))
    if gesture is Gesture.PHOTOGRAPHS:
        camera = ((-1, -1), (-1, 1), (1, 1), (1, -1))
        drawing.fill(mix(colour, SHADOW, 0.45), put(placed(camera, hands[1], 0.06, 0.04)))
        drawing.disc(CREAM, put([hands[1] + 0.03j + 0.03])[0], height * 0.02)
    elif gesture is Gesture.HIDES:
        bush = mix(light.plant, light.middle, 0.3)
        for place, size in ((0.1, 0.5), (-0.16, 0.42)):
            cycad(drawing, foot + place * height * looks, size * height, bush, Variation("bush"))


def _draw_boot(drawing: Drawing, foot: complex, metre: float, light: Light) -> None:
    leather = mix(rgb("8a5a3c"), light.ground, 0.25)
    shaft = ((-0.13, 0.27), (-0.12, 0.15), (-0.14, 0.03), (0.14, 0.03), (0.15, 0.07), (0.11, 0.11),
             (0.02, 0.15), (-0.01, 0.27))  # fmt: skip
    upper = placed(shaft, foot, metre)
    drawing.fill(leather, smooth(upper[:4], steps=4) + smooth(upper[4:], steps=4))
    sole = ((-0.145, 0), (-0.145, 0.035), (0.155, 0.035), (0.155, 0))
    drawing.fill(mix(leather, SHADOW, 0.5), placed(sole, foot, metre))
    for x, y in ((0.075, 0.115), (0.04, 0.135), (0.012, 0.165), (0.0, 0.2), (-0.006, 0.235)):
        drawing.line(CREAM, metre * 0.009, placed(((x, y), (x - 0.045, y - 0.018)), foot, metre))


def _draw_ball(drawing: Drawing, foot: complex, metre: float, light: Light) -> None:
    centre = foot + 0.11j * metre
    white = mix(rgb("ffffff"), light.low, 0.3)
    drawing.disc(mix(white, SHADOW, 0.25), centre, metre * 0.11)
    drawing.disc(white, centre + metre * (0.008 + 0.008j), metre * 0.099)
    dark = mix(SHADOW, light.middle, 0.2)
    ways = [polar(metre, 90 + 72 * i) for i in range(5)]
    drawing.fill(dark, [centre + way * 0.036 for way in ways])
    for way in ways:
        drawing.fill(dark, [centre + way * (0.083 - polar(0.022, 72 * i)) for i in range(5)])
        drawing.line(dark, metre * 0.006, [centre + way * 0.036, centre + way * 0.07])


def _draw_mug(drawing: Drawing, foot: complex, metre: float, light: Light) -> None:
    glaze = mix(rgb("d9534a"), light.low, 0.15)
    handle = placed(((0.04, 0.075), (0.068, 0.07), (0.066, 0.035), (0.04, 0.028)), foot, metre)
    drawing.line(mix(glaze, SHADOW, 0.2), metre * 0.011, smooth(handle))
    drawing.fill(glaze, placed(((-0.042, 0.004), (-0.042, 0.1), (0.042, 0.1), (0.042, 0.004),
                                (0.034, 0), (-0.034, 0)), foot, metre))  # fmt: skip
    drawing.fill(CREAM, placed(((-0.042, 0.035), (-0.042, 0.055), (0.042, 0.055), (0.042, 0.035)),
                               foot, metre))  # fmt: skip
    for x in (-0.016, 0.014):
        steam = placed(((x, 0.11), (x + 0.012, 0.13), (x - 0.008, 0.15), (x + 0.006, 0.175)),
                       foot, metre)  # fmt: skip
        drawing.line(rgb("ffffff"), metre * 0.006, smooth(steam, steps=4), opacity=0.6)


_BOOT = _draw_boot, 0.32, 0.27
_BALL = _draw_ball, 0.24, 0.22
_MUG = _draw_mug, 0.13, 0.18
