"""The words by which Danish strategies show their structure: labels, lead-ins, headings, dates.

Signals of the language only; nothing here knows a municipality.
"""

import re
from datetime import date

# Word for a theme, singular and plural.
THEME_WORDS = {
    "tema": "temaer",
    "temaområde": "temaområder",
    "indsatsområde": "indsatsområder",
    "fokusområde": "fokusområder",
    "fokuspunkt": "fokuspunkter",
    "målområde": "målområder",
    "hovedområde": "hovedområder",
    "kerneområde": "kerneområder",
    "livsområde": "livsområder",
    "udviklingsområde": "udviklingsområder",
    "udviklingsspor": "udviklingsspor",
    "strategispor": "strategispor",
    "handlingsspor": "handlingsspor",
    "hovedspor": "hovedspor",
    "spor": "spor",
    "pejlemærke": "pejlemærker",
    "sigtelinje": "sigtelinjer",
    "ledestjerne": "ledestjerner",
    "løfte": "løfter",
    "princip": "principper",
    "prioritet": "prioriteter",
    "prioritering": "prioriteringer",
    "prioritetsområde": "prioritetsområder",
    "satsning": "satsninger",
    "satsningsområde": "satsningsområder",
    "strategiområde": "strategiområder",
    "hovedtema": "hovedtemaer",
    "delstrategi": "delstrategier",
}
GOAL_WORDS = {
    "mål": "mål",
    "delmål": "delmål",
    "hovedmål": "hovedmål",
    "strategimål": "strategimål",
    "effektmål": "effektmål",
    "målsætning": "målsætninger",
}
# Words with a number that name something else: an agenda, an appendix, a process.
_NOT_A_THEME = set(
    "punkt side bilag figur tabel fase trin møde kapitel afsnit del år paragraf artikel case eksempel spørgsmål citat"
    " historie note version udgave dag uge klasse billede sag boks skridt gruppe hold kilde nr kvartal".split()
)
_NUMBER_WORDS = "to|tre|fire|fem|seks|syv|otte|ni|ti|elleve|tolv|flere|følgende|disse|en række"


def _forms(word: str, plural: str) -> tuple[str, str, str, str]:
    definite = word + ("t" if word.endswith("e") else "et")
    return word, definite, plural, plural + ("ne" if plural.endswith("r") else "ene")


_SINGULAR = {
    form: word for words in (THEME_WORDS, GOAL_WORDS) for word, plural in words.items() for form in _forms(word, plural)
}
_PLURALS = "|".join(
    sorted(
        {f for w, p in THEME_WORDS.items() for f in (p, p + "ne", *(() if p != w else (p + "ene",)))},
        key=len,
        reverse=True,
    )
)

_LABEL = re.compile(
    r"(?:(?:vores|strategisk|politisk|overordnet|tværgående)\s)?(?P<label>[a-zæøå]+)"
    r"(?:\s+(?:nr\.?\s*)?(?P<number>\d{1,2}(?:\.\d{1,2})*|[ivx]{1,4}|[a-h]))?(?P<mark>\s*[:.–—-]\s+|\s*[:.]?$"
    r"|\s+)(?P<title>.*)",
    re.IGNORECASE,
)
_ROMAN = {
    "i": 1,
    "ii": 2,
    "iii": 3,
    "iv": 4,
    "v": 5,
    "vi": 6,
    "vii": 7,
    "viii": 8,
    "ix": 9,
    "x": 10,
    "xi": 11,
    "xii": 12,
}


def read_label(text: str, extra: frozenset[str] = frozenset()) -> tuple[str, str, str] | None:
    """Label (singular), number and title of »Tema 1: Bolig«, »Tema: Bolig« and »Mål 1.1 Flere boliger«.

    `extra` holds further words that this document uses as labels.
    """
    match = _LABEL.fullmatch(text.strip())
    if not match:
        return None
    word = match["label"].lower()
    label = _SINGULAR.get(word, word if word in extra else "")
    number, mark = match["number"] or "", match["mark"].strip()
    if not label or not number and mark != ":":
        return None
    # "Tema i fokus", "Mål a": a letter counts only before a mark.
    if number and not number[0].isdigit() and not mark:
        return None
    return (
        label,
        str(_ROMAN.get(number.lower(), number.upper() if number.isalpha() else number)),
        match["title"].strip(),
    )


def unknown_label(text: str) -> tuple[str, str] | None:
    """Word and number of »Sporskifte 1: Bolig«, whatever the word is, so that a series of them can be noticed."""
    match = re.match(r"([A-ZÆØÅ][a-zæøå]{2,20})\s+(\d{1,2})\s*(?:[:–—]|-\s|$)", text)
    return (match[1].lower(), match[2]) if match and match[1].lower() not in _NOT_A_THEME else None


def plural_of(label: str) -> str:
    known = THEME_WORDS.get(label) or GOAL_WORDS.get(label)
    return known or label + ("r" if label.endswith("e") else "er")


def theme_word_in(text: str) -> str:
    """The theme word that a text announces: »indsatsområde« for »fem indsatsområder:«; "" if none."""
    match = re.search(rf"\b({_PLURALS})\b", text, re.IGNORECASE)
    return _SINGULAR.get(match[1].lower(), "") if match else ""


_CONTAINER = re.compile(
    rf"(?:(?:de|vores|strategiens|politikkens|planens|kommunens|overordnede|strategiske|politiske|tværgående|centrale"
    rf"|udvalgte"
    rf"|mål og|visioner og|\d{{1,2}}|{_NUMBER_WORDS})\s+)*(?:{_PLURALS})(?:\s+(?:og|med|i|for|til)\s.{{1,40}})?:?",
    re.IGNORECASE,
)


def is_container(heading: str) -> bool:
    """»4 temaer«, »Vores fire pejlemærker«: a heading that holds themes and is none."""
    return _CONTAINER.fullmatch(heading.strip()) is not None


_NUMBERED_HEADING = re.compile(
    r"(\d{1,2})(?:\.\d{1,2})*[.):]?\s+(?!(?:jan|feb|mar|apr|maj|jun|jul|aug|sep|okt|nov|dec)\w*\b)(?=[^\W\d])(.+)",
    re.IGNORECASE,
)


def strip_number(heading: str) -> tuple[str, str]:
    """»3. Bolig« → ("3", "Bolig")."""
    match = _NUMBERED_HEADING.fullmatch(heading)
    return (match[1], match[2]) if match else ("", heading)


# Headings

SECTION_KINDS = [
    ("ignore", r"(indhold|indholdsfortegnelse|kontakt( os)?|kontaktoplysninger|kolofon|links?|genveje|læs mere|se også"
               r"|relateret.*|læs også)"),
    ("forord", r"(forord|velkommen til .*|et ord fra .*|borgmesterens (forord|ord))\b.*"),
    ("vision", r"(\w+\s){0,3}(vision(en|er|s)?|visionen for .*)\b(?! \d).*"),
    ("fakta", r".*\b(fakta|nøgletal|statistik|vidste du|i tal|tal (om|på|for|fra))\b.*"),
    ("definition", r".*\b(definition(en|er)?|definerer|definere|målgruppen?|begreber?|hvad forstår|hvem er"
                   r"|hvem (handler|gælder|omfatter|taler))\b.*"
                   r"|hvad (er|betyder|vil det sige) .*(udsat|hjemløs|sårbar|at være|at leve).*"),
    ("vaerdier", r".*\b(menneskesyn(et)?|værdier(ne)?|værdigrundlag(et)?|værdisæt(tet)?|grundsyn"
                 r"|grundprincipper|borgersyn|vores (syn|tilgang|udgangspunkt))\b.*"),
    ("succes", r".*\b(succeskriteri\w*|indikatorer)\b.*|(sådan|hvordan|hvornår) (måler|ved|er) vi\b.*"),
    ("fortaelling", r"((\w+s )?(fortælling|livshistorie|borgerhistorie)(er)?|\w+s historie"
                    r"|en dag (med|i) .*|borgernes stemme(r)?|case)\b.*"),
    ("formaal", r".*\b(formål(et)?|mission(en)?)\b.*|.*hvad skal .*bruges til.*|hvorfor (har vi )?en .*(strategi"
                r"|politik|plan)\b.*"),
    ("baggrund", r"(baggrund(en)?|indledning|introduktion|om (strategien|politikken|planen)|hvorfor|rammer(ne)?"
                 r"|lovgivning(en)?|lovgrundlag|læsevejledning"
                 r"|resumé|resume|sammenfatning|status|udfordring(en|er|erne|sbillede)|(sådan|hvordan) er .*blevet til"
                 r"|hvad bygger|tilblivelse|proces(sen)?"
                 r"|sammenhæng (med|til)|strategiens (opbygning|rammer|grundlag)|politikkens (opbygning|rammer"
                 r"|grundlag)|udgangspunkt)\b.*"),
    ("andet", r"(opfølgning|evaluering|implementering|det videre (arbejde|forløb)|videre (proces|arbejde)|næste skridt"
              r"|fra (ord|strategi|politik|plan) til .*|organisering"
              r"|økonomi(en)?$|ansvar og .*|samspil med .*|samarbejdspartnere|ikrafttræd\w+|gyldighed|revision"
              r"|handle?plan(er|en)?|handlingsplan(er|en)?|udmøntning"
              r"|plan for indsatser|ordliste|ordforklaring(er)?|kilder|litteratur|bilag|afslutning|afrunding|høring(en"
              r"|ssvar)?|udsatteråd(et)?|tak\b|årshjul"
              r"|sådan (følger|arbejder|bruger|har) .*|hvordan (følger|bruger) .*|hvad sker der nu|tidsplan"
              r"|forankring)\b.*"),
]  # fmt: skip
_SECTION_KINDS = [(kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in SECTION_KINDS]


def section_kind(heading: str) -> str:
    """The kind of section that a heading names; "" if it could be a theme; "ignore" for contents, contact and links."""
    text = strip_number(heading.strip().rstrip(":"))[1]
    if len(text) > 200:
        return ""
    return next((kind for kind, pattern in _SECTION_KINDS if pattern.fullmatch(text)), "")


_PURPOSE_START = re.compile(
    r"(det overordnede )?(formålet|sigtet|hensigten)\b(?! at)|(strategien|\w*politikken|planen) har til formål",
    re.IGNORECASE,
)
_VISION_START = re.compile(r"(vores |kommunens |\w+ kommunes )?vision(en)?\b.{0,40}\b(er|lyder)\b", re.IGNORECASE)
_DEFINITION_START = re.compile(
    r"(ved |med )?.{0,80}\b(defineres|definerer vi|forstås som|forstår vi|forstår kommunen)\b", re.IGNORECASE
)


def kind_of_prose(text: str) -> str:
    """The kind of section that a paragraph itself announces, as in »Formålet med strategien er …«."""
    if _PURPOSE_START.match(text):
        return "formaal"
    if _VISION_START.match(text):
        return "vision"
    return "definition" if _DEFINITION_START.match(text) else ""


_GOAL_HEADING = re.compile(
    rf"(?:(?:vores|kommunens|strategiens|politikkens|de|overordnet|overordnede|strategiske|politisk|politiske|konkrete"
    rf"|fælles|centrale|\d{{1,2}}|{_NUMBER_WORDS})\s+)*"
    r"(?:mål|målene|målsætning(?:en|er|erne)?|delmål(?:ene)?|hovedmål|strategimål|målet|mål og (?:indsatser|handlinger"
    r"|delmål|målsætninger))"
    r"(?:\s+(?:er|for|med|i)\b.{0,40})?"
    r"|(?:vi|derfor|det|her|så|dette|og) (?:vil|ønsker)(?: vi| derfor| også| kommunen| byrådet)*(?: gøre)?"
    r"|hvad (?:vil|ønsker) (?:vi|kommunen|byrådet)(?: gøre| opnå)?|(?:vi|det) (?:lover|arbejder)(?: vi)?(?: for| på"
    r"| hen imod)?(?: at)?"
    r"|\w+ kommune (?:vil|ønsker)(?: at)?",
    re.IGNORECASE,
)
_WEAK_HEADING = re.compile(
    r"sådan (?:gør|vil|arbejder|når|kommer) .{1,50}|det gør vi(?: ved)?(?: at)?|(?:vores |konkrete "
    r"|kommende )*(?:indsatser|handlinger|initiativer|aktiviteter|tiltag)(?:ne)?"
    r"(?: for .{1,30})?|hvordan(?: gør vi| vil vi| når vi| kommer vi)?.{0,40}|det (?:betyder|indebærer)(?: at)?",
    re.IGNORECASE,
)  # fmt: skip


def goal_heading(heading: str) -> str:
    """ "strong" for »Vores mål«, »Det vil vi«; "weak" for »Sådan gør vi«, »Indsatser«; "" for others."""
    text = heading.strip().rstrip(":?")
    if _GOAL_HEADING.fullmatch(text):
        return "strong"
    return "weak" if _WEAK_HEADING.fullmatch(text) else ""


def is_about_goals(heading: str) -> bool:
    """»Mål«, »Vores målsætninger«: what stands below is goals, even as prose. Not so »Det vil vi«."""
    return goal_heading(heading) == "strong" and re.search(r"mål", heading, re.IGNORECASE) is not None


def is_left_open(text: str) -> bool:
    """»Byrådet vil derfor«: words that cannot end a heading or a sentence."""
    return (
        re.search(r"\b(vil|skal|at|ved|derfor|for|på|følgende|gerne|ønsker vi|vil vi|med|som|om)$", text, re.IGNORECASE)
        is not None
    )


def is_thread_heading(heading: str) -> bool:
    return re.fullmatch(r"ledetråd(en)?|rettesnor(en)?|pejling", heading.strip().rstrip(":"), re.IGNORECASE) is not None


_THREAD = re.compile(r"(?:ledetråd(?:en)?|rettesnor(?:en)?)\s*[:–—-]\s*(?P<text>\S.*)", re.IGNORECASE | re.DOTALL)


def read_thread(text: str) -> str:
    match = _THREAD.fullmatch(text)
    return match["text"] if match else ""


# What a lead-in leads into

_NEVER = re.compile(
    r"eksempler\b|.*\b(eksempel(vis)?|eksempler)\b[^.]{0,60}:?$|.*\b(mærkesag(er)?|medlemmer(ne)?|består af"
    r"|\w*kriteri\w+"
    r"|indikator\w*|partnere|samarbejdspartner\w*"
    r"|lovgivning\w*|serviceloven|bygger på|udarbejdet (af|i)|deltog|deltaget|bidraget|høringssvar|læs mere|se også"
    r"|links?|kilder|kontakt|fakta|årsager(ne)?"
    r"|problem(er|stillinger)|udfordringer(ne)?|kendetegn\w*|ved vi|viser|fordel(er|t)|aktører"
    r"|spørgsmål)\b[^.]{0,60}:?$"
    r"|.*\b(vi måler|måles|følger vi op|følges op|vi er lykkedes|lykkes vi|kan ses)\b.*",
    re.IGNORECASE | re.DOTALL,
)
_WEAK = re.compile(
    r"(sådan|det gør vi|for at nå|hvordan|det (betyder|indebærer|kræver)(?!.*\bvil\b))\b.*|.*\b(indsatser|handlinger"
    r"|initiativer|aktiviteter|tiltag|ved at)\b[^.]{0,30}:?$",
    re.IGNORECASE | re.DOTALL,
)  # fmt: skip
_STRONG = re.compile(
    r"\b(vi|man|og) vil\b|\bvil (vi|derfor|gerne|også|fremover|fortsat|kommunen|byrådet|arbejde|blandt andet"
    r"|\w+ kommune)\b|\b(kommunen?|byrådet|kommunalbestyrelsen"
    r"|forvaltningen|udvalget)( \w+)? (vil|skal|arbejder|sætter|har som mål|lægger vægt)\b|\bvil( \w+){0,2}:?$"
    r"|\barbejder (for|på|hen imod)\b|\bønsker\b|\bønsket er\b|\b(vores|kommunens|et|de|som|det er|overordnede) (mål"
    r"|målet|målene"
    r"|målsætning(en|er|erne)?|ambition(en|er)?)\b|^(mål|målet|målene|målsætning(en|er|erne)?|delmål|ambitionen?)\b"
    r"|\bvi (skal|arbejder|lover|stræber|forpligter|har som|sætter|prioriterer"
    r"|lægger vægt)\b|\b(skal|arbejder|lover|sætter|prioriterer) vi\b|\bmålet er\b",
    re.IGNORECASE,
)  # fmt: skip
_PURPOSE = re.compile(
    r"\bformål\w*|\b(strategien|\w*politikken|planen)\b.{0,60}\b(skal|vil|har til|sikrer|bidrager)\b", re.IGNORECASE
)
_DEFINES = re.compile(
    r"\b(defin\w+|forstås|forstår (vi|kommunen)|målgruppen?|dækker over|omfatter|handler om|taler om)\b"
    r"|\b(er|som) (her )?(mennesker|borgere|personer)\b[^.]{0,30}:?$",
    re.IGNORECASE,
)
_CONTENTS = re.compile(
    rf"\b(\d{{1,2}}|{_NUMBER_WORDS}|vores|strategiens|politikkens|de)\s+(\w+\s){{0,2}}({_PLURALS})\b", re.IGNORECASE
)


def lead_in_kind(text: str) -> str:
    """What the list after these words is: contents, never, purpose, definition, vision, strong, weak or unknown.

    "strong" leads into goals, "never" never does, "weak" and "unknown" may where nothing better is found.
    "" for no words at all.
    """
    text = text.strip()
    if not text:
        return ""
    if len(text) > 600:
        return "unknown"
    if re.match(r"eksempler\b", text, re.IGNORECASE):
        return "never"
    if _CONTENTS.search(text) and not re.search(r"\bvil (vi|kommunen)\b|\bvi vil\b|:.", text, re.IGNORECASE):
        return "contents"
    if re.search(r"\bmærkesag", text, re.IGNORECASE):
        return "never"
    if _PURPOSE.search(text) and not re.search(r"\bvi vil\b|\bvil vi\b", text, re.IGNORECASE):
        return "purpose"
    if re.match(r"(vores |kommunens )?vision\w*\b", text, re.IGNORECASE):
        return "vision"
    if _WEAK.fullmatch(text):
        return "weak"
    if _DEFINES.search(text) and not re.search(r"\bvil\b|\bønsker\b", text, re.IGNORECASE):
        return "definition"
    if _STRONG.search(text):
        return "strong"
    return "never" if _NEVER.fullmatch(text) else "unknown"


_GOAL_LABEL = re.compile(
    r"(?:vores |overordnet |det overordnede |strategisk |konkret )?(?P<label>mål|delmål|målsætning|hovedmål"
    r"|strategimål|effektmål|målet|målsætningen)"
    r"(?:\s*(?:nr\.?\s*)?(?P<number>\d{1,2}(?:\.\d{1,2})*\.?[a-z]?))?(?P<mark>\s*[:–—]\s*|\s+-\s+|\s+)(?P<text>\S.*)",
    re.IGNORECASE | re.DOTALL,
)
_GOAL_SENTENCE = re.compile(
    r"(?:vores|kommunens|det overordnede|\w+ kommunes)?\s*(?:overordnede\s)?(?:mål|målet|målsætning|målsætningen"
    r"|ambition)"
    r"(?: (?:for|med|i) .{1,60}?)? er\b.{10,400}",
    re.IGNORECASE,
)


def read_goal_label(text: str) -> tuple[str, str] | None:
    """Number (perhaps "") and text of »Mål 1.1 Flere boliger« and »Mål: Alle har et hjem«."""
    match = _GOAL_LABEL.fullmatch(text)
    if not match or not match["number"] and ":" not in match["mark"]:
        return None
    return (match["number"] or "").rstrip("."), match["text"].strip()


def is_partial_goal(text: str) -> bool:
    """»Delmål 1: …« belongs below the »Mål« before it."""
    return re.match(r"delmål\b", text, re.IGNORECASE) is not None


def is_goal_sentence(text: str) -> bool:
    """»Vores mål er, at alle har et hjem.«"""
    return _GOAL_SENTENCE.fullmatch(text.strip()) is not None


# Title, period, adoption

_STRATEGY_WORD = re.compile(
    r"(?<![a-zæøå])(?:\w*(?:strategi|politik)(?:en|ken)?|(?:udviklings|social|udsatte|indsats|helheds"
    r"|sektor)plan(?:en)?|plan(?:en)? for \w+|handle?plan(?:en)?)\b",
    re.IGNORECASE,
)  # fmt: skip


def names_a_strategy(text: str) -> bool:
    """Is the text about a strategy, policy or plan by name? »Politik« alone is a menu item."""
    return _STRATEGY_WORD.search(text) is not None and text.strip().lower() not in ("politik", "politikker", "strategi")


def document_kind(text: str) -> str:
    """strategi, politik, plan or udviklingsplan, as the words of a title say; "" if they do not."""
    found = [
        (match.start(), kind)
        for kind, pattern in (
            ("udviklingsplan", r"udviklingsplan"),
            ("strategi", r"strategi"),
            ("politik", r"politik"),
            ("plan", r"(?<!udviklings)plan(en)?\b"),
        )
        if (match := re.search(pattern, text, re.IGNORECASE))
    ]
    return min(found)[1] if found else ""


TITLE_IN_PROSE = re.compile(
    r"\b(?:Strategi|Politik|Plan)(?: for(?: [a-zæøå]+| [A-ZÆØÅ][a-zæøå]+(?= [a-zæøå])){1,9}?)(?=[,.:;”\"»]| (?:som|der"
    r"|blev|er|har|skal|vil|beskriver)\b|$)"
    r"|\b[A-ZÆØÅ][a-zæøå]*(?:strategi|politik)(?:en|ken)?(?=\b)(?= [a-zæøå]|[,.])"
)


def strategy_word(text: str) -> str:
    """»Udsattestrategi«, where a text only speaks of »vores nye udsattestrategi«."""
    match = re.search(r"\b[a-zæøå]{4,}(?:strategi|politik)(?:en|ken)?\b", text)
    return undefinite(match[0]).capitalize() if match else ""


def undefinite(title: str) -> str:
    """»Udsattestrategien« → »Udsattestrategi«; longer titles stay."""
    if " " in title:
        return title
    return re.sub(r"(?i)(strategi)en$|(politik)ken$|(plan)en$", lambda m: m[1] or m[2] or m[3], title)


_MONTHS = "januar februar marts april maj juni juli august september oktober november december".split()
_MONTH = "|".join(_MONTHS)
_DAY = rf"(?:\d{{1,2}}\.\s*(?:(?:{_MONTH})\s+|\d{{1,2}}\.\s*)|(?:ultimo|primo|udgangen af|{_MONTH})\s+)?"
_PERIOD = re.compile(
    rf"\(?\b(?:(?:i )?(?:perioden|årene|strategiperioden|planperioden)\s+)?(?:fra )?{_DAY}(?P<start>20\d\d)\s*(?:-|–|—"
    rf"|/|til og med|til|og frem til)\s*"
    rf"{_DAY}(?P<end>20\d\d|\d\d)\b\)?",
    re.IGNORECASE,
)
_OPEN_PERIOD = re.compile(
    r"\b(?:gælder fra|fra|gældende fra)\s+(?:og med )?(?:\d{1,2}\.\s*\w+\s+)?(?P<start>20\d\d)\b(?:\s+og frem(?:ad"
    r"|efter)?)?|(?P<frem>20\d\d)\s*(?:-|–)\s*(?=$|\))|(?P<og>20\d\d) og frem",
    re.IGNORECASE,
)  # fmt: skip


def find_period(text: str) -> tuple[int, int | None, str] | None:
    """First year, last year (None: until further notice) and the words that say so."""
    if match := _PERIOD.search(text):
        start = int(match["start"])
        end = int(match["end"]) if len(match["end"]) == 4 else start // 100 * 100 + int(match["end"])
        return (start, end, match[0]) if start <= end <= start + 25 else None
    return None


def find_start(text: str) -> tuple[int, str] | None:
    """First year of an open period: »gælder fra 2025«, »2025 og frem«."""
    match = _OPEN_PERIOD.search(text)
    return (int(match["start"] or match["frem"] or match["og"]), match[0]) if match else None


_ADOPTED = re.compile(
    r"\b(?P<verb>vedtaget|godkendt|tiltrådt)\b(?P<by>[^.\d]{0,60}?)\s*(?:\bden\b|\bi\b|\bd\.)?\s*"
    rf"(?:(?P<day>\d{{1,2}})\.\s*(?:(?P<month>{_MONTH})|(?P<m>\d{{1,2}})\.?)\s*(?P<year>20\d\d)"
    rf"|(?P<only_month>{_MONTH})\s+(?P<year2>20\d\d)|(?P<year3>20\d\d)\b)",
    re.IGNORECASE,
)  # fmt: skip


def find_adoption(text: str) -> tuple[date, str, str] | None:
    """Day, precision (dag, maaned, aar) and by whom of »Vedtaget af byrådet den 3. marts 2025«."""
    match = _ADOPTED.search(text)
    if not match:
        return None
    by = re.match(
        r"\s*(?:på (?:et |sit )?møde )?(?:af|i)\s+([A-Za-zÆØÅæøå &-]{3,60}?)\s*(?:\bden|\bi|\bd|,|på.*)?$", match["by"]
    )
    name = by[1].strip() if by else ""
    try:
        if match["day"]:
            month = _MONTHS.index(match["month"].lower()) + 1 if match["month"] else int(match["m"])
            return date(int(match["year"]), month, int(match["day"])), "dag", name
        if match["only_month"]:
            return date(int(match["year2"]), _MONTHS.index(match["only_month"].lower()) + 1, 1), "maaned", name
        return date(int(match["year3"]), 1, 1), "aar", name
    except ValueError:
        return None


_FRONT = re.compile(
    rf"[\wæøåÆØÅ. -]{{2,40}} (kommune|udsatteråd)|(udsatterådet|byrådet|kommunalbestyrelsen)( i .{{2,40}})?"
    rf"|({_MONTH}) 20\d\d|20\d\d|(udkast|kladde|høringsudkast|forside)( .{{0,30}})?"
    r"|(?:(?:strategien|politikken|planen) )?gælde(?:r|nde)(?: for| i| fra)*(?: perioden| årene)?|(?:vedtaget|godkendt"
    r"|tiltrådt) (?:af|i|den) .{3,60}\d"
    r"|(version|udgave) .{1,20}|\d{1,2}\.\s*(\w+|\d{1,2}\.?)\s*20\d\d",
    re.IGNORECASE,
)  # fmt: skip


def is_front_line(text: str) -> bool:
    """A line of a cover that carries no text of the strategy: the municipality's name, a date, »Udkast«."""
    return _FRONT.fullmatch(text.strip()) is not None


_SIGNER = re.compile(
    r"\b(borgmester|viceborgmester|rådmand|formand|forperson|udvalgsformand|direktør|chef|næstformand)\b", re.IGNORECASE
)


def is_greeting(text: str) -> bool:
    """»Med venlig hilsen«, »God læselyst«."""
    return (
        re.match(
            r"((med )?(de )?(venlige?|bedste|kærlige?) hilsen(er)?|(rigtig )?god (læse)?lyst)\b", text, re.IGNORECASE
        )
        is not None
    )


def is_signature(text: str) -> bool:
    """»Anna Holm, borgmester« or »Med venlig hilsen«, as a foreword ends."""
    if is_greeting(text):
        return True
    return len(text) <= 120 and not text.endswith((".", ":")) and _SIGNER.search(text) is not None


# Is it a strategy at all?

QUOTE = re.compile(
    r"\b(siger|fortæller|udtaler|forklarer|understreger|mener|tilføjer|lyder det)\b[^.]{0,120}\b(\w*formand\w*"
    r"|borgmester\w*|rådmand\w*|udvalg\w*|direktør\w*|forperson\w*|fra)\b",
    re.IGNORECASE,
)  # fmt: skip
NEWS = re.compile(
    r"\b(den|en) nye? (strategi|\w+politik|\w+strategi|politik|plan)\b|\bblev (i \w+ )?(\w+ )?vedtaget\b|\b(har"
    r"|er) (nu |netop |enstemmigt )?vedtaget\b|\bbyrådsmøde\b",
    re.IGNORECASE,
)  # fmt: skip
NEWS_TITLE = re.compile(
    r"^(ny|nye)\b.*(strategi|politik|plan)|\b(er|bliver|blev) vedtaget\b|\bvedtager\b", re.IGNORECASE
)
COUNCIL = re.compile(
    r"\bmærkesag(er)?\b|\b\d+ medlemmer\b|\brådets (medlemmer|møder)\b|\bhøringsret\b|\bforretningsorden\b"
    r"|\breferater(ne)?\b|\bmøder årligt\b|\budsatterådet består\b",
    re.IGNORECASE,
)  # fmt: skip
MINUTES = re.compile(
    r"^(dagsorden|referat|mødereferat|beslutningsreferat)\b|^(til stede|afbud|fraværende|deltagere|referent|ordstyrer"
    r"|mødested|mødedato)\s*:|^punkt \d+|^(beslutning|indstilling|sagsfremstilling)\b",
    re.IGNORECASE | re.MULTILINE,
)  # fmt: skip
