"""Parse a web page, and separate its text from the menus, headers and footers around it."""

import re
from typing import Any

import lxml.html
from lxml import etree

from udsat.lib.file_checks import UnreadableDocument
from udsat.lib.richtext.html_reader import HIDDEN_IN_WORD, STRUCK_STYLE, raised_text

from .blocks import HIDDEN, NO_TEXT, STRUCK, TOO_NESTED, ImportNote
from .folded import HEADINGS, is_hidden
from .text import normalise_text, single_spaced

INLINE = frozenset(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark q rp rt ruby s samp small span"
    " strike strong sub sup time tt u var wbr".split()
)
DROPPED = frozenset(
    "script style noscript template svg math object iframe canvas audio video map head input select textarea option"
    " datalist progress meter img link meta".split()
)
_BOILERPLATE_ROLES = {"navigation", "banner", "contentinfo", "search", "complementary", "dialog", "alert", "menu"}
_BOILERPLATE_NAMES = frozenset(
    "nav navbar navigation menu mainmenu breadcrumb breadcrumbs cookie cookies cookie-banner cookiebanner"
    " cookie-consent skiplink skip-link skip-links sidebar site-header site-footer page-header-menu footer"
    " site-nav share sharing social social-media search search-form related pagination toolbar".split()
)


def declared_encoding(data: bytes) -> str:
    """Return the encoding in the page's <meta charset>; "" if there is none."""
    match = re.search(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w-]+)", data[:4096], re.IGNORECASE)
    return match[1].decode("ascii", "replace") if match else ""


def parse_html(text: str) -> Any:
    """Return the root of the lxml tree. Raises UnreadableDocument if the page is empty or too deeply nested."""
    parser = lxml.html.HTMLParser(
        encoding="utf-8", no_network=True, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = lxml.html.document_fromstring(normalise_text(text).encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, AssertionError) as error:
        raise UnreadableDocument(NO_TEXT) from error
    except RecursionError as error:
        raise UnreadableDocument(TOO_NESTED) from error
    for node in root.iter("sup", "sub"):
        if not len(node) and node.text:
            node.text = raised_text(node.text, "super" if node.tag == "sup" else "sub")
    return root


def take_out_unseen(root: Any) -> list[ImportNote]:
    """Remove text that is struck out, or hidden in Word, and return it."""
    notes = []
    for node in list(root.iter(etree.Element)):
        style = node.get("style") or ""
        is_struck = node.tag in ("s", "strike", "del") or STRUCK_STYLE.search(style)
        if not is_struck and not HIDDEN_IN_WORD.search(style) or node.getparent() is None:
            continue
        if text := single_spaced(node.text_content()):
            notes.append(ImportNote(0, text, STRUCK if is_struck else HIDDEN))
        node.drop_tree()
    return notes


class Page:
    """Finds the page's own text: in the elements `mains`, whose ancestors are `around`; in all of `body` if empty."""

    def __init__(self, root: Any) -> None:
        body = root.find(".//body") if root.tag != "body" else root
        body = root if body is None else body
        mains = [e for e in body.iter("main", "div", "section") if e.tag == "main" or e.get("role") == "main"]
        if not mains and len(articles := list(body.iter("article"))) == 1:
            mains = articles
        mains = [e for e in mains if not any(parent in mains for parent in e.iterancestors())]
        inside = sum(len(e.text_content()) for e in mains)
        if not mains or inside < 300 and len(body.text_content()) > 4 * inside:
            mains = []
        self.body = body
        self.mains = set(mains)
        self.around = {parent for e in mains for parent in e.iterancestors()}
        # A single h1 is often in a banner above the text.
        if mains and not any(True for e in mains for _ in e.iter("h1")):
            self.around |= {e for h1 in body.iter("h1") for e in (h1, *h1.iterancestors())}

    def exclusion_reason(self, node: Any) -> str:
        """Return the reason, in Danish, why the element is not part of the text; "" if it may be."""
        if node in self.mains or node in self.around:
            return ""
        if self.mains and node.getparent() in self.around:
            return "uden for sidens egentlige tekst"
        if is_hidden(node):
            return "skjult på siden"
        in_text = any(e in self.mains or e.tag in ("main", "article") for e in node.iterancestors())
        names = {*(node.get("class") or "").lower().split(), (node.get("id") or "").lower()}
        if (
            node.tag in ("nav", "footer", "dialog")
            or (node.tag in ("header", "aside") and not in_text and node.find(".//h1") is None)
            or (node.tag == "button" and not self.is_accordion(node))
            or node.get("role") in _BOILERPLATE_ROLES
            or (names & _BOILERPLATE_NAMES and node.find(".//h1") is None and node.find(".//main") is None)
        ):
            return "sidens menu, hoved eller fod"
        return "billedtekst" if node.tag == "figcaption" else ""

    def is_accordion(self, node: Any) -> bool:
        return node.get("aria-expanded") is not None or any(
            e.tag in (*HEADINGS, "summary") for e in node.iterancestors()
        )
