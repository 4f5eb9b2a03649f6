"""Readability of Danish texts: sentences, words and LIX.

static/js/lix.js counts in the same way in the browser; tests/test_readability.py runs one table of examples on both.
"""

import re
import unicodedata

_LETTER = "A-Za-zÀ-ÖØ-öø-ɏ"
_EMAIL = re.compile(r"\S+@\S+")
_WORD = re.compile(rf"(?:https?://|www\.)\S+|[{_LETTER}]+(?:[-'’.][{_LETTER}]+)*|[0-9]+(?:[.,:][0-9]+)*")
_ADDRESS = re.compile(r"https?://|www\.|\S*@")
_LETTERS = re.compile(f"[{_LETTER}]")
# Table cells are separate lines.
_LINE = re.compile(r"\n| \| ")
_BULLET = re.compile(r"\s*(?:[•·▪▫◦*–—-]|\(?(?:[0-9]{1,3}|[a-zæøå])[.)])\s+")
_STOP = re.compile(r"(?<![.!?…])[.!?…]+[\"'”’»)\]]*(?=\s)|:(?=\s)")
_LOWER = re.compile(r"[\s\"'“”‘’»«(\[–—-]*[a-zß-öø-ÿ]")
_DIGIT = re.compile(r"[\s\"'“”‘’»«(\[–—-]*[0-9]")
# Enough for each abbreviation and for two digits.
_LAST_WORD = re.compile(r"[^\s\"'“”‘’»«(\[]{1,10}$")
# Abbreviations that never end a sentence. The others (»osv.«, »m.m.«) do when a capital follows.
_ABBREVIATIONS = frozenset(
    "adr afd ang art bl.a bl bla ca cirka d.v.s dr dvs ekskl eks evt ex f.eks fx fhv fr hhv hr i.f.m i.f.t ifm ift "
    "inkl jf jfr jvf kap kl m.h.p m.h.t maks max mht min mr mrs nr nuv p.g.a pga pkt pl prof red s sct skt sml sr st "
    "stk tlf v.h.a vedr vha".split()
)
_ONE_LETTER_OR_DAY = re.compile(rf"[{_LETTER}]|[0-9]{{1,2}}")

LONG_WORD = 7  # letters
LONG_SENTENCE = 20  # words


def sentences(text: str) -> list[str]:
    """Return the sentences of a text whose paragraphs, list items and headings are lines.

    A sentence ends at a line end, and at a full stop, question mark, exclamation mark or colon before a space. It does
    not end before a small letter (»bl.a. de unge«, »den 3. marts«, »Hvad? spurgte hun«), after an abbreviation that is
    always followed by more (»kl. 14«), after an initial, or between the numbers of a date (»1. 3. 2025«). The bullet or
    number of a list item is left out.
    """
    return [sentence for sentence, _ in _sentences_with_words(text)]


def _sentences_with_words(text: str) -> list[tuple[str, list[str]]]:
    pieces = []
    for line in _LINE.split(unicodedata.normalize("NFC", text)):
        if bullet := _BULLET.match(line):
            line = line[bullet.end() :]
        start = 0
        for stop in _STOP.finditer(line):
            if _ends_sentence(line, stop):
                pieces.append(line[start : stop.end()])
                start = stop.end()
        pieces.append(line[start:])
    return [(piece.strip(), found) for piece in pieces if (found := words(piece))]


def _ends_sentence(line: str, stop: re.Match) -> bool:
    if stop[0] == ":":
        return True
    if _LOWER.match(line, stop.end()):
        return False
    if stop[0] != ".":
        return True
    before = _LAST_WORD.search(line[max(0, stop.start() - 10) : stop.start()])
    word = before[0] if before else ""
    if word.lower() in _ABBREVIATIONS:
        return False
    if not _ONE_LETTER_OR_DAY.fullmatch(word):
        return True
    # »H. Jensen« and »1. 3. 2025«, but not »Vi er 12. Kom med.«
    return not (_DIGIT.match(line, stop.end()) if word.isdigit() else word.isupper())


def words(text: str) -> list[str]:
    """Return the words, numbers and addresses. »natcafé-gruppen«, »f.eks« and »14.30« are one each."""
    return [word for part in text.split() for word in ([part] if _EMAIL.match(part) else _WORD.findall(part))]


def _is_long(word: str) -> bool:
    # Addresses are not read letter by letter.
    return not _ADDRESS.match(word) and len(_LETTERS.findall(word)) >= LONG_WORD


def lix(text: str) -> int | None:
    """Return the LIX of the text: words per sentence + percentage of words of 7 letters or more; None without words.

    Source: C. H. Björnsson, Läsbarhet, Liber, Stockholm 1968 (Danish: Læsbarhed, Gad, 1971), where a sentence ends at
    a full stop, a colon and before a capital; see `sentences` for exceptions. Numbers and addresses count as words, but
    are never long.
    """
    sentence_words = [found for _, found in _sentences_with_words(text)]
    return _lix(sentence_words) if sentence_words else None


def _lix(sentence_words: list[list[str]]) -> int:
    all_words = [word for sentence in sentence_words for word in sentence]
    # Half is rounded up, as in JavaScript.
    return int(len(all_words) / len(sentence_words) + 100 * sum(map(_is_long, all_words)) / len(all_words) + 0.5)


def lix_label(value: int) -> str:
    """Return the difficulty in Danish, on Björnsson's scale of five steps at 25, 35, 45 and 55."""
    scale = ((25, "let at læse, også for børn"), (35, "let at læse"), (45, "middelsvær at læse"), (55, "svær at læse"))
    return next((label for limit, label in scale if value < limit), "meget svær at læse")


MIN_WORDS = 8  # LIX of fewer words is meaningless
MAX_QUOTE = 160  # characters


def readability_note(text: str) -> str:
    """Return the note shown beside a text field, such as »LIX 28: let at læse.«; "" below MIN_WORDS.

    A longest sentence of more than LONG_SENTENCE words is quoted.
    """
    all_sentences = _sentences_with_words(text)
    if sum(len(found) for _, found in all_sentences) < MIN_WORDS:
        return ""
    value = _lix([found for _, found in all_sentences])
    note = f"LIX {value}: {lix_label(value)}."
    longest, its_words = max(all_sentences, key=lambda pair: len(pair[1]))
    count = len(its_words)
    if count > LONG_SENTENCE:
        quote = longest if len(longest) <= MAX_QUOTE else f"{longest[:MAX_QUOTE].rstrip()} …"
        note += f" Den længste sætning har {count} ord: »{quote}«"
    return note
