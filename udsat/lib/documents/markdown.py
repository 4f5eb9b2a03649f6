"""Read Markdown into blocks, through HTML from markdown-it whose elements carry their source line."""

import re

from markdown_it import MarkdownIt

from udsat.lib.file_checks import UnreadableDocument, decode

from .blocks import MAX_TEXT, TOO_LONG, Document, ImportNote
from .html import read_html
from .text import UNINTENDED, normalise_text

# Parsing is slow, so longer texts are rejected before.
MAX_LINES = 20_000


def markdown_text(data: bytes) -> str:
    """Return the text of a Markdown file. Raises UnreadableDocument if it is too long."""
    text = normalise_text(decode(data))
    if len(text) > MAX_TEXT or text.count("\n") > MAX_LINES:
        raise UnreadableDocument(TOO_LONG)
    return text


def read_markdown(text: str) -> Document:
    """Read text from `markdown_text`. Of its front matter, the title is used and the rest is ignored."""
    title = ""
    skipped: list[ImportNote] = []
    if match := re.match(r"---\n(.{0,4000}?)\n---\n", text, re.DOTALL):
        for number, line in enumerate(match[1].split("\n"), 2):
            if titled := re.match(r"(?:title|titel):(.*)", line, re.IGNORECASE):
                title = titled[1].strip().strip("\"'")
            else:
                skipped.append(ImportNote(number, line, "oplysning om filen"))
        text = "\n" * match[0].count("\n") + text[match.end() :]
    parser = _parser()
    parser.add_render_rule("softbreak", lambda *_: "<br>")
    parser.add_render_rule("hardbreak", lambda *_: '<br class="apart">')
    tokens = parser.parse(text)
    for token in tokens:
        if token.map and token.nesting >= 0:
            token.attrSet("data-line", str(token.map[0] + 1))
    html = parser.renderer.render(tokens, parser.options, {})
    document = read_html(f"<body>{html}</body>", unit="linje", width=UNINTENDED)
    document.title = title or document.title
    document.ignored = skipped + document.ignored
    return document


def markdown_html(text: str) -> str:
    """Return text from `markdown_text` as HTML."""
    # A line that begins with a label never continues the line above.
    text = re.sub(r"(?<=\S)\n(?=(?:\*\*|__)?[A-ZÆØÅ][^\n:*]{1,30}:)", "  \n", text)
    return _parser().render(text)


def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"maxNesting": 40}).enable("table")
