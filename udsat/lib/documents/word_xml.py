"""Rewrite the XML of a Word document into what mammoth can read, and list the text that is left out.

mammoth skips elements that it does not know, with their text. Here fields, text boxes, content controls, check boxes,
moved text and equations become ordinary paragraphs and runs. Text that a reader of the file sees as struck out or not
at all is removed and listed.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from typing import Any

from lxml import etree

from .blocks import HIDDEN, STRUCK, ImportNote
from .text import single_spaced

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"

DELETED = "Teksten er slettet med »Registrer ændringer«, så den er ikke taget med"
PLACEHOLDER = "Teksten er Words egen hjælpetekst i et felt, der ikke er udfyldt"
FORMULA = "Formlen er skrevet på én linje. Se, om den er rigtig"
OTHER_PROGRAM = "Filen viser tekst fra et andet program. Den er ikke læst. Kopiér den selv ind"
FIGURE = "Teksten står i en figur, som ikke er taget med"
MISSING = "Ordene kom ikke med. Find dem i filen, og skriv dem ind"

# Elements around text that say where it comes from, not what it is.
_WRAPPERS = {f"{_W}{name}" for name in "fldSimple smartTag customXml moveTo ins dir bdo sdtContent rubyBase".split()}
_WORD = re.compile(r"\w+")
REWRITTEN = {"word/document.xml", "word/footnotes.xml", "word/endnotes.xml"}


def prepare(parts: dict[str, Any]) -> list[ImportNote]:
    """Rewrite the document, footnotes and endnotes in place; `parts` are the parsed XML parts by name.

    Returns the text that is left out, with the reason in Danish.
    """
    styles = _Styles(parts.get("word/styles.xml"))
    notes: list[ImportNote] = []
    for name in sorted(REWRITTEN):
        if (root := parts.get(name)) is not None:
            notes += [
                ImportNote(0, text, reason)
                for text, reason in _prepare(root, styles)
                if text or reason == OTHER_PROGRAM
            ]
    for name, root in parts.items():
        if re.fullmatch(r"word/(charts/chart|diagrams/data)\w*\.xml", name):
            if text := single_spaced(" ".join(t for t in root.itertext() if t.strip())):
                notes.append(ImportNote(0, text, FIGURE))
    return list(dict.fromkeys(notes))


def _prepare(root: Any, styles: "_Styles") -> Iterator[tuple[str, str]]:
    for choice in list(root.iter(f"{_MC}AlternateContent")):
        _choose(choice)
    for control in list(root.iter(f"{_W}sdt")):
        properties, content = control.find(f"{_W}sdtPr"), control.find(f"{_W}sdtContent")
        if content is None:
            _drop(control)
        elif properties is not None and properties.find(f"{_W}showingPlcHdr") is not None:
            yield _text(content), PLACEHOLDER
            for text in list(content.iter(f"{_W}t")):
                text.text = ""
    for removed in list(root.iter(f"{_W}del", f"{_W}moveFrom")):
        # Within the properties of a paragraph, it marks the end of the paragraph.
        if removed.getparent().tag != f"{_W}rPr":
            if removed.tag == f"{_W}del":
                yield _text(removed), DELETED
            _drop(removed)
    yield from _unseen_runs(root, styles)
    for field in list(root.iter(f"{_W}ffData")):
        _write_form_field(field)
    for element in list(root.iter(f"{_W}sdt", *_WRAPPERS)):
        if element.getparent() is not None and element.getparent().tag != f"{_W}rPr":
            _unwrap(element)
    for old, new in (("cr", "br"), ("ptab", "tab")):
        for element in list(root.iter(f"{_W}{old}")):
            element.tag = f"{_W}{new}"
    for ruby in list(root.iter(f"{_W}ruby")):
        _unwrap(ruby, keep=f"{_W}r")
    for formula in list(root.iter(f"{_M}oMath")):
        text = _formula(formula)
        yield text, FORMULA
        _replace(formula, [_run(text)])
    for paragraph in list(root.iter(f"{_M}oMathPara")):
        _unwrap(paragraph)
    _place_text_boxes(root)
    _write_raised(root, styles)
    for chunk in list(root.iter(f"{_W}altChunk")):
        yield "", OTHER_PROGRAM
        _drop(chunk)


def words_of(parts: dict[str, Any]) -> Counter[str]:
    """Return the words of the prepared parts, which the text that is read from them has to hold."""
    words: Counter[str] = Counter()
    for name in REWRITTEN & set(parts):
        for paragraph in parts[name].iter(f"{_W}p"):
            words.update(_words(_text(paragraph)))
    return words


def missing_words(words: Counter[str], read: str) -> list[ImportNote]:
    """Return a note with the words that are not in the text that was read, if there are any."""
    missing = words - Counter(_words(read))
    return [ImportNote(0, " ".join(missing.elements()), MISSING)] if missing else []


def _words(text: str) -> list[str]:
    return _WORD.findall(unicodedata.normalize("NFKC", text).replace("\u00ad", "").replace("\u200b", ""))


def _text(element: Any) -> str:
    """Return the text of an element, with a space for each tab and break, and without that of text boxes in it."""
    pieces: list[str] = []
    skipped = {id(child) for box in element.iter(f"{_W}txbxContent") if box is not element for child in box.iter()}
    for node in element.iter():
        if id(node) in skipped:
            continue
        if node.tag in (f"{_W}t", f"{_W}delText", f"{_M}t"):
            pieces.append(node.text or "")
        elif node.tag in (f"{_W}tab", f"{_W}br", f"{_W}cr", f"{_W}ptab", f"{_W}p"):
            pieces.append(" ")
        elif node.tag == f"{_W}noBreakHyphen":
            pieces.append("-")
    return single_spaced("".join(pieces))


# Rewriting


def _run(text: str) -> Any:
    run = etree.Element(f"{_W}r")
    element = etree.SubElement(run, f"{_W}t")
    element.text = text
    element.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    return run


def _drop(element: Any) -> None:
    _replace(element, [])


def _replace(element: Any, others: list[Any]) -> None:
    parent = element.getparent()
    if parent is None:
        return
    for other in others:
        element.addprevious(other)
    parent.remove(element)


def _unwrap(element: Any, keep: str = "") -> None:
    """Replace an element by its children, without its properties; by the inner elements of one tag, if it is given."""
    if keep:
        children = list(element.iter(keep))
    else:
        children = [child for child in element if not str(child.tag).endswith("Pr")]
    _replace(element, children)


def _choose(choice: Any) -> None:
    """Replace alternatives by the first one that has text, else by the fallback."""
    options = [*choice.findall(f"{_MC}Choice"), *choice.findall(f"{_MC}Fallback")]
    chosen = next(
        (option for option in options if _text(option) or option.find(f".//{_W}txbxContent") is not None), None
    )
    if chosen is None and options:
        chosen = options[-1]
    _replace(choice, list(chosen) if chosen is not None else [])


def _write_form_field(field: Any) -> None:
    """Write the state of a check box, or the chosen entry of a drop-down list, as a run."""
    text = ""
    if (box := field.find(f"{_W}checkBox")) is not None:
        state = box.find(f"{_W}checked")
        state = state if state is not None else box.find(f"{_W}default")
        text = "☒" if state is not None and _is_on(state) else "☐"
    elif (entries := field.find(f"{_W}ddList")) is not None:
        names = [entry.get(f"{_W}val") or "" for entry in entries.findall(f"{_W}listEntry")]
        result = entries.find(f"{_W}result")
        index = int(result.get(f"{_W}val") or 0) if result is not None else 0
        text = names[index] if index < len(names) else ""
    run = next(field.iterancestors(f"{_W}r"), None)
    if text and run is not None:
        run.addprevious(_run(f"{text} " if text in "☒☐" else text))


def _place_text_boxes(root: Any) -> None:
    """Move the paragraphs of each text box to after the paragraph that it is anchored in."""
    # From the end, so that several boxes of one paragraph, and boxes within boxes, stay in their order.
    for box in reversed(list(root.iter(f"{_W}txbxContent"))):
        anchor = next(box.iterancestors(f"{_W}p"), None)
        blocks = list(box)
        _drop(box)
        if anchor is not None:
            for block in reversed(blocks):
                anchor.addnext(block)


def _formula(element: Any) -> str:
    """Return an equation on one line: (a+b)/c, x^(2), √(y)."""
    name = etree.QName(element).localname if isinstance(element.tag, str) else ""
    inner = [child for child in element if isinstance(child.tag, str) and not child.tag.endswith("Pr")]
    if name == "t":
        return element.text or ""
    parts = {etree.QName(child).localname: _formula(child) for child in inner}
    if name == "f":
        return f"({parts.get('num', '')})/({parts.get('den', '')})"
    if name in ("sSup", "sSub", "sSubSup"):
        sub, sup = parts.get("sub"), parts.get("sup")
        return parts.get("e", "") + (f"_({sub})" if sub else "") + (f"^({sup})" if sup else "")
    if name == "rad":
        return f"√({parts.get('e', '')})"
    if name == "d":
        return "(" + ", ".join(_formula(child) for child in inner) + ")"
    return "".join(_formula(child) for child in inner)


# Text that is not shown


def _is_on(element: Any) -> bool:
    return element.get(f"{_W}val") not in ("0", "false", "off")


class _Styles:
    """What the styles of a document say about runs."""

    def __init__(self, root: Any) -> None:
        found = root.iter(f"{_W}style") if root is not None else ()
        self.by_id = {style.get(f"{_W}styleId"): style for style in found}

    def is_on(self, properties: Any, style_id: str | None, name: str) -> bool:
        """Whether a property is on by the run's own properties, its style, or the style of its paragraph."""
        if properties is not None and (own := properties.find(f"{_W}{name}")) is not None:
            return _is_on(own)
        found = [self.of_run(properties, name), self._in_style(style_id, name)]
        return any(one is not None and _is_on(one) for one in found)

    def of_run(self, properties: Any, name: str) -> Any:
        """Return a property of a run, its own or that of its character style; None if it has neither."""
        if properties is None:
            return None
        if (own := properties.find(f"{_W}{name}")) is not None:
            return own
        run_style = properties.find(f"{_W}rStyle")
        return self._in_style(run_style.get(f"{_W}val"), name) if run_style is not None else None

    def _in_style(self, style_id: str | None, name: str) -> Any:
        for _ in range(20):
            style = self.by_id.get(style_id)
            if style is None:
                return None
            if (own := style.find(f"{_W}rPr/{_W}{name}")) is not None:
                return own
            based = style.find(f"{_W}basedOn")
            style_id = based.get(f"{_W}val") if based is not None else None
        return None


# Half points. Less than this adjusts the baseline of letters that are not raised.
_RAISED_BY = 4


def _write_raised(root: Any, styles: _Styles) -> None:
    """Write text that a character style or its position raises or lowers as superscript or subscript."""
    for paragraph in root.iter(f"{_W}p"):
        runs = {run: _height(run.find(f"{_W}rPr"), styles) for run in paragraph.iter(f"{_W}r") if _text(run).strip()}
        # A paragraph that is raised as a whole has no text to be raised above.
        for run, height in runs.items() if len(set(runs.values())) > 1 else ():
            if height and (properties := run.find(f"{_W}rPr")).find(f"{_W}vertAlign") is None:
                etree.SubElement(properties, f"{_W}vertAlign").set(f"{_W}val", height)


def _height(properties: Any, styles: _Styles) -> str:
    if (align := styles.of_run(properties, "vertAlign")) is not None:
        return align.get(f"{_W}val", "").replace("baseline", "")
    position = styles.of_run(properties, "position")
    half_points = (position.get(f"{_W}val") or "") if position is not None else ""
    if not re.fullmatch(r"-?[0-9]{1,4}", half_points) or abs(int(half_points)) < _RAISED_BY:
        return ""
    return "subscript" if half_points.startswith("-") else "superscript"


def _unseen_runs(root: Any, styles: _Styles) -> Iterator[tuple[str, str]]:
    """Remove runs that are hidden or struck out. Yield the text of adjacent ones as one."""
    for paragraph in list(root.iter(f"{_W}p")):
        style = paragraph.find(f"{_W}pPr/{_W}pStyle")
        style_id = style.get(f"{_W}val") if style is not None else None
        texts: list[str] = []
        reason = ""
        for run in [r for r in paragraph.iter(f"{_W}r") if next(r.iterancestors(f"{_W}p")) is paragraph]:
            properties = run.find(f"{_W}rPr")
            is_hidden = styles.is_on(properties, style_id, "vanish")
            is_struck = not is_hidden and any(
                styles.is_on(properties, style_id, name) for name in ("strike", "dstrike")
            )
            now = HIDDEN if is_hidden else STRUCK if is_struck else ""
            if texts and now != reason:
                yield single_spaced("".join(texts)), reason
                texts = []
            reason = now
            if not now:
                continue
            texts.append(_text(run))
            for child in list(run):
                # The parts of a field and what anchors a note stay.
                if child.tag in (f"{_W}t", f"{_W}tab", f"{_W}br", f"{_W}cr", f"{_W}sym", f"{_W}noBreakHyphen"):
                    run.remove(child)
        if texts:
            yield single_spaced("".join(texts)), reason
