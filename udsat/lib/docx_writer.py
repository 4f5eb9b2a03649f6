"""Write a Word document (WordprocessingML, ISO/IEC 29500 transitional): headings, paragraphs, lists, tables, links.

The same content gives the same bytes. Elements are in the order of the schema; otherwise Word reports a damaged file.
"""

import datetime
import io
import zipfile
from collections.abc import Iterable, Sequence

from lxml import etree

from .docx_numbering import NUMBER_FORMATS
from .docx_parts import (
    BULLETS,
    INDENT,
    MARGIN,
    OFFICE,
    PACKAGE,
    PAGE,
    RELATIONSHIPS,
    TEXT_WIDTH,
    app_properties,
    clean_text,
    content_types,
    relationships,
    settings_part,
    styles_part,
    w,
)
from .richtext.blocks import RichBlock, RichCell, RichList, RichParagraph, RichTable, Run
from .richtext.html_reader import read_blocks

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


class WordDocument:
    """Collects the body in the order of the calls; `to_bytes` returns the file."""

    def __init__(
        self, title: str, *, author: str, subject: str = "", footer: str = "", changed: datetime.datetime | None = None
    ) -> None:
        self.title, self.author, self.subject, self.footer = map(clean_text, (title, author, subject, footer))
        self.changed = changed
        self.body: list[etree._Element] = []
        self.links: list[str] = []
        self.lists: list[tuple[RichList, int]] = []  # each list, and its level

    def heading(self, level: int, text: str) -> None:
        """Add a heading of level 1–3, or with level 0 the title of the document."""
        self._paragraph([[Run(text)]], f"Heading{level}" if level else "Title")

    def paragraph(self, text: str, style: str = "") -> None:
        self._paragraph([[Run(text)]], style)

    def labelled(self, label: str, text: str) -> None:
        """Add a line such as »Sted: Rådhuset«, with the label in bold."""
        self._paragraph([[Run(f"{label}:", strong=True), Run(f" {text}")]])

    def bullets(self, texts: Iterable[str]) -> None:
        self.linked_bullets((text, "") for text in texts)

    def linked_bullets(self, links: Iterable[tuple[str, str]]) -> None:
        """Add a list of (text, address), without a link where the address is empty."""
        items: list[list[RichBlock]] = [[RichParagraph([[Run(text, href=href)]])] for text, href in links]
        self._blocks([RichList(False, items)])

    def rich(self, html: str) -> None:
        """Add rich text, given as HTML."""
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

    def _paragraph(self, lines: Sequence[Sequence[Run]], style: str = "", *properties: etree._Element) -> None:
        properties = (w("pStyle", val=style), *properties) if style else properties
        paragraph = w("p", *([w("pPr", *properties)] if properties else []))
        for number, line in enumerate(lines):
            if number:
                paragraph.append(w("r", w("br")))
            for run in line:
                self._run(paragraph, run)
        self.body.append(paragraph)

    def _run(self, paragraph: etree._Element, run: Run) -> None:
        properties = [w("rStyle", val="Hyperlink")] if run.href else []
        properties += [w(tag) for tag, on in (("b", run.strong), ("i", run.em)) if on]
        element = w("r", *([w("rPr", *properties)] if properties else []), _text(clean_text(run.text)))
        if run.href:
            if run.href not in self.links:
                self.links.append(run.href)
            link = w("hyperlink", element)
            link.set(f"{{{RELATIONSHIPS}}}id", f"link{self.links.index(run.href) + 1}")
            paragraph.append(link)
        else:
            paragraph.append(element)

    def _listing(self, listing: RichList, level: int) -> None:
        self.lists.append((listing, level))
        num_id = len(self.lists)
        kind = "ListNumber" if listing.ordered else "ListBullet"
        depth = str(level + 1) if level else ""
        for item in listing.items:
            # An item that begins with a list or a table gets an empty paragraph for its bullet.
            starts = bool(item) and isinstance(item[0], RichParagraph)
            first = item[0].lines if starts else [[]]  # type: ignore[union-attr]
            numbering = w("numPr", w("ilvl", val=level), w("numId", val=num_id))
            self._paragraph(first, f"{kind}{depth}", numbering)
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
        column = TEXT_WIDTH // max(width, 1)
        look = w("tblLook", val="0020", firstRow=1, lastRow=0, firstColumn=0, lastColumn=0, noHBand=1, noVBand=1)
        properties = w("tblPr", w("tblStyle", val="TableGrid"), w("tblW", w=5000, type="pct"), look)
        element = w("tbl", properties, w("tblGrid", *(w("gridCol", w=column) for _ in range(width))))
        for number, row in enumerate(rows):
            is_head = number < len(table.head)
            line = w("tr", w("trPr", w("cantSplit"), *([w("tblHeader")] if is_head else [])))
            for cell, span, merge in row:
                line.append(self._cell(cell, span, merge, column, is_head))
            element.append(line)
        self.body.append(element)
        # Separates adjacent tables, which Word would merge, and follows a table at the end of a cell or the text.
        self.body.append(w("p", w("pPr", w("pStyle", val="TableSpace"))))

    def _cell(self, cell: RichCell | None, span: int, merge: str, column: int, is_head: bool) -> etree._Element:
        properties = [w("tcW", w=column * span, type="dxa")]
        if span > 1:
            properties.append(w("gridSpan", val=span))
        if merge:
            properties.append(w("vMerge", val=merge))
        element = w("tc", w("tcPr", *properties))
        before, self.body = self.body, []
        if cell is not None:
            style = "TableHead" if is_head or cell.header else "TableText"
            for block in cell.blocks:
                if isinstance(block, RichParagraph):
                    self._paragraph(block.lines, style)
                else:
                    self._blocks([block])
        inside, self.body = self.body, before
        element.extend(inside or [w("p", w("pPr", w("pStyle", val="TableText")))])
        return element

    # The file

    def to_bytes(self) -> bytes:
        section = w(
            "sectPr",
            w("footerReference", type="default"),
            w("pgSz", w=PAGE[0], h=PAGE[1]),
            w("pgMar", top=MARGIN, right=MARGIN, bottom=MARGIN, left=MARGIN, header=709, footer=709, gutter=0),
        )
        section[0].set(f"{{{RELATIONSHIPS}}}id", "footer")
        document = w("document", w("body", *self.body, section))
        relations = [(name, name, f"{name}.xml") for name in ("styles", "numbering", "settings", "footer")]
        relations += [(f"link{number}", "hyperlink", target) for number, target in enumerate(self.links, 1)]
        parts = {
            "[Content_Types].xml": content_types(),
            "_rels/.rels": relationships(
                [
                    ("document", f"{OFFICE}/relationships/officeDocument", "word/document.xml"),
                    ("core", f"{PACKAGE}/relationships/metadata/core-properties", "docProps/core.xml"),
                    ("app", f"{OFFICE}/relationships/extended-properties", "docProps/app.xml"),
                ]
            ),
            "docProps/core.xml": self._core_properties(),
            "docProps/app.xml": app_properties(),
            "word/document.xml": document,
            "word/styles.xml": styles_part(),
            "word/numbering.xml": self._numbering(),
            "word/settings.xml": settings_part(),
            "word/footer.xml": self._footer(),
            "word/_rels/document.xml.rels": relationships(
                (name, f"{OFFICE}/relationships/{kind}", target) for name, kind, target in relations
            ),
        }
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, root in parts.items():
                content = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
                # A fixed date, so that equal documents give equal bytes.
                archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
        return file.getvalue()

    def _core_properties(self) -> etree._Element:
        names = {
            "cp": f"{PACKAGE}/metadata/core-properties",
            "dc": "http://purl.org/dc/elements/1.1/",
            "dcterms": "http://purl.org/dc/terms/",
            "xsi": "http://www.w3.org/2001/XMLSchema-instance",
        }
        root = etree.Element(f"{{{names['cp']}}}coreProperties", nsmap=names)
        properties = [
            ("dc", "title", self.title),
            ("dc", "subject", self.subject),
            ("dc", "creator", self.author),
            ("dc", "language", "da-DK"),
            ("cp", "lastModifiedBy", self.author),
        ]
        for prefix, tag, text in properties:
            if text:
                etree.SubElement(root, f"{{{names[prefix]}}}{tag}").text = text
        if self.changed:
            moment = self.changed.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            for tag in ("created", "modified"):
                element = etree.SubElement(root, f"{{{names['dcterms']}}}{tag}")
                element.set(f"{{{names['xsi']}}}type", "dcterms:W3CDTF")
                element.text = moment
        return root

    def _numbering(self) -> etree._Element:
        """One definition for bullets and one for each kind of number, and for each list an instance with its start."""
        root = w("numbering")
        for abstract, number_format in enumerate(("bullet", *NUMBER_FORMATS.values())):
            levels = [
                w(
                    "lvl",
                    w("start", val=1),
                    w("numFmt", val=number_format),
                    w("lvlText", val=f"%{level + 1}." if abstract else BULLETS[level % len(BULLETS)]),
                    w("lvlJc", val="left"),
                    w("pPr", w("ind", left=INDENT * (level + 1), hanging=INDENT)),
                    ilvl=level,
                )
                for level in range(9)
            ]
            root.append(w("abstractNum", w("multiLevelType", val="multilevel"), *levels, abstractNumId=abstract))
        kinds = list(NUMBER_FORMATS)
        for number, (listing, level) in enumerate(self.lists, 1):
            abstract = 1 + kinds.index(listing.kind) if listing.ordered else 0
            num = w("num", w("abstractNumId", val=abstract), numId=number)
            if listing.ordered:
                num.append(w("lvlOverride", w("startOverride", val=listing.start), ilvl=level))
            root.append(num)
        return root

    def _footer(self) -> etree._Element:
        def field(code: str) -> list[etree._Element]:
            instruction = w("instrText")
            instruction.text = f" {code} "
            placeholder = w("t")
            placeholder.text = "1"
            begin, separate, end = (w("r", w("fldChar", fldCharType=kind)) for kind in ("begin", "separate", "end"))
            return [begin, w("r", instruction), separate, w("r", placeholder), end]

        line = w("p", w("pPr", w("pStyle", val="Footer")), w("r", _text(self.footer)), w("r", w("tab")))
        line.extend([w("r", _text("Side ")), *field("PAGE"), w("r", _text(" af ")), *field("NUMPAGES")])
        return w("ftr", line)


def _text(text: str) -> etree._Element:
    element = w("t")
    element.text = text
    element.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    return element


def _grid(rows: Sequence[Sequence[RichCell]]) -> tuple[list[list[tuple[RichCell | None, int, str]]], int]:
    """Each row as (cell, columns, vertical merge) without gaps, and the number of columns.

    Word has an empty cell in each further row that a cell spans.
    """
    # For each slot: the cell, its first row, and the columns and rows that it spans.
    slots: dict[tuple[int, int], tuple[RichCell, int, int, int]] = {}
    for number, row in enumerate(rows):
        column = 0
        for cell in row:
            while (number, column) in slots:
                column += 1
            span = cell.spans.get("colspan", 1)
            span = next((n for n in range(1, span) if (number, column + n) in slots), span)
            down = min(cell.spans.get("rowspan", 1), len(rows) - number)
            for slot in ((number + y, column + x) for y in range(down) for x in range(span)):
                slots[slot] = (cell, number, span, down)
            column += span
    width = max((column + 1 for _, column in slots), default=0)
    grid: list[list[tuple[RichCell | None, int, str]]] = []
    for number in range(len(rows)):
        line: list[tuple[RichCell | None, int, str]] = []
        column = 0
        while column < width:
            if (number, column) not in slots:
                line.append((None, 1, ""))
                column += 1
                continue
            cell, top, span, down = slots[number, column]
            is_first = top == number
            line.append((cell if is_first else None, span, "" if down == 1 else "restart" if is_first else "continue"))
            column += span
        grid.append(line)
    return grid, width
