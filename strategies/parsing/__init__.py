"""Turn the blocks of a document into the parts of a strategy: sections, themes, guiding threads, goals.

Pure: no database and no model. The structure comes from the text's own signals, in this order of trust: labels
(»Tema 1: …«), a list of contents that repeats headings, a heading that holds themes, a lead-in to goals (»Vi vil:«).
Every piece of the text ends up in exactly one place, at worst in `not_understood` with a reason.
"""

from udsat.lib.documents import Document

from .assembly import Assembler
from .checks import account_for, find_doubt, is_council_page, is_minutes, name_themes, pieces_of
from .heading_roles import give_roles
from .outline import read_segments
from .parsed_strategy import ParsedGoal, ParsedSection, ParsedStrategy, ParsedTheme
from .title_page import take_period, take_title

__all__ = ["ParsedGoal", "ParsedSection", "ParsedStrategy", "ParsedTheme", "parse_strategy"]


def parse_strategy(document: Document) -> ParsedStrategy:
    """Read a strategy out of a document. Never fails; what it doubts is in `doubt`, `not_understood` and `ignored`."""
    parsed = ParsedStrategy(unit=document.unit, ignored=list(document.ignored))
    segments = read_segments(document, parsed)
    pieces = list(pieces_of(segments))
    title_segment = take_title(segments, document, parsed)
    take_period(segments, document, parsed)
    is_other = is_minutes(document) or is_council_page(segments, document)
    give_roles(segments, title_segment, may_have_themes=not is_other)
    assembler = Assembler(parsed, may_have_themes=not is_other)
    assembler.assemble(segments)
    name_themes(segments, parsed, assembler.listed)
    find_doubt(document, segments, parsed)
    account_for(pieces, parsed)
    parsed.not_understood.sort(key=lambda remark: remark.line)
    parsed.ignored.sort(key=lambda remark: remark.line)
    return parsed
