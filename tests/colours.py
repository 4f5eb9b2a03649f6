"""The colours of the stylesheets, and WCAG contrast."""

from typing import NamedTuple

from udsat.models.municipalities import Accent

# Page and text colours of the site and of print, light and dark. static/css has them as tokens.
PAPER, INK = "#fbf9f5", "#1d2327"
DARK_PAPER, DARK_INK = "#15191b", "#eceae5"
WHITE = "#ffffff"

TEXT_AAA = 7.0  # WCAG 2.2, 1.4.6
TEXT_AA = 4.5  # WCAG 2.2, 1.4.3


class Colours(NamedTuple):
    """Colours for the light and the dark theme: of text, lines and bands, and soft ones for backgrounds of text."""

    light: str
    dark: str
    light_soft: str
    dark_soft: str


COLOURS: dict[str, Colours] = {
    Accent.HAV: Colours("#0b5874", "#7cc3da", "#e3e9e8", "#25343a"),
    Accent.FJORD: Colours("#2b4a8b", "#a3b9f2", "#e6e8ea", "#2c333d"),
    Accent.SKOV: Colours("#1f5c3d", "#86cda3", "#e5e9e3", "#273631"),
    Accent.OKKER: Colours("#74490a", "#e6b85c", "#eee7de", "#363225"),
    Accent.TEGL: Colours("#8c3418", "#f0a286", "#f0e5df", "#382f2c"),
    Accent.HYBEN: Colours("#96223f", "#f3a0b0", "#f1e4e3", "#392f33"),
    Accent.BLOMME: Colours("#6b2e6b", "#d9a6dc", "#ede5e7", "#34303a"),
    Accent.LYNG: Colours("#574190", "#bdaef0", "#ebe7eb", "#30313d"),
    Accent.GRANIT: Colours("#454f57", "#b7c2ca", "#e9e8e5", "#2f3437"),
}


def luminance(colour: str) -> float:
    """Return the relative luminance of #rrggbb, 0 (black) to 1 (white), by WCAG 2.2. Raises ValueError for others."""
    if len(colour) != 7 or colour[0] != "#":
        raise ValueError(f"A colour is written #rrggbb, not {colour!r}.")
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours #rrggbb, 1 to 21, by WCAG 2.2."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)
