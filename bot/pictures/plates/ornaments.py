"""Ornaments of trunk and tail: plates, spikes, sails, clubs, armour, feathers, dewlaps."""

import math

from bot.creatures.profile import Family, Pose, Trait
from bot.pictures.plates.drawing import mix
from bot.pictures.plates.geometry import between, degrees, ellipse, horn, leaf, lerp, polar, smooth
from bot.pictures.plates.palette import CREAM, SHADOW
from bot.pictures.plates.skeleton import UNITS, Sketch

FOLD = ((0.18, 0.7), (0.42, 1.0), (0.72, 0.7))
"""Points of a dewlap, from chin to neck: where, and how deep."""


def draw_behind_body(sketch: Sketch) -> None:
    """Draw what rises from the back, so that the body hides its base."""
    if sketch.has(Trait.DEWLAP):
        _draw_dewlap(sketch)
    if sketch.has(Trait.SAIL) or sketch.profile.family is Family.SPINOSAUR:
        _draw_sail(sketch)
    if sketch.profile.family is Family.STEGOSAUR or sketch.has(Trait.PLATES):
        _draw_plates(sketch)
    if sketch.has(Trait.SPIKES) and sketch.profile.family is not Family.STEGOSAUR:
        _draw_back_spikes(sketch)
    if sketch.profile.family is Family.STEGOSAUR:
        _draw_tail_spikes(sketch)
    if sketch.skeleton.plumage:
        _draw_feathers(sketch)


def draw_on_body(sketch: Sketch) -> None:
    """Draw what lies on the near side."""
    drawing, skeleton, palette, body = sketch.drawing, sketch.skeleton, sketch.palette, sketch.body
    if sketch.profile.family is Family.ANKYLOSAUR:
        _draw_armour(sketch)
    if sketch.has(Trait.TAIL_CLUB):
        _draw_club(sketch)
    if sketch.has(Trait.SPIKES) and sketch.profile.family is Family.ANKYLOSAUR:
        base = body.at(skeleton.shoulder - 0.03, 0.15)
        tip = base + polar(0.115 * UNITS, 198)
        drawing.fill(palette.horn, horn(base, tip, 0.04 * UNITS, 0.12))


def _draw_dewlap(sketch: Sketch) -> None:
    drawing, skeleton, palette = sketch.drawing, sketch.skeleton, sketch.palette
    head, body = skeleton.head, skeleton.body
    size = head.length * {Pose.CALLING: 0.22, Pose.FEEDING: 0.10}.get(sketch.profile.pose, 0.15)
    chin = head.opened([head.at(0.42, head.skull.jaw[-2][1] + 0.06)])[0]
    reach = min((skeleton.nape - skeleton.shoulder) * 0.6, head.length * 1.1 / body.length)
    if head.turn.imag < -0.4 * head.length:  # it hangs from the jaw, no web to the neck
        reach, size = reach * 0.25, head.length * 0.2
    low = skeleton.nape - reach
    start, end = chin, body.at(low, -0.9)
    outwards = (end - start) / abs(end - start) * 1j  # away from the neck
    hang = (outwards - 1j) / abs(outwards - 1j) * size
    middle = (between(start, end, part) + hang * part_of for part, part_of in FOLD)
    outline = smooth([start, *middle, end])
    drawing.fill(palette.accent, [*outline, body.at(low, 0), body.at(skeleton.nape, 0)])


def _draw_sail(sketch: Sketch) -> None:
    drawing, skeleton, palette, body = sketch.drawing, sketch.skeleton, sketch.palette, sketch.body
    height = sketch.variation.within("sail", 0.11, 0.16) * UNITS
    if not sketch.has(Trait.SAIL):
        height *= 0.42 * sketch.growth
    elif sketch.profile.family is Family.SPINOSAUR:
        height *= 1.15
    start = skeleton.hip - 0.16
    end = skeleton.shoulder + (skeleton.nape - skeleton.shoulder) * 0.25
    dip = 0.25 if sketch.variation.unit("dip") < 0.35 else 0.0

    def rise(part: float) -> float:
        arch = math.pow(math.sin(math.pi * part**0.9), 0.62)
        return height * arch * (1 - dip * math.exp(-(((part - 0.5) / 0.1) ** 2)))

    parts = [i / 13 for i in range(14)]
    feet = [body.at(lerp(start, end, part), 0.4) for part in parts]
    tops = [body.at(lerp(start, end, part), 0.95) + polar(rise(part), 97) for part in parts]
    drawing.fill(palette.accent, smooth(tops) + feet[::-1])
    inner = [between(top, foot, 0.22) for top, foot in zip(tops, feet, strict=True)]
    drawing.fill(mix(palette.accent, palette.base, 0.45), smooth(inner) + feet[::-1])
    spine = mix(palette.accent, SHADOW, 0.35)
    for top, foot in zip(tops[1:-1], feet[1:-1], strict=True):
        drawing.line(spine, 3.2, [foot, between(foot, top, 0.93)], opacity=0.6)


def _draw_plates(sketch: Sketch) -> None:
    drawing, skeleton, palette, body = sketch.drawing, sketch.skeleton, sketch.palette, sketch.body
    own = sketch.profile.family is Family.STEGOSAUR
    largest = (0.15 if sketch.has(Trait.PLATES) else 0.12) if own else 0.08
    largest *= sketch.growth
    pointed = sketch.variation.unit("plates")
    places = body.row(0.21 if own else 0.16, skeleton.nape - 0.02, 17, 1.4)
    for is_far in (True, False):
        for i in range(1 if is_far else 0, len(places), 2):
            part = (i / (len(places) - 1)) * 0.92 + 0.04
            size = largest * UNITS * (0.26 + 0.74 * math.sin(math.pi * part) ** 1.1)
            base = body.at(places[i], 0.72)
            along = body.direction(places[i]) * size * (0.40 - 0.1 * pointed)
            up = body.direction(places[i]) * size * 1.2 * polar(1, 100)
            reach = abs(along) * 0.75 / body.length  # both corners of its base are in the body
            edges = (
                [body.at(places[i] - reach, 0.5), base - along + up * 0.45, base + up],
                [base + up, base + along * 1.05 + up * 0.42, body.at(places[i] + reach, 0.5)],
            )
            outline = [point for edge in edges for point in smooth(edge, steps=5)]
            tint = mix(palette.accent, SHADOW, 0.32) if is_far else palette.accent
            drawing.fill(tint, outline)
            if not is_far:
                core = [between(point, base + up * 0.42, 0.34) for point in outline]
                drawing.fill(mix(palette.accent, CREAM, 0.28), core)


def _draw_back_spikes(sketch: Sketch) -> None:
    drawing, skeleton, palette, body = sketch.drawing, sketch.skeleton, sketch.palette, sketch.body
    is_sauropod = sketch.profile.family is Family.SAUROPOD
    start = skeleton.shoulder - 0.04 if is_sauropod else skeleton.hip - 0.2
    if sketch.has(Trait.SAIL):  # none through it
        start = lerp(skeleton.shoulder, skeleton.nape, 0.25)
    end = skeleton.nape - 0.015
    count = max(3, round((end - start) * body.length / 25))
    places = body.row(start, end, count, 1.5)
    for is_far in (True, False):
        spikes = []
        for i in range(1 if is_far else 0, len(places), 2):
            s = places[i]
            rise = math.sin(math.pi * (0.15 + 0.75 * i / (len(places) - 1)))
            size = 0.055 * UNITS * (0.35 + 0.65 * rise)
            base = body.at(s, 0.7)
            up = body.direction(s) * 1j * polar(1, 26)
            spikes.append(horn(base, body.at(s, 1) + up * size, size * 0.42, -0.1))
        drawing.fill(mix(palette.horn, SHADOW, 0.3) if is_far else palette.horn, *spikes)


def _draw_tail_spikes(sketch: Sketch) -> None:
    """Draw two pairs of spikes, the far one of each darker. The tail hides their bases."""
    drawing, palette, body = sketch.drawing, sketch.palette, sketch.body
    length = (0.135 if sketch.has(Trait.SPIKES) else 0.105) * UNITS * sketch.growth
    far = mix(palette.horn, SHADOW, 0.35)
    for shift, rise, tint in ((0.018, 0.9, far), (0, 0.7, palette.horn)):
        for s in (0.085, 0.155):
            along = body.direction(s + shift)
            tip = body.at(s + shift, 1) + (rise * 1j - 0.72) * along * length
            base = body.at(s + shift + 0.012, 0.4)
            # No wider than the tail, or its root would come out below.
            width = min(0.04 * UNITS, 0.85 * body.width(s + shift))
            drawing.fill(tint, horn(base, tip, width, 0.08))


def _draw_armour(sketch: Sketch) -> None:
    drawing, skeleton, palette, body = sketch.drawing, sketch.skeleton, sketch.palette, sketch.body
    light, dark = mix(palette.horn, palette.base, 0.25), mix(palette.base, SHADOW, 0.35)
    is_spiky = sketch.has(Trait.SPIKES)
    places = body.row(0.14, skeleton.nape - 0.02, 28, 1.1)
    for v in (0.28, 0.64) if is_spiky else (0.28, 0.64, 0.97):
        for s in places[v == 0.64 :: 2]:
            along = body.direction(s)
            size = body.width(s) * 0.085
            base = body.at(s, v)
            if v < 0.9:
                angle = degrees(along)
                drawing.fill(dark, ellipse(base - 1j * size * 0.22, size * 1.1, size * 0.72, angle))
                drawing.fill(light, ellipse(base, size, size * 0.58, angle))
            else:
                up = along * 1j
                tip = base + (up * 1.5 - along * 0.9) * size
                drawing.fill(light, horn(base - up * size * 0.6, tip, size * 2.3, 0.1))
    for i in range(7):  # along the flank
        s = skeleton.hip - 0.05 + (skeleton.shoulder - skeleton.hip) * i / 6
        size = body.width(s) * (0.27 if is_spiky else 0.2)
        base = body.at(s, -0.06)
        tip = base + polar(size, 222)
        drawing.fill(dark, horn(base + size * 0.1, tip, size * 0.8, 0.1))
        drawing.fill(palette.horn, horn(base, tip, size * 0.56, 0.1))


def _draw_club(sketch: Sketch) -> None:
    drawing, palette, body = sketch.drawing, sketch.palette, sketch.body
    is_own = sketch.profile.family is Family.ANKYLOSAUR
    size = (0.05 if is_own else 0.036) * UNITS * sketch.variation.within("club", 0.9, 1.2)
    end = body.at(0.0, 0)
    direction = body.direction(0.0)
    angle = degrees(direction)
    centre = end + direction * size * 0.2
    dark = mix(palette.horn, SHADOW, 0.28)
    drawing.fill(dark, ellipse(centre + 0.3j * size, size * 0.95, size * 0.6, angle))
    for along, up, part in ((-0.62, 0.05, 0.6), (0.1, -0.12, 0.85)):
        lobe = centre + (direction * along + 1j * up) * size
        drawing.fill(palette.horn, ellipse(lobe, size * part, size * part * 0.72, angle))
    shine = centre + (direction * 0.15 + 0.18j) * size
    drawing.fill(mix(palette.horn, CREAM, 0.6), ellipse(shine, size * 0.4, size * 0.13, angle))


def _draw_tufts(
    sketch: Sketch, start: float, end: float, v: float, length: float, slope: float, count: int
) -> None:
    """Draw overlapping tufts that point to the tail."""
    body, tufts = sketch.body, []
    for i in range(count):
        s = start + (end - start) * i / (count - 1)
        backwards = -body.direction(s)
        tip = body.at(s, v) + backwards * polar(length, -slope if v > 0 else slope)
        tufts.append(leaf(body.at(s, v * 0.72), tip, 0.42))
    sketch.drawing.fill(sketch.palette.back if v > 0 else sketch.palette.belly, *tufts)


def _draw_feathers(sketch: Sketch) -> None:
    """Draw a fan at the tail, a mane and a fringe; of a raptor also a crown."""
    drawing, skeleton, palette, body = sketch.drawing, sketch.skeleton, sketch.palette, sketch.body
    is_raptor = sketch.profile.family is Family.SMALL_THEROPOD
    long = (0.1 if is_raptor else 0.07) * UNITS * skeleton.plumage
    long *= sketch.variation.within("feathers", *(0.65, 1.45) if is_raptor else (0.85, 1.2))
    fan = 11
    for i in range(fan):
        s = 0.02 + 0.24 * (fan - 1 - i) / (fan - 1)
        base, backwards = body.at(s, 0), -body.direction(s) * long * (1 - 0.35 * i / fan)
        pair = [leaf(base, base + backwards * polar(1, angle), 0.26) for angle in (-24, 24)]
        drawing.fill(palette.marking if i % 2 else palette.back, *pair)
    tip = body.at(0.0, 0) - body.direction(0) * long
    drawing.fill(palette.marking, leaf(body.at(0.05, 0), tip, 0.26))
    shoulder, nape = skeleton.shoulder, skeleton.nape
    _draw_tufts(sketch, 0.26, shoulder, 0.95, long * 0.5, 16, 26)
    _draw_tufts(sketch, shoulder, nape + 0.012, 0.95, long * 0.55, 30, 12)
    _draw_tufts(sketch, skeleton.hip + 0.03, nape - 0.02, -0.9, long * 0.36, 24, 24)
    if is_raptor:
        head = skeleton.head
        size = sketch.variation.within("crown", 0.2, 0.6)
        crown = (
            leaf(head.at(x, y - 0.06), head.at(x, y) + head.turn * polar(size, angle), 0.3)
            for x, y, angle in ((0.0, 0.1, 172), (0.06, 0.16, 156), (0.14, 0.19, 140))
        )
        drawing.fill(palette.marking, *crown)
