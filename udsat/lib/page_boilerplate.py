"""Recognise lines of a web page that are not part of its text: skip links, breadcrumbs, opening hours.

The patterns are general, without names of municipalities or systems. Recognised lines are reported, not dropped.
"""

import re

_MAX_LENGTH = 160
_DAY = r"(?:man|tirs|ons|tors|fre|lør|søn)(?:dage?)?"
_CAPITAL = "[A-ZÆØÅ]"

# Reason shown to the secretary, and pattern. Case matters only inside (?-i:…), where a capital letter is significant.
_PATTERNS = [
    (
        "link til at springe frem på siden",
        r"(gå|spring|hop|skip|videre)( direkte)?( til| to| over| main)+ .{0,20}(indhold|content|navigation|menu"
        r"|søg)\w*.{0,30}",
    ),
    ("link til toppen af siden", r"(gå )?(til|tilbage til) (top(pen)?|forsiden|start)( af siden)?"),
    ("velkomstlinje", r"velkommen til .{1,60}\b(forside|hjemmeside)n?"),
    ("brødkrumme", r"(du er her|her er du)\b.{0,150}"),
    ("brødkrumme", r"[^.:!?>›»→|]{1,60}(\s[>›»→|]\s[^.:!?>›»→|]{1,60}){2,}"),
    ("brødkrumme", r"(forside|hjem|home)\s*[>›»→|/]\s*[^.:!?]+"),
    ("brødkrumme", rf"(?-i:(Forside|Hjem|Home|Start)\s+{_CAPITAL}[^.:!?]*\s{_CAPITAL}[^.:!?]*)"),
    ("menu", r"(menu|søg|luk|forside|log ind|log på|mitid|selvbetjening|sitemap|a-å|nyhedsbrev|vis mere|vis mindre)"),
    (
        "kommentarfelt",
        r"(leave a (reply|comment)|(skriv|læg|efterlad|tilføj) (en )?kommentar.{0,20}|kommentarer( \(\d+\))?)",
    ),
    ("deleknap", r"(del|share)( (siden|artiklen|på|on)\b.{0,40})|facebook|twitter|x|linkedin|instagram|youtube"),
    ("knap", r"(udskriv|print|læs op|lyt|oplæsning|tip en ven|kopi(é|e)r link|hent (som )?pdf)( (siden|artiklen))?"),
    ("oplysning om siden", r"(siden er )?sid(st|en) (opdateret|ændret|redigeret|revideret)\b.{0,60}"),
    ("oplysning om siden", r"\d{1,2}\. ?\w+ \d{4}\s*[-–|]\s*(oprettet|publiceret|skrevet|opdateret)\b.{0,60}"),
    (
        "link",
        r"(hent|download|se|læs|find)\b.{0,60}\b(strategi|politik|plan|pdf|pjece|folder"
        r"|dokument)\w*( her)?( \(.{2,20}\))?",
    ),
    ("oplysning om siden", r"(opdateret|publiceret|oprettet|udgivet)( den)?\s*:?\s*\d.{0,40}"),
    ("oplysning om siden", r"(side|web)(ansvarlig|redaktør)\b.{0,80}"),
    ("cookies og privatliv", r"(accept[eé]r|afvis|tillad|administrer|om)?\s*(alle )?cookies?(politik)?.{0,60}"),
    ("cookies og privatliv", r"(privatlivspolitik|persondatapolitik|databeskyttelse|tilgængelighedserklæring|was)"),
    (
        "kontaktoplysning",
        r"(tlf|telefon|mobil|fax|hovednummer|telefontid|ring( til)?( os)?( på)?)\b[.:]*\s*(på )?\+?[\d(].{0,60}",
    ),
    ("kontaktoplysning", r"(telefon|tlf\.?|fax|hovednummer|telefontider?)\s*:?"),
    ("kontaktoplysning", r"(\+45 ?)?\d\d ?\d\d ?\d\d ?\d\d"),
    ("kontaktoplysning", r"(e-?mail|mail|e-?post|skriv til)?\s*:?\s*[\w.+-]+@[\w-]+(\.[\w-]+)+"),
    ("kontaktoplysning", r"(cvr|ean|gln|p)\b[-\s.:a-zæøå]{0,14}\d[\d ]{5,16}"),
    (
        "adresse",
        rf"(?-i:{_CAPITAL}[^.:!?]{{2,60}}\s\d{{1,4}}[A-Za-z]?(?:\s*+,)?\s+(DK-)?\d{{4}}\s+{_CAPITAL}[\w.]+(\s\w+)?)",
    ),
    ("adresse", rf"(?-i:(?!20[2-4])(DK-)?\d{{4}}\s{_CAPITAL}[a-zæøå]+(\s{_CAPITAL}{{1,2}})?)"),
    ("åbningstid", r"(\w+ ){0,2}(åbningstid(er)?|telefontid(er)?)\s*:?"),
    (
        "åbningstid",
        rf"(?!.*\d{{4}}){_DAY}\b.{{0,25}}?\d{{1,2}}([.:]\d\d)?\s*(-|–"
        rf"|til)\s*(kl\.?\s*)?\d{{1,2}}([.:]\d\d)?.{{0,20}}",
    ),
    ("åbningstid", rf"{_DAY}(\s*(-|–|og|til)\s*{_DAY})?\s*:?\s*lukket"),
    (
        "billedtekst",
        r"(foto(s|graf(i|er)?)?|billeder?|illustration(er)?|grafik|layout|modelfoto|arkivfoto)\s*(af"
        r"|ved)?\s*[:/].{1,100}",
    ),
    ("ophavsret", r"(©|\(c\)|copyright)\s*.{0,80}"),
    ("webadresse", r"(læs mere( på)?:?\s*)?(https?://|www\.)\S+"),
    ("sidetal", r"(side|s\.)\s*\d{1,3}(\s*(af|/)\s*\d{1,3})?|[-–]\s*\d{1,3}\s*[-–]"),
    ("indholdsfortegnelse", r"(?=.*\d$).{2,120}?(\s?[.…·_]){4,}\s*\d{1,3}"),
]
_COMPILED = [(reason, re.compile(pattern, re.IGNORECASE)) for reason, pattern in _PATTERNS]
_NOT_IN_LISTS = {"åbningstid", "adresse", "brødkrumme", "billedtekst", "menu", "velkomstlinje"}
# Headings of page footers. They may also be real headings, so they only count at the end of the text.
_FOOT = re.compile(
    r"(genveje|kontakt( os| kommunen)?|find vej|links?|relater(et|ede).{0,30}|læs (også|mere)|se også|følg os.{0,40}"
    r"|om (siden|hjemmesiden)"
    r"|presse|job( i kommunen)?|nyheder|tilmeld.{0,40}|hvad synes du om siden.{0,20}|fandt du.{0,50}|del|borgerservice"
    r"|adresse|sociale medier|indhold(sfortegnelse)?)",
    re.IGNORECASE,
)


def boilerplate_reason(line: str, in_list: bool = False) -> str:
    """Return the reason, in Danish, why the line is not part of the text; "" if it may be.

    Fewer patterns apply to list items: »udvide værestedets åbningstider« is a goal.
    """
    if len(line) > _MAX_LENGTH:
        return ""
    reason = next((reason for reason, pattern in _COMPILED if pattern.fullmatch(line)), "")
    return "" if in_list and reason in _NOT_IN_LISTS else reason


def is_foot_heading(line: str) -> bool:
    """Whether the line is a heading such as »Genveje«, which begins the footer if only boilerplate follows."""
    return len(line) <= _MAX_LENGTH and _FOOT.fullmatch(line.rstrip(" :")) is not None
