"""Additions to WeasyPrint 70's tags that PDF/UA-1 (ISO 14289-1) requires."""

import logging
from collections.abc import Iterator
from typing import Any

logger = logging.getLogger(__name__)


def finish(document: Any, pdf: Any) -> None:
    """Complete the tags of the PDF; a `finisher` of WeasyPrint's write_pdf."""
    _turn_margins_into_artifacts(document, pdf)
    boxes = [box for page in document.pages for box in _tagged_boxes(page._page_box)]
    for box in boxes:
        if annotation := box.link_annotation:
            annotation["F"] = 4  # print flag
            if text := " ".join("".join(box.element.itertext()).split()):
                annotation["Contents"] = type(annotation["Contents"])(text)
        if box.element_tag == "th" and hasattr(box, "mark"):
            row = box.element.get("scope") == "row"
            box.mark["A"]["Scope"] = "/Row" if row else "/Column"
    _number_lists(boxes, pdf)
    _wrap_item_bodies(pdf)


def _tagged_boxes(box: Any) -> Iterator[Any]:
    """Boxes in the order of their structure elements; lines have none."""
    box = getattr(box, "_box", box)  # a placeholder of a box out of flow
    if type(box).__name__ != "LineBox":
        yield box
    for child in getattr(box, "children", ()):
        yield from _tagged_boxes(child)


_NUMBERING = {"disc": "/Disc", "circle": "/Circle", "square": "/Square", "decimal": "/Decimal"}


def _number_lists(boxes: list[Any], pdf: Any) -> None:
    """Set the numbering of each list (ISO 14289-1, 7.6)."""
    elements = [item for item in pdf.objects if isinstance(item, dict) and item.get("S") == "/L"]
    lists = [box for box in boxes if box.element_tag in ("ul", "ol", "dl")]
    if len(elements) != len(lists):
        logger.warning(
            "WeasyPrint tagged %s lists out of %s; they are left without numbering", len(elements), len(lists)
        )
        return
    for element, box in zip(elements, lists, strict=True):
        numbering = "/None" if box.element_tag == "dl" else _NUMBERING.get(box.style["list_style_type"], "/None")
        element["A"] = f"<</O /List /ListNumbering {numbering}>>"


def _wrap_item_bodies(pdf: Any) -> None:
    """Wrap the paragraphs of each list item in an LBody (ISO 32000-1, table 336)."""
    items: list[Any] = [item for item in pdf.objects if isinstance(item, dict) and item.get("S") == "/LI"]
    for item in items:
        kids = [(reference, _target(pdf, reference)) for reference in item["K"]]
        loose = [reference for reference, kid in kids if kid.get("S") not in ("/Lbl", "/LBody")]
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


def _turn_margins_into_artifacts(document: Any, pdf: Any) -> None:
    """Mark running headers and page numbers as artifacts, outside the reading order.

    WeasyPrint tags them as text, with structure elements that are not in the structure tree.
    """
    reachable: set[bytes] = set()
    root = _target(pdf, pdf.catalog["StructTreeRoot"])
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
