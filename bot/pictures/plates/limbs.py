"""Limbs: legs, feet, arms, hands."""

from collections.abc import Sequence

from bot.creatures.profile import Family, Pattern, Trait
from bot.pictures.plates.body_plans import Foot
from bot.pictures.plates.drawing import Rgb, mix
from bot.pictures.plates.geometry import (
    Points,
    Tube,
    between,
    clipped,
    ellipse,
    horn,
    leaf,
    placed,
    polar,
    smooth,
)
from bot.pictures.plates.palette import SHADOW
from bot.pictures.plates.skeleton import Limb, Sketch

Parts = Sequence[float]


def draw_leg(sketch: Sketch, limb: Limb) -> None:
    """Draw a hind leg with its foot. A far one is darker."""
    drawing, plan = sketch.drawing, sketch.skeleton.plan
    thigh, shank = plan.thigh, plan.shank
    colour = _skin(sketch, limb)
    if plan.foot is Foot.PILLAR:
        sole = complex(limb.end.real, limb.ground)
        spine = _spine(limb, thigh * (-0.10 + 0.42j), (0.12, 0.6), (0.45,), sole)
        front = _widths(thigh, (0.34, 0.52, 0.46), shank, (0.62, 0.50, 0.48, 0.60))
        back = _widths(thigh, (0.34, 0.54, 0.44), shank, (0.50, 0.52, 0.46, 0.50))
        tube = Tube(spine, front, back, 1.0)
        drawing.fill(colour, _outline(tube, limb))
        _draw_nails(sketch, limb, shank)
    else:
        is_bird = plan.foot is Foot.BIRD
        firm = 1.0 if is_bird else 1.4  # no narrow ankles below a heavy body
        toes = between(limb.ankle, limb.end, 0.5), limb.end
        spine = _spine(limb, thigh * (-0.06 + 0.36j), (0.15, 0.62), (0.34, 0.8), *toes)
        slim = [firm * part for part in (0.28, 0.25, 0.30)]
        front = _widths(thigh, (0.42, 0.62, 0.46), shank, (0.46, 0.40, 0.26 * firm, *slim))
        calf = (0.42, 0.62 / firm, 0.28 * firm)
        back = _widths(thigh, (0.42, 0.62, 0.50), shank, (*calf, *slim))
        tube = Tube(spine, front, back, 0.25 if is_bird else 1.0)
        if is_bird:
            drawing.disc(colour, limb.end, shank * 0.3)
            _draw_bird_foot(sketch, limb, colour)
        else:
            _draw_hoofed_foot(sketch, limb, colour)
        drawing.fill(colour, tube.outline())
    if limb.is_near and not limb.is_lifted:
        _draw_creases(sketch, tube, shank)
    _draw_bands(sketch, tube, limb.is_near)


def draw_foreleg(sketch: Sketch, limb: Limb) -> None:
    """Draw a fore leg that carries the body."""
    drawing, width = sketch.drawing, sketch.skeleton.plan.arm_width
    sole = complex(limb.end.real, limb.ground)
    spine = _spine(limb, width * (-0.02 + 0.55j), (0.2, 0.65), (0.5,), sole)
    front = [width * part for part in (0.5, 0.66, 0.50, 0.46, 0.40, 0.36, 0.46)]
    back = [width * part for part in (0.5, 0.68, 0.54, 0.46, 0.40, 0.36, 0.42)]
    tube, colour = Tube(spine, front, back, 1.0), _skin(sketch, limb)
    drawing.disc(colour, spine[0], width * 0.5)
    drawing.fill(colour, _outline(tube, limb))
    _draw_nails(sketch, limb, width * 0.82)
    if limb.is_near:
        _draw_creases(sketch, tube, width)
    _draw_bands(sketch, tube, limb.is_near)


def _skin(sketch: Sketch, limb: Limb) -> Rgb:
    return sketch.palette.base if limb.is_near else sketch.palette.far


def _shaded(colour: Rgb, limb: Limb, part: float) -> Rgb:
    """A colour, darker on the far side."""
    return colour if limb.is_near else mix(colour, SHADOW, part)


def _spine(limb: Limb, start: complex, upper: Parts, lower: Parts, *ends: complex) -> Points:
    """The middle line of a limb, with points at parts of its upper and of its lower bone."""
    return [
        limb.root + start,
        *(between(limb.root, limb.middle, part) for part in upper),
        limb.middle,
        *(between(limb.middle, limb.ankle, part) for part in lower),
        limb.ankle,
        *ends,
    ]


def _widths(thigh: float, upper: Parts, shank: float, lower: Parts) -> list[float]:
    return [*(thigh * part for part in upper), *(shank * part for part in lower)]


def _outline(tube: Tube, limb: Limb) -> list[complex]:
    """The outline of a limb, cut at the ground on which it stands."""
    return clipped(tube.outline(), complex(0, limb.ground), 1 + 0j)


def _draw_creases(sketch: Sketch, tube: Tube, width: float) -> None:
    """Set the upper half of a near limb off from the body, before and behind it."""
    crease = max(1.8, width * 0.05)
    for side, begin, end in ((0.98, 0.2, 0.45), (-0.98, 0.22, 0.43)):
        edge = tube.edge(side, begin, end)
        sketch.drawing.line(sketch.palette.crease, crease, edge, opacity=0.5)


def draw_arm(sketch: Sketch, limb: Limb) -> None:
    """Draw an arm that hangs, with fingers and claws."""
    drawing, width = sketch.drawing, sketch.skeleton.plan.arm_width
    spine = _spine(limb, width * (0.1 + 0.75j), (0.2, 0.7), (0.5,), limb.end)
    front = [width * part for part in (0.56, 0.78, 0.52, 0.36, 0.36, 0.27, 0.26)]
    back = [width * part for part in (0.56, 0.78, 0.52, 0.40, 0.38, 0.27, 0.26)]
    tube, colour = Tube(spine, front, back, 1.2), _skin(sketch, limb)
    if sketch.skeleton.plumage:
        _draw_wing(sketch, limb)
    _draw_hand(sketch, limb, colour)
    drawing.disc(colour, spine[0], width * 0.56)
    drawing.fill(colour, tube.outline())
    if limb.is_near:
        for side, end in ((-0.98, 0.42), (0.98, 0.24)):  # behind and before the shoulder
            edge = tube.edge(side, 0.04, end)
            drawing.line(sketch.palette.crease, max(1.8, width * 0.07), edge, opacity=0.5)


def _draw_hand(sketch: Sketch, limb: Limb, colour: Rgb) -> None:
    drawing, plan = sketch.drawing, sketch.skeleton.plan
    count = plan.fingers or 3
    hand = plan.arm[2] * 0.75
    direction = (limb.end - limb.ankle) / abs(limb.end - limb.ankle)
    claw = hand * (0.9 if sketch.has(Trait.LARGE_CLAWS) else 0.55)
    if sketch.profile.family is Family.THERIZINOSAUR:
        claw = hand * (3.1 if sketch.has(Trait.LARGE_CLAWS) else 2.2) * sketch.growth
    elif sketch.profile.family is Family.SPINOSAUR:
        claw *= 1.2
    elif sketch.profile.family is Family.HADROSAUR:
        claw *= 0.3
    wide = min(plan.arm_width * 0.3, claw * 0.8)
    tint = _shaded(sketch.palette.claw, limb, 0.35)
    for i in range(count):
        turn = direction * polar(1, 24 - 26 * i)
        tip = limb.end + turn * hand * (1 if i == count // 2 else 0.85)
        drawing.fill(tint, horn(tip - turn * 4, tip + turn * polar(claw, -16), wide, 0.16))
        drawing.fill(colour, horn(limb.end, tip + turn * 3, plan.arm_width * 0.52, 0.06))


def _draw_wing(sketch: Sketch, limb: Limb) -> None:
    skeleton, palette = sketch.skeleton, sketch.palette
    reach = min(max(skeleton.plan.arm[1] * 1.5, 60), 125, limb.end.imag * 0.85) * skeleton.plumage
    tints = (palette.marking, palette.back) if limb.is_near else (palette.far_marking, palette.far)
    count = 8
    for i in range(count):
        part = i / (count - 1)
        base = between(limb.middle, limb.end, part)
        tip = base + polar(reach * (0.62 + 0.38 * part), 196 + 48 * part)
        sketch.drawing.fill(tints[i % 2], leaf(base, tip, 0.3, -0.06))


def _draw_bird_foot(sketch: Sketch, limb: Limb, colour: Rgb) -> None:
    drawing, plan = sketch.drawing, sketch.skeleton.plan
    long = plan.toes * plan.hip_height
    high = limb.end.imag - limb.ground if not limb.is_lifted else plan.shank * 0.3
    turn = polar(1, -75) if limb.is_lifted else 1 + 0j
    claw = _shaded(sketch.palette.claw, limb, 0.35)
    behind = mix(colour, SHADOW, 0.18)

    def put(points: Points) -> Points:
        return [limb.end + point * turn for point in points]

    for reach, down, tint in ((0.78, -0.35, behind), (1.0, 0.0, colour), (0.66, 0.28, colour)):
        floor = -high * (1 + down * 0.5)
        heel = [complex(-high * 0.55, floor + high * 0.2), high * (-0.5 + 0.5j)]
        end = ((0.55, 1.05), (1, 0.72), (1.03, 0.2), (0.8, 0), (0.1 / reach, 0))
        toe = placed(end, floor * 1j, long * reach, high)
        toe = [*heel, complex(long * 0.22, high * 0.42), *toe]
        base = complex(long * reach * 0.93, floor + high * 0.45)
        tip = complex(long * (reach + 0.24), floor + high * 0.05)
        drawing.fill(claw, put(horn(base, tip, high * 0.8, 0.14)))
        drawing.fill(tint, put(smooth(toe, closed=True, steps=3)))
    if sketch.profile.family is Family.SMALL_THEROPOD:  # the claw of raptors, off the ground
        size = 1.35 if sketch.has(Trait.LARGE_CLAWS) else 1.0
        toe = ellipse(complex(long * 0.12, high * 0.7), long * 0.17, high * 0.5, 14)
        base = complex(long * 0.2, high * 0.75)
        tip = base + complex(long * 0.34, -high * 0.25) * size
        drawing.fill(claw, put(horn(base, tip, high * 0.85, 0.42)))
        drawing.fill(colour, put(toe))


def _draw_hoofed_foot(sketch: Sketch, limb: Limb, colour: Rgb) -> None:
    drawing, plan = sketch.drawing, sketch.skeleton.plan
    shank, long = plan.shank, plan.toes * plan.hip_height
    foot, high = complex(limb.end.real, limb.ground), shank * 0.5
    instep = ((-shank * 0.40, 0.0), (-shank * 0.36, 0.9), (shank * 0.1, 1.7))
    toes = ((long * 0.62, 1.05), (long * 0.98, 0.45), (long, 0.0))
    drawing.fill(colour, smooth(placed((*instep, *toes), foot, 1, high)))
    hooves = [
        clipped(ellipse(foot + x, long * 0.22, high * 0.62), foot, 1 + 0j)
        for x in (long * 0.9, long * 0.46, long * 0.06)
    ]
    drawing.fill(_shaded(sketch.palette.horn, limb, 0.4), *hooves)


def _draw_nails(sketch: Sketch, limb: Limb, width: float) -> None:
    foot = complex(limb.end.real, limb.ground)
    nails = [
        clipped(ellipse(foot + width * part, width * size, width * size * 1.35), foot, 1 + 0j)
        for part, size in ((0.46, 0.15), (0.16, 0.14), (-0.12, 0.12))
    ]
    sketch.drawing.fill(_shaded(sketch.palette.horn, limb, 0.4), *nails)


def _draw_bands(sketch: Sketch, tube: Tube, is_near: bool) -> None:
    """Draw the markings of a limb."""
    drawing, palette = sketch.drawing, sketch.palette
    tint = palette.marking if is_near else palette.far_marking
    if sketch.profile.pattern is Pattern.RINGS:
        for s in (0.56, 0.68, 0.80):
            drawing.fill(tint, tube.band(s, s + 0.045, 1, -1))
    elif sketch.profile.pattern is Pattern.STRIPES:
        for s in (0.55, 0.64, 0.73, 0.82):
            drawing.fill(
                tint,
                tube.patch([(s, -1), (s + 0.035, -1), (s + 0.025, 0.2), (s + 0.005, 0.8), (s, 0)]),
            )
    elif sketch.profile.pattern is Pattern.SPOTS:
        for s, v in ((0.34, 0.25), (0.42, -0.3), (0.52, 0.2), (0.62, -0.1), (0.71, 0.1)):
            drawing.disc(tint, tube.at(s, v), tube.width(s) * 0.10)
