"""Labels and phrases that mark the parts of agendas and minutes. No database access."""

import re
from typing import NamedTuple

from udsat.lib.danish import fold

from . import standard_labels


def _keys_by_label(**names: str) -> dict[str, str]:
    return {fold(name.strip()): key for key, listed in names.items() for name in listed.split("|")}


HEAD = _keys_by_label(
    kind="slags|mødeform|mødetype|type|møde",
    title="titel|emne|mødets titel",
    date="dato|mødedato|dag",
    time="tid|tidspunkt|kl|klokkeslæt|hvornår|mødetidspunkt|mødetid",
    place="sted|mødested|lokale|mødelokale|hvor|lokation",
    address="adresse",
    council="råd|udvalg|forum",
    cancelled="aflyst",
    open="åbent møde|åbent for alle",
    approval="godkendelse|godkendt|status",
    present="til stede|tilstede|tilstedeværende|deltagere|deltager|deltagende|mødedeltagere|fremmødte|fremmøde|mødte"
    "|deltog|deltagende medlemmer|fremmødte medlemmer|medlemmer|medlemmer til stede|mødt|fremmødt|mødedeltager"
    "|fra rådet|fra udsatterådet"
    "|rådets medlemmer|tilstedeværende medlemmer|mødte medlemmer|tilstede var|til stede var|følgende deltog",
    excused="afbud|meldt afbud|afbud fra|har meldt afbud|forhindret|forhindrede|afbud modtaget|afbud modtaget fra"
    "|afmeldt|fraværende med afbud|fravær med afbud|med afbud|afbud/fravær|fravær/afbud"
    "|fraværende/afbud|afbud/fraværende",
    absent="fraværende|fravær|ikke mødt|udeblevet|udeblev|mødte ikke|fraværende uden afbud|ikke til stede|uden afbud"
    "|fravær uden afbud|udeblevet uden afbud|ikke fremmødt|ikke fremmødte|fraværende medlemmer",
    guests="gæster|gæst|øvrige deltagere|inviterede|øvrige|andre deltagere|gæstedeltagere|desuden deltog"
    "|inviterede gæster|øvrige fremmødte"
    "|eksterne deltagere|eksterne|desuden deltager|endvidere deltog|også til stede|øvrige til stede",
    chaired_by="ordstyrer|mødeleder|dirigent|mødeledelse|leder af mødet|mødet ledes af|ordstyrer på mødet",
    minutes_by="referent|referat ved|referat af|sekretær|referatet er skrevet af|referatskriver",
    intro="indledning",
    plain_text="kort fortalt|på let dansk",
    files="bilag til hele mødet|bilag til mødet|bilag",
    overview="dagsorden|dagsordenen|oversigt|indhold|indholdsfortegnelse|punkter|dagsordenspunkter|referat|mødereferat",
)
PEOPLE = {"present": "til-stede", "excused": "afbud", "absent": "fravaerende"}
FIELD = _keys_by_label(
    presentation="sagsfremstilling|sagsbeskrivelse|sagens baggrund|baggrund|fremstilling|resume|resumé|beskrivelse"
    "|kort sagsfremstilling|beskrivelse af sagen|sagen kort|indhold",
    recommendation="indstilling|indstillinger|forslag til beslutning|anbefaling",
    discussion="referat|drøftelse|drøftelser|debat|dialog|behandling|referat/drøftelse|referat af drøftelsen|noter"
    "|rådets drøftelse|bemærkninger|opsamling",
    decision="beslutning|beslutninger|konklusion|konklusioner|afgørelse|vedtagelse|beslutning/konklusion"
    "|konklusion/beslutning|rådets beslutning|udsatterådets beslutning|resultat",
    dissent="mindretalsudtalelse|mindretalsudtalelser|mindretal|særudtalelse|særstandpunkt|protokoltilførsel",
    plain_text="kort fortalt|på let dansk",
    agreements="aftale|aftaler|opfølgning|handling|handlinger|handlingspunkter|aftaler og opfølgning|hvem gør hvad"
    "|to do|to-do|todo|det aftalte vi|vi aftalte|action",
    files="bilag|vedlagt|bilagsliste|vedlagte bilag|materiale",
    since="siden sidst",
    strategy="om strategien",
)
META = _keys_by_label(
    kind="slags|type|punkttype|sagstype|formål|punktets formål|karakter",
    case_number="sagsnr|sagsnummer|sag nr|sags nr|sag|sagsnr.|journalnr|journalnummer|j.nr|jnr|acadre|sags-id|sagsid",
    public_title="neutral titel",
    presenter="ansvarlig for punktet|oplægsholder|ved|punktansvarlig",
)
AGREEMENT_PART = _keys_by_label(
    responsible="ansvarlig|ansvarlige|hvem|tovholder|ansvar", due_on="frist|deadline|hvornår|tidsfrist|senest|dato"
)
COLUMNS = _keys_by_label(
    text="hvad|aftale|aftaler|opgave|handling|opgaver|hvad er aftalt|emne",
    responsible="hvem|ansvarlig|ansvarlige|hvem gør det|tovholder|ansvar",
    due_on="hvornår|frist|deadline|tidsfrist|senest|tid|dato",
    done_on="gjort|færdig|udført",
    outcome="hvad kom der ud af det?|status|resultat|hvad kom der ud af det",
)
# Columns of a table that holds the whole agenda.
ITEM_COLUMNS = _keys_by_label(
    number="nr|nr.|punkt nr|punkt nr.|#",
    title="punkt|emne|dagsorden|dagsordenspunkt|punkter|tema|sag|titel|overskrift",
    presentation="sagsfremstilling|baggrund|indhold|beskrivelse",
    recommendation="indstilling",
    discussion="referat|drøftelse|noter|bemærkninger",
    decision="beslutning|konklusion|beslutning/konklusion",
    agreements="aftale|aftaler|opfølgning|handling",
    responsible="ansvarlig|hvem",
    due_on="frist|deadline|hvornår",
)
# Labels without a colon.
_OPENERS = [
    (re.compile(r"(?i:afbud|afmeldt)[^\S\n]+(?:[–—-][^\S\n]*)?(?=[A-ZÆØÅ])"), "excused"),
    (re.compile(r"(?i:til\s?stede|tilstedeværende|deltagere|fremmødte)[^\S\n]+[–—-][^\S\n]*(?=[A-ZÆØÅ])"), "present"),
    (re.compile(r"(?i:fraværende|udeblevet)[^\S\n]+[–—-][^\S\n]*(?=[A-ZÆØÅ])"), "absent"),
    (re.compile(r"(?:der var )?(?:afbud fra|meldt afbud)\s*:?\s+", re.I), "excused"),
    (re.compile(r"(?:til\s?stede|mødt|fremmødte?|deltagere?) (?:var|er)\s*:?\s+", re.I), "present"),
    (re.compile(r"(?:fraværende|ikke mødt) (?:var|er)\s*:?\s+", re.I), "absent"),
    (
        re.compile(r"(?:Referat|Referatet er skrevet|Referent er) (?:ved |af )?(?=[A-ZÆØÅ]\w+ [A-ZÆØÅ]\w+\.?$)"),
        "minutes_by",
    ),
]
_LABEL = re.compile(r"\s*+([^:\n]{2,48}?)[^\S\n]*+(:|(?=\n)|$)\s*")
_INNER = re.compile(
    r"(?<=[.;,\s])(?<!uden )(?<!med )(?<!meldt )(?<!ikke )(?<!øvrige )"
    r"(?=(?:afbud(?: fra)?|fraværende(?: uden afbud| med afbud)?|uden afbud|referent|ordstyrer|mødeleder|gæster|sted"
    r"|tid|dato|(?:ikke )?til stede"
    r"|(?:øvrige )?deltagere|adresse|fra (?:kommunen|forvaltningen|administrationen))\s*:)",
    re.I,
)
_WHEN_WORDS = {"dato", "tid", "tidspunkt", "dag", "klokkeslæt", "hvornår", "mødedato", "mødetidspunkt", "mødetid"}
_WHERE_WORDS = {"sted", "mødested", "lokale", "mødelokale", "hvor", "lokation"}
_STAFF = re.compile(
    r"(?:(?:deltagere |repræsentanter )?(?:fra|for) )?(?:kommunen|(?:\w+-?)?forvaltningen|administrationen"
    r"|sekretariatet|socialafdelingen|[\w-]+ kommune)|embedsm[æa]nd|forvaltning|administration|sekretariat|observatører"
    r"|kommunens? (?:medarbejdere|repræsentanter|deltagere)|(?:deltagende )?(?:medarbejdere|embedspersoner)",
    re.I,
)
# »Beslutning for Udsatterådet den 3. marts«, as case systems write it.
_LONG_FIELD = re.compile(
    r"(sagsfremstilling|indstilling|beslutning|konklusion|mindretalsudtalelse|drøftelse)\b[^.!?\n]{0,90}:?$", re.I
)


class LabelMatch(NamedTuple):
    """A label at the start of a text: its key in a table of labels, and the index where it ends."""

    key: str
    end: int


def label(text: str, table: dict[str, str]) -> LabelMatch | None:
    """Return the label at the start of the text. A label without a colon must be alone on its line."""
    if not (match := _LABEL.match(text)):
        return None
    name = re.sub(r"\s?\(\d{1,3}\)$", "", match[1])
    key = table.get(fold(name.strip(" .*_»«").replace("\u00ad", "")))
    return LabelMatch(key, match.end()) if key else None


def head_label(text: str) -> LabelMatch | None:
    if (label_match := label(text, HEAD)) or (label_match := _when_where(text)):
        return label_match
    for pattern, key in _OPENERS:
        if match := pattern.match(text):
            return LabelMatch(key, match.end())
    if match := re.match(r"rettet den [^:\n]{4,40}:\s*", text, re.I):
        return LabelMatch("corrected", match.end())
    return None


def _when_where(text: str) -> LabelMatch | None:
    """Return the label that is put together of words for time and place: »Tidspunkt og sted«, »Dato/tid«."""
    if not (match := _LABEL.match(text)):
        return None
    words = re.findall(r"\w+", match[1].lower())
    named = set(words) - {"og", "for", "mødet"}
    if len(words) < 2 or not named & _WHEN_WORDS or not named <= _WHEN_WORDS | _WHERE_WORDS:
        return None
    return LabelMatch("when_where" if named & _WHERE_WORDS else "time", match.end())


def staff_label(text: str) -> int:
    """Return the index where the label of the municipality's staff ends: »Fra kommunen:«; 0 if there is none."""
    match = _LABEL.match(text)
    return match.end() if match and _STAFF.fullmatch(match[1].strip()) else 0


def inner_parts(text: str) -> list[str]:
    """Split »Deltagere: A, B. Afbud: C« before each label."""
    label_match = head_label(text)
    start = label_match.end if label_match else 0
    first, *others = _INNER.split(text[start:])
    return [part.strip() for part in (text[:start] + first, *others) if part.strip()]


def field_label(text: str, is_marked: bool) -> LabelMatch | None:
    """Return the label of an item's field. `is_marked`: the text is a heading or bold."""
    if label_match := label(text, FIELD):
        return label_match
    first = text.split("\n", 1)[0]
    if is_marked and (match := _LONG_FIELD.fullmatch(first.strip())):
        return LabelMatch(FIELD[fold(match[1])], len(first))
    return None


KINDS = {
    "godkendelse": r"(?:til )?godkendelse",
    "orientering": r"(?:til )?orientering|til efterretning",
    "droeftelse": r"(?:til )?drøftelse|til diskussion|til debat",
    "beslutning": r"(?:til )?beslutning|til afgørelse",
}


def item_kind(text: str) -> str:
    """Return the kind of item that the whole text names, or an empty string."""
    text = text.strip(" .:()[]").lower()
    return next((kind for kind, pattern in KINDS.items() if re.fullmatch(pattern, text)), "")


_TIL_KINDS = {kind: pattern.replace("(?:til )?", "til ") for kind, pattern in KINDS.items()}
_KIND_IN_TITLE = [
    *((re.compile(rf"(?<!\s)\s*+[(\[]\s*(?:{pattern})\s*[)\]]\s*$", re.I), kind) for kind, pattern in KINDS.items()),
    *((re.compile(rf"(?<!\s)\s*+[–—,-]\s*(?:{pattern})\s*$", re.I), kind) for kind, pattern in _TIL_KINDS.items()),
    *((re.compile(rf"^(?:{pattern})\s*[:–—-]\s*(?=\S)", re.I), kind) for kind, pattern in _TIL_KINDS.items()),
]


def take_kind(title: str) -> tuple[str, str]:
    """Split a title into the title without its kind, and the kind."""
    for pattern, kind in _KIND_IN_TITLE:
        if pattern.search(title) and (rest := pattern.sub("", title).strip()):
            return rest, kind
    return title, ""


_CLOSED_WORD = r"lukket\s+(?:punkt|sag|dagsordens?punkt|møde)"
_CLOSED_TITLE = [
    re.compile(rf"^[(\[]?(?:{_CLOSED_WORD}|lukket(?=\s*[:)\]]))[)\]]?\s*[:.–—-]*\s*(?P<rest>.*)$", re.I),
    re.compile(
        rf"^(?P<rest>.+?)(?<!\s)\s*+(?:[(\[]\s*(?:{_CLOSED_WORD}|lukket)\s*[)\]]|[–—-]\s*(?:{_CLOSED_WORD}|lukket))\s*$",
        re.I,
    ),
    re.compile(r"^lukket\.?(?P<rest>)$", re.I),
]
_CLOSED_LINE = re.compile(
    rf"(?:{_CLOSED_WORD}\.?$|punktet (?:er|var|blev behandlet (?:for|som)) luk"
    r"|(?:behandlet|behandles) for lukkede døre)",
    re.I,
)
CLOSED_FROM_HERE = re.compile(
    r"(?:lukkede? (?:punkter|dagsorden|møde|del|sager)|punkter på lukket dagsorden)[.:]?", re.I
)
CLOSED_NOTES = {
    fold(standard_labels.CLOSED_NOTE),
    fold("Punktet er lukket. Kun nummeret og denne overskrift er offentlige."),
}


def take_closed(title: str) -> tuple[str, bool]:
    """Return the title without »lukket punkt«, and whether these words were in it."""
    for pattern in _CLOSED_TITLE:
        if match := pattern.match(title):
            return match["rest"].strip(), True
    return title, False


def closes(line: str) -> bool:
    return bool(_CLOSED_LINE.match(line.strip()))


ANSWERS = {
    "godkendt": "godkendt",
    "taget til efterretning": "taget-til-efterretning",
    "droeftet": "droeftet",
    "udskudt": "udsat",
    "udsat": "udsat",
    "ikke godkendt": "ikke-godkendt",
}


def stock_answer(text: str) -> str:
    """Return the code of a stock answer if the text consists of it alone, or an empty string."""
    return ANSWERS.get(fold(text.strip(" .!")), "")


_MEETING_KINDS = [
    (kind, re.compile(pattern, re.I))
    for kind, pattern in (
        ("ekstraordinaert", r"ekstraordin"),
        ("konstituerende", r"konstituer"),
        ("dialog", r"dialogm"),
        ("tema", r"tema(?:møde|dag|aften)"),
        ("stormoede", r"stormøde"),
        ("arbejdsgruppe", r"arbejdsgruppe|\wgruppens? møde|møde i \w+gruppen"),
        ("besoeg", r"besøg"),
        ("ordinaert", r"ordinær"),
    )
]


def meeting_kind(text: str) -> str:
    return next((kind for kind, pattern in _MEETING_KINDS if pattern.search(text)), "")
