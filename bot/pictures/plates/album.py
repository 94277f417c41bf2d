"""Album: the pairs of family and period, as animals that somebody has and silhouettes of others."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from bot.creatures.animal import profile_of
from bot.creatures.profile import Family, Period, Pose, Profile
from bot.creatures.rarity import rarity_of
from bot.creatures.tables import load_families
from bot.pictures.plates.captions import PAPER, STYLE, draw_caption, draw_paper, font_size
from bot.pictures.plates.company import silhouette
from bot.pictures.plates.creature import creature
from bot.pictures.plates.drawing import Drawing, mix, rgb
from bot.pictures.plates.geometry import Points
from bot.pictures.plates.palette import SHADOW
from bot.pictures.svg import svg_of
from bot.pictures.text import is_drawable
from data.phrases import Showable

WIDTH, HEIGHT, SCALE = 1000, 796, 0.75
"""Size in units, and the pixels of one: almost twice as many as where it is shown."""
LABELS = 352.0
"""Width of the families' names."""
CELL, ROW = 107.0, 53.0
"""Width of a column and height of a row."""
HEADS = (1, 3, 2)
"""How many parts each period has."""
EMPTY, SHAPE = mix(PAPER, SHADOW, 0.09), mix(PAPER, SHADOW, 0.3)
SKY, GROUND, GOLD = rgb("cfe6e6"), rgb("d2c893"), rgb("e3ab22")
KNOWN = {
    Family.SMALL_THEROPOD: "Velociraptor",
    Family.LARGE_THEROPOD: "Allosaurus",
    Family.SPINOSAUR: "Spinosaurus",
    Family.ORNITHOMIMID: "Gallimimus",
    Family.THERIZINOSAUR: "Therizinosaurus",
    Family.SAUROPOD: "Diplodocus",
    Family.EARLY_SAUROPODOMORPH: "Plateosaurus",
    Family.STEGOSAUR: "Stegosaurus",
    Family.ANKYLOSAUR: "Ankylosaurus",
    Family.CERATOPSIAN: "Triceratops",
    Family.HADROSAUR: "Parasaurolophus",
    Family.PACHYCEPHALOSAUR: "Pachycephalosaurus",
}
"""Genera whose shapes stand for their families."""


def album_svg(wordings: Sequence[Sequence[Showable]], found: Sequence[Profile]) -> str:
    """The album of animals that somebody has. Of each pair, a rare one is drawn, or the first.

    wordings: the words in several languages: title, families, periods, and their parts in the
    order of `Period`. The first language is drawn of which the fonts have every letter.
    """
    title, *words = next(filter(_is_drawable, wordings), wordings[-1])
    families, periods, parts = words[:-9], words[-9:-6], words[-6:]
    size = font_size(WIDTH)
    page = Drawing()
    draw_paper(page, 0, 0, WIDTH, HEIGHT)
    draw_caption(page, title, complex(WIDTH / 2, HEIGHT - 34), size * 1.1, WIDTH - 30)
    column = 0
    for name, count in zip(periods, HEADS, strict=True):
        middle = complex(LABELS + (column + count / 2) * CELL, HEIGHT - 84)
        draw_caption(page, name, middle, size, count * CELL + (50 if count == 1 else -6))
        column += count
    for i, part in enumerate(parts):
        middle = complex(LABELS + (i + 0.5) * CELL, HEIGHT - 126)
        draw_caption(page, part, middle, size, CELL - 6)
    first: dict[tuple[Family, Period], Profile] = {}
    for profile in sorted(found, key=lambda profile: rarity_of(profile.name) is None):
        first.setdefault((profile.family, profile.period), profile)
    for row, (family, name) in enumerate(zip(Family, families, strict=True)):
        low = HEIGHT - 150 - (row + 1) * ROW
        end = complex(LABELS - 10, low + ROW / 2)
        draw_caption(page, name, end, size, LABELS - 18, align=1)
        for i, period in enumerate(Period):
            if period in load_families()[family].regions:
                place = complex(LABELS + i * CELL, low)
                _draw_cell(page, family, first.get((family, period)), place)
    high = round(HEIGHT * SCALE)
    raised = f'<g transform="translate(0 {high}) scale({SCALE})">'
    return svg_of(round(WIDTH * SCALE), high, raised, *page.elements, "</g>")


def _is_drawable(words: Sequence[Showable]) -> bool:
    return all(is_drawable(each, STYLE) for each in words)


def _draw_cell(page: Drawing, family: Family, profile: Profile | None, place: complex) -> None:
    if profile is None:
        page.fill(EMPTY, _box(place, 2, ROW))
        animal = _shape(family)
    else:
        if rarity_of(profile.name) is not None:
            page.fill(GOLD, _box(place, 0, ROW))
        inset = 2 if rarity_of(profile.name) is None else 5
        page.fill(SKY, _box(place, inset, ROW))
        page.fill(GROUND, _box(place, inset, 14))
        animal = creature(replace(profile, pose=Pose.STANDING)).drawing
    scale = min((CELL - 16) / (animal.right - animal.left), (ROW - 14) / animal.top)
    middle = (animal.left + animal.right) / 2 * scale
    page.add(animal, scale, place + complex(CELL / 2 - middle, 7))


def _box(place: complex, inset: float, high: float) -> Points:
    left, bottom = place.real + inset, place.imag + inset
    right, top = place.real + CELL - inset, place.imag + max(high - inset, inset)
    return [complex(left, bottom), complex(left, top), complex(right, top), complex(right, bottom)]


@cache
def _shape(family: Family) -> Drawing:
    known = replace(profile_of(KNOWN[family]), pose=Pose.STANDING)
    return silhouette(creature(known).drawing, SHAPE)
