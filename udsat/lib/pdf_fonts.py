"""The installed fonts, by fontconfig: their families and the characters they can draw."""

import ctypes
import functools
import re
import unicodedata
from typing import Any, NamedTuple

FAMILIES = ("Charis SIL", "Lato")
INSTALL = (
    "Install the Debian packages libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-lato fonts-sil-charis."
)


class PdfUnavailable(RuntimeError):
    """This machine cannot make PDFs. The message, in English, lists what its operator has to install."""


class _FontSet(ctypes.Structure):
    _fields_ = [("nfont", ctypes.c_int), ("sfont", ctypes.c_int), ("fonts", ctypes.POINTER(ctypes.c_void_p))]


class _Fonts(NamedTuple):
    library: Any
    charset: Any
    families: frozenset[str]


@functools.cache
def _fonts() -> _Fonts:
    """The font families in fontconfig, and the union of their character sets."""
    try:
        fc = ctypes.CDLL("libfontconfig.so.1")
    except OSError as error:
        raise PdfUnavailable(f"PDFs need fontconfig. {INSTALL}") from error
    pointer = ctypes.c_void_p
    signatures: list[tuple[str, Any, list[Any]]] = [
        ("FcInitLoadConfigAndFonts", pointer, []),
        ("FcConfigGetFonts", ctypes.POINTER(_FontSet), [pointer, ctypes.c_int]),
        ("FcPatternGetString", ctypes.c_int, [pointer, ctypes.c_char_p, ctypes.c_int, ctypes.POINTER(ctypes.c_char_p)]),
        ("FcPatternGetCharSet", ctypes.c_int, [pointer, ctypes.c_char_p, ctypes.c_int, ctypes.POINTER(pointer)]),
        ("FcCharSetCreate", pointer, []),
        ("FcCharSetMerge", ctypes.c_int, [pointer, pointer, pointer]),
        ("FcCharSetHasChar", ctypes.c_int, [pointer, ctypes.c_uint32]),
    ]
    for name, result, arguments in signatures:
        function = getattr(fc, name)
        function.restype, function.argtypes = result, arguments
    font_set = fc.FcConfigGetFonts(fc.FcInitLoadConfigAndFonts(), 0)
    charset, families = fc.FcCharSetCreate(), set()
    for pattern in font_set.contents.fonts[: font_set.contents.nfont] if font_set else ():
        characters, family = pointer(), ctypes.c_char_p()
        if fc.FcPatternGetCharSet(pattern, b"charset", 0, ctypes.byref(characters)) == 0:
            fc.FcCharSetMerge(charset, characters, None)
        if fc.FcPatternGetString(pattern, b"family", 0, ctypes.byref(family)) == 0 and family.value:
            families.add(family.value.decode("utf-8", "replace"))
    return _Fonts(fc, charset, frozenset(families))


def font_families() -> frozenset[str]:
    """Return the names of the installed families. Raises PdfUnavailable if there is no fontconfig."""
    return _fonts().families


# Format characters that are not drawn: soft hyphens, joiners, text direction, variation selectors.
_UNDRAWN = re.compile(r"[\u00ad\u034f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb]")


def missing_characters(text: str) -> set[str]:
    """Return the characters that no installed font can draw. A single one of them makes a PDF invalid.

    Raises PdfUnavailable if there is no fontconfig.
    """
    return {character for character in set(text) if not _can_be_drawn(character)}


def _can_be_drawn(character: str) -> bool:
    if "\x20" <= character <= "\x7e" or character in "\t\n\r" or _UNDRAWN.match(character):
        return True
    match unicodedata.category(character):
        case "Cc" | "Cs" | "Zl":
            return False
        case "Zs" | "Zp":
            return True
    fonts = _fonts()
    return bool(fonts.library.FcCharSetHasChar(fonts.charset, ord(character)))
