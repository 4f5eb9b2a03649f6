"""What the reader of a PDF gets: its words, its structure, its code, and whether it is PDF/UA."""

import io
import re

import page as page_validation
import zxingcpp
from pypdf import PdfReader


def read(data):
    return PdfReader(io.BytesIO(data))


def words(data):
    """The text of all pages in one line, without the hyphens at line ends."""
    text = "\n".join(page.extract_text() for page in read(data).pages)
    return re.sub(r"\s+", " ", re.sub(r"(?<=[a-zæøå])[\u00ad-]\s*\n(?=[a-zæøå])", "", text))


def failures(data):
    """What the PDF/UA-1 profile of veraPDF would say."""
    report = page_validation.validate_pdf_bytes(data, profile="ua1")
    return [f"{failure.rule_id}: {failure.message}" for failure in report.failures]


def elements(data, kind):
    """Structure elements of that kind, such as "/TH", in the order in which they were made."""
    reader = read(data)
    objects = (reader.get_object(number) for number in range(1, reader.trailer["/Size"]))
    return [item for item in objects if isinstance(item, dict) and item.get("/S") == kind]


def links(data):
    """The outside addresses that a click opens."""
    notes = [note.get_object() for page in read(data).pages for note in page.get("/Annots", [])]
    return [note["/A"]["/URI"] for note in notes if "/A" in note]


def chapters(data):
    """The titles of all bookmarks."""

    def titles(entries):
        for entry in entries:
            yield from titles(entry) if isinstance(entry, list) else [entry.title]

    return list(titles(read(data).outline))


def code_on_page(data):
    """The address that a phone reads from the QR code drawn in the PDF."""
    for page in read(data).pages:
        figure = re.search(rb"/Figure\s.*?EMC", page.get_contents().get_data(), re.DOTALL)
        if figure:
            return scan([tuple(map(int, run)) for run in re.findall(rb"(\d+) (\d+) m\s(\d+) \2 l", figure[0])])
    return None


def code_in_svg(svg):
    return scan([(int(x), int(y), int(x) + int(run)) for x, y, run in re.findall(r"M(\d+) (\d+)h(\d+)v1H\1z", svg)])


def scan(runs, scale=4, quiet=4):
    """Draw dark runs (x, y, end) with the quiet zone a camera needs, and read them."""
    side = (max(end for _, _, end in runs) + 2 * quiet) * scale
    pixels = bytearray(b"\xff" * side * side)
    for x, y, end in runs:
        for row in range((y + quiet) * scale, (y + quiet + 1) * scale):
            start = row * side + (x + quiet) * scale
            pixels[start : start + (end - x) * scale] = b"\0" * ((end - x) * scale)
    [found] = zxingcpp.read_barcodes(memoryview(pixels).cast("B", (side, side)))
    return found.text
