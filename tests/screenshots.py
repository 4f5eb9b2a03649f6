"""Screenshots for the README and the back-office guide, taken by browser tests."""

import io
from pathlib import Path

from PIL import Image, ImageChops, ImageStat

GUIDE = Path(__file__).resolve().parent.parent / "static" / "guide"


def check_screenshot(page, name, *, of=None, height=None):
    """Compare the page, or the element `of`, with static/guide/<name>.png, and save the file if it is missing.

    `height` limits the screenshot to that many pixels. To update a screenshot, delete the file and run the test again.
    """
    current = (of or page).screenshot(animations="disabled")
    if height:
        current = _crop(current, height)
    path = GUIDE / f"{name}.png"
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        # 64 colours: a quarter of the size without a visible difference.
        Image.open(io.BytesIO(current)).convert("RGB").quantize(64).save(path, optimize=True)
    thumbnails = [
        Image.open(source).convert("L").resize((64, 43))
        for source in (io.BytesIO(current), io.BytesIO(path.read_bytes()))
    ]
    difference = ImageStat.Stat(ImageChops.difference(*thumbnails)).mean[0]
    assert difference < 12, f"static/guide/{name}.png is out of date (differs by {difference:.0f} of 255)"


def _crop(screenshot, height):
    image, cropped = Image.open(io.BytesIO(screenshot)), io.BytesIO()
    image.crop((0, 0, image.width, min(height, image.height))).save(cropped, "PNG")
    return cropped.getvalue()
