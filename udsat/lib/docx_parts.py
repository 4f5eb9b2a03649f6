"""The parts of a Word file that do not depend on its text: styles, settings, content types and relationships."""

import re
from collections.abc import Iterable

from lxml import etree

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
RELATIONSHIPS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006"
# Characters that XML 1.0 does not allow.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# A4 with margins of 2.5 cm, in twentieths of a point.
PAGE, MARGIN = (11906, 16838), 1418
TEXT_WIDTH = PAGE[0] - 2 * MARGIN
INDENT = 360
BULLETS = "•–•–•"


def w(tag: str, *children: etree._Element, **attributes: object) -> etree._Element:
    """Return an element in Word's namespace, with attributes in the same namespace."""
    element = etree.Element(f"{{{WORD}}}{tag}", nsmap={"w": WORD, "r": RELATIONSHIPS})
    for name, value in attributes.items():
        element.set(f"{{{WORD}}}{name}", str(value))
    element.extend(children)
    return element


def clean_text(text: str) -> str:
    """Return the text without characters that XML does not allow."""
    return _FORBIDDEN.sub("", text)


def content_types() -> etree._Element:
    names = f"{PACKAGE}/content-types"
    root = etree.Element(f"{{{names}}}Types", nsmap={None: names})
    relationship_type = "application/vnd.openxmlformats-package.relationships+xml"
    for extension, kind in (("rels", relationship_type), ("xml", "application/xml")):
        etree.SubElement(root, f"{{{names}}}Default", Extension=extension, ContentType=kind)
    word = "application/vnd.openxmlformats-officedocument.wordprocessingml"
    parts = {"/word/document.xml": f"{word}.document.main+xml"}
    parts |= {f"/word/{name}.xml": f"{word}.{name}+xml" for name in ("styles", "numbering", "settings", "footer")}
    parts["/docProps/core.xml"] = "application/vnd.openxmlformats-package.core-properties+xml"
    parts["/docProps/app.xml"] = "application/vnd.openxmlformats-officedocument.extended-properties+xml"
    for part, kind in parts.items():
        etree.SubElement(root, f"{{{names}}}Override", PartName=part, ContentType=kind)
    return root


def relationships(relations: Iterable[tuple[str, str, str]]) -> etree._Element:
    names = f"{PACKAGE}/relationships"
    root = etree.Element(f"{{{names}}}Relationships", nsmap={None: names})
    for name, kind, target in relations:
        element = etree.SubElement(root, f"{{{names}}}Relationship", Id=name, Type=kind, Target=clean_text(target))
        if kind.endswith("/hyperlink"):
            element.set("TargetMode", "External")
    return root


def app_properties() -> etree._Element:
    names = f"{OFFICE}/extended-properties"
    root = etree.Element(f"{{{names}}}Properties", nsmap={None: names})
    etree.SubElement(root, f"{{{names}}}Application").text = "Udsatteportalen"
    return root


def settings_part() -> etree._Element:
    compatible = w("compatSetting", name="compatibilityMode", uri="http://schemas.microsoft.com/office/word", val=15)
    signs = w("decimalSymbol", val=","), w("listSeparator", val=";")
    return w("settings", w("compat", compatible), w("themeFontLang", val="da-DK"), *signs)


def _style(
    kind: str,
    style_id: str,
    name: str,
    *properties: etree._Element,
    based_on: str = "Normal",
    next_style: str = "",
    is_quick: bool = False,
    default: bool = False,
) -> etree._Element:
    head = [w("name", val=name)]
    if based_on and not default:
        head.append(w("basedOn", val=based_on))
    if next_style:
        head.append(w("next", val=next_style))
    if is_quick:
        head.append(w("qFormat"))
    style = w("style", *head, *properties, type=kind, styleId=style_id)
    if default:
        style.set(f"{{{WORD}}}default", "1")
    return style


def _text(size: int = 0, tag: str = "") -> etree._Element:
    """Run properties: bold (b) or italic (i), and the size in half points."""
    font = [w(tag), w(f"{tag}Cs")] if tag else []
    return w("rPr", *font, *([w("sz", val=size), w("szCs", val=size)] if size else []))


def _heading_style(style_id: str, name: str, size: int, *layout: etree._Element) -> etree._Element:
    return _style("paragraph", style_id, name, w("pPr", *layout), _text(size, "b"), next_style="Normal", is_quick=True)


def styles_part() -> etree._Element:
    fonts = w("rFonts", ascii="Calibri", hAnsi="Calibri", eastAsia="Calibri", cs="Calibri")
    language = w("lang", val="da-DK", eastAsia="da-DK", bidi="ar-SA")
    defaults = w(
        "docDefaults",
        w("rPrDefault", w("rPr", fonts, w("sz", val=22), w("szCs", val=22), language)),
        w("pPrDefault", w("pPr", w("spacing", after=120, line=276, lineRule="auto"))),
    )
    styles = [
        _style("paragraph", "Normal", "Normal", is_quick=True, default=True),
        _heading_style("Title", "Title", 40, w("keepNext"), w("spacing", before=0, after=240)),
    ]
    for level, size in ((1, 30), (2, 24), (3, 22)):
        spacing, outline = w("spacing", before=360 - 80 * level, after=80), w("outlineLvl", val=level - 1)
        layout = w("keepNext"), w("keepLines"), spacing, outline
        styles.append(_heading_style(f"Heading{level}", f"heading {level}", size, *layout))
    for kind, name in (("ListBullet", "List Bullet"), ("ListNumber", "List Number"), ("ListContinue", "List Continue")):
        for level in range(5):
            depth = f" {level + 1}" if level else ""
            indent = w("ind", left=INDENT * (level + 1))
            if kind != "ListContinue":
                indent.set(f"{{{WORD}}}hanging", str(INDENT))
            layout = w("pPr", w("spacing", after=60), indent)
            styles.append(_style("paragraph", f"{kind}{depth.strip()}", f"{name}{depth}", layout, is_quick=not level))
    caption = w("pPr", w("keepNext"), w("spacing", before=120, after=80))
    footer = w("pPr", w("tabs", w("tab", val="right", pos=TEXT_WIDTH)), w("spacing", after=0))
    link = w("rPr", w("color", val="0B4F8A"), w("u", val="single"))
    styles += [
        _style("paragraph", "Caption", "caption", caption, _text(tag="i"), next_style="Normal", is_quick=True),
        _style("paragraph", "TableText", "Table Text", w("pPr", w("spacing", after=0))),
        _style("paragraph", "TableHead", "Table Head", w("pPr", w("keepNext"), w("spacing", after=0)), _text(tag="b")),
        _style("paragraph", "TableSpace", "Table Space", w("pPr", w("spacing", after=60, line=120, lineRule="exact"))),
        _style("paragraph", "Note", "Note", _text(tag="i"), is_quick=True),
        _style("paragraph", "Footer", "footer", footer, _text(18)),
        _style("character", "Hyperlink", "Hyperlink", link, based_on=""),
    ]
    border = {"val": "single", "sz": 4, "space": 0, "color": "808080"}
    sides = ("top", "left", "bottom", "right", "insideH", "insideV")
    widths = {"top": 40, "left": 108, "bottom": 40, "right": 108}
    margins = [w(side, w=width, type="dxa") for side, width in widths.items()]
    table = _style("table", "TableNormal", "Normal Table", based_on="", default=True)
    table.append(w("tblPr", w("tblInd", w=0, type="dxa"), w("tblCellMar", *margins)))
    grid = _style("table", "TableGrid", "Table Grid", based_on="TableNormal")
    grid.append(w("tblPr", w("tblBorders", *(w(side, **border) for side in sides))))
    return w("styles", defaults, *styles, table, grid)
