"""The pictures of the README and of the guide in the back office, taken by the browser tests that walk there."""

import io
from pathlib import Path

from PIL import Image, ImageChops, ImageStat

GUIDE = Path(__file__).resolve().parent.parent / "static" / "guide"


def take_picture(page, name, *, of=None, height=None):
    """Hold static/guide/<name>.png against the window, or the part `of` it; make the picture when it is missing.

    `height`: no more than so many pixels of it. When a page has a new look: delete its picture and run the test again.
    """
    now = (of or page).screenshot(animations="disabled")
    if height:
        now = _upper(now, height)
    path = GUIDE / f"{name}.png"
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        # A quarter of the weight, and no difference that an eye sees.
        Image.open(io.BytesIO(now)).convert("RGB").quantize(64).save(path, optimize=True)
    thumbnails = [
        Image.open(source).convert("L").resize((64, 43)) for source in (io.BytesIO(now), io.BytesIO(path.read_bytes()))
    ]
    difference = ImageStat.Stat(ImageChops.difference(*thumbnails)).mean[0]
    assert difference < 12, f"static/guide/{name}.png is out of date (differs by {difference:.0f} of 255)"


def _upper(picture, height):
    image, kept = Image.open(io.BytesIO(picture)), io.BytesIO()
    image.crop((0, 0, image.width, min(height, image.height))).save(kept, "PNG")
    return kept.getvalue()
