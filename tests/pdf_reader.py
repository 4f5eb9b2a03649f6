"""Read PDFs as their users do: text, structure, bookmarks, links, QR code and PDF/UA conformance."""

import io
import re

import page as page_validation
import zxingcpp
from pypdf import PdfReader


def read(data):
    return PdfReader(io.BytesIO(data))


def words(data):
    """Return the text of all pages on one line, without hyphenation."""
    text = "\n".join(page.extract_text() for page in read(data).pages)
    return re.sub(r"\s+", " ", re.sub(r"(?<=[a-zæøå])[\u00ad-]\s*\n(?=[a-zæøå])", "", text))


def failures(data):
    """Return the failed rules of veraPDF's PDF/UA-1 profile."""
    report = page_validation.validate_pdf_bytes(data, profile="ua1")
    return [f"{failure.rule_id}: {failure.message}" for failure in report.failures]


def elements(data, kind):
    """Return the structure elements of a kind, such as "/TH", in order of creation."""
    reader = read(data)
    objects = (reader.get_object(number) for number in range(1, reader.trailer["/Size"]))
    return [item for item in objects if isinstance(item, dict) and item.get("/S") == kind]


def tag_tree(data):
    """Return the structure tree as lines of kind and text, in reading order."""
    reader = read(data)
    texts = {(page.indirect_reference.idnum, mcid): text for page in reader.pages for mcid, text in _marked_texts(page)}

    def text_of(element, page):
        page = element.raw_get("/Pg").idnum if "/Pg" in element else page
        kids = element.get("/K", [])
        kids = [kid.get_object() for kid in (kids if isinstance(kids, list) else [kids])]
        return " ".join(
            texts.get((page, kid), "").strip() if isinstance(kid, int) else text_of(kid, page) for kid in kids
        ).strip()

    def lines(element):
        kids = element.get("/K", [])
        kids = [kid.get_object() for kid in (kids if isinstance(kids, list) else [kids])]
        yield f"{element['/S']} {re.sub(' +', ' ', text_of(element, None))}".strip()
        for kid in kids:
            if not isinstance(kid, int) and "/S" in kid:
                yield from lines(kid)

    return [line for kid in reader.trailer["/Root"]["/StructTreeRoot"]["/K"] for line in lines(kid.get_object())]


def _marked_texts(page):
    """Yield the number and text of each marked content of a page."""
    found, current = {}, []

    def operand(operator, operands, cm, tm):
        if operator == b"BDC":
            properties = operands[1] if isinstance(operands[1], dict) else {}
            current.append(properties.get("/MCID"))
        elif operator == b"EMC" and current:
            current.pop()

    def text(value, cm, tm, font, size):
        if current and current[-1] is not None:
            found[int(current[-1])] = found.get(int(current[-1]), "") + value

    page.extract_text(visitor_operand_before=operand, visitor_text=text)
    return found.items()


def links(data):
    """Return the addresses of external links."""
    annotations = [entry.get_object() for page in read(data).pages for entry in page.get("/Annots", [])]
    return [annotation["/A"]["/URI"] for annotation in annotations if "/A" in annotation]


def bookmarks(data):
    """Return the titles of all bookmarks."""

    def titles(entries):
        for entry in entries:
            yield from titles(entry) if isinstance(entry, list) else [entry.title]

    return list(titles(read(data).outline))


def qr_code_on_page(data):
    """Return the content of the QR code in the PDF."""
    for page in read(data).pages:
        figure = re.search(rb"/Figure\s.*?EMC", page.get_contents().get_data(), re.DOTALL)
        if figure:
            return read_qr_code([tuple(map(int, run)) for run in re.findall(rb"(\d+) (\d+) m\s(\d+) \2 l", figure[0])])
    return None


def qr_code_in_svg(svg):
    return read_qr_code(
        [(int(x), int(y), int(x) + int(run)) for x, y, run in re.findall(r"M(\d+) (\d+)h(\d+)v1H\1z", svg)]
    )


def read_qr_code(runs, scale=4, quiet=4):
    """Read a QR code from dark runs (x, y, end), with the quiet zone that scanners need."""
    side = (max(end for _, _, end in runs) + 2 * quiet) * scale
    pixels = bytearray(b"\xff" * side * side)
    for x, y, end in runs:
        for row in range((y + quiet) * scale, (y + quiet + 1) * scale):
            start = row * side + (x + quiet) * scale
            pixels[start : start + (end - x) * scale] = b"\0" * ((end - x) * scale)
    [code] = zxingcpp.read_barcodes(memoryview(pixels).cast("B", (side, side)))
    return code.text
