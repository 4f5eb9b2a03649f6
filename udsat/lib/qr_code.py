"""QR codes as SVG."""

import re
from typing import Any

import zxingcpp
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe


def qr_svg(url: str, title: str = "") -> SafeString:
    """Return a QR code as inline SVG in the colour of the text, one unit per module, without quiet zone.

    `title` is the text alternative. Raises ValueError if the address is empty or above some 2,300 bytes.
    """
    if not url:
        raise ValueError("A QR code needs an address.")
    code = zxingcpp.create_barcode(url, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    image: Any = code.to_image(scale=1, add_quiet_zones=False)  # its type differs between versions of Python
    rows: Any = memoryview(image).tolist()
    runs, size = [], len(rows)
    for y, values in enumerate(rows):
        row = "".join("1" if value == 0 else "0" for value in values)
        runs += [f"M{run.start()} {y}h{run.end() - run.start()}v1H{run.start()}z" for run in re.finditer("1+", row)]
    return mark_safe(  # only digits, and the title is escaped
        f'<svg class="qr" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" role="img">'
        f"<title>{escape(title or 'QR-kode til ' + url)}</title>"
        f'<path fill="currentColor" shape-rendering="crispEdges" d="{"".join(runs)}"/></svg>'
    )
