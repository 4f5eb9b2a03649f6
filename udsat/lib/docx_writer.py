"""Write a Word document (WordprocessingML, ISO/IEC 29500 transitional): headings, paragraphs, lists, tables, links.

The same content gives the same bytes. Elements stand in the order of the schema, or Word calls the file damaged.
"""

import datetime
import io
import re
import zipfile
from collections.abc import Iterable, Sequence

from lxml import etree

from .richtext.blocks import RichBlock, RichCell, RichList, RichParagraph, RichTable, Run
from .richtext.html_reader import read_blocks

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006"
# What XML 1.0 cannot hold.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# A4 with margins of 2.5 cm, in twentieths of a point.
_PAGE, _MARGIN = (11906, 16838), 1418
_TEXT_WIDTH = _PAGE[0] - 2 * _MARGIN
_INDENT = 360
_BULLETS = "•–•–•"


def _w(tag: str, *children: "etree._Element", **attributes: object) -> "etree._Element":
    element = etree.Element(f"{{{_W}}}{tag}", nsmap={"w": _W, "r": _R})
    for name, value in attributes.items():
        element.set(f"{{{_W}}}{name.rstrip('_')}", str(value))
    element.extend(children)
    return element


def clean_text(text: str) -> str:
    return _FORBIDDEN.sub("", text)


class WordDocument:
    """Collects the body in the order of the calls; `to_bytes` writes the file."""

    def __init__(self, title: str, *, author: str, subject: str = "", footer: str = "",
                 changed: datetime.datetime | None = None) -> None:  # fmt: skip
        self.title, self.author, self.subject, self.footer = map(clean_text, (title, author, subject, footer))
        self.changed = changed
        self.body: list[etree._Element] = []
        self.links: list[str] = []
        self.lists: list[tuple[bool, int]] = []  # of each list in the text: ordered, the level it begins at

    def heading(self, level: int, text: str) -> None:
        """`level` is 1–3, 0 for the title of the whole."""
        self._paragraph([[Run(text)]], f"Heading{level}" if level else "Title")

    def paragraph(self, text: str, style: str = "") -> None:
        self._paragraph([[Run(text)]], style)

    def labelled(self, label: str, text: str) -> None:
        """A line such as »Sted: Rådhuset«, with the label in bold."""
        self._paragraph([[Run(f"{label}:", strong=True), Run(f" {text}")]])

    def bullets(self, texts: Iterable[str]) -> None:
        self._blocks([RichList(False, [[RichParagraph([[Run(text)]])] for text in texts])])

    def linked_bullets(self, links: Iterable[tuple[str, str]]) -> None:
        """Text and address of each; without an address it is text alone."""
        items: list[list[RichBlock]] = [[RichParagraph([[Run(text, href=href)]])] for text, href in links]
        self._blocks([RichList(False, items)])

    def rich(self, html: str) -> None:
        """Rich text as our fields hold it."""
        self._blocks(read_blocks(html))

    def table(self, head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        def cells(texts: Sequence[str], is_head: bool) -> list[RichCell]:
            return [RichCell(is_head, "", {}, [RichParagraph([[Run(text)]])]) for text in texts]

        self._table(RichTable("", [cells(head, True)], [cells(row, False) for row in rows]))

    # Blocks

    def _blocks(self, blocks: Sequence[RichBlock]) -> None:
        for block in blocks:
            if isinstance(block, RichParagraph):
                self._paragraph(block.lines)
            elif isinstance(block, RichList):
                self._listing(block, 0)
            else:
                self._table(block)

    def _paragraph(self, lines: Sequence[Sequence[Run]], style: str = "", **properties: "etree._Element") -> None:
        self.body.append(self._p(lines, style, **properties))

    def _p(self, lines: Sequence[Sequence[Run]], style: str = "", num: "etree._Element | None" = None,
           ind: "etree._Element | None" = None) -> "etree._Element":  # fmt: skip
        properties = [_w("pStyle", val=style)] if style else []
        properties += [element for element in (num, ind) if element is not None]
        paragraph = _w("p", *([_w("pPr", *properties)] if properties else []))
        for number, line in enumerate(lines):
            if number:
                paragraph.append(_w("r", _w("br")))
            for run in line:
                self._run(paragraph, run)
        return paragraph

    def _run(self, paragraph: "etree._Element", run: Run) -> None:
        properties = [_w("rStyle", val="Hyperlink")] if run.href else []
        properties += [_w(tag) for tag, on in (("b", run.strong), ("i", run.em)) if on]
        text = _w("t")
        text.text = clean_text(run.text)
        text.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
        element = _w("r", *([_w("rPr", *properties)] if properties else []), text)
        if run.href:
            if run.href not in self.links:
                self.links.append(run.href)
            link = _w("hyperlink", element)
            link.set(f"{{{_R}}}id", f"link{self.links.index(run.href) + 1}")
            paragraph.append(link)
        else:
            paragraph.append(element)

    def _listing(self, listing: RichList, level: int) -> None:
        self.lists.append((listing.ordered, level))
        num_id = len(self.lists)
        kind = "ListNumber" if listing.ordered else "ListBullet"
        depth = str(level + 1) if level else ""
        for item in listing.items:
            # An item that begins with a list or a table has a line of its own all the same.
            starts = bool(item) and isinstance(item[0], RichParagraph)
            first = item[0].lines if starts else [[]]  # type: ignore[union-attr]
            numbering = _w("numPr", _w("ilvl", val=level), _w("numId", val=num_id))
            self._paragraph(first, f"{kind}{depth}", num=numbering)
            for block in item[1:] if starts else item:
                if isinstance(block, RichParagraph):
                    self._paragraph(block.lines, f"ListContinue{depth}")
                elif isinstance(block, RichList):
                    self._listing(block, level + 1)
                else:
                    self._table(block)

    def _table(self, table: RichTable) -> None:
        if table.caption:
            self._paragraph([[Run(table.caption)]], "Caption")
        rows, width = _grid([*table.head, *table.body])
        column = _TEXT_WIDTH // max(width, 1)
        properties = _w(
            "tblPr", _w("tblStyle", val="TableGrid"), _w("tblW", w=5000, type="pct"),
            _w("tblLook", val="0020", firstRow=1, lastRow=0, firstColumn=0, lastColumn=0, noHBand=1, noVBand=1),
        )  # fmt: skip
        element = _w("tbl", properties, _w("tblGrid", *(_w("gridCol", w=column) for _ in range(width))))
        for number, row in enumerate(rows):
            is_head = number < len(table.head)
            line = _w("tr", _w("trPr", _w("cantSplit"), *([_w("tblHeader")] if is_head else [])))
            for cell, span, merge in row:
                line.append(self._cell(cell, span, merge, column, is_head))
            element.append(line)
        self.body.append(element)
        # Two tables in a row would melt into one, and a table may not end a cell or the text.
        self.body.append(_w("p", _w("pPr", _w("pStyle", val="TableSpace"))))

    def _cell(self, cell: RichCell | None, span: int, merge: str, column: int, is_head: bool) -> "etree._Element":
        properties = [_w("tcW", w=column * span, type="dxa")]
        if span > 1:
            properties.append(_w("gridSpan", val=span))
        if merge:
            properties.append(_w("vMerge", val=merge))
        element = _w("tc", _w("tcPr", *properties))
        before, self.body = self.body, []
        if cell is not None:
            style = "TableHead" if is_head or cell.header else "TableText"
            for block in cell.blocks:
                if isinstance(block, RichParagraph):
                    self._paragraph(block.lines, style)
                else:
                    self._blocks([block])
        inside, self.body = self.body, before
        element.extend(inside or [_w("p", _w("pPr", _w("pStyle", val="TableText")))])
        return element

    # The file

    def to_bytes(self) -> bytes:
        section = _w(
            "sectPr",
            _w("footerReference", type="default"),
            _w("pgSz", w=_PAGE[0], h=_PAGE[1]),
            _w("pgMar", top=_MARGIN, right=_MARGIN, bottom=_MARGIN, left=_MARGIN, header=709, footer=709, gutter=0),
        )
        section[0].set(f"{{{_R}}}id", "footer")
        document = _w("document", _w("body", *self.body, section))
        relations = [(f"link{n}", "hyperlink", target) for n, target in enumerate(self.links, 1)]
        parts = {
            "[Content_Types].xml": _content_types(),
            "_rels/.rels": _relationships(
                [
                    ("document", f"{_OFFICE}/relationships/officeDocument", "word/document.xml"),
                    ("core", f"{_PACKAGE}/relationships/metadata/core-properties", "docProps/core.xml"),
                    ("app", f"{_OFFICE}/relationships/extended-properties", "docProps/app.xml"),
                ]
            ),
            "docProps/core.xml": self._core_properties(),
            "docProps/app.xml": _app_properties(),
            "word/document.xml": document,
            "word/styles.xml": _styles(),
            "word/numbering.xml": self._numbering(),
            "word/settings.xml": _settings(),
            "word/footer.xml": self._footer(),
            "word/_rels/document.xml.rels": _relationships(
                [
                    *((name, f"{_OFFICE}/relationships/{name}", f"{name}.xml")
                      for name in ("styles", "numbering", "settings", "footer")),
                    *((name, f"{_OFFICE}/relationships/{kind}", target) for name, kind, target in relations),
                ]
            ),
        }  # fmt: skip
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, root in parts.items():
                content = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
                # Without a date of its own, or no two files would be equal.
                archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
        return file.getvalue()

    def _core_properties(self) -> "etree._Element":
        names = {
            "cp": f"{_PACKAGE}/metadata/core-properties",
            "dc": "http://purl.org/dc/elements/1.1/",
            "dcterms": "http://purl.org/dc/terms/",
            "xsi": "http://www.w3.org/2001/XMLSchema-instance",
        }
        root = etree.Element(f"{{{names['cp']}}}coreProperties", nsmap=names)
        for prefix, tag, text in (
            ("dc", "title", self.title), ("dc", "subject", self.subject), ("dc", "creator", self.author),
            ("dc", "language", "da-DK"), ("cp", "lastModifiedBy", self.author),
        ):  # fmt: skip
            if text:
                etree.SubElement(root, f"{{{names[prefix]}}}{tag}").text = text
        if self.changed:
            moment = self.changed.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            for tag in ("created", "modified"):
                element = etree.SubElement(root, f"{{{names['dcterms']}}}{tag}")
                element.set(f"{{{names['xsi']}}}type", "dcterms:W3CDTF")
                element.text = moment
        return root

    def _numbering(self) -> "etree._Element":
        """One definition for bullets, one for numbers, and a list of its own for each, which begins at 1."""
        root = _w("numbering")
        for abstract, ordered in enumerate((False, True)):
            levels = [
                _w(
                    "lvl",
                    _w("start", val=1),
                    _w("numFmt", val="decimal" if ordered else "bullet"),
                    _w("lvlText", val=f"%{level + 1}." if ordered else _BULLETS[level % len(_BULLETS)]),
                    _w("lvlJc", val="left"),
                    _w("pPr", _w("ind", left=_INDENT * (level + 1), hanging=_INDENT)),
                    ilvl=level,
                )
                for level in range(9)
            ]
            root.append(_w("abstractNum", _w("multiLevelType", val="multilevel"), *levels, abstractNumId=abstract))
        for number, (ordered, level) in enumerate(self.lists, 1):
            num = _w("num", _w("abstractNumId", val=int(ordered)), numId=number)
            if ordered:
                num.append(_w("lvlOverride", _w("startOverride", val=1), ilvl=level))
            root.append(num)
        return root

    def _footer(self) -> "etree._Element":
        def field(code: str) -> list["etree._Element"]:
            instruction = _w("instrText")
            instruction.text = f" {code} "
            shown = _w("t")
            shown.text = "1"
            return [
                _w("r", _w("fldChar", fldCharType="begin")), _w("r", instruction),
                _w("r", _w("fldChar", fldCharType="separate")), _w("r", shown),
                _w("r", _w("fldChar", fldCharType="end")),
            ]  # fmt: skip

        def words(text: str) -> "etree._Element":
            element = _w("t")
            element.text = text
            element.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
            return _w("r", element)

        line = _w("p", _w("pPr", _w("pStyle", val="Footer")), words(self.footer), _w("r", _w("tab")))
        line.extend([words("Side "), *field("PAGE"), words(" af "), *field("NUMPAGES")])
        return _w("ftr", line)


def _grid(rows: Sequence[Sequence[RichCell]]) -> tuple[list[list[tuple[RichCell | None, int, str]]], int]:
    """Each row as (cell, columns, vertical merge) without gaps, and the number of columns.

    Word writes a cell that reaches down as an empty cell in each row below.
    """
    taken: dict[tuple[int, int], tuple[RichCell, int, int, int]] = {}  # slot: cell, its row, its columns and rows
    for number, row in enumerate(rows):
        column = 0
        for cell in row:
            while (number, column) in taken:
                column += 1
            span = cell.spans.get("colspan", 1)
            span = next((n for n in range(1, span) if (number, column + n) in taken), span)
            down = min(cell.spans.get("rowspan", 1), len(rows) - number)
            for slot in ((number + y, column + x) for y in range(down) for x in range(span)):
                taken[slot] = (cell, number, span, down)
            column += span
    width = max((column + 1 for _, column in taken), default=0)
    grid: list[list[tuple[RichCell | None, int, str]]] = []
    for number in range(len(rows)):
        line: list[tuple[RichCell | None, int, str]] = []
        column = 0
        while column < width:
            if (number, column) not in taken:
                line.append((None, 1, ""))
                column += 1
                continue
            found, top, span, down = taken[number, column]
            is_first = top == number
            line.append((found if is_first else None, span, "" if down == 1 else "restart" if is_first else "continue"))
            column += span
        grid.append(line)
    return grid, width


def _content_types() -> "etree._Element":
    names = f"{_PACKAGE}/content-types"
    root = etree.Element(f"{{{names}}}Types", nsmap={None: names})
    for ending, kind in (
        ("rels", "application/vnd.openxmlformats-package.relationships+xml"),
        ("xml", "application/xml"),
    ):
        etree.SubElement(root, f"{{{names}}}Default", Extension=ending, ContentType=kind)
    word = "application/vnd.openxmlformats-officedocument.wordprocessingml"
    for part, kind in (
        ("/word/document.xml", f"{word}.document.main+xml"),
        ("/word/styles.xml", f"{word}.styles+xml"),
        ("/word/numbering.xml", f"{word}.numbering+xml"),
        ("/word/settings.xml", f"{word}.settings+xml"),
        ("/word/footer.xml", f"{word}.footer+xml"),
        ("/docProps/core.xml", "application/vnd.openxmlformats-package.core-properties+xml"),
        ("/docProps/app.xml", "application/vnd.openxmlformats-officedocument.extended-properties+xml"),
    ):
        etree.SubElement(root, f"{{{names}}}Override", PartName=part, ContentType=kind)
    return root


def _relationships(relations: Iterable[tuple[str, str, str]]) -> "etree._Element":
    names = f"{_PACKAGE}/relationships"
    root = etree.Element(f"{{{names}}}Relationships", nsmap={None: names})
    for name, kind, target in relations:
        element = etree.SubElement(root, f"{{{names}}}Relationship", Id=name, Type=kind, Target=clean_text(target))
        if kind.endswith("/hyperlink"):
            element.set("TargetMode", "External")
    return root


def _app_properties() -> "etree._Element":
    names = f"{_OFFICE}/extended-properties"
    root = etree.Element(f"{{{names}}}Properties", nsmap={None: names})
    etree.SubElement(root, f"{{{names}}}Application").text = "Udsatteportalen"
    return root


def _settings() -> "etree._Element":
    compatible = _w("compatSetting", name="compatibilityMode", uri="http://schemas.microsoft.com/office/word", val=15)
    return _w("settings", _w("compat", compatible), _w("themeFontLang", val="da-DK"), _w("decimalSymbol", val=","),
              _w("listSeparator", val=";"))  # fmt: skip


def _style(kind: str, identity: str, name: str, *parts: "etree._Element", based_on: str = "Normal", next_: str = "",
           is_quick: bool = False, default: bool = False) -> "etree._Element":  # fmt: skip
    head = [_w("name", val=name)]
    if based_on and not default:
        head.append(_w("basedOn", val=based_on))
    if next_:
        head.append(_w("next", val=next_))
    if is_quick:
        head.append(_w("qFormat"))
    style = _w("style", *head, *parts, type=kind, styleId=identity)
    if default:
        style.set(f"{{{_W}}}default", "1")
    return style


def _styles() -> "etree._Element":
    fonts = _w("rFonts", ascii="Calibri", hAnsi="Calibri", eastAsia="Calibri", cs="Calibri")
    language = _w("lang", val="da-DK", eastAsia="da-DK", bidi="ar-SA")
    defaults = _w(
        "docDefaults",
        _w("rPrDefault", _w("rPr", fonts, _w("sz", val=22), _w("szCs", val=22), language)),
        _w("pPrDefault", _w("pPr", _w("spacing", after=120, line=276, lineRule="auto"))),
    )
    styles = [_style("paragraph", "Normal", "Normal", is_quick=True, default=True)]
    bold = _w("rPr", _w("b"), _w("bCs"))
    styles.append(
        _style(
            "paragraph", "Title", "Title",
            _w("pPr", _w("keepNext"), _w("spacing", before=0, after=240)),
            _w("rPr", _w("b"), _w("bCs"), _w("sz", val=40), _w("szCs", val=40)), next_="Normal", is_quick=True,
        )
    )  # fmt: skip
    for level, size in ((1, 30), (2, 24), (3, 22)):
        styles.append(
            _style(
                "paragraph", f"Heading{level}", f"heading {level}",
                _w("pPr", _w("keepNext"), _w("keepLines"), _w("spacing", before=360 - 80 * level, after=80),
                   _w("outlineLvl", val=level - 1)),
                _w("rPr", _w("b"), _w("bCs"), _w("sz", val=size), _w("szCs", val=size)), next_="Normal", is_quick=True,
            )
        )  # fmt: skip
    for kind, name in (("ListBullet", "List Bullet"), ("ListNumber", "List Number"), ("ListContinue", "List Continue")):
        for level in range(5):
            depth = f" {level + 1}" if level else ""
            indent = _w("ind", left=_INDENT * (level + 1))
            if kind != "ListContinue":
                indent.set(f"{{{_W}}}hanging", str(_INDENT))
            properties = _w("pPr", _w("spacing", after=60), indent)
            styles.append(
                _style("paragraph", f"{kind}{depth.strip()}", f"{name}{depth}", properties, is_quick=not level)
            )
    styles += [
        _style("paragraph", "Caption", "caption", _w("pPr", _w("keepNext"), _w("spacing", before=120, after=80)),
               _w("rPr", _w("i"), _w("iCs")), next_="Normal", is_quick=True),
        _style("paragraph", "TableText", "Table Text", _w("pPr", _w("spacing", after=0))),
        _style("paragraph", "TableHead", "Table Head", _w("pPr", _w("keepNext"), _w("spacing", after=0)), bold),
        _style("paragraph", "TableSpace", "Table Space",
               _w("pPr", _w("spacing", after=60, line=120, lineRule="exact"))),
        _style("paragraph", "Note", "Note", _w("rPr", _w("i"), _w("iCs")), is_quick=True),
        _style("paragraph", "Footer", "footer",
               _w("pPr", _w("tabs", _w("tab", val="right", pos=_TEXT_WIDTH)), _w("spacing", after=0)),
               _w("rPr", _w("sz", val=18), _w("szCs", val=18))),
        _style("character", "Hyperlink", "Hyperlink", _w("rPr", _w("color", val="0B4F8A"), _w("u", val="single")),
               based_on=""),
    ]  # fmt: skip
    border = {"val": "single", "sz": 4, "space": 0, "color": "808080"}
    sides = ("top", "left", "bottom", "right", "insideH", "insideV")
    margins = [
        _w(side, w=width, type="dxa") for side, width in (("top", 40), ("left", 108), ("bottom", 40), ("right", 108))
    ]
    table = _style("table", "TableNormal", "Normal Table", based_on="", default=True)
    table.append(_w("tblPr", _w("tblInd", w=0, type="dxa"), _w("tblCellMar", *margins)))
    grid = _style("table", "TableGrid", "Table Grid", based_on="TableNormal")
    grid.append(_w("tblPr", _w("tblBorders", *(_w(side, **border) for side in sides))))
    return _w("styles", defaults, *styles, table, grid)
