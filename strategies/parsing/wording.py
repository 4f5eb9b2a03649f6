"""Wording that marks the structure of a Danish strategy: labels, headings, lead-ins, periods, signatures.

Patterns of the language only; none is specific to a municipality.
"""

import re
from datetime import date

from udsat.lib.danish import MONTHS

THEME_WORDS = set(
    "tema temaområde indsatsområde fokusområde fokuspunkt målområde hovedområde kerneområde livsområde udviklingsområde"
    " udviklingsspor strategispor handlingsspor hovedspor spor pejlemærke sigtelinje ledestjerne løfte princip"
    " prioritet prioritering prioritetsområde satsning satsningsområde strategiområde hovedtema delstrategi".split()
)
GOAL_WORDS = {"mål", "delmål", "hovedmål", "strategimål", "effektmål", "målsætning"}
# Numbered words that are not labels of themes: agendas, appendices, processes.
_NOT_A_THEME = set(
    "punkt side bilag figur tabel fase trin møde kapitel afsnit del år paragraf artikel case eksempel spørgsmål citat"
    " historie note version udgave dag uge klasse billede sag boks skridt gruppe hold kilde nr kvartal".split()
)
_NUMBER_WORDS = "to|tre|fire|fem|seks|syv|otte|ni|ti|elleve|tolv|flere|følgende|disse|en række"


def plural_of(label: str) -> str:
    if label.endswith(("spor", "mål")):
        return label
    return "principper" if label == "princip" else label + ("r" if label.endswith("e") else "er")


def _forms(word: str) -> tuple[str, str, str, str]:
    """Return the word in singular and plural, each in indefinite and definite form."""
    plural = plural_of(word)
    return word, word + ("t" if word.endswith("e") else "et"), plural, plural + ("ene" if plural == word else "ne")


_SINGULAR = {form: word for word in THEME_WORDS | GOAL_WORDS for form in _forms(word)}
_PLURALS = "|".join(sorted({form for word in THEME_WORDS for form in _forms(word)[2:]}, key=len, reverse=True))

_LABEL = re.compile(
    r"(?:(?:vores|strategisk|politisk|overordnet|tværgående)\s)?(?P<label>[a-zæøå]+)"
    r"(?:\s+(?:nr\.?\s*)?(?P<number>\d{1,2}(?:\.\d{1,2})*|[ivx]{1,4}|[a-h]))?(?P<mark>\s*[:.–—-]\s+|\s*[:.]?$"
    r"|\s+)(?P<title>.*)",
    re.IGNORECASE,
)
_ROMAN = {numeral: n for n, numeral in enumerate("i ii iii iv v vi vii viii ix x xi xii".split(), 1)}


def read_label(text: str, extra: frozenset[str] = frozenset()) -> tuple[str, str, str] | None:
    """Return label (singular), number and title of »Tema 1: Bolig«, »Tema: Bolig« or »Mål 1.1 Flere boliger«.

    `extra` holds further words that the document uses as labels.
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
    number = str(_ROMAN.get(number.lower(), number.upper() if number.isalpha() else number))
    return label, number, match["title"].strip()


def unknown_label(text: str) -> tuple[str, str] | None:
    """Return word and number of any numbered heading such as »Sporskifte 1: Bolig«; used to detect a series."""
    match = re.match(r"([A-ZÆØÅ][a-zæøå]{2,20})\s+(\d{1,2})\s*(?:[:–—]|-\s|$)", text)
    return (match[1].lower(), match[2]) if match and match[1].lower() not in _NOT_A_THEME else None


def theme_word_in(text: str) -> str:
    """Return the singular of a plural theme word in the text: »indsatsområde« for »fem indsatsområder:«, or ""."""
    match = re.search(rf"\b({_PLURALS})\b", text, re.IGNORECASE)
    return _SINGULAR.get(match[1].lower(), "") if match else ""


def theme_word(text: str) -> str:
    """Return the singular if the text is a theme word, or names themes (»Vores temaer«); else ""."""
    word = _SINGULAR.get(text.strip(" :").lower(), "")
    if word in THEME_WORDS:
        return word
    return theme_word_in(text) if CONTAINER.fullmatch(text.strip()) else ""


# Headings that introduce the themes without being one: »Vores fire pejlemærker«.
CONTAINER = re.compile(
    rf"(?:(?:de|vores|strategiens|politikkens|planens|kommunens|overordnede|strategiske|politiske|tværgående|centrale"
    rf"|udvalgte|mål og|visioner og|\d{{1,2}}|{_NUMBER_WORDS})\s+)*(?:{_PLURALS})"
    r"(?:\s+(?:og|med|i|for|til)\s.{1,40})?:?",
    re.IGNORECASE,
)


_NUMBERED_HEADING = re.compile(
    r"(\d{1,2})(?:\.\d{1,2})*[.):]?\s+(?!(?:jan|feb|mar|apr|maj|jun|jul|aug|sep|okt|nov|dec)\w*\b)(?=[^\W\d])(.+)",
    re.IGNORECASE,
)


def strip_number(heading: str) -> tuple[str, str]:
    """Split »3. Bolig« into ("3", "Bolig")."""
    match = _NUMBERED_HEADING.fullmatch(heading)
    return (match[1], match[2]) if match else ("", heading)


# Headings

_SECTION_KINDS = {
    kind: re.compile(pattern, re.IGNORECASE)
    for kind, pattern in {
        "ignore": r"(indhold|indholdsfortegnelse|kontakt( os)?|kontaktoplysninger|kolofon|links?|genveje|læs mere"
        r"|se også|relateret.*|læs også)",
        "forord": r"(forord|velkommen( til .*)?|et ord fra .*|borgmesterens (forord|ord))\b.*",
        "vision": r"(\w+\s){0,3}(vision(en|er|s)?|visionen for .*)\b(?! \d).*",
        "fakta": r".*\b(fakta|nøgletal|statistik|vidste du|i tal|tal (om|på|for|fra))\b.*",
        "definition": r".*\b(definition(en|er)?|definerer|definere|målgruppen?|begreber?|hvad forstår|hvem er"
        r"|hvem (handler|gælder|omfatter|taler))\b.*"
        r"|hvad (er|betyder|vil det sige) .*(udsat|hjemløs|sårbar|at være|at leve).*",
        "vaerdier": r".*\b(menneskesyn(et)?|værdier(ne)?|værdigrundlag(et)?|værdisæt(tet)?|grundsyn"
        r"|grundprincipper|borgersyn|vores (syn|tilgang|udgangspunkt))\b.*",
        "succes": r".*\b(succeskriteri\w*|indikatorer)\b.*|(sådan|hvordan|hvornår) (måler|ved|er) vi\b.*",
        "fortaelling": r"((\w+s )?(fortælling|livshistorie|borgerhistorie)(er)?|\w+s historie"
        r"|en dag (med|i) .*|borgernes stemme(r)?|case)\b.*",
        "formaal": r".*\b(formål(et)?|mission(en)?)\b.*|.*hvad skal .*bruges til.*|hvorfor (har vi )?en .*(strategi"
        r"|politik|plan)\b.*",
        "baggrund": r"(baggrund(en)?|indledning|introduktion|om (strategien|politikken|planen)|hvorfor|rammer(ne)?"
        r"|lovgivning(en)?|lovgrundlag|læsevejledning"
        r"|resumé|resume|sammenfatning|status|udfordring(en|er|erne|sbillede)|(sådan|hvordan) er .*blevet til"
        r"|hvad bygger|tilblivelse|proces(sen)?"
        r"|sammenhæng (med|til)|strategiens (opbygning|rammer|grundlag)|politikkens (opbygning|rammer"
        r"|grundlag)|udgangspunkt)\b.*",
        "andet": r"(opfølgning|evaluering|implementering|det videre (arbejde|forløb)|videre (proces|arbejde)"
        r"|næste skridt|fra (ord|strategi|politik|plan) til .*|organisering"
        r"|økonomi(en)?$|ansvar og .*|samspil med .*|samarbejdspartnere|ikrafttræd\w+|gyldighed|revision"
        r"|handle?plan(er|en)?|handlingsplan(er|en)?|udmøntning"
        r"|plan for indsatser|ordliste|ordforklaring(er)?|kilder|litteratur|bilag|afslutning|afrunding|høring(en"
        r"|ssvar)?|udsatteråd(et)?|tak\b|årshjul"
        r"|sådan (følger|arbejder|bruger|har) .*|hvordan (følger|bruger) .*|hvad sker der nu|tidsplan|forankring)\b.*",
    }.items()
}


def section_kind(heading: str) -> str:
    """Return the Section kind that a heading names, "ignore" for contents, contact and links, "" for other headings."""
    text = strip_number(heading.strip().rstrip(":"))[1]
    if len(text) > 200:
        return ""
    kinds = (kind for kind, pattern in _SECTION_KINDS.items() if pattern.fullmatch(text))
    return next(kinds, "")


_PROSE_KINDS = {
    kind: re.compile(pattern, re.IGNORECASE)
    for kind, pattern in {
        "formaal": r"(det overordnede )?(formålet|sigtet|hensigten)\b(?! at)"
        r"|(strategien|\w*politikken|planen) har til formål",
        "vision": r"(vores |kommunens |\w+ kommunes )?vision(en)?\b.{0,40}\b(er|lyder)\b",
        "definition": r"(ved |med )?.{0,80}\b(defineres|definerer vi|forstås som|forstår vi|forstår kommunen)\b",
    }.items()
}


def kind_of_prose(text: str) -> str:
    """Return the Section kind that a paragraph's opening names, as in »Formålet med strategien er …«, or ""."""
    kinds = (kind for kind, pattern in _PROSE_KINDS.items() if pattern.match(text))
    return next(kinds, "")


_GOAL_HEADING = re.compile(
    rf"(?:(?!vores|kommunens|strategiens|politikkens|fælles)\w+s\s+)?(?:(?:vores|kommunens|strategiens|politikkens|de|overordnet|overordnede|strategiske|politisk|politiske|konkrete"
    rf"|fælles|centrale|\d{{1,2}}|{_NUMBER_WORDS})\s+)*"
    r"(?:mål|målene|målsætning(?:en|er|erne)?|delmål(?:ene)?|hovedmål|strategimål|målet|mål og (?:indsatser|handlinger"
    r"|delmål|målsætninger))(?:\s+(?:er|for|med|i)\b.{0,40})?"
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
)


def goal_heading(heading: str) -> str:
    """Return "strong" for »Vores mål« or »Det vil vi«, "weak" for »Sådan gør vi« or »Indsatser«, "" for others."""
    text = heading.strip().rstrip(":?")
    if _GOAL_HEADING.fullmatch(text):
        return "strong"
    return "weak" if _WEAK_HEADING.fullmatch(text) else ""


def is_about_goals(heading: str) -> bool:
    """Return whether prose below the heading is goals too, as for »Vores målsætninger«, unlike »Det vil vi«."""
    return goal_heading(heading) == "strong" and re.search(r"mål", heading, re.IGNORECASE) is not None


_LAST_WORD = re.compile(r"\b(vil|skal|at|ved|derfor|for|på|følgende|gerne|ønsker vi|vil vi|med|som|om)$", re.IGNORECASE)


def is_incomplete(text: str) -> bool:
    """Return whether the text, such as »Byrådet vil derfor«, ends in a word that cannot end a sentence."""
    return _LAST_WORD.search(text) is not None


def is_thread_heading(heading: str) -> bool:
    return re.fullmatch(r"ledetråd(en)?|rettesnor(en)?|pejling", heading.strip().rstrip(":"), re.IGNORECASE) is not None


_THREAD = re.compile(r"(?:ledetråd(?:en)?|rettesnor(?:en)?)\s*[:–—-]\s*(?P<text>\S.*)", re.IGNORECASE | re.DOTALL)


def read_thread(text: str) -> str:
    match = _THREAD.fullmatch(text)
    return match["text"] if match else ""


# Lead-ins to lists

_NEVER = re.compile(
    r"eksempler\b|.*\b(eksempel(vis)?|eksempler)\b[^.]{0,60}:?$|.*\b(mærkesag(er)?|medlemmer(ne)?|består af"
    r"|\w*kriteri\w+|indikator\w*|partnere|samarbejdspartner\w*"
    r"|lovgivning\w*|serviceloven|bygger på|udarbejdet (af|i)|deltog|deltaget|bidraget|høringssvar|læs mere|se også"
    r"|links?|kilder|kontakt|fakta|årsager(ne)?"
    r"|problem(er|stillinger)|udfordringer(ne)?|kendetegn\w*|ved vi|viser|fordel(er|t)|aktører"
    r"|spørgsmål)\b[^.]{0,60}:?$"
    r"|.*\b(vi måler|måles|følger vi op|følges op|vi er lykkedes|lykkes vi|kan ses)\b.*",
    re.IGNORECASE | re.DOTALL,
)
# Lead-ins to reasons and to people, whatever else they say: »Vi skal gøre mere, fordi:«.
_EXPLAINS = re.compile(
    r"^hvorfor\b|\b(fordi|eftersom|på grund af|skyldes|skyldtes|hænger sammen med|\w*grunde(ne|lser|lsen)?( er| til det"
    r"| til det er)?|består af|sidder|medlemmer(ne)?( er)?|deltagere(ne)?( er)?|repræsentanter( fra| for)?|siger"
    r"|fortæller|fortalte|hørte?|hørt)( os| at| især| følgende| blandt andet| bl\.a\.| også| både)?\s*:$",
    re.IGNORECASE,
)
_WEAK = re.compile(
    r"(sådan|det gør vi|for at nå|hvordan|det (betyder|indebærer|kræver)(?!.*\bvil\b))\b.*|.*\b(indsatser|handlinger"
    r"|initiativer|aktiviteter|tiltag|ved at)\b[^.]{0,30}:?$",
    re.IGNORECASE | re.DOTALL,
)
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
)
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
    """Classify a lead-in as contents, never, purpose, definition, vision, strong, weak, unknown or "" (no text).

    A list after a "strong" lead-in holds goals, after "never" it does not. After "weak" and "unknown" it does if no
    other list of the text has a stronger lead-in.
    """
    text = text.strip()
    if not text:
        return ""
    if len(text) > 600:
        return "unknown"
    if re.match(r"eksempler\b", text, re.IGNORECASE) or _EXPLAINS.search(text):
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


# »Anna Holm, borgmester«
_PERSON = re.compile(r"[A-ZÆØÅ][\w.’'-]*(?: [A-ZÆØÅ][\w.’'-]*){1,3}(?:(?:,| \(| [–—-] ).{1,120})?")
_ABOUT_GOALS = re.compile(
    r"\b(\w*mål|\w*mål(et|ene|sætning\w*)|ambition\w*|løfte\w*|skal|vil|ønsker?)\b", re.IGNORECASE
)


def names_people(items: list[str]) -> bool:
    return len(items) > 1 and all(_PERSON.fullmatch(item) for item in items)


def mentions_goals(lead_in: str) -> bool:
    return _ABOUT_GOALS.search(lead_in) is not None


_GOAL_LABEL = re.compile(
    r"(?:vores |overordnet |det overordnede |strategisk |konkret )?(?P<label>mål|delmål|målsætning|hovedmål"
    r"|strategimål|effektmål|målet|målsætningen)"
    r"(?:\s*(?:nr\.?\s*)?(?P<number>\d{1,2}(?:\.\d{1,2})*\.?[a-z]?))?(?P<mark>\s*[:–—]\s*|\s+-\s+|\s+)(?P<text>\S.*)",
    re.IGNORECASE | re.DOTALL,
)
# »Vores mål er, at alle har et hjem.«
GOAL_SENTENCE = re.compile(
    r"(?:vores|kommunens|det overordnede|\w+ kommunes)?\s*(?:overordnede\s)?(?:mål|målet|målsætning|målsætningen"
    r"|ambition)(?: (?:for|med|i) .{1,60}?)? er\b.{10,400}",
    re.IGNORECASE,
)


def read_goal_label(text: str) -> tuple[str, str] | None:
    """Return number and text of »Mål 1.1 Flere boliger« or »Mål: Alle har et hjem« (number "")."""
    match = _GOAL_LABEL.fullmatch(text)
    if not match or not match["number"] and ":" not in match["mark"]:
        return None
    return (match["number"] or "").rstrip("."), match["text"].strip()


# Title, period, adoption

_STRATEGY_WORD = re.compile(
    r"(?<!\w)(?:\w*(?:strategi|politik)(?:en|ken)?|(?:udviklings|social|udsatte|indsats|helheds"
    r"|sektor)plan(?:en)?|plan(?:en)? for \w+|handle?plan(?:en)?)\b",
    re.IGNORECASE,
)


def names_a_strategy(text: str) -> bool:
    """Return whether the text names a strategy, policy or plan. »Politik« alone is a menu item."""
    return _STRATEGY_WORD.search(text) is not None and text.strip().lower() not in ("politik", "politikker", "strategi")


def document_kind(text: str) -> str:
    """Return the Strategy kind that a title names first, or ""."""
    match = re.search(r"udviklingsplan|strategi|politik|plan(?=(en)?\b)", text, re.IGNORECASE)
    return match[0].lower() if match else ""


TITLE_IN_PROSE = re.compile(
    r"\b(?:Strategi|Politik|Plan)(?: for(?: [a-zæøå]+| [A-ZÆØÅ][a-zæøå]+(?= [a-zæøå])){1,9}?)(?=[,.:;”\"»]| (?:som|der"
    r"|blev|er|har|skal|vil|beskriver)\b|$)"
    r"|\b[A-ZÆØÅ][a-zæøå]*(?:strategi|politik)(?:en|ken)?(?=\b)(?= [a-zæøå]|[,.])"
)


def strategy_word(text: str) -> str:
    """Return a title, »Udsattestrategi«, from running text about »vores nye udsattestrategi«, or ""."""
    match = re.search(r"\b[a-zæøå]{4,}(?:strategi|politik)(?:en|ken)?\b", text)
    return indefinite_form(match[0]).capitalize() if match else ""


def indefinite_form(title: str) -> str:
    """Change »Udsattestrategien« to »Udsattestrategi«. Titles of several words are unchanged."""
    if " " in title:
        return title
    return re.sub(r"(?i)(strategi)en$|(politik)ken$|(plan)en$", lambda m: m[1] or m[2] or m[3], title)


_MONTH = "|".join(MONTHS)
_DAY = rf"(?:\d{{1,2}}\.\s*(?:(?:{_MONTH})\s+|\d{{1,2}}\.\s*)|(?:ultimo|primo|udgangen af|{_MONTH})\s+)?"
_PERIOD = re.compile(
    rf"\(?\b(?:(?:i )?(?:perioden|årene|strategiperioden|planperioden)\s+)?(?:fra )?{_DAY}(?P<start>20\d\d)\s*(?:-|–|—"
    rf"|/|til og med|til|og frem til)\s*{_DAY}(?P<end>20\d\d|\d\d)\b\)?",
    re.IGNORECASE,
)
_OPEN_PERIOD = re.compile(
    r"\b(?:gælder fra|fra|gældende fra)\s+(?:og med )?(?:\d{1,2}\.\s*\w+\s+)?(?P<start>20\d\d)\b(?:\s+og frem(?:ad"
    r"|efter)?)?|(?P<frem>20\d\d)\s*(?:-|–)\s*(?=$|\))|(?P<og>20\d\d) og frem",
    re.IGNORECASE,
)


def find_period(text: str) -> tuple[int, int, str] | None:
    """Return first year, last year and matched text of »2023–2026« or »fra 1. maj 2023 til 2026«."""
    if match := _PERIOD.search(text):
        start = int(match["start"])
        end = int(match["end"]) if len(match["end"]) == 4 else start // 100 * 100 + int(match["end"])
        return (start, end, match[0]) if start <= end <= start + 25 else None
    return None


def find_start(text: str) -> tuple[int, str] | None:
    """Return first year and matched text of an open period: »gælder fra 2025«, »2025 og frem«."""
    match = _OPEN_PERIOD.search(text)
    return (int(match["start"] or match["frem"] or match["og"]), match[0]) if match else None


_ADOPTED = re.compile(
    r"\b(?P<verb>vedtaget|godkendt|tiltrådt)\b(?P<by>[^.\d]{0,60}?)\s*+(?:(?:\bden\b|\bi\b|\bd\.)\s*+)?"
    rf"(?:(?P<day>\d{{1,2}})\.\s*(?:(?P<month>{_MONTH})|(?P<m>\d{{1,2}})\.?)\s*(?P<year>20\d\d)"
    rf"|(?P<only_month>{_MONTH})\s+(?P<year2>20\d\d)|(?P<year3>20\d\d)\b)",
    re.IGNORECASE,
)


def find_adoption(text: str) -> tuple[date, str, str] | None:
    """Return day, precision (dag, maaned, aar) and body of »Vedtaget af byrådet den 3. marts 2025«."""
    match = _ADOPTED.search(text)
    if not match:
        return None
    by = re.match(
        r"\s*(?:på (?:et |sit )?møde )?(?:af|i)\s+([A-Za-zÆØÅæøå &-]{3,60}?)\s*(?:\bden|\bi|\bd|,|på.*)?$", match["by"]
    )
    name = by[1].strip() if by else ""
    try:
        if match["day"]:
            month = MONTHS.index(match["month"].lower()) + 1 if match["month"] else int(match["m"])
            return date(int(match["year"]), month, int(match["day"])), "dag", name
        if match["only_month"]:
            return date(int(match["year2"]), MONTHS.index(match["only_month"].lower()) + 1, 1), "maaned", name
        return date(int(match["year3"]), 1, 1), "aar", name
    except ValueError:
        return None


# Cover lines without content: the municipality's name, a date, »Udkast«.
COVER_LINE = re.compile(
    rf"[\wæøåÆØÅ. -]{{2,40}} (kommune|udsatteråd)|(udsatterådet|byrådet|kommunalbestyrelsen)( i .{{2,40}})?"
    rf"|({_MONTH}) 20\d\d|20\d\d|(udkast|kladde|høringsudkast|forside)( .{{0,30}})?"
    r"|(?:(?:strategien|politikken|planen) )?gælde(?:r|nde)(?: for| i| fra)*(?: perioden| årene)?|(?:vedtaget|godkendt"
    r"|tiltrådt) (?:af|i|den) .{3,60}\d"
    r"|(version|udgave) .{1,20}|\d{1,2}\.\s*(\w+|\d{1,2}\.?)\s*20\d\d",
    re.IGNORECASE,
)


_SIGNER = re.compile(
    r"\b(borgmester|viceborgmester|rådmand|formand|forperson|udvalgsformand|direktør|chef|næstformand)\b", re.IGNORECASE
)


_GREETING = re.compile(
    r"((med )?(de )?(venlige?|bedste|kærlige?) hilsen(er)?|(rigtig )?god (læse)?lyst)\b", re.IGNORECASE
)


def is_greeting(text: str) -> bool:
    """Return whether the text begins »Med venlig hilsen« or »God læselyst«."""
    return _GREETING.match(text) is not None


def is_signature(text: str) -> bool:
    """Return whether the text ends a foreword: »Anna Holm, borgmester« or »Med venlig hilsen«."""
    if is_greeting(text):
        return True
    return len(text) <= 120 and not text.endswith((".", ":")) and _SIGNER.search(text) is not None


# Documents that are not strategies

STRATEGY_WORDS = re.compile(
    r"strategi|politik|målsætning|\b(mål|målet|målene|vision|visionen|byråd\w*|kommune\w*|udsatte?)\b"
    rf"|\b\w*plan(?:en)?\b|\b(?:{'|'.join(sorted(_SINGULAR))})\b",
    re.IGNORECASE,
)
QUOTE = re.compile(
    r"\b(siger|fortæller|udtaler|forklarer|understreger|mener|tilføjer|lyder det)\b[^.]{0,120}\b(\w*formand\w*"
    r"|borgmester\w*|rådmand\w*|udvalg\w*|direktør\w*|forperson\w*|fra)\b",
    re.IGNORECASE,
)
NEWS = re.compile(
    r"\b(den|en) nye? (strategi|\w+politik|\w+strategi|politik|plan)\b|\bblev (i \w+ )?(\w+ )?vedtaget\b|\b(har"
    r"|er) (nu |netop |enstemmigt )?vedtaget\b|\bbyrådsmøde\b",
    re.IGNORECASE,
)
NEWS_TITLE = re.compile(
    r"^(ny|nye)\b.*(strategi|politik|plan)|\b(er|bliver|blev) vedtaget\b|\bvedtager\b", re.IGNORECASE
)
COUNCIL = re.compile(
    r"\bmærkesag(er)?\b|\b\d+ medlemmer\b|\brådets (medlemmer|møder)\b|\bhøringsret\b|\bforretningsorden\b"
    r"|\breferater(ne)?\b|\bmøder årligt\b|\budsatterådet består\b",
    re.IGNORECASE,
)
MINUTES = re.compile(
    r"^(dagsorden|referat|mødereferat|beslutningsreferat)\b|^(til stede|afbud|fraværende|deltagere|referent|ordstyrer"
    r"|mødested|mødedato)\s*:|^punkt \d+|^(beslutning|indstilling|sagsfremstilling)\b",
    re.IGNORECASE | re.MULTILINE,
)
