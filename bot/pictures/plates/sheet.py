"""`python -m bot.pictures.plates.sheet NAMES.txt SHEET.webp`: many plates in one picture."""

import argparse
import io
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from bot.creatures.animal import profile_of
from bot.creatures.profile import Profile
from bot.pictures.plates.plate import plate_svg
from bot.pictures.plates.scenery import HEIGHT, WIDTH
from bot.pictures.renderer import png_of_svg

COLUMNS = 5
CELL = WIDTH * 2 // 5, HEIGHT * 2 // 5
GAP = 8


def sheet(profiles: Sequence[Profile]) -> Image.Image:
    """Plates in rows of `COLUMNS`, transparent between them."""
    rows = -(-len(profiles) // COLUMNS)
    size = COLUMNS * (CELL[0] + GAP) - GAP, rows * (CELL[1] + GAP) - GAP
    picture = Image.new("RGBA", size)
    for i, profile in enumerate(profiles):
        plate = Image.open(io.BytesIO(png_of_svg(plate_svg(profile)))).resize(CELL)
        row, column = divmod(i, COLUMNS)
        picture.paste(plate, (column * (CELL[0] + GAP), row * (CELL[1] + GAP)))
    return picture


def main() -> None:
    """Draw the creatures of the names in a file."""
    parser = argparse.ArgumentParser(description="Draw the plates of many names in one picture.")
    parser.add_argument("names", type=Path, help="text file with a name on each line")
    parser.add_argument("sheet", type=Path, help="the picture to write, such as plates.webp")
    arguments = parser.parse_args()
    names = arguments.names.read_text(encoding="utf-8").split()
    sheet([profile_of(name) for name in names]).save(arguments.sheet, optimize=True, quality=88)


if __name__ == "__main__":
    main()
