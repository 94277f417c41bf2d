"""Limbs: legs, feet, arms, hands."""

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
    polar,
    smooth,
)
from bot.pictures.plates.palette import SHADOW
from bot.pictures.plates.skeleton import Limb
from bot.pictures.plates.sketch import Sketch


def draw_leg(sketch: Sketch, limb: Limb) -> None:
    """Draw a hind leg with its foot. A far one is darker."""
    drawing, skeleton, palette = sketch.drawing, sketch.skeleton, sketch.palette
    plan = skeleton.plan
    thigh, shank = plan.thigh, plan.shank
    upper = limb.middle - limb.root
    if plan.foot is Foot.PILLAR:
        spine = [
            limb.root + thigh * (-0.10 + 0.42j),
            limb.root + upper * 0.12,
            limb.root + upper * 0.6,
            limb.middle,
            between(limb.middle, limb.ankle, 0.45),
            limb.ankle,
            complex(limb.end.real, _sole(limb)),
        ]
        front = [thigh * part for part in (0.34, 0.52, 0.46)]
        front += [shank * part for part in (0.62, 0.50, 0.48, 0.60)]
        back = [thigh * part for part in (0.34, 0.54, 0.44)]
        back += [shank * part for part in (0.50, 0.52, 0.46, 0.50)]
    else:
        spine = [
            limb.root + thigh * (-0.06 + 0.36j),
            limb.root + upper * 0.15,
            limb.root + upper * 0.62,
            limb.middle,
            between(limb.middle, limb.ankle, 0.34),
            between(limb.middle, limb.ankle, 0.8),
            limb.ankle,
            between(limb.ankle, limb.end, 0.5),
            limb.end,
        ]
        firm = 1.4 if plan.foot is Foot.HOOFED else 1.0  # no narrow ankles below a heavy body
        front = [thigh * part for part in (0.42, 0.62, 0.46)]
        front += [shank * part for part in (0.46, 0.40, 0.26 * firm, 0.28 * firm)]
        front += [shank * part * firm for part in (0.25, 0.30)]
        back = [thigh * part for part in (0.42, 0.62, 0.50)]
        back += [shank * part for part in (0.42, 0.62 / firm, 0.28 * firm, 0.28 * firm)]
        back += [shank * part * firm for part in (0.25, 0.30)]
    tube = Tube(spine, front, back, 0.25 if plan.foot is Foot.BIRD else 1.0)
    colour = palette.base if limb.is_near else palette.far
    if plan.foot is Foot.BIRD:
        drawing.disc(colour, limb.end, shank * 0.3)
        _draw_bird_foot(sketch, limb, colour)
    elif plan.foot is Foot.HOOFED:
        _draw_hoofed_foot(sketch, limb, shank, plan.toes * plan.hip_height, colour)
    drawing.fill(colour, _outline(tube, limb) if plan.foot is Foot.PILLAR else tube.outline())
    if plan.foot is Foot.PILLAR:
        _draw_nails(sketch, complex(limb.end.real, _sole(limb)), shank, limb.is_near)
    if limb.is_near and not limb.is_lifted:
        _draw_creases(sketch, tube, shank)
    _draw_bands(sketch, tube, limb.is_near)


def draw_foreleg(sketch: Sketch, limb: Limb) -> None:
    """Draw a fore leg that carries the body."""
    drawing, skeleton, palette = sketch.drawing, sketch.skeleton, sketch.palette
    width = skeleton.plan.arm_width
    is_hoofed = skeleton.plan.foot is Foot.HOOFED
    upper = limb.middle - limb.root
    foot = complex(limb.end.real, _sole(limb))
    spine = [
        limb.root + width * (-0.02 + 0.55j),
        limb.root + upper * 0.2,
        limb.root + upper * 0.65,
        limb.middle,
        between(limb.middle, limb.ankle, 0.5),
        limb.ankle,
        foot,
    ]
    front = [0.5, 0.66, 0.50, 0.46, 0.40, 0.36, 0.46]
    back = [0.5, 0.68, 0.54, 0.46, 0.40, 0.36, 0.42]
    tube = Tube(spine, [part * width for part in front], [part * width for part in back], 1.0)
    colour = palette.base if limb.is_near else palette.far
    drawing.disc(colour, spine[0], width * 0.5)
    drawing.fill(colour, _outline(tube, limb))
    _draw_nails(sketch, foot, width * (0.8 if is_hoofed else 0.84), limb.is_near)
    if limb.is_near:
        _draw_creases(sketch, tube, width)
    _draw_bands(sketch, tube, limb.is_near)


def _outline(tube: Tube, limb: Limb) -> list[complex]:
    """The outline of a limb, cut at the ground where it stands."""
    outline = tube.outline()
    return outline if limb.is_lifted else clipped(outline, complex(0, limb.ground), 1 + 0j)


def _draw_creases(sketch: Sketch, tube: Tube, width: float) -> None:
    """Set the upper half of a near limb off from the body, before and behind it."""
    crease = max(1.8, width * 0.05)
    for side, begin, end in ((0.98, 0.2, 0.45), (-0.98, 0.22, 0.43)):
        edge = tube.edge(side, begin, end)
        sketch.drawing.line(sketch.palette.crease, crease, edge, opacity=0.5)


def draw_arm(sketch: Sketch, limb: Limb) -> None:
    """Draw an arm that hangs, with fingers and claws."""
    drawing, skeleton, palette = sketch.drawing, sketch.skeleton, sketch.palette
    plan = skeleton.plan
    width = plan.arm_width
    upper = limb.middle - limb.root
    colour = palette.base if limb.is_near else palette.far
    spine = [
        limb.root + width * (0.1 + 0.75j),
        limb.root + upper * 0.2,
        limb.root + upper * 0.7,
        limb.middle,
        between(limb.middle, limb.ankle, 0.5),
        limb.ankle,
        limb.end,
    ]
    front = [0.56, 0.78, 0.52, 0.36, 0.36, 0.27, 0.26]
    back = [0.56, 0.78, 0.52, 0.40, 0.38, 0.27, 0.26]
    tube = Tube(spine, [part * width for part in front], [part * width for part in back], 1.2)
    if skeleton.plumage:
        _draw_wing(sketch, limb)
    _draw_hand(sketch, limb, colour)
    drawing.disc(colour, spine[0], width * 0.56)
    drawing.fill(colour, tube.outline())
    if limb.is_near:
        for side, end in ((-0.98, 0.42), (0.98, 0.24)):  # behind and before the shoulder
            edge = tube.edge(side, 0.04, end)
            drawing.line(palette.crease, max(1.8, width * 0.07), edge, opacity=0.5)


def _sole(limb: Limb) -> float:
    return limb.end.imag - 2 if limb.is_lifted else limb.ground


def _draw_hand(sketch: Sketch, limb: Limb, colour: Rgb) -> None:
    drawing, skeleton, palette = sketch.drawing, sketch.skeleton, sketch.palette
    plan = skeleton.plan
    count = plan.fingers or 3
    hand = plan.arm[2] * 0.75
    direction = (limb.end - limb.ankle) / abs(limb.end - limb.ankle)
    claw = hand * (0.9 if sketch.has(Trait.LARGE_CLAWS) else 0.55)
    if sketch.profile.family is Family.THERIZINOSAUR:
        claw = hand * (3.1 if sketch.has(Trait.LARGE_CLAWS) else 2.2)
    elif sketch.profile.family is Family.SPINOSAUR:
        claw *= 1.2
    elif sketch.profile.family is Family.HADROSAUR:
        claw *= 0.3
    wide = min(plan.arm_width * 0.3, claw * 0.8)
    tint = palette.claw if limb.is_near else mix(palette.claw, SHADOW, 0.35)
    for i in range(count):
        turn = direction * polar(1, 24 - 26 * i)
        tip = limb.end + turn * hand * (1 if i == count // 2 else 0.85)
        drawing.fill(tint, horn(tip - turn * 4, tip + turn * polar(claw, -16), wide, 0.16))
        drawing.fill(colour, horn(limb.end, tip + turn * 3, plan.arm_width * 0.52, 0.06))


def _draw_wing(sketch: Sketch, limb: Limb) -> None:
    drawing, skeleton, palette = sketch.drawing, sketch.skeleton, sketch.palette
    reach = min(max(skeleton.plan.arm[1] * 1.5, 60), 125, limb.end.imag * 0.85) * skeleton.plumage
    tints = (palette.marking, palette.back) if limb.is_near else (palette.far_marking, palette.far)
    count = 8
    for i in range(count):
        part = i / (count - 1)
        base = between(limb.middle, limb.end, part)
        tip = base + polar(reach * (0.62 + 0.38 * part), 196 + 48 * part)
        drawing.fill(tints[i % 2], leaf(base, tip, 0.3, -0.06))


def _draw_bird_foot(sketch: Sketch, limb: Limb, colour: Rgb) -> None:
    drawing, skeleton, palette = sketch.drawing, sketch.skeleton, sketch.palette
    plan = skeleton.plan
    long = plan.toes * plan.hip_height
    high = limb.end.imag - limb.ground if not limb.is_lifted else plan.shank * 0.3
    turn = polar(1, -75) if limb.is_lifted else 1 + 0j
    claw = palette.claw if limb.is_near else mix(palette.claw, SHADOW, 0.35)
    behind = mix(colour, SHADOW, 0.18)

    def put(points: Points) -> Points:
        return [limb.end + point * turn for point in points]

    for reach, down, tint in ((0.78, -0.35, behind), (1.0, 0.0, colour), (0.66, 0.28, colour)):
        floor = -high * (1 + down * 0.5)
        toe = [
            complex(-high * 0.55, floor + high * 0.2),
            complex(-high * 0.5, high * 0.5),
            complex(long * 0.22, high * 0.42),
            complex(long * 0.55 * reach, floor + high * 1.05),
            complex(long * reach, floor + high * 0.72),
            complex(long * reach * 1.03, floor + high * 0.2),
            complex(long * 0.8 * reach, floor),
            complex(long * 0.1, floor),
        ]
        base = complex(long * reach * 0.93, floor + high * 0.45)
        tip = complex(long * (reach + 0.24), floor + high * 0.05)
        drawing.fill(claw, put(horn(base, tip, high * 0.8, 0.14)))
        drawing.fill(tint, put(smooth(toe, closed=True, steps=3)))
    spur = complex(-long * 0.26, -high * 0.35)
    drawing.fill(claw, put(horn(complex(-high * 0.5, 0), spur, high * 0.7, -0.1)))
    if sketch.profile.family is Family.SMALL_THEROPOD:  # the claw of raptors, off the ground
        size = 1.35 if sketch.has(Trait.LARGE_CLAWS) else 1.0
        toe = ellipse(complex(long * 0.12, high * 0.7), long * 0.17, high * 0.5, 14)
        base = complex(long * 0.2, high * 0.75)
        tip = base + complex(long * 0.34, -high * 0.25) * size
        drawing.fill(claw, put(horn(base, tip, high * 0.85, 0.42)))
        drawing.fill(colour, put(toe))


def _draw_hoofed_foot(sketch: Sketch, limb: Limb, shank: float, long: float, colour: Rgb) -> None:
    drawing, palette = sketch.drawing, sketch.palette
    floor = _sole(limb) if not limb.is_lifted else limb.end.imag - shank * 0.4
    foot = complex(limb.end.real, floor)
    high = shank * 0.5
    outline = smooth(
        [
            foot + complex(-shank * 0.40, 0),
            foot + complex(-shank * 0.36, high * 0.9),
            foot + complex(shank * 0.1, high * 1.7),
            foot + complex(long * 0.62, high * 1.05),
            foot + complex(long * 0.98, high * 0.45),
            foot + complex(long, 0),
        ]
    )
    drawing.fill(colour, outline)
    tint = palette.horn if limb.is_near else mix(palette.horn, SHADOW, 0.4)
    hooves = [
        clipped(ellipse(foot + x, long * 0.22, high * 0.62), foot, 1 + 0j)
        for x in (long * 0.9, long * 0.46, long * 0.06)
    ]
    drawing.fill(tint, *hooves)


def _draw_nails(sketch: Sketch, foot: complex, width: float, is_near: bool) -> None:
    drawing, palette = sketch.drawing, sketch.palette
    tint = palette.horn if is_near else mix(palette.horn, SHADOW, 0.4)
    nails = []
    for part, size in ((0.46, 0.15), (0.16, 0.14), (-0.12, 0.12)):
        nail = ellipse(foot + width * part, width * size, width * size * 1.35)
        nails.append(clipped(nail, foot, 1 + 0j))
    drawing.fill(tint, *nails)


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
