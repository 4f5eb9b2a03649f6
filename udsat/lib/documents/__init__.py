"""Read documents into blocks: headings, paragraphs, list items and tables.

.docx is converted to HTML by mammoth, .md by markdown-it; HTML and plain text are read into blocks. The apps interpret
the blocks as an agenda or a strategy. Text that is left out is listed in `ignored`, with the reason.
"""

from udsat.lib.file_checks import (
    MACROS,
    MAX_DOCUMENT_BYTES,
    MB,
    TYPE_NAMES,
    UnreadableDocument,
    check_size,
    decode,
    is_xml,
    open_archive,
    real_type,
    xml_parts,
)
from udsat.lib.richtext.blocks import block_text

from .blocks import MAX_BLOCKS, MAX_TEXT, NO_TEXT, TOO_LONG, Document, Heading, ImportNote, ListItem, Paragraph, Table
from .html import read_html
from .html_page import declared_encoding
from .markdown import markdown_html, markdown_text, read_markdown
from .rich_text import RichDocument, rich_blocks, rich_html
from .text import normalise_text, read_text
from .word import docx_html, numbers_to_html, read_docx
from .word_xml import missing_words

__all__ = [
    "ACCEPTED",
    "MAX_DOCUMENT_BYTES",
    "Document",
    "Heading",
    "ImportNote",
    "ListItem",
    "Paragraph",
    "RichDocument",
    "Table",
    "UnreadableDocument",
    "is_small",
    "read_document",
    "read_rich",
]

# Reading this much takes half a second at most, whatever is in the file: bytes of text, and elements of Word's XML.
SMALL_TEXT, SMALL_WORD = 15_000, 6_000
# Characters of text in Word's XML that take as long as an element.
CHARACTERS_PER_ELEMENT = 25

ACCEPTED = (".docx", ".html", ".htm", ".md", ".markdown", ".txt")


def read_document(data: bytes, filename: str) -> Document:
    """Read a .docx, .html, .md or .txt file of at most 10 MB into plain blocks.

    Raises UnreadableDocument with a Danish message, and no other exception, for any content.
    """
    suffix = _checked_suffix(data, filename)
    if suffix == ".docx":
        document = read_docx(data)
    elif suffix in (".html", ".htm"):
        document = read_html(decode(data, declared_encoding(data)))
    else:
        is_markdown = suffix in (".md", ".markdown")
        document = read_markdown(markdown_text(data)) if is_markdown else read_text(normalise_text(decode(data)))
    if not any(block.text.strip() for block in document.blocks):
        raise UnreadableDocument(NO_TEXT)
    return document


def read_rich(data: bytes, filename: str) -> RichDocument:
    """Read the same files as `read_document` into rich text blocks, with bold, italics, links, lists and tables.

    Raises UnreadableDocument likewise.
    """
    suffix = _checked_suffix(data, filename)
    if suffix == ".docx":
        word = docx_html(data, with_numbers=True)
        rich = rich_html(numbers_to_html(word.html))
        rich.title = word.title
        read = [*map(block_text, rich.blocks), *(note.text for note in rich.ignored)]
        rich.left_out += [*word.left_out, *missing_words(word.words, "\n".join(read))]
        rich.ignored += word.margins
    elif suffix in (".html", ".htm"):
        rich = rich_html(decode(data, declared_encoding(data)))
    elif suffix in (".md", ".markdown"):
        rich = rich_html(markdown_html(markdown_text(data)))
    else:
        # »Ring til Karen« is a contact detail on a web page, but an agreement in minutes.
        document = read_text(normalise_text(decode(data)), is_page=False)
        rich = RichDocument(document.title, rich_blocks(document.blocks), document.ignored)
    if not rich.blocks:
        raise UnreadableDocument(NO_TEXT)
    if len(rich.blocks) > MAX_BLOCKS or sum(map(len, map(block_text, rich.blocks))) > MAX_TEXT:
        raise UnreadableDocument(TOO_LONG)
    return rich


def is_small(data: bytes, filename: str) -> bool:
    """Return whether the file is read in half a second, or is refused before it is read."""
    try:
        if _checked_suffix(data, filename) != ".docx":
            return len(data) <= SMALL_TEXT
        archive = open_archive(data)
        if sum(entry.file_size for entry in archive.infolist() if is_xml(entry.filename)) > MB:
            return False
        roots = [root for _, root in xml_parts(archive)]
    except UnreadableDocument:
        return True
    return sum(1 + len(e.text or "") / CHARACTERS_PER_ELEMENT for root in roots for e in root.iter()) <= SMALL_WORD


def _checked_suffix(data: bytes, filename: str) -> str:
    """The suffix of the file name. Raises UnreadableDocument unless suffix and content are of an accepted type."""
    check_size(data)
    suffix = "." + filename.lower().rpartition(".")[2] if "." in filename else ""
    kind = real_type(data)
    if kind == "pdf" and suffix in (*ACCEPTED, ".pdf"):
        raise UnreadableDocument(
            "En PDF kan ikke læses ind, for dens overskrifter og lister er kun tegnet. "
            "Brug den Word-fil, den er lavet af, eller kopiér teksten over i en .txt-fil."
        )
    if suffix in (".docm", ".dotm"):
        raise UnreadableDocument(MACROS)
    if suffix not in ACCEPTED:
        raise UnreadableDocument(
            f"Filtypen {suffix or 'uden endelse'} kan ikke læses ind. Gem teksten som .docx, .html, .md eller .txt."
        )
    if suffix == ".docx":
        if kind not in ("zip", "ole"):
            type_name = TYPE_NAMES.get(kind, "noget andet")
            raise UnreadableDocument(f"Filen hedder .docx, men er {type_name}. Åbn den, og gem den som .docx.")
    elif kind and not (kind == "html" and suffix != ".txt"):
        raise UnreadableDocument(
            f"Filen hedder {suffix}, men er {TYPE_NAMES[kind]}. Gem den som .docx, .html, .md eller .txt."
        )
    return suffix
