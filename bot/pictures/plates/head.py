"""The head: skull, jaw, teeth and eye, with horns, frills, crests and domes."""

import cmath
import math

from bot.creatures.profile import Diet, Family, Pattern, Temper, Trait
from bot.pictures.plates.drawing import mix, rgb
from bot.pictures.plates.geometry import between, clipped, ellipse, horn, leaf, lerp, polar, smooth
from bot.pictures.plates.palette import BONE, CREAM, SHADOW
from bot.pictures.plates.skeleton import Head, Sketch
from bot.pictures.plates.skulls import Outline

PUPIL = rgb("17131c")
MOUTH = rgb("7c2b35")
TONGUE = rgb("d0707a")
EYE_RING = 1.28
"""Radius of the ring around the eye, in radii of the eye."""

TUBE = (
    (0.62, 0.05), (0.45, 0.22), (0.20, 0.36), (-0.25, 0.52), (-0.62, 0.56), (-0.70, 0.47),
    (-0.55, 0.40), (-0.20, 0.28), (0.02, 0.12), (0.2, 0.0),
)  # fmt: skip
"""A crest as of *Parasaurolophus*, in units of the skull."""
HELMET = (
    (0.66, 0.04), (0.58, 0.24), (0.42, 0.44), (0.18, 0.50), (-0.02, 0.38), (-0.08, 0.16), (0.2, 0.0)
)  # fmt: skip
"""A crest as of *Corythosaurus*."""
BLADES = (
    (0.84, 0.06), (0.72, 0.30), (0.52, 0.42), (0.30, 0.42), (0.12, 0.34), (0.02, 0.24), (0.2, 0.05)
)  # fmt: skip
"""A crest as of *Dilophosaurus*."""
CASQUE = ((0.56, 0.06), (0.50, 0.28), (0.34, 0.46), (0.14, 0.42), (0.02, 0.18), (0.2, 0.0))
"""A crest as of a cassowary."""
DOME = (
    (0.27, -0.30), (0.16, 0.28), (0.01, 0.80), (-0.13, 1), (-0.29, 0.76), (-0.39, 0.1),
    (-0.41, -0.5), (-0.1, -0.24),
)  # fmt: skip
"""A dome, in skull lengths and heights of the dome, from above the eye."""
SHINE = ((0.06, 0.42), (-0.03, 0.72), (-0.14, 0.82))
KNOBS = ((-0.41, -0.12), (-0.40, 0.0), (-0.30, 0.03), (-0.20, 0.02), (0.2, -0.01))
FRILL = (
    (72, 0.5), (96, 0.76), (120, 1.04), (144, 1.16), (168, 1.02), (192, 0.76), (216, 0.54),
    (240, 0.42),
)  # fmt: skip
"""Directions in degrees and distances of its rim."""
OWN_FRILLS = (
    FRILL,
    ((72, 0.42), (92, 0.95), (112, 1.42), (130, 1.56), (150, 1.30), (175, 0.84), (210, 0.54),
     (240, 0.42)),
    ((72, 0.55), (96, 0.92), (116, 1.04), (140, 1.34), (162, 1.36), (186, 0.90), (214, 0.62),
     (240, 0.44)),
    ((72, 0.42), (96, 0.60), (120, 0.76), (144, 0.84), (168, 0.80), (192, 0.68), (216, 0.52),
     (240, 0.42)),
)  # fmt: skip
"""Frills of ceratopsians: round, high, square and small."""
CHEEK_HORNS = {
    Family.ANKYLOSAUR: (
        ((0.06, 0.2), (-0.19, 0.3), 0.2),
        ((0.1, -0.2), (-0.06, -0.42), 0.18),
    ),
    Family.CERATOPSIAN: (((0.09, -0.13), (-0.16, -0.27), 0.12),),
}
"""Base, tip and width, in units of the skull."""


def draw_throat(sketch: Sketch) -> None:
    """Draw the skin between jaw and neck, below the markings of the neck."""
    head, body, nape = sketch.skeleton.head, sketch.body, sketch.skeleton.nape
    chin = _chin(head)[-14:-2]
    reach = (0.6 if sketch.profile.family is Family.CERATOPSIAN else 0.34) * head.length
    places = [nape - reach / body.length * i / 12 for i in range(1, 13)]
    low = max(places, key=lambda s: cmath.phase(chin[0] - body.at(s, -1)))  # no dent above it
    neck = [body.at(nape, 0), body.at(low, -0.4), body.at(low, -1)]
    outline = [*chin, head.at(*head.skull.top[0]), *neck]
    sketch.drawing.fill(sketch.palette.belly, outline)


def draw_head(sketch: Sketch) -> None:
    """Draw the head from jaw to horns."""
    drawing, head, palette = sketch.drawing, sketch.skeleton.head, sketch.palette
    skull = head.skull
    top = smooth(head.points(skull.top))
    mouth = smooth(head.points((skull.top[-1], *skull.mouth, skull.top[0])))
    if sketch.has(Trait.CREST):
        _draw_crest(sketch)
    _draw_jaw(sketch, mouth)
    if skull.teeth or sketch.has(Trait.LARGE_TEETH):
        _draw_teeth(sketch, is_large=sketch.has(Trait.LARGE_TEETH))
    cranium = top + mouth[1:-1]
    has_horns = sketch.has(Trait.BROW_HORNS) or sketch.profile.family is Family.CERATOPSIAN
    if has_horns:
        _draw_brow_horn(sketch, is_near=False)
    drawing.fill(palette.base, cranium)
    forward, upward = head.turn / head.length, head.turn * 1j / head.length
    above = head.at(skull.eye[0], skull.eye[1] + skull.eye[2] * 0.9)
    crown = clipped(cranium, above, forward * polar(1, 11))
    if crown:
        drawing.fill(palette.back, crown)
    cheek = clipped(cranium, head.at(0, skull.mouth[-1][1] + 0.09), -forward)
    cheek = clipped(cheek, head.at(0.30, 0), upward) if cheek else cheek
    if cheek:
        drawing.fill(mix(palette.belly, palette.base, 0.3), cheek)
    if skull.beak < 1:
        beak = clipped(cranium, head.at(skull.beak, 0), -upward * polar(1, 12))
        drawing.fill(palette.horn, beak)
    if sketch.profile.pattern in (Pattern.STRIPES, Pattern.RINGS, Pattern.SADDLES):
        x, y, radius = skull.eye
        start, end = head.at(x - radius, y + radius * 0.3), head.at(x - 0.24, y - 0.02)
        drawing.fill(palette.marking, leaf(start, end, 0.36))
        if skull.beak > 1:
            start, end = head.at(x + radius, y - radius * 0.2), head.at(x + 0.27, y - radius * 1.6)
            drawing.fill(palette.marking, leaf(start, end, 0.26))
    drawing.line(palette.crease, max(1.6, head.length * 0.014), mouth[4:-2])
    x, y = skull.nostril
    drawing.fill(
        mix(palette.crease, SHADOW, 0.4),
        ellipse(head.at(x, y), head.length * 0.026, head.length * 0.015, 25),
    )
    if sketch.profile.family is Family.PACHYCEPHALOSAUR or sketch.has(Trait.DOME):
        _draw_dome(sketch)
    for base, tip, width in CHEEK_HORNS.get(sketch.profile.family, ()):
        drawing.fill(palette.horn, horn(head.at(*base), head.at(*tip), head.length * width))
    if sketch.has(Trait.NOSE_HORN) or sketch.profile.family is Family.CERATOPSIAN:
        _draw_nose_horn(sketch)
    if has_horns:
        _draw_brow_horn(sketch, is_near=True)
    _draw_eye(sketch, cranium)


def _draw_jaw(sketch: Sketch, mouth: list[complex]) -> None:
    drawing, head, palette = sketch.drawing, sketch.skeleton.head, sketch.palette
    skull = head.skull
    chin = _chin(head)
    lip = head.opened(mouth[6:][::-1])
    if head.gape > 3:
        upper, lower = mouth[10:], lip[:-4]  # the cheeks end before the tips
        back = between(between(upper[0], lower[-1], 0.5), mouth[-1], 0.12)
        hollow = [*upper, *lower, back]
        drawing.fill(MOUTH, hollow)
        tongue = (0.3, skull.mouth[-1][1] + 0.01), (0.72, skull.mouth[0][1] - 0.01)
        start, end = head.opened(head.points(tongue))
        drawing.fill(TONGUE, leaf(start, end, 0.2, 0.06))
        if skull.beak < 1:  # cheeks keep the plants in the mouth
            cheek = clipped(hollow, head.at(0.5, 0), head.turn * 1j)
            drawing.fill(mix(palette.belly, palette.base, 0.3), cheek)
    jaw = lip + chin
    drawing.fill(palette.belly, jaw)
    if skull.beak < 1:
        direction = -1j * head.turn / head.length * polar(1, -head.gape)
        tip = clipped(jaw, head.opened([head.at(skull.beak + 0.03, 0)])[0], direction)
        if tip:
            drawing.fill(palette.horn, tip)


def _chin(head: Head) -> list[complex]:
    """The lower edge of the jaw, to its joint."""
    return smooth(head.opened(head.points((*head.skull.jaw, head.skull.top[0]))))


def _draw_teeth(sketch: Sketch, *, is_large: bool) -> None:
    drawing, head = sketch.drawing, sketch.skeleton.head
    skull = head.skull
    count = skull.teeth or 7
    size = skull.tooth * (1.7 if is_large else 1.0)
    upper = smooth(head.points((skull.top[-1], *skull.mouth)))
    lower = head.opened(upper)
    down = -1j * head.turn
    teeth = []
    last = int(len(upper) * 0.66)
    for i in range(count):
        at = 6 + (last - 7) * i / count  # the first one behind the tip of the lower jaw
        length = size * (1 - 0.45 * i / count) * (0.8 + 0.3 * math.sin(i * 2.4))
        for row, direction in ((upper, down), (lower, -down)):
            if row is lower and (head.gape < 3 or i % 2 or i == 0):
                continue
            base = between(row[int(at)], row[int(at) + 1], at % 1)
            root, tip = base - direction * 0.02, base + direction * length
            teeth.append(horn(root, tip, head.length * size * 0.62))
    drawing.fill(mix(BONE, CREAM, 0.6), *teeth)


def _draw_eye(sketch: Sketch, cranium: list[complex]) -> None:
    """Draw the eye, with its ring inside the skull. Its lid shows the temper."""
    drawing, head, palette = sketch.drawing, sketch.skeleton.head, sketch.palette
    x, y, radius = head.skull.eye
    factor = (1.4 if sketch.has(Trait.LARGE_EYES) else 1.0) * (1 if sketch.growth == 1 else 1.6)
    centre = head.at(x, y)
    room = min(abs(point - centre) for point in cranium)
    size = min(max(radius * head.length * 1.12, 5.6) * factor, room / EYE_RING)
    forward = head.turn / head.length
    drawing.disc(mix(palette.base, SHADOW, 0.62), centre, size * EYE_RING)
    drawing.disc(palette.eye, centre, size)
    drawing.disc(PUPIL, centre + forward * size * 0.14, size * 0.6)
    lids = {
        Temper.FIERCE: (0.30, -24),
        Temper.GRUMPY: (0.12, -16),
        Temper.PROUD: (0.25, -5),
        Temper.CALM: (0.22, 6),
        Temper.SOCIABLE: (0.62, 8),
        Temper.CURIOUS: (0.85, 0),
    }
    if sketch.profile.temper in lids:
        height, angle = lids[sketch.profile.temper]
        round_eye = ellipse(centre, size * EYE_RING, size * EYE_RING)
        edge = centre + forward * 1j * size * height
        drawing.fill(palette.back, clipped(round_eye, edge, forward * polar(1, angle)))
    drawing.disc(rgb("ffffff"), centre + size * complex(0.34, 0.3), size * 0.25)


def draw_frill(sketch: Sketch) -> None:
    """Draw what stands between neck and head."""
    drawing, head, palette = sketch.drawing, sketch.skeleton.head, sketch.palette
    is_own = sketch.profile.family is Family.CERATOPSIAN
    size = (0.72 if sketch.has(Trait.FRILL) else 0.5) if is_own else 0.55
    size *= sketch.variation.within("frill", 0.92, 1.1) * lerp(0.5, 1, sketch.growth)
    spiky = sketch.has(Trait.FRILL_SPIKES)
    centre = head.at(0.16, 0.02)
    shape = sketch.variation.choice("frill shape", OWN_FRILLS) if is_own else FRILL
    rim = [centre + head.turn * polar(size * part, angle) for angle, part in shape]
    outline = smooth(rim)
    spikes = []
    for i in range(1, 6):
        direction = (rim[i] - centre) / abs(rim[i] - centre)
        length = head.length * ((0.34 if i < 4 else 0.16) if spiky else 0.07)
        base, tip = rim[i] - direction * head.length * 0.04, rim[i] + direction * length
        spikes.append(horn(base, tip, head.length * 0.15, -0.06 if spiky else 0))
    drawing.fill(palette.horn, *spikes)
    edge = [head.at(0.32, 0.24), *outline, head.at(0.2, -0.3)]
    drawing.fill(palette.back, edge)  # so that it stands out from the neck
    centre = head.at(0.2, 0.0)
    inner = [between(point, centre, 0.13) for point in outline[2:-4]]
    tint = mix(palette.accent, palette.base, 0.12)
    drawing.fill(tint, [head.at(0.3, 0.2), *inner, head.at(0.2, -0.1)])
    if sketch.profile.pattern in (Pattern.SPOTS, Pattern.SADDLES, Pattern.RINGS):
        for at, radius in ((rim[2], 0.085), (rim[4], 0.075)):
            spot = between(at, centre, 0.38)
            drawing.disc(palette.back, spot, head.length * radius)
            drawing.disc(palette.belly, spot, head.length * radius * 0.62)
            drawing.disc(palette.back, spot, head.length * radius * 0.3)
    elif sketch.profile.pattern is Pattern.STRIPES:
        rays = [leaf(between(at, centre, 0.18), between(at, centre, 0.7), 0.24) for at in rim[1:7]]
        drawing.fill(palette.back, *rays)


def _draw_brow_horn(sketch: Sketch, *, is_near: bool) -> None:
    drawing, head, palette = sketch.drawing, sketch.skeleton.head, sketch.palette
    x, y, radius = head.skull.eye
    own = sketch.profile.family is Family.CERATOPSIAN
    length = (0.66 if own else 0.3) if sketch.has(Trait.BROW_HORNS) else 0.2
    length *= sketch.growth
    width, angle, bend = 0.15 if own else 0.13, 62.0, -0.14
    if own:
        length *= sketch.variation.within("brow horn", 0.7, 1.25)
        angle = sketch.variation.within("brow angle", 18, 70)
        bend = sketch.variation.within("brow bend", -0.28, 0.16)
    low = min(y + radius + 0.05, max(y for _, y in head.skull.top) - width / 2 - 0.01)
    base = head.at(x + (-0.01 if is_near else 0.06), low)
    tip = base + head.turn * polar(length, angle)
    colour = palette.horn if is_near else mix(palette.horn, SHADOW, 0.25)
    drawing.disc(colour, base, head.length * width / 2)
    drawing.fill(colour, horn(base, tip, head.length * width, bend))


def _draw_nose_horn(sketch: Sketch) -> None:
    drawing, head, palette = sketch.drawing, sketch.skeleton.head, sketch.palette
    x = head.skull.nostril[0] - 0.06
    above = [
        between(complex(*a), complex(*b), 0.5)
        for a, b in zip(head.skull.top, head.skull.top[1:], strict=False)
        if b[0] > a[0] and b[0] > x - 0.05
    ]
    base = head.at(above[0].real, above[0].imag - 0.05)
    own = sketch.profile.family is Family.CERATOPSIAN
    length = (0.36 if own else 0.24) if sketch.has(Trait.NOSE_HORN) else 0.16
    length *= sketch.growth
    if own:
        length *= sketch.variation.within("nose horn", 0.6, 1.35)
    tip = base + head.turn * polar(length, 72)
    drawing.fill(palette.horn, horn(base, tip, head.length * 0.16, 0.10))


def _draw_dome(sketch: Sketch) -> None:
    drawing, head, palette = sketch.drawing, sketch.skeleton.head, sketch.palette
    own = sketch.profile.family is Family.PACHYCEPHALOSAUR
    x, y, radius = head.skull.eye
    low = y + radius + 0.03
    height = (0.29 if sketch.has(Trait.DOME) else 0.21) if own else 0.18
    height *= sketch.growth
    dome, shine = (
        [head.at(x + dx, low + dy * height) for dx, dy in outline] for outline in (DOME, SHINE)
    )
    skin = mix(palette.accent, palette.base, 0.45)
    drawing.fill(skin, smooth(dome[:-1]) + dome[-1:])
    drawing.line(mix(skin, CREAM, 0.4), head.length * 0.035, smooth(shine))
    for dx, dy in KNOBS:
        drawing.disc(palette.horn, head.at(x + dx, low + dy), head.length * 0.038)


def _draw_crest(sketch: Sketch) -> None:
    drawing, head, palette = sketch.drawing, sketch.skeleton.head, sketch.palette
    which = sketch.variation.unit("crest")
    size = sketch.variation.within("crest size", 0.85, 1.15)
    if sketch.profile.family is Family.HADROSAUR:
        points: Outline = TUBE if which < 0.5 else HELMET
    else:
        points = BLADES if sketch.profile.diet is Diet.MEAT or which < 0.4 else CASQUE
    low = 0.1
    scaled = tuple((x, low + (y - low) * (size if y > low else 1)) for x, y in points)
    drawing.fill(palette.accent, smooth(head.points(scaled), closed=True))
    middle = head.at(0.25, 0.1)
    rim = smooth([between(p, middle, 0.16) for p in head.points(scaled[1:-2])])
    drawing.line(mix(palette.accent, SHADOW, 0.3), head.length * 0.03, rim)
