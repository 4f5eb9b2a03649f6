"""Changes of WeasyPrint 70's tags: what PDF/UA-1 (ISO 14289-1) requires, and one element for each text."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def structure_elements_with_boxes() -> Iterator[None]:
    """Let WeasyPrint note in each structure element, as `box`, the box that it is for; `finish` requires it.

    Not thread-safe, like all of WeasyPrint.
    """
    from weasyprint.pdf import tags  # imported late for the reason given in pdf.py

    build = tags._build_box_tree

    def build_and_note(box: Any, *arguments: Any) -> Iterator[Any]:
        for element in build(box, *arguments):
            if not hasattr(element, "box"):  # boxes of <html>, <body> and pages only pass their children's elements on
                element.box = getattr(box, "_box", box)  # not the placeholder of a box out of flow
            yield element

    tags._build_box_tree = build_and_note
    try:
        yield
    finally:
        tags._build_box_tree = build


def finish(document: Any, pdf: Any) -> None:
    """Complete the tags of the PDF; a `finisher` of WeasyPrint's write_pdf."""
    root = _target(pdf, pdf.catalog["StructTreeRoot"])
    top = _target(pdf, root["K"][0])
    for element in _elements(pdf):
        _unwrap_anonymous_boxes(pdf, element)
    _join_pages(pdf, top)
    _turn_unreachable_into_artifacts(document, pdf, root)
    for element in _elements(pdf):
        if (box := getattr(element, "box", None)) is None:
            continue
        if (annotation := box.link_annotation) and element["S"] != "/Link":
            _remove_annotation(pdf, element, annotation)
        elif annotation:
            annotation["F"] = 4  # print flag
            if text := " ".join("".join(box.element.itertext()).split()):
                annotation["Contents"] = type(annotation["Contents"])(text)
        if element["S"] == "/TH":
            element["A"]["Scope"] = "/Row" if box.element.get("scope") == "row" else "/Column"
        if element["S"] == "/L":
            element["A"] = f"<</O /List /ListNumbering {_numbering(box)}>>"
    _wrap_item_bodies(pdf)


def _remove_annotation(pdf: Any, element: Any, annotation: Any) -> None:
    """Remove the annotation of an element within a link, such as bold text: that of the link itself covers it."""
    for page in (
        item for item in pdf.objects if isinstance(item, dict) and annotation.reference in item.get("Annots", ())
    ):
        page["Annots"].remove(annotation.reference)
    element["K"][:] = [
        kid
        for kid in element["K"]
        if not isinstance(kid, bytes) or _target(pdf, kid).get("Obj") != annotation.reference
    ]


def _elements(pdf: Any) -> list[Any]:
    return [item for item in pdf.objects if isinstance(item, dict) and item.get("Type") == "/StructElem"]


def _kids(pdf: Any, element: Any) -> list[tuple[Any, Any]]:
    """Return reference and element of the structure elements in this one."""
    references = [kid for kid in element["K"] if isinstance(kid, bytes)]
    kids = [(reference, _target(pdf, reference)) for reference in references]
    return [(reference, kid) for reference, kid in kids if kid.get("Type") == "/StructElem"]


def _source(element: Any) -> tuple[Any, str] | None:
    """Return the HTML element and the tag of a structure element; None for lines of text."""
    box = getattr(element, "box", None)
    return None if box is None or box.element is None else (box.element, element["S"])


def _unwrap_anonymous_boxes(pdf: Any, element: Any) -> None:
    """Move the text of a heading or paragraph out of a second heading or paragraph of the same HTML element.

    Text beside a box out of flow is in such an anonymous box.
    """
    kids = type(element["K"])()
    for kid in element["K"]:
        inner = _target(pdf, kid) if isinstance(kid, bytes) else None
        source = _source(inner) if inner is not None and inner.get("Type") == "/StructElem" else None
        if source is not None and source == _source(element):
            for reference, moved in _kids(pdf, inner):
                moved["P"] = element.reference
                kids.append(reference)
        else:
            kids.append(kid)
    element["K"] = kids


def _join_pages(pdf: Any, top: Any) -> None:
    """Join the elements of one paragraph, list or table on several pages to one, in the whole document."""
    kids, joined = _kids(pdf, top), type(top["K"])()
    latest: dict[tuple[Any, str], Any] = {}
    for reference, kid in kids:
        source = _source(kid)
        earlier = latest.get(source) if source else None
        if earlier is not None and earlier["Pg"] != kid["Pg"]:
            _join(pdf, earlier, kid)
        else:
            joined.append(reference)
            if source:
                latest[source] = kid
    top["K"] = joined


def _join(pdf: Any, earlier: Any, later: Any) -> None:
    """Append the content of the later element, of the same HTML element on a later page, to the earlier one."""
    counterparts = {source: kid for _, kid in _kids(pdf, earlier) if (source := _source(kid))}
    for reference, kid in _kids(pdf, later):
        source = _source(kid)
        counterpart = counterparts.pop(source, None) if source else None
        if counterpart is None or kid["S"] in ("/Link", "/Figure"):
            kid["P"] = earlier.reference
            earlier["K"].append(reference)
        elif kid["S"] not in ("/THead", "/TFoot"):  # repeated on each page, and so an artifact there
            _join(pdf, counterpart, kid)
    if later["S"] == "/TD":
        # Header cells have a scope; the headers given here lack those of the other page.
        earlier["A"].pop("Headers", None)


_NUMBERING = {"disc": "/Disc", "circle": "/Circle", "square": "/Square", "decimal": "/Decimal"}


def _numbering(box: Any) -> str:
    """Return the numbering of a list (ISO 14289-1, 7.6)."""
    return "/None" if box.element_tag == "dl" else _NUMBERING.get(box.style["list_style_type"], "/None")


def _wrap_item_bodies(pdf: Any) -> None:
    """Wrap the paragraphs of each list item in one LBody (ISO 32000-1, table 336)."""
    for item in [element for element in _elements(pdf) if element["S"] == "/LI"]:
        kids = _kids(pdf, item)
        loose = [reference for reference, kid in kids if kid["S"] not in ("/Lbl", "/LBody")]
        if loose:
            body = type(item)({"Type": "/StructElem", "S": "/LBody", "K": type(item["K"])(loose), "P": item.reference})
            pdf.add_object(body)
            for reference in loose:
                _target(pdf, reference)["P"] = body.reference
            item["K"] = type(item["K"])(
                [reference for reference, _ in kids if reference not in loose] + [body.reference]
            )


def _target(pdf: Any, reference: bytes) -> Any:
    return pdf.objects[int(reference.split()[0])]


def _turn_unreachable_into_artifacts(document: Any, pdf: Any, root: Any) -> None:
    """Mark running headers, page numbers and repeated table heads as artifacts, outside the reading order.

    WeasyPrint tags the first two as text, with structure elements that are not in the structure tree.
    """
    reachable: set[bytes] = set()
    waiting = list(root["K"])
    while waiting:
        reference = waiting.pop()
        if isinstance(reference, bytes) and reference not in reachable:
            reachable.add(reference)
            waiting += _target(pdf, reference).get("K", ())
    numbers = _target(pdf, root["ParentTree"])["Nums"]
    for index, page in enumerate(pdf.page_references):
        parents = numbers[2 * index + 1]
        stray = {mcid for mcid, parent in enumerate(parents) if parent not in reachable}
        for mcid in stray:
            parents[mcid] = "null"
        content = _target(pdf, _target(pdf, page)["Contents"]).stream
        for position, operator in enumerate(content):
            if operator == b"BDC" and content[position - 1].get("MCID") in stray:
                content[position - 2] = "/Artifact"
                content[position - 1] = "<</Type /Pagination>>"
    for number, item in enumerate(pdf.objects):
        stray_element = isinstance(item, dict) and item.get("Type") == "/StructElem"
        if stray_element and b"%d 0 R" % number not in reachable:
            item.clear()
