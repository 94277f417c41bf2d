"""Plates, strips and pages of the museum as SVG, without links or references."""

from collections.abc import Sequence

from bot.creatures.profile import Pose, Profile
from bot.pictures.plates.captions import (
    LEADING,
    Exhibited,
    draw_caption,
    draw_paper,
    draw_row,
    font_size,
    row_height,
)
from bot.pictures.plates.company import draw_company_before, draw_company_behind
from bot.pictures.plates.creature import creature
from bot.pictures.plates.drawing import Drawing, Variation
from bot.pictures.plates.geometry import ellipse
from bot.pictures.plates.palette import palette_of
from bot.pictures.plates.person import measure_of
from bot.pictures.plates.scenery import (
    DAYS,
    GROUND,
    HEIGHT,
    WIDTH,
    Light,
    draw_backdrop,
    draw_front,
    draw_open_land,
    light_of,
    shadow_of,
)
from bot.pictures.svg import svg_of

STRIP, IN_ROW = (1000, 230), 5
"""Size of a row of a strip without the names, and its animals."""
CELL, GAP = (296, 192), 6
MUSEUM = 3 * CELL[0] + 2 * GAP
"""Width of a page."""
LARGEST = 744, 376
"""Width of a creature and of what shows its size, and height of the creature, in a plate."""
FOOD = 50
"""Pixels of that for what it feeds on."""
TALLEST = 270
"""Pixels of a person. The creature becomes smaller until the person fits."""


def plate_svg(profile: Profile) -> str:
    """The plate of a profile: `WIDTH` by `HEIGHT` pixels."""
    return _svg(WIDTH, HEIGHT, _plate(profile))


def _plate(profile: Profile) -> Drawing:
    own = Variation(profile.name)
    light = light_of(profile, own)
    animal = creature(profile)
    body = animal.drawing
    wide = body.right - body.left
    measure = measure_of(profile, own)
    metre = animal.length / profile.length
    food = FOOD if profile.pose is Pose.FEEDING else 0
    if animal.mouth.imag > body.top / 2:  # a tree
        food *= 2
    scale = min(
        (LARGEST[0] - food) / (wide + measure.width * metre),
        LARGEST[1] / body.top,
        TALLEST / (measure.height * metre),
    )
    beside = measure.width * metre * scale
    left = (WIDTH - wide * scale - beside - food) / 2
    place = left + (wide * scale + beside * 0.56 if measure.is_ahead else beside * 0.44)
    at = complex(left + (0 if measure.is_ahead else beside) - body.left * scale, GROUND)
    drawing = Drawing()
    draw_backdrop(drawing, profile, light, own, [at + point * scale for point in animal.back])
    measure.draw(drawing, complex(place, GROUND + 6), metre * scale, light)
    draw_company_behind(drawing, profile, animal, scale, at, light)
    middle = at.real
    drawing.fill(
        shadow_of(light, palette_of(profile).far),
        ellipse(complex(middle + wide * scale * 0.06, GROUND + 1), wide * scale * 0.36, 9),
    )
    drawing.add(body, scale, at)
    draw_company_before(drawing, profile, animal, scale, at, light)
    mouth = at + animal.mouth * scale
    draw_front(drawing, profile, light, own, place, *([mouth.real] if mouth.imag < 240 else []))
    page = Drawing()
    page.add(drawing, 1, complex(WIDTH if _faces_left(own) else 0, 0), flipped=_faces_left(own))
    return page


def strip_svg(shown: Sequence[Exhibited]) -> str:
    """Up to ten animals with their names below, five in a row, on a ground of `STRIP` pixels."""
    width, height = STRIP
    count = len(shown)
    rows = [shown] if count <= IN_ROW else [shown[: -(-count // 2)], shown[-(-count // 2) :]]
    page = Drawing()
    low = 0.0
    for row in reversed(rows):
        high = row_height(width, len(row))
        land, middles = _row([profile for _name, profile in row])
        page.add(land, at=complex(0, low + high))
        draw_row(page, [name for name, _profile in row], middles, width, low)
        low += height + high
    return _svg(width, round(low), page)


def _row(profiles: Sequence[Profile]) -> tuple[Drawing, list[float]]:
    """Animals side by side on one ground, and the middle of each."""
    width, height = STRIP
    own = Variation(" ".join(profile.name for profile in profiles))
    light = own.choice("day", DAYS[:2])
    drawing = Drawing()
    draw_open_land(drawing, width, height, 48.0, light, own)
    room = min(width / len(profiles), 300), height * 0.72
    step = (width - 16 - room[0]) / max(1, len(profiles) - 1)
    middles = [8 + room[0] / 2 + step * i for i in range(len(profiles))]
    if len(profiles) == 1:
        middles = [width / 2]
    for i in sorted(range(len(profiles)), key=lambda i: i % 2 == 0):  # every other one in front
        ground = 26.0 if i % 2 == 0 else 48.0
        _draw_fitted(drawing, profiles[i], middles[i], ground, room, light)
    return drawing, middles


def museum_svg(shown: Sequence[Exhibited]) -> str:
    """Up to nine animals with their names in up to three columns, transparent between them.

    It is `MUSEUM` pixels wide: the fewer columns, the larger the cells. A single one is a plate.
    """
    wide, high = CELL if len(shown) > 1 else (WIDTH, HEIGHT)
    columns = 2 if len(shown) == 4 else min(len(shown), 3)
    scale = (MUSEUM - (columns - 1) * GAP) / columns / wide
    size = font_size(MUSEUM)
    paper = size * LEADING * 1.1
    step = high * scale + paper + GAP
    height = round(-(-len(shown) // columns) * step - GAP)
    page = Drawing()
    for i, (name, profile) in enumerate(shown):
        row, column = divmod(i, columns)
        place = complex(column * (wide * scale + GAP), height + GAP - (row + 1) * step)
        right = place.real + wide * scale
        page.add(_cell(profile) if len(shown) > 1 else _plate(profile), scale, place + paper * 1j)
        draw_paper(page, place.real, place.imag, right, place.imag + paper + 1)
        middle = complex((place.real + right) / 2, place.imag + paper / 2)
        draw_caption(page, name, middle, size, wide * scale - 10)
    return _svg(MUSEUM, height, page)


def _cell(profile: Profile) -> Drawing:
    wide, high = CELL
    own = Variation(profile.name)
    light = light_of(profile, own)
    drawing = Drawing()
    draw_open_land(drawing, wide, high, 32.0, light, own)
    _draw_fitted(drawing, profile, wide / 2, 32.0, (wide * 0.92, high * 0.78), light)
    return drawing


def _draw_fitted(
    drawing: Drawing,
    profile: Profile,
    middle: float,
    ground: float,
    room: tuple[float, float],
    light: Light,
) -> None:
    """Draw a creature with its shadow, as large as there is room."""
    animal = creature(profile).drawing
    wide = animal.right - animal.left
    scale = min(room[0] / wide, room[1] / animal.top)
    wide *= scale
    shadow = shadow_of(light, palette_of(profile).far)
    drawing.fill(shadow, ellipse(complex(middle, ground), wide * 0.36, wide * 0.013))
    flipped = _faces_left(Variation(profile.name))
    aside = (animal.left + animal.right) / 2 * scale * (-1 if flipped else 1)
    drawing.add(animal, scale, complex(middle - aside, ground), flipped=flipped)


def _faces_left(own: Variation) -> bool:
    return own.unit("faces") < 0.5


def _svg(width: int, height: int, drawing: Drawing) -> str:
    raised = f'<g transform="translate(0 {height})">'
    return svg_of(width, height, raised, *drawing.elements, "</g>")
