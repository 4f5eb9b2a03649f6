"""Automatic numbers of a Word document, such as »1.«, »Punkt 2:« and »a)«, computed from its list definitions."""

import re
from typing import Any

from lxml import etree

from .richtext.blocks import number_text

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
# Between private-use characters: the list, the number, its kind (as in RichList) and the number as displayed.
_OPEN, _CLOSE = "\ue0f0", "\ue0f1"
NUMBER_MARK = re.compile(rf"(?<!\s)\s*{_OPEN}(\d+):(\d+):([1aAiI]):([^{_OPEN}{_CLOSE}]*){_CLOSE}")
# Word's names of the kinds of a RichList.
NUMBER_FORMATS = {"1": "decimal", "a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman"}
_KINDS = {number_format: kind for kind, number_format in NUMBER_FORMATS.items()}
MAX_LEVEL = 9


def write_out_numbers(parts: dict[str, Any]) -> None:
    """Put a NUMBER_MARK before each numbered paragraph of the document. Bullets get no mark.

    `parts` are the parsed XML parts by name.
    """
    document, numbering = parts.get("word/document.xml"), parts.get("word/numbering.xml")
    if document is None or numbering is None:
        return
    lists = _NumberedLists(numbering, parts.get("word/styles.xml"))
    for paragraph in document.iter(f"{_W}p"):
        if mark := lists.mark(paragraph):
            run = etree.Element(f"{_W}r")
            etree.SubElement(run, f"{_W}t").text = mark
            properties = paragraph.find(f"{_W}pPr")
            paragraph.insert(0 if properties is None else 1, run)


def _value(element: Any, path: str) -> str:
    child = element.find("/".join(f"{_W}{step}" for step in path.split("/"))) if element is not None else None
    return "" if child is None else child.get(f"{_W}val") or ""


def _int(text: str, default: int) -> int:
    return int(text) if re.fullmatch(r"\d{1,5}", text) else default


class _NumberedLists:
    """The list definitions of a document, and the count of each list and level so far."""

    def __init__(self, numbering: Any, styles: Any) -> None:
        abstract = {e.get(f"{_W}abstractNumId"): e for e in numbering.iter(f"{_W}abstractNum")}
        self.levels: dict[str, dict[int, Any]] = {}
        self.starts: dict[str, dict[int, int]] = {}
        self.shared: dict[str, str] = {}  # lists that share a definition and its count
        for num in numbering.iter(f"{_W}num"):
            key = num.get(f"{_W}numId") or ""
            source = _value(num, "abstractNumId")
            self.levels[key] = {
                _int(e.get(f"{_W}ilvl") or "", 0): e for e in abstract.get(source, ()) if e.tag == f"{_W}lvl"
            }
            self.starts[key] = {}
            for override in num.iter(f"{_W}lvlOverride"):
                level = _int(override.get(f"{_W}ilvl") or "", 0)
                if start := _value(override, "startOverride"):
                    self.starts[key][level] = _int(start, 1)
                if (own := override.find(f"{_W}lvl")) is not None:
                    self.levels[key][level] = own
            self.shared[key] = key if self.starts[key] else f"a{source}"
        self.styles: dict[str, Any] = {}
        for style in styles.iter(f"{_W}style") if styles is not None else ():
            if style.get(f"{_W}type") == "paragraph":
                self.styles[style.get(f"{_W}styleId") or ""] = style
        self.counts: dict[str, dict[int, int]] = {}

    def mark(self, paragraph: Any) -> str:
        properties = paragraph.find(f"{_W}pPr")
        if properties is None:
            return ""
        key, level = self.numbering_of(properties)
        definition = self.levels.get(key, {}).get(level)
        is_numbered = key not in ("", "0") and _value(definition, "numFmt") not in ("bullet", "none", "")
        if not is_numbered or not "".join(paragraph.itertext()).strip():
            return ""
        number = self.count(key, level)
        shown = re.sub(r"%(\d)", lambda m: self.shown(key, int(m[1]) - 1), _value(definition, "lvlText"))
        kind = _KINDS.get(_value(definition, "numFmt"), "1")
        return f"{_OPEN}{re.sub(r'[^0-9]', '', key) or 0}:{number}:{kind}:{shown}{_CLOSE}"

    def numbering_of(self, properties: Any) -> tuple[str, int]:
        """List and level from the paragraph's own properties, else from its style or a style that one is based on."""
        key, level = _value(properties, "numPr/numId"), _value(properties, "numPr/ilvl")
        name, seen = _value(properties, "pStyle"), 0
        while not key and name in self.styles and seen < 20:
            style = self.styles[name]
            key = _value(style, "pPr/numPr/numId")
            level = level or _value(style, "pPr/numPr/ilvl")
            if key and not level:
                linked = [n for n, e in self.levels.get(key, {}).items() if _value(e, "pStyle") == name]
                level = str(linked[0]) if linked else ""
            name, seen = _value(style, "basedOn"), seen + 1
        return key, min(_int(level, 0), MAX_LEVEL - 1)

    def start(self, key: str, level: int) -> int:
        definition = self.levels.get(key, {}).get(level)
        return self.starts.get(key, {}).get(level, _int(_value(definition, "start"), 1))

    def count(self, key: str, level: int) -> int:
        counts = self.counts.setdefault(self.shared[key], {})
        counts[level] = counts.get(level, self.start(key, level) - 1) + 1
        for deeper in [other for other in counts if other > level]:
            del counts[deeper]
        return counts[level]

    def shown(self, key: str, level: int) -> str:
        counts = self.counts.get(self.shared[key], {})
        number = counts.get(level, self.start(key, level))
        form = _value(self.levels.get(key, {}).get(level), "numFmt")
        return number_text(number, _KINDS.get(form, "1"))
