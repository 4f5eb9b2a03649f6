"""Parse a document into the parts of a strategy: sections, themes, guiding threads, goals.

The package uses no database and no model. `parse_strategy` takes these steps:

1. `outline`: group the blocks into segments, each a heading and the paragraphs and lists below it. `heading_lines`
   finds the headings, `theme_table` reads tables that lay out themes.
2. `title_page`: take title, period and adoption from the first lines.
3. `document_type`: recognise minutes, news and pages about a council, which have no themes.
4. `heading_roles`: decide which headings are themes, sections, or headings above goals.
5. `assembly`: fill a `ParsedStrategy` from the segments; `theme_text` reads the text of one theme.
6. `unplaced_text`: report text that is in no part of the result, or keep it as a section if there is no other part.

`wording` holds the Danish patterns, `html_output` writes nodes as HTML, `parsed_strategy` defines the result.

Structure is inferred from these signals, the most reliable first: labels (»Tema 1: …«), a list of contents that repeats
headings, a heading above the themes (»Fire temaer«), lead-ins to goals (»Vi vil:«).
"""

from udsat.lib.documents import Document

from .assembly import Assembler, set_theme_label
from .document_type import find_doubt, is_council_page, is_minutes
from .heading_roles import assign_roles
from .outline import read_segments
from .parsed_strategy import ParsedGoal, ParsedSection, ParsedStrategy, ParsedTheme
from .title_page import take_period, take_title
from .unplaced_text import keep_as_section, report_unplaced_texts, source_texts

__all__ = ["ParsedGoal", "ParsedSection", "ParsedStrategy", "ParsedTheme", "parse_strategy"]


def parse_strategy(document: Document) -> ParsedStrategy:
    """Return the strategy in a document. Never raises; see `doubt`, `not_understood` and `ignored` of the result."""
    parsed = ParsedStrategy(unit=document.unit, ignored=list(document.ignored), not_understood=list(document.left_out))
    segments = read_segments(document, parsed)
    sources = list(source_texts(segments))
    title_segment = take_title(segments, document, parsed)
    take_period(segments, document, parsed)
    may_have_themes = not (is_minutes(document) or is_council_page(segments, document))
    assign_roles(segments, title_segment, may_have_themes)
    assembler = Assembler(parsed, may_have_themes)
    assembler.assemble(segments)
    set_theme_label(segments, parsed, assembler.listed_theme_word)
    parsed.doubt = find_doubt(document, segments, parsed)
    report_unplaced_texts(sources, parsed)
    if not parsed.themes and not parsed.sections:
        keep_as_section(parsed)
    parsed.not_understood.sort(key=lambda note: note.line)
    parsed.ignored.sort(key=lambda note: note.line)
    return parsed
