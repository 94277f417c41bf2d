"""Nests and hatchlings as SVG: three eggs in a nest, and a young animal beside its shell."""

import math
from collections.abc import Sequence

from bot.creatures.profile import Pattern, Profile
from bot.creatures.rarity import Rarity, rarity_of
from bot.creatures.shells import SHELLS, egg_size
from bot.pictures.plates.creature import creature, hatched
from bot.pictures.plates.drawing import Drawing, Rgb, Variation, mix, rgb
from bot.pictures.plates.geometry import Points, clipped, ellipse, leaf, polar, smooth
from bot.pictures.plates.palette import COLOURS, CREAM, SHADOW, WHITE, palette_of
from bot.pictures.plates.plants import cycad, fern
from bot.pictures.plates.scenery import (
    DAYS,
    HEIGHT,
    WIDTH,
    Light,
    draw_open_land,
    light_of,
    shadow_of,
)
from bot.pictures.svg import svg_of

GROUND = 96.0
"""Height of the ground below the eggs, in pixels from the lower edge."""
EGG = 150.0
"""Width of the largest egg."""
STRAW = rgb("b08a4c")
ROOM, TWINS = (460, 320), 560
"""Largest width and height of a hatchling, and width of twins."""
SPECKLES = (
    (-0.55, 0.1, 0.09), (-0.2, 0.55, 0.1), (0.25, 0.3, 0.08), (0.55, -0.2, 0.09),
    (-0.1, -0.15, 0.1), (-0.5, -0.5, 0.08), (0.2, -0.6, 0.1), (0.1, 0.78, 0.07), (0.6, 0.25, 0.06),
    (-0.38, 0.32, 0.06),
)  # fmt: skip
"""Places and sizes of speckles, in half widths and half lengths of the egg."""
CRACK = (0.0, 0.2, -0.12, 0.14, -0.18, 0.2, -0.1, 0.16, 0.0)
"""Heights of the broken edge, in half lengths of the egg."""


def nest_svg(profiles: Sequence[Profile]) -> str:
    """Eggs in a nest, from left to right, that show the family and the size of their animals."""
    own = Variation(" ".join(profile.name for profile in profiles))
    light = own.choice("day", DAYS)
    drawing = Drawing()
    draw_open_land(drawing, WIDTH, HEIGHT, GROUND + 40, light, own)
    _draw_plants(drawing, light, own)
    middle = complex(WIDTH / 2, GROUND)
    drawing.fill(shadow_of(light), ellipse(middle - 34j, 372, 50))
    drawing.fill(mix(STRAW, SHADOW, 0.45), ellipse(middle + 10j, 338, 56))
    _draw_straw(drawing, middle + 20j, 0.35, own.part("behind"))
    for i, profile in enumerate(profiles):
        x = WIDTH / 2 + 190 * (i - (len(profiles) - 1) / 2)
        lean = own.within(f"lean {i}", -9, 9)
        _draw_egg(drawing, profile, complex(x, GROUND - 44 + abs(x - WIDTH / 2) * 0.06), lean)
    outer, inner = (
        [polar(1, 180 + 9 * i) for i in range(21)],
        [polar(1, 360 - 9 * i) for i in range(21)],
    )
    rim = [middle + complex(p.real * 358, p.imag * 88 + 8) for p in outer]
    rim += [middle + complex(p.real * 336, p.imag * 46 + 10) for p in inner]
    drawing.fill(mix(STRAW, SHADOW, 0.22), rim)
    _draw_straw(drawing, middle - 46j, 0.0, own.part("before"))
    return _svg(drawing)


def hatchling_svg(profile: Profile) -> str:
    """An animal on its first day, beside its shell. Twins come from one egg."""
    own = Variation(profile.name)
    light = light_of(profile, own)
    drawing = Drawing()
    draw_open_land(drawing, WIDTH, HEIGHT, GROUND + 30, light, own)
    _draw_plants(drawing, light, own)
    young = creature(hatched(profile), is_young=True)
    body = young.drawing
    wide = body.right - body.left
    room = TWINS if rarity_of(profile.name) is Rarity.TWINS else ROOM[0]
    scale = min(room / wide, ROOM[1] / body.top)
    shell = 0.4 * young.length * scale
    left = (WIDTH - wide * scale - shell * 1.5) / 2
    drawing.fill(shadow_of(light), ellipse(complex(WIDTH / 2, GROUND - 16), 330, 44))
    drawing.fill(mix(STRAW, SHADOW, 0.3), ellipse(complex(WIDTH / 2, GROUND - 4), 318, 40))
    _draw_straw(drawing, complex(WIDTH / 2, GROUND - 12), 0.2, own.part("straw"))
    _draw_shell(drawing, profile, complex(left + shell * 0.55, GROUND - 16), shell)
    at = complex(left + shell * 1.35 - body.left * scale, GROUND - 6)
    shadow = mix(shadow_of(light, palette_of(profile).far), SHADOW, 0.3)
    centre = at + (body.left + body.right) / 2 * scale
    drawing.fill(shadow, ellipse(centre + 1, wide * scale * 0.34, 9))
    drawing.add(body, scale, at)
    page = Drawing()
    is_flipped = own.unit("faces") < 0.5
    page.add(drawing, 1, complex(WIDTH if is_flipped else 0, 0), flipped=is_flipped)
    return _svg(page)


def _colours(profile: Profile) -> tuple[Rgb, Rgb]:
    """The colours of a shell and of its markings."""
    shell = SHELLS[profile.family]
    colour = mix(COLOURS[shell.colour], CREAM, 0.42)
    return colour, mix(COLOURS[shell.marking], colour, 0.2)


def _outline(wide: float, long: float) -> Points:
    """An egg that stands on the origin, narrower above."""
    points = []
    for i in range(14):
        at = polar(1, 90 - 360 * i / 14)
        points.append(complex(at.real * (1 - 0.14 * at.imag) * wide, (at.imag + 1) * long))
    return smooth(points, closed=True, steps=4)


def _markings(profile: Profile, wide: float, long: float) -> list[Points]:
    pattern = SHELLS[profile.family].pattern
    own = Variation(profile.name)
    side = 1 if own.unit("shell") < 0.5 else -1
    if pattern is Pattern.SPOTS:
        return [
            ellipse(
                complex(side * x * wide * (1 - 0.14 * y), (y + 1) * long),
                size * wide * (1.1 - abs(x) * 0.5),
                size * wide * 1.15,
            )
            for x, y, size in SPECKLES
        ]
    if pattern is Pattern.STRIPES:
        bands = []
        for y in (-0.5, -0.1, 0.3, 0.66):
            half = math.sqrt(1 - y * y) * (1 - 0.14 * y) * wide * 0.9
            start, end = complex(-half, (y + 1) * long), complex(half, (y + 1) * long)
            bands.append(leaf(start, end, 0.13, side * 0.06))
        return bands
    return []


def _draw_egg(drawing: Drawing, profile: Profile, foot: complex, lean: float) -> None:
    colour, marking = _colours(profile)
    wide = EGG / 2 * egg_size(profile)
    long = wide * SHELLS[profile.family].length
    turn = polar(1, lean)

    def put(points: Points) -> Points:
        return [foot + point * turn for point in points]

    outline = _outline(wide, long)
    drawing.fill(mix(colour, SHADOW, 0.24), put(outline))
    lit = [complex(p.real * 0.86 - wide * 0.1, long + (p.imag - long) * 0.93 + 2) for p in outline]
    drawing.fill(colour, put(lit))
    drawing.fill(marking, *map(put, _markings(profile, wide * 0.92, long)))
    light = ellipse(complex(-wide * 0.38, long * 1.45), wide * 0.15, long * 0.2, -18)
    drawing.fill(WHITE, put(light), opacity=0.6)


def _draw_shell(drawing: Drawing, profile: Profile, foot: complex, long: float) -> None:
    """Draw a broken shell: the lower half stands, the upper one lies before it."""
    colour, marking = _colours(profile)
    half = long / 2
    wide = half / SHELLS[profile.family].length * 1.15
    outline = _outline(wide, half)
    edge = [complex(wide * (1 - i / 4), half * (1.05 + rise)) for i, rise in enumerate(CRACK)]
    inside = [foot + complex(p.real, p.imag) for p in ellipse(half * 1.05j, wide, half * 0.2)]
    drawing.fill(mix(colour, SHADOW, 0.45), inside)
    low = [p for p in clipped(outline, half * 0.98j, -1 + 0j) if p.imag <= half]
    low.sort(key=lambda p: math.atan2(p.imag - half, p.real))
    cup = [foot + p for p in (*low, *edge)]
    drawing.fill(colour, cup)
    marks = [m for m in _markings(profile, wide * 0.9, half) if max(p.imag for p in m) < half]
    drawing.fill(marking, *([foot + p for p in mark] for mark in marks))
    turn, lie = polar(0.8, 158), foot + complex(-wide * 0.1, wide * 0.35 - 12)
    cap = [complex(-p.real, half - p.imag) for p in (*low, *edge)]
    drawing.fill(mix(colour, SHADOW, 0.12), [lie + complex(wide * 1.25, 0) + p * turn for p in cap])


def _draw_straw(drawing: Drawing, middle: complex, dark: float, own: Variation) -> None:
    """Draw the straw of a nest."""
    for i in range(30):
        at = middle + complex((i - 14.5) * 22.5, own.within(f"y {i}", -16, 16))
        at -= 1j * (abs(at.real - middle.real) / 360) ** 2 * -26
        turn = own.within(f"turn {i}", -32, 32)
        along = polar(own.within(f"long {i}", 26, 48), turn)
        tint = mix(mix(STRAW, CREAM, own.within(f"tint {i}", 0, 0.5)), SHADOW, dark)
        drawing.line(tint, 4, [at - along, at + along])


def _draw_plants(drawing: Drawing, light: Light, own: Variation) -> None:
    for i, (x, size) in enumerate(((34, 150), (112, 90), (690, 95), (768, 160))):
        tint = mix(light.plant, light.ground, own.within(f"tint {i}", 0.0, 0.25))
        plant = own.choice(f"plant {i}", (fern, cycad, fern))
        plant(drawing, complex(x, GROUND + 10), size, tint, own.part(f"plant {i}"))


def _svg(drawing: Drawing) -> str:
    raised = f'<g transform="translate(0 {HEIGHT})">'
    return svg_of(WIDTH, HEIGHT, raised, *drawing.elements, "</g>")
