"""Danish dates, numbers, alphabetical order, slugs and readability. No database, no app."""

import datetime
import re
import unicodedata

from django.utils import timezone
from django.utils.text import slugify as _slugify

WEEKDAYS = ("mandag", "tirsdag", "onsdag", "torsdag", "fredag", "lørdag", "søndag")
MONTHS = (
    "januar", "februar", "marts", "april", "maj", "juni",
    "juli", "august", "september", "oktober", "november", "december",
)  # fmt: skip


def _local(moment: datetime.date) -> datetime.date:
    return timezone.localtime(moment) if isinstance(moment, datetime.datetime) else moment


def long_date(day: datetime.date) -> str:
    """3. marts 2025"""
    day = _local(day)
    return f"{day.day}. {MONTHS[day.month - 1]} {day.year}"


def weekday_date(day: datetime.date) -> str:
    """mandag den 3. marts 2025"""
    day = _local(day)
    return f"{WEEKDAYS[day.weekday()]} den {long_date(day)}"


def month_year(day: datetime.date) -> str:
    """marts 2025"""
    day = _local(day)
    return f"{MONTHS[day.month - 1]} {day.year}"


def short_date(day: datetime.date) -> str:
    """3.3.2025"""
    day = _local(day)
    return f"{day.day}.{day.month}.{day.year}"


def clock(time: datetime.time) -> str:
    """14.00 (24 hours, with a full stop)"""
    if isinstance(time, datetime.datetime):
        time = timezone.localtime(time).time()
    return f"{time.hour}.{time.minute:02}"


def long_datetime(day: datetime.date, time: datetime.time | None = None) -> str:
    """mandag den 3. marts 2025 kl. 14.00; without a time only the day."""
    if time is None and isinstance(day, datetime.datetime):
        time = timezone.localtime(day).time()
    return f"{weekday_date(day)} kl. {clock(time)}" if time else weekday_date(day)


def number(value: float, decimals: int = 0) -> str:
    """1.234.567,5"""
    return f"{value:,.{decimals}f}".translate(str.maketrans(",.", ".,"))


def fold(text: str) -> str:
    """Lower case with æ→ae, ø→oe, å→aa and other accents dropped, so that spellings meet."""
    text = unicodedata.normalize("NFC", text).lower()
    text = text.replace("æ", "ae").replace("ø", "oe").replace("å", "aa")
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


def slugify(text: str, max_length: int = 80) -> str:
    """An address of a–z, 0–9 and hyphens, cut at a word: »Børn og unge« becomes boern-og-unge."""
    slug = _slugify(re.sub(r"[–—/]", "-", fold(text)))
    if len(slug) > max_length:
        slug = slug[: max_length + 1].rsplit("-", 1)[0][:max_length]
    return slug


def sort_key(text: str) -> str:
    """A plain string that sorts as Danish does: … z æ ø å, and aa as å (Dansk Sprognævn, Retskrivningsordbogen).

    The last three letters become {, | and }, which stand after z in ASCII, so any database can order by it.
    """
    text = unicodedata.normalize("NFC", text).lower().replace("aa", "å")
    text = text.replace("ä", "æ").replace("ö", "ø").replace("ü", "y")
    text = text.translate(str.maketrans("æøå", "{|}"))
    text = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    return re.sub(r"[^a-z0-9{|}]+", " ", text).strip()


def join_words(words: list[str], last: str = "og") -> str:
    """a, b og c"""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


# Readability. static/js/lix.js counts the same way in the browser; tests/test_lix.py puts one table to both.

_LETTER = "A-Za-zÀ-ÖØ-öø-ɏ"
_WORD = re.compile(rf"(?:https?://|www\.)\S+|\S+@\S+|[{_LETTER}]+(?:[-'’.][{_LETTER}]+)*|[0-9]+(?:[.,:][0-9]+)*")
_ADDRESS = re.compile(r"https?://|www\.|\S*@")
_LETTERS = re.compile(f"[{_LETTER}]")
# A cell of a table is read by itself, as a line is.
_LINE = re.compile(r"\n| \| ")
_BULLET = re.compile(r"\s*(?:[•·▪▫◦*–—-]|\(?(?:[0-9]{1,3}|[a-zæøå])[.)])\s+")
_STOP = re.compile(r"[.!?…]+[\"'”’»)\]]*(?=\s)|:(?=\s)")
_LOWER = re.compile(r"[\s\"'“”‘’»«(\[–—-]*[a-zß-öø-ÿ]")
_DIGIT = re.compile(r"[\s\"'“”‘’»«(\[–—-]*[0-9]")
_ENDING_IN_STOP = re.compile(r"[^\s\"'“”‘’»«(\[]+$")
# Those that something always follows. The others (»osv.«, »m.m.«) end a sentence when a capital comes next.
_ABBREVIATIONS = frozenset(
    "adr afd ang art bl.a bl bla ca cirka d.v.s dr dvs ekskl eks evt ex f.eks fx fhv fr hhv hr i.f.m i.f.t ifm ift "
    "inkl jf jfr jvf kap kl m.h.p m.h.t maks max mht min mr mrs nr nuv p.g.a pga pkt pl prof red s sct skt sml sr st "
    "stk tlf v.h.a vedr vha".split()
)
_ONE_LETTER_OR_DAY = re.compile(rf"[{_LETTER}]|[0-9]{{1,2}}")

LONG_WORD = 7  # letters
LONG_SENTENCE = 20  # words


def sentences(text: str) -> list[str]:
    """The sentences of a text whose paragraphs, items and headings are lines.

    A line ends a sentence, and so does a full stop, question or exclamation mark or colon before a space. Not so
    before a small letter (»bl.a. de unge«, »den 3. marts«, »Hvad? spurgte hun«), after an abbreviation that more always
    follows (»kl. 14«), after an initial, or between the numbers of a date (»1. 3. 2025«). The bullet or number of an
    item is no part of it.
    """
    found = []
    for line in _LINE.split(unicodedata.normalize("NFC", text)):
        if bullet := _BULLET.match(line):
            line = line[bullet.end() :]
        start = 0
        for stop in _STOP.finditer(line):
            if _ends(line, stop):
                found.append(line[start : stop.end()])
                start = stop.end()
        found.append(line[start:])
    return [sentence.strip() for sentence in found if _WORD.search(sentence)]


def _ends(line: str, stop: re.Match) -> bool:
    if stop[0] == ":":
        return True
    rest = line[stop.end() :]
    if _LOWER.match(rest):
        return False
    if stop[0] != ".":
        return True
    before = _ENDING_IN_STOP.search(line[: stop.start()])
    word = before[0] if before else ""
    if word.lower() in _ABBREVIATIONS:
        return False
    if not _ONE_LETTER_OR_DAY.fullmatch(word):
        return True
    # »H. Jensen«, and »1. 3. 2025« as against »Vi er 12. Kom med.«
    return not (_DIGIT.match(rest) if word.isdigit() else word.isupper())


def words(text: str) -> list[str]:
    """Words, numbers and addresses. »natcafé-gruppen«, »f.eks« and »14.30« are one each."""
    return _WORD.findall(text)


def _is_long(word: str) -> bool:
    # Nobody spells out an address.
    return not _ADDRESS.match(word) and len(_LETTERS.findall(word)) >= LONG_WORD


def lix(text: str) -> int | None:
    """Readability: words per sentence + percentage of words of 7 letters or more. None for a text without words.

    From C. H. Björnsson, Läsbarhet, Liber, Stockholm 1968 (in Danish: Læsbarhed, Gad, 1971). He ends a sentence at a
    full stop, at a colon and where a capital begins the next; see `sentences` for what we do not take for one. Numbers
    and addresses count as words but are never long.
    """
    per_sentence = [words(sentence) for sentence in sentences(text)]
    every = [word for sentence in per_sentence for word in sentence]
    if not every:
        return None
    # Half is rounded up, as JavaScript does.
    return int(len(every) / len(per_sentence) + 100 * sum(map(_is_long, every)) / len(every) + 0.5)


def lix_word(value: int) -> str:
    """How hard that is to read, on Björnsson's scale: five steps at 25, 35, 45 and 55."""
    scale = ((25, "let at læse, også for børn"), (35, "let at læse"), (45, "middelsvær at læse"), (55, "svær at læse"))
    return next((word for limit, word in scale if value < limit), "meget svær at læse")


def long_sentences(text: str) -> list[str]:
    """The sentences of more than 20 words, the longest first."""
    found = [(len(words(sentence)), sentence) for sentence in sentences(text)]
    return [sentence for count, sentence in sorted(found, key=lambda one: -one[0]) if count > LONG_SENTENCE]


FEW_WORDS = 8  # says nothing yet about how a text reads
QUOTED = 160  # characters


def reading(text: str) -> str:
    """What is said of a text beside its field: »LIX 28: let at læse«. With few words, nothing."""
    per_sentence = sentences(text)
    if sum(len(words(sentence)) for sentence in per_sentence) < FEW_WORDS:
        return ""
    value = lix(text) or 0
    said = f"LIX {value}: {lix_word(value)}."
    longest = max(per_sentence, key=lambda sentence: len(words(sentence)))
    count = len(words(longest))
    if count > LONG_SENTENCE:
        shown = longest if len(longest) <= QUOTED else f"{longest[:QUOTED].rstrip()} …"
        said += f" Den længste sætning har {count} ord: »{shown}«"
    return said
