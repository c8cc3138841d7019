"""Every change of pictures at every severity, on one sheet: `docs/robustness-pictures.jpg`.

The picture is drawn here, so that nobody's face or licence is in it; it is of 224 pixels, the size that the strengths
are published for. `python -m benchmarks robustness_pictures` draws the sheet.
"""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from audit.data.examples import Image as Picture
from audit.data.images import decode
from audit.probes.robustness.registry import PICTURES
from audit.probes.robustness.transform import Changed, seed_of

SHEET = Path(__file__).parents[1] / "docs" / "robustness-pictures.jpg"
SIDE, SHOWN, LEFT, TOP, GAP = 224, 132, 124, 30, 6
SEED, QUALITY = 15, 82


def drawn() -> Image.Image:
    """A hill, a house with a sign, a sun behind haze: edges, fine lines, letters, dark and light, even and mottled."""
    rows = np.linspace(0, 1, SIDE)[:, None, None]
    sky = np.array([92, 148, 206]) * (1 - rows) + np.array([244, 214, 176]) * rows
    picture = Image.fromarray(np.repeat(sky, SIDE, 1).astype(np.uint8))
    sun = Image.new("L", picture.size, 0)
    ImageDraw.Draw(sun).ellipse((150, 22, 196, 68), fill=235)
    picture.paste((255, 243, 200), mask=sun.filter(ImageFilter.GaussianBlur(2)))
    draw = ImageDraw.Draw(picture)
    draw.polygon([(0, 150), (70, 108), (150, 140), (224, 116), (224, 224), (0, 224)], fill=(78, 118, 70))
    rng = np.random.default_rng(SEED)
    for x, y in zip(rng.integers(0, SIDE, 900), rng.integers(150, SIDE, 900), strict=True):
        shade = int(rng.integers(-26, 26))
        draw.line((x, y, x, y - 4), fill=(78 + shade, 124 + shade, 66 + shade))
    draw.rectangle((44, 96, 128, 178), fill=(206, 188, 164))
    draw.polygon([(36, 98), (86, 56), (136, 98)], fill=(132, 62, 52))
    for line in range(6):
        draw.line((40 + 8 * line, 96 - 7 * line, 132 - 8 * line, 96 - 7 * line), fill=(104, 46, 40))
    draw.rectangle((92, 134, 114, 178), fill=(58, 44, 38))
    draw.rectangle((54, 112, 80, 136), fill=(40, 58, 84), outline=(240, 236, 226), width=2)
    draw.line((67, 112, 67, 136), fill=(240, 236, 226), width=2)
    draw.rectangle((146, 150, 206, 174), fill=(246, 244, 238), outline=(40, 40, 40))
    draw.text((155, 155), "ROOM 7", fill=(24, 24, 24), font=ImageFont.load_default(13))
    draw.line((176, 174, 176, 204), fill=(60, 52, 44), width=4)
    return picture


def main() -> None:
    """Draw the sheet; a change that is refused stays empty, and says why."""
    picture = drawn()
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    columns = 1 + max(len(one.severities) for one in PICTURES)
    width, height = LEFT + columns * (SHOWN + GAP), TOP + len(PICTURES) * (SHOWN + GAP)
    sheet = Image.new("RGB", (width, height), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(13)
    for column in range(columns):
        name = f"severity {column}" if column else "as it is"
        draw.text((LEFT + column * (SHOWN + GAP), 8), name, fill="black", font=font)
    for row, transform in enumerate(PICTURES):
        y = TOP + row * (SHOWN + GAP)
        draw.text((6, y + SHOWN // 2 - 8), transform.name.replace("_", " "), fill="black", font=font)
        for severity in range(len(transform.severities) + 1):
            x = LEFT + severity * (SHOWN + GAP)
            made = transform.apply(Picture(stream.getvalue()), severity, seed_of(SEED, "sheet"))
            if isinstance(made, Changed) and isinstance(made.example, Picture):
                tile = decode(made.example).pixels
                sheet.paste(tile.resize((SHOWN, SHOWN), Image.Resampling.LANCZOS), (x, y))
            else:
                draw.text((x + 4, y + SHOWN // 2), getattr(made, "reason", ""), fill="black", font=font)
    sheet.save(SHEET, quality=QUALITY, optimize=True)
    print(f"{SHEET}: {sheet.width} × {sheet.height}, {SHEET.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
