"""Sheet of forty plates, `docs/pictures/plates.webp`. Run with: python -m tools.plates"""

import io
from pathlib import Path

from PIL import Image

from bot.creatures.animal import profile_of
from bot.pictures.plates.plate import plate_svg
from bot.pictures.renderer import png_of_svg
from bot.words import WordFilter
from models.names.generator import NamesRequest, generate_names
from models.tasks import TASKS

PICTURE = Path("docs/pictures/plates.webp")
REQUEST = NamesRequest(count=40, seed=0)
COLUMNS, SCALE, GAP = 5, 0.4, 8


def main() -> None:
    """Draw the names in rows, transparent between them."""
    names = generate_names(TASKS["names"].load_shipped(), REQUEST, WordFilter().allows).names
    pngs = [io.BytesIO(png_of_svg(plate_svg(profile_of(name)))) for name in names]
    plates = [
        image.resize((int(image.width * SCALE), int(image.height * SCALE)))
        for image in map(Image.open, pngs)
    ]
    width, height = (size + GAP for size in plates[0].size)
    rows = -(-len(plates) // COLUMNS)
    sheet = Image.new("RGBA", (COLUMNS * width - GAP, rows * height - GAP))
    for number, plate in enumerate(plates):
        sheet.paste(plate, (number % COLUMNS * width, number // COLUMNS * height))
    sheet.save(PICTURE, quality=80, method=6)


if __name__ == "__main__":
    main()
