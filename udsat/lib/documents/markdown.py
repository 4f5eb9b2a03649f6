"""Markdown to blocks, by way of HTML (markdown-it) whose elements know the line they came from."""

import re

from markdown_it import MarkdownIt

from udsat.lib.file_checks import decode

from .blocks import MAX_TEXT, Document, ImportNote, too_long
from .html import read_html
from .text import UNMEANT, clean

# Markdown is slow to read: so much is seen to be too much before it is read.
MAX_LINES = 20_000


def markdown_text(data: bytes) -> str:
    """The text of a file of Markdown. Raises UnreadableDocument for one too long to be read."""
    text = clean(decode(data))
    if len(text) > MAX_TEXT or text.count("\n") > MAX_LINES:
        raise too_long()
    return text


def read_markdown(text: str) -> Document:
    """Read what `markdown_text` gave. What its head says about the file is set aside, except for the title."""
    title = ""
    skipped: list[ImportNote] = []
    if match := re.match(r"---\n(.{0,4000}?)\n---\n", text, re.DOTALL):
        for number, line in enumerate(match[1].split("\n"), 2):
            if found := re.match(r"(?:title|titel):\s*[\"']?(.*?)[\"']?\s*$", line, re.IGNORECASE):
                title = found[1]
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
    document = read_html(f"<body>{html}</body>", unit="linje", width=UNMEANT)
    document.title = title or document.title
    document.ignored = skipped + document.ignored
    return document


def markdown_html(text: str) -> str:
    """What `markdown_text` gave as plain HTML, for rich text."""
    # A line that begins with a label was not meant to run on from the line above.
    text = re.sub(r"(?<=\S)\n(?=(?:\*\*|__)?[A-ZÆØÅ][^\n:*]{1,30}:)", "  \n", text)
    return _parser().render(text)


def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"maxNesting": 40}).enable("table")
