"""Find possible personal data in a text: phone numbers, e-mail addresses, street addresses and names.

Findings are reviewed by a person, so the rules avoid false alarms: committees, venues, dates, case numbers, amounts and
hotlines, which council texts are full of, give no finding. `AllowedNames` holds the names and contacts that may appear.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields
from enum import StrEnum

from .name_words import GIVEN_NAMES, INSTITUTION_WORDS, SENTENCE_STARTS


class PersonalDataKind(StrEnum):
    PHONE = "telefonnummer"
    EMAIL = "e-mailadresse"
    ADDRESS = "adresse"
    NAME = "navn"
    HIDDEN_NAME = "navn, der ikke må vises"


@dataclass(frozen=True)
class PersonalDataFinding:
    """Possible personal data at [start, end) of a text."""

    kind: PersonalDataKind
    start: int
    end: int
    text: str
    note: str = ""  # a Danish sentence for the reviewer


@dataclass(frozen=True)
class AllowedNames:
    """Names and contacts that the texts of a municipality may contain.

    `hidden` holds names that may not, each with what is shown instead ("Jonas", or "" for the role alone).
    """

    names: frozenset[str] = frozenset()  # full names of people who agreed to be shown, and of officials
    hidden: dict[str, str] = field(default_factory=dict)
    phrases: frozenset[str] = frozenset()  # names of organisations, groups and venues
    phones: frozenset[str] = frozenset()
    emails: frozenset[str] = frozenset()
    addresses: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()  # domains of official mailboxes

    def __or__(self, other: "AllowedNames") -> "AllowedNames":
        return AllowedNames(
            **{each.name: getattr(self, each.name) | getattr(other, each.name) for each in fields(self)}
        )


def find_personal_data(text: str, allowed: AllowedNames, *, names: bool = True) -> list[PersonalDataFinding]:
    """Return the findings in reading order. With `names=False`, the only names are those in `allowed.hidden`."""
    finders = (_emails, _phones, _addresses, _hidden_names)
    findings = [finding for finder in finders for finding in finder(text, allowed)]
    taken = [(finding.start, finding.end) for finding in findings]
    for name in _names(text, allowed) if names else ():
        if not any(start < name.end and name.start < end for start, end in taken):
            findings.append(name)
    return sorted(findings, key=lambda finding: (finding.start, finding.end))


def sentence_around(text: str, start: int, end: int, most: int = 160) -> tuple[str, str]:
    """Return the parts of the sentence before and after [start, end), each cut at a word to `most` characters."""
    before, after = text[max(0, start - 4 * most) : start], text[end : end + 4 * most]
    *_, before = re.split(r"\n|(?<=[.!?»])\s+(?=[A-ZÆØÅ»]|$)", before)
    after = re.split(r"\n|(?<=[.!?])\s+(?=[A-ZÆØÅ»])", after)[0]
    if len(before) > most:
        before = "…" + before[-most:].partition(" ")[2]
    if len(after) > most:
        after = after[:most].rpartition(" ")[0] + "…"
    return before, after


def names_with_titles(texts: Iterable[str]) -> frozenset[str]:
    """Return the names that the texts give an office to (»socialchef Ida Munk«, »Ida Munk, leder af …«): officials."""
    return frozenset(
        match[0]
        for text in texts
        for match in _CANDIDATE.finditer(text)
        if _has_title(text, match.start(), match.end())
    )


# Phone numbers: eight digits in Denmark, the first 2 to 9, in pairs, in two groups of four, or unbroken.

_GAP = "[ \u00a0\u2009\u202f]"
_PHONE = re.compile(
    rf"(?<![\d\w,./–-])(?<!\d[ \u00a0])(?P<intl>(?:\(?(?:\+|00){_GAP}?45\)?){_GAP}?)?"
    rf"(?P<number>[2-9]\d(?:(?:{_GAP}|[.-]|)\d\d){{3}}|[2-9]\d{{3}}{_GAP}\d{{4}}|[2-9]\d{_GAP}\d{{3}}{_GAP}\d{{3}})"
    rf"(?!\d|[.,/–-]\d|{_GAP}\d\d)"
)
_FOREIGN = re.compile(rf"(?<!\w)\+(?!45)[1-9]\d{{0,2}}(?:{_GAP}|[-.()])?\d(?:(?:{_GAP}|[-.()])?\d){{6,11}}(?!\d)")
# Words before eight digits that are no phone number.
_NUMBER_OF = re.compile(
    r"(?<!\w)(?:(?:cvr|ean|gln|isbn|issn|konto|reg|sags?|journal|dokument|esdh|faktura|ordre|matrikel|kle|reference|uger?"
    r"|sider?|punkt)(?:[\s-]?(?:nr|nummer|numre))?|(?!tlf|telefon|mobil)\w+[\s-]?(?:nr|nummer|numre))\.?\s*:?\s*$",
    re.IGNORECASE,
)
_MONEY = re.compile(r"\s*(?:kr\b|kroner|dkk|euro|€|mio|mia|tkr|%|pct|procent|m²|m2|km\b|kwh)", re.IGNORECASE)
_YEAR_RANGE_OR_CASE = re.compile(r"(?:19|20)\d\d(?:\D(?:19|20)\d\d|-\d{4})")  # 2023 2026, or case 2026-0877
_DATE_IN_FILE_NAME = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")  # 20250303
# 24.12.2026, 24-12-2026 or 24 12 2026: phone numbers are not grouped by two, two and four digits.
_DATE = re.compile(r"(?:0[1-9]|[12]\d|3[01])\D(?:0[1-9]|1[0-2])\D(?:19|20)\d\d")
_HOURS = re.compile(r"(?:[01]\d|2[0-4])\.[0-5]\d-(?:[01]\d|2[0-4])\.[0-5]\d")  # 20.00-22.30
# Numbers in 70 and 80 belong to businesses.
_BUSINESS = ("70", "80")


def danish_phones(text: str) -> Iterator[re.Match[str]]:
    """Yield each Danish phone number (group `number`), but no amounts, dates, hours or numbers of cases."""
    for match in _PHONE.finditer(text):
        before, after = text[max(0, match.start() - 24) : match.start()], text[match.end() : match.end() + 12]
        if _NUMBER_OF.search(before) or _MONEY.match(after) or _DATE_IN_FILE_NAME.fullmatch(_digits(match["number"])):
            continue
        if not any(form.fullmatch(match["number"]) for form in (_YEAR_RANGE_OR_CASE, _DATE, _HOURS)):
            yield match


def _phones(text: str, allowed: AllowedNames) -> Iterator[PersonalDataFinding]:
    own = {digits[-8:] for number in allowed.phones if (digits := _digits(number))}
    for match in danish_phones(text):
        digits = _digits(match["number"])
        if digits in own or (digits.startswith(_BUSINESS) and not match["intl"]):
            continue
        if not match["intl"] and len({digits[n : n + 2] for n in (0, 2, 4, 6)}) == 1:
            continue  # 79 79 79 79: the main number of an office
        yield PersonalDataFinding(PersonalDataKind.PHONE, match.start(), match.end(), match[0])
    for match in _FOREIGN.finditer(text):
        yield PersonalDataFinding(PersonalDataKind.PHONE, match.start(), match.end(), match[0])


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


# E-mail

_EMAIL = re.compile(r"(?<![\w.+-])[\w.+'-]+@(?P<domain>[\w-]+(?:\.[\w-]+)*\.[a-zæøå]{2,})(?![\w@])", re.IGNORECASE)
_FREE_MAIL = re.compile(
    r"(?:gmail|googlemail|hotmail|live|outlook|yahoo|icloud|me|msn|mail|proton(?:mail)?|gmx|jubii|ofir|sol|tdcadsl|stofanet"
    r"|youmail|webspeed|post\d*\.tele|fibermail|vip\.cybercity|privat)\.[a-z.]+",
    re.IGNORECASE,
)
_SHARED_MAILBOX = re.compile(
    r"(?:info|kontakt|post|mail|kontor|kontoret|sekretariat\w*|administration\w*|reception\w*|kommune\w*|hovedpost\w*"
    r"|borgerservice|raadhus\w*|udsatteraad\w*|vaerested\w*|formand\w*|forening\w*|presse|support|webmaster|dpo"
    r"|databeskyttelse\w*|tilgaengelighed\w*|no-?reply)",
    re.IGNORECASE,
)


def _emails(text: str, allowed: AllowedNames) -> Iterator[PersonalDataFinding]:
    own, domains = {email.lower() for email in allowed.emails}, {domain.lower() for domain in allowed.domains}
    for match in _EMAIL.finditer(text):
        address, domain = match[0].rstrip(".").lower(), match["domain"].lower()
        if address in own or any(domain == official or domain.endswith(f".{official}") for official in domains):
            continue
        if _SHARED_MAILBOX.fullmatch(address.partition("@")[0]) and not _FREE_MAIL.fullmatch(domain):
            continue
        yield PersonalDataFinding(PersonalDataKind.EMAIL, match.start(), match.end(), match[0])


# Street addresses

_UPPER, _LOWER = "A-ZÆØÅÉÖÜÄ", "a-zæøåéöüäèáíóúñçğış"
_STREET_END = (
    "vej|vejen|gade|gaden|gård|gården|allé|alle|alléen|alleen|stræde|strædet|vænge|vænget|plads|pladsen|torv|torvet|"
    "park|parken|bakke|bakken|toft|toften|have|haven|sti|stien|mark|marken|lund|lunden|eng|engen|boulevard|kaj|kajen|"
    "havn|havnen|bro|brogade|skov|skoven|krog|krogen|høj|højen|ager|ageren|kær|kæret|gyde|gyden|passage|dal|dalen|"
    "vang|vangen|bugt|strand|stranden|kvarter|hegn|ring|ringen|bred|bredden|kilde|bæk|bækken|mose|mosen"
)
# Common nouns that are a street name only with a town behind them.
_COMMON_NOUNS = frozenset(
    "vejen gaden gården pladsen parken haven stien marken engen skoven havnen stranden kajen mosen dalen ringen bro "
    "park have mark dal høj ring strand havn skov alle plads".split()
)
_HOUSE = rf"(?P<house>[1-9]\d{{0,2}}(?:{_GAP}?[A-Za-z](?!\w))?)"
_FLOOR = rf"(?:,?{_GAP}(?:(?:\d{{1,2}}|st|kl|sal)\.?{_GAP}?(?:sal,?{_GAP}?)?(?:tv|th|mf|dør{_GAP}?\d+)?\.?)(?!\w))?"
_TOWN = rf"(?P<town>,?{_GAP}(?:DK-)?(?P<code>[1-9]\d{{3}}){_GAP}(?P<name>[{_UPPER}][{_LOWER}]+))?"
_CAPITAL = rf"(?:[{_UPPER}][{_LOWER}]*\.?(?:{_GAP}|-|(?<=\.)))"
_STREET = re.compile(
    rf"(?<![\w@])(?P<street>{_CAPITAL}{{0,3}}(?:[{_UPPER}][{_LOWER}]*(?:{_STREET_END})"
    rf"|(?:{'|'.join(end.capitalize() for end in _STREET_END.split('|'))}))"
    rf"|{_CAPITAL}{{1,3}}(?:boulevard|gade|vej|allé|plads|torv|stræde))"
    rf"{_GAP}(?:nr\.?{_GAP})?{_HOUSE}(?!\d|[.,:–-]?\d){_FLOOR}{_TOWN}"
)
# Any capitalised words, if house number, postal code and town follow.
_WITH_TOWN = re.compile(
    rf"(?<![\w@])(?P<street>[{_UPPER}][{_LOWER}]+(?:{_GAP}[{_UPPER}]?[{_LOWER}.]+){{0,3}}){_GAP}{_HOUSE}{_FLOOR}"
    rf",?{_GAP}(?:DK-)?(?P<code>[1-9]\d{{3}}){_GAP}(?P<name>[{_UPPER}][{_LOWER}]+)"
)
_MONTHS = "jan|feb|mar|apr|maj|jun|jul|aug|sep|okt|nov|dec"
_NOT_A_HOUSE = re.compile(
    rf"\.?{_GAP}(?:(?:{_MONTHS})|km\b|m\b|m²|meter|pct|%|procent|kr\b|timer?\b|minutter|dage?\b|uger?\b|år\b|måneder"
    rf"|boliger|personer|gæster|huse|lejligheder|pladser|gange|unge|borgere|medlemmer|punkt)|{_GAP}?[–-]{_GAP}?\d|/\d|%",
    re.IGNORECASE,
)


def _addresses(text: str, allowed: AllowedNames) -> Iterator[PersonalDataFinding]:
    own = [_normalised(address) for address in allowed.addresses if address.strip()]
    seen: list[tuple[int, int]] = []
    for pattern in (_STREET, _WITH_TOWN):
        for match in pattern.finditer(text):
            if any(a < match.end() and match.start() < b for a, b in seen):
                continue
            house = f"{match['street']} {match['house'].strip()}"
            has_town = match["name"] is not None
            if not has_town and (
                match["street"].lower() in _COMMON_NOUNS or _NOT_A_HOUSE.match(text[match.end("house") :][:16])
            ):
                continue
            if any(re.search(rf"(?<!\w){re.escape(_normalised(house))}(?!\w)", address) for address in own):
                continue
            seen.append(match.span())
            yield PersonalDataFinding(PersonalDataKind.ADDRESS, match.start(), match.end(), match[0].rstrip(" ,"))


def _normalised(text: str) -> str:
    return " ".join(text.lower().replace("\u00a0", " ").split())


# Names

_WORD = rf"[{_UPPER}](?:[{_LOWER}]+|\.)(?:[-'’]?[{_UPPER}]?[{_LOWER}]+)*\.?"
_NAME_WORD = rf"[{_UPPER}][{_LOWER}]+(?:[-'’][{_UPPER}][{_LOWER}]+)*"
_INITIAL = rf"[{_UPPER}][{_LOWER}]?\."
_PARTICLE = "(?:af|von|van|de|der|den|da|al|el|bin|la|du)"
_CANDIDATE = re.compile(
    rf"(?<![\w@.-])(?<!\w['’]){_NAME_WORD}(?:{_GAP}(?:{_INITIAL}|{_PARTICLE}(?={_GAP}[{_UPPER}])|{_NAME_WORD})){{1,4}}(?![\w@-])"
)

_INSTITUTION_ENDING = re.compile(
    r"(?:udvalg|råd|råds|center|centre|hus|forening|forbund|skole|kommune|styrelse|ministerie|ministeri|forvaltning|afdeling"
    r"|vagt|team|gruppe|klub|gade|vej|plads|park|torv|bus|stue|hjem|sted|herberg|klinik|kontor|bibliotek|sygehus|gård|kirke"
    r"|menighed|stift|fond|værk|lov|plan|politik|strategi|avis|tidende|dag|møde|hær|hjælp|ordning|projekt|tilbud|bolig"
    r"|boliger|dommer|service|psykiatri|kreds|marked|selskab|bestyrelse|nævn)(?:en|et|er|erne|ens|ets|s|rne|ne)?$",
    re.IGNORECASE,
)
_DEFINITE_FORM = re.compile(r".{3,}(?:(?<!s)en|et|erne|ene|ens|ets|ernes)$")
_SURNAME = re.compile(r"(?:[^s]sen|gaard|gård|berg|lund|holm|strup|dahl|bech|bæk|toft|bjerg|sted|rup|borg|mann|skov)$")
# An office before or after a name marks an official.
_OFFICE = (
    r"\w*(?:leder|chef|direktør|borgmester|konsulent|formand|forperson|forkvinde|rådmand|minister|sekretær|koordinator"
    r"|rådgiver|sygeplejerske|overlæge|læge|præst|provst|professor|forsker|lektor|journalist|jurist|advokat|rektor"
    r"|udvalgsmedlem|byrådsmedlem|rådsmedlem|byrådet|regionsrådsmedlem|folketingsmedlem|ordfører|talsperson|talsmand"
    r"|specialist|fuldmægtig|planlægger|arkitekt|ingeniør|psykolog|pædagog|terapeut|underviser|bestyrer|forstander"
    r"|medarbejder|viceborgmester|politiker|politiassistent|kommissær|udviklingskonsulent|konsulenten|lederen|chefen)(?:en|s)?"
)
_TITLE_BEFORE = re.compile(
    rf"(?:^|[^\w]){_OFFICE}(?:{_GAP}(?:for|af|i|på){_GAP}[^.!?:\n]{{2,70}}(?:,|{_GAP}ved))?[,:]?{_GAP}$", re.IGNORECASE
)
_TITLE_AFTER = re.compile(
    rf"(?:,{_GAP}|{_GAP}?\(|{_GAP}[–-]{_GAP}|{_GAP}er{_GAP}|{_GAP}som{_GAP}er{_GAP}|:{_GAP})"
    rf"(?:[{_LOWER}]+(?:-{_GAP}og)?{_GAP}){{0,3}}{_OFFICE}(?!\w)",
    re.IGNORECASE,
)
_FROM = re.compile(rf"{_GAP}?[(,]?{_GAP}?(?:fra|ved|hos){_GAP}(?:den{_GAP}|det{_GAP})?(?P<word>[{_UPPER}][\w-]+)")
# Nouns before a name that is not a person's: »værestedet Grønne Hjørne«.
_THING_BEFORE = re.compile(
    rf"(?:^|\W)\w*(?:stedet|sted|huset|hus|foreningen|forening|projektet|projekt|caféen|café|organisationen|initiativet"
    rf"|centret|centeret|center|skolen|klubben|gruppen|kampagnen|bogen|filmen|bladet|avisen|bydelen|byen|kvarteret"
    rf"|strategien|planen|politikken|loven|ordningen|netværket|fonden|firmaet|selskabet|butikken|hotellet|herberget"
    rf"|afsnittet|temaet|punktet|festivalen|sporet|teamet)(?:{_GAP}ved{_GAP}navn)?{_GAP}[»”\"]?$",
    re.IGNORECASE,
)


def _has_title(text: str, start: int, end: int) -> bool:
    before, after = text[max(0, start - 120) : start], text[end : end + 80]
    if _TITLE_BEFORE.search(before) or _TITLE_AFTER.match(after):
        return True
    # »Ida Munk fra Boligvagten« represents it; »Kurt Hansen fra Esbjerg« is a private person.
    origin = _FROM.match(after)
    return bool(origin and (_INSTITUTION_ENDING.search(origin["word"]) or _DEFINITE_FORM.fullmatch(origin["word"])))


def _names(text: str, allowed: AllowedNames) -> Iterator[PersonalDataFinding]:
    public = {_normalised(name) for name in allowed.names}
    phrases = [_normalised(phrase) for phrase in allowed.phrases if phrase.strip()]
    for match in _CANDIDATE.finditer(text):
        for start, end in _without_sentence_start(text, match.start(), match.end()):
            name = text[start:end]
            normalised = _normalised(name)
            if _is_allowed(normalised, public) or any(normalised in phrase for phrase in phrases):
                continue
            if _is_name(text, start, end) and not _has_title(text, start, end):
                yield PersonalDataFinding(PersonalDataKind.NAME, start, end, name)


def _without_sentence_start(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The span without words that only begin the sentence: function words, a verb before a first name, a title."""
    words = list(re.finditer(r"\S+", text[start:end]))
    while len(words) > 1:
        first, second = words[0][0], words[1][0]
        begins = _begins_sentence(text, start + words[0].start())
        is_office = re.fullmatch(_OFFICE, first, re.IGNORECASE) is not None
        if not _is_given(first) and (first in SENTENCE_STARTS or is_office or (begins and _is_given(second))):
            words = words[1:]
        else:
            break
    if len(words) > 1 and words[-1][0][0].isupper():
        yield start + words[0].start(), start + words[-1].end()


def _begins_sentence(text: str, start: int) -> bool:
    before = text[max(0, start - 4) : start].rstrip(" \u00a0")
    return not before or before[-1] in '\n.!?:»”"•–-|\t('


def _is_allowed(name: str, allowed: set[str]) -> bool:
    """Whether the name is allowed, also without its middle names or with a genitive s."""
    for spelling in (name, name.removesuffix("s"), name.removesuffix("'")):
        if spelling in allowed:
            return True
        words = spelling.split()
        if any(full.split()[0] == words[0] and full.split()[-1] == words[-1] for full in allowed if full):
            return True
    return False


def _is_name(text: str, start: int, end: int) -> bool:
    words = text[start:end].split()
    if (
        any(word in INSTITUTION_WORDS for word in words)
        or _INSTITUTION_ENDING.search(words[-1])
        and not _is_given(words[0])
    ):
        return False
    if text[max(0, start - 1) : start] in ("»", "”", '"', "“") and text[end : end + 1] in ("«", "”", '"'):
        return False  # a quoted title
    if _is_given(words[0]):
        return True
    if any(_INSTITUTION_ENDING.search(word) for word in words):
        return False
    if _SURNAME.search(words[-1]):
        return True
    if _DEFINITE_FORM.fullmatch(words[-1]) or _THING_BEFORE.search(text[max(0, start - 40) : start]):
        return False
    # Other capitalised words inside a sentence: a foreign name, or an organisation.
    return len(words) <= 4 and not _begins_sentence(text, start) and not _is_heading(text, start, end)


def _is_given(word: str) -> bool:
    return word.partition("-")[0] in GIVEN_NAMES


def _is_heading(text: str, start: int, end: int) -> bool:
    """Whether the name is in a short line of mostly capitalised words."""
    line = text[text.rfind("\n", 0, start) + 1 : (text.find("\n", end) + 1 or len(text) + 1) - 1]
    words = re.findall(r"[^\W\d_]{4,}", line)
    return len(words) <= 8 and len(words) > 2 and sum(word[0].isupper() for word in words) > 0.8 * len(words)


def _hidden_names(text: str, allowed: AllowedNames) -> Iterator[PersonalDataFinding]:
    seen: list[tuple[int, int]] = []
    public_first = {name.split()[0] for name in (*allowed.names, *filter(None, allowed.hidden.values())) if name}
    for name, shown in sorted(allowed.hidden.items(), key=lambda pair: -len(pair[0])):
        words = name.split()
        if not words:
            continue
        note = f"Personen vil kun vises som »{shown}«." if shown else "Personen vil kun vises med sin rolle."
        spellings = [name, words[-1]] if len(words) > 1 else []
        if not shown and words[0] not in public_first:
            spellings.append(words[0])
        for spelling in spellings:
            for match in re.finditer(rf"(?<![\w-]){re.escape(spelling)}(?:s|'s)?(?![\w-])", text):
                # The same last name with another first name is another person.
                if spelling != name and spelling == words[-1] and _has_other_first_name(text, match.start(), words[0]):
                    continue
                # A short first name may be a common word at the start of a sentence: »Bo sammen«, »Per brev«.
                if len(spelling) <= 3 and spelling != name and _begins_sentence(text, match.start()):
                    continue
                if not any(a < match.end() and match.start() < b for a, b in seen):
                    seen.append(match.span())
                    yield PersonalDataFinding(PersonalDataKind.HIDDEN_NAME, match.start(), match.end(), match[0], note)


def _has_other_first_name(text: str, start: int, own: str) -> bool:
    before = re.search(rf"([{_UPPER}][{_LOWER}-]+){_GAP}$", text[max(0, start - 30) : start])
    return bool(before and before[1] != own and before[1] not in SENTENCE_STARTS)
