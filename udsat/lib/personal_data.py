"""Find what may be private in a text: phone numbers, e-mail addresses, street addresses and names.

A finding is a question to a person, never a verdict, so the rules lean to quiet: what any text of a council holds
(committees, places, dates, case numbers, money, hotlines) is none. Who may be named, and which contacts are the
council's own, comes in as `AllowedNames`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    PHONE = "telefonnummer"
    EMAIL = "e-mailadresse"
    ADDRESS = "adresse"
    NAME = "navn"
    HIDDEN_NAME = "navn, der ikke må vises"


@dataclass(frozen=True)
class Private:
    """Something in the text at [start, end)."""

    kind: Kind
    start: int
    end: int
    text: str
    note: str = ""  # what to know about it, as a sentence


@dataclass(frozen=True)
class AllowedNames:
    """Who and what may stand in the texts of a municipality.

    `hidden` holds names that may not, each with what is shown instead ("Jonas", or "" for the role alone).
    """

    names: frozenset[str] = frozenset()  # full names of those who let them be shown, and of officials
    hidden: Mapping[str, str] = field(default_factory=dict)
    phrases: frozenset[str] = frozenset()  # organisations, groups and places, as they are written
    phones: frozenset[str] = frozenset()
    emails: frozenset[str] = frozenset()
    addresses: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()  # whose mailboxes are official

    def __or__(self, other: "AllowedNames") -> "AllowedNames":
        return AllowedNames(
            self.names | other.names, {**self.hidden, **other.hidden}, self.phrases | other.phrases,
            self.phones | other.phones, self.emails | other.emails, self.addresses | other.addresses,
            self.domains | other.domains,
        )  # fmt: skip


def find_personal_data(text: str, known: AllowedNames = AllowedNames(), *, names: bool = True) -> list[Private]:  # noqa: B008  frozen
    """What may be private, in reading order. `names=False` asks only for names known as hidden, as in a report."""
    found = [*_emails(text, known), *_phones(text, known), *_addresses(text, known), *_hidden_names(text, known)]
    taken = [(one.start, one.end) for one in found]
    if names:
        found += [one for one in _names(text, known) if not any(a < one.end and one.start < b for a, b in taken)]
    return sorted(found, key=lambda one: (one.start, one.end))


def sentence_around(text: str, start: int, end: int, most: int = 160) -> tuple[str, str]:
    """The rest of the sentence before and after [start, end), each cut to `most` characters at a word."""
    before, after = text[max(0, start - 4 * most) : start], text[end : end + 4 * most]
    *_, before = re.split(r"\n|(?<=[.!?»])\s+(?=[A-ZÆØÅ»]|$)", before)
    after = re.split(r"\n|(?<=[.!?])\s+(?=[A-ZÆØÅ»])", after)[0]
    if len(before) > most:
        before = "…" + before[-most:].partition(" ")[2]
    if len(after) > most:
        after = after[:most].rpartition(" ")[0] + "…"
    return before, after


def names_with_titles(texts: Iterable[str]) -> frozenset[str]:
    """Names that a text introduces by an office (»socialchef Ida Munk«, »Ida Munk, leder af …«): read as officials."""
    return frozenset(
        match[0]
        for text in texts
        for match in _CANDIDATE.finditer(text)
        if _has_title(text, match.start(), match.end())
    )


# Phone numbers. Denmark has eight digits, the first 2 to 9, in four pairs, two fours or unbroken.

_GAP = "[ \u00a0\u2009\u202f]"
_PHONE = re.compile(
    rf"(?<![\d\w,./–-])(?<!\d[ \u00a0])(?P<intl>(?:\(?(?:\+|00){_GAP}?45\)?){_GAP}?)?"
    rf"(?P<number>[2-9]\d(?:(?:{_GAP}|[.-]|)\d\d){{3}}|[2-9]\d{{3}}{_GAP}\d{{4}}|[2-9]\d{_GAP}\d{{3}}{_GAP}\d{{3}})"
    rf"(?!\d|[.,/–-]\d|{_GAP}\d\d)"
)
_FOREIGN = re.compile(rf"(?<!\w)\+(?!45)[1-9]\d{{0,2}}(?:{_GAP}|[-.()])?\d(?:(?:{_GAP}|[-.()])?\d){{6,11}}(?!\d)")
# What makes eight digits something else.
_NUMBER_OF = re.compile(
    r"(?<!\w)(?:(?:cvr|ean|gln|isbn|issn|konto|reg|sags?|journal|dokument|esdh|faktura|ordre|matrikel|kle|reference|uger?"
    r"|sider?|punkt)(?:[\s-]?(?:nr|nummer|numre))?|(?!tlf|telefon|mobil)\w+[\s-]?(?:nr|nummer|numre))\.?\s*:?\s*$",
    re.IGNORECASE,
)
_MONEY = re.compile(r"\s*(?:kr\b|kroner|dkk|euro|€|mio|mia|tkr|%|pct|procent|m²|m2|km\b|kwh)", re.IGNORECASE)
# 70 and 80 are sold to businesses only.
_BUSINESS = ("70", "80")


def _phones(text: str, known: AllowedNames) -> Iterator[Private]:
    ours = {digits[-8:] for number in known.phones if (digits := _digits(number))}
    for match in _PHONE.finditer(text):
        digits = _digits(match["number"])
        before, after = text[max(0, match.start() - 24) : match.start()], text[match.end() : match.end() + 12]
        if digits in ours or (digits.startswith(_BUSINESS) and not match["intl"]):
            continue
        if _NUMBER_OF.search(before) or _MONEY.match(after):
            continue
        if _is_years(match["number"]) or _is_case(match["number"]) or _is_date(digits):
            continue
        if not match["intl"] and len({digits[n : n + 2] for n in (0, 2, 4, 6)}) == 1:
            continue  # 79 79 79 79: the main number of an office
        yield Private(Kind.PHONE, match.start(), match.end(), match[0])
    for match in _FOREIGN.finditer(text):
        yield Private(Kind.PHONE, match.start(), match.end(), match[0])


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def _is_years(number: str) -> bool:
    halves = re.fullmatch(r"((?:19|20)\d\d)\D((?:19|20)\d\d)", number)
    return halves is not None


def _is_case(number: str) -> bool:
    """2026-0877, as cases are numbered."""
    return re.fullmatch(r"(?:19|20)\d\d-\d{4}", number) is not None


def _is_date(digits: str) -> bool:
    """20250303, as in the name of a file."""
    return digits[:2] in ("19", "20") and "01" <= digits[4:6] <= "12" and "01" <= digits[6:] <= "31"


# E-mail

_EMAIL = re.compile(r"(?<![\w.+-])[\w.+'-]+@(?P<domain>[\w-]+(?:\.[\w-]+)*\.[a-zæøå]{2,})(?![\w@])", re.IGNORECASE)
_FREE = re.compile(
    r"(?:gmail|googlemail|hotmail|live|outlook|yahoo|icloud|me|msn|mail|proton(?:mail)?|gmx|jubii|ofir|sol|tdcadsl|stofanet"
    r"|youmail|webspeed|post\d*\.tele|fibermail|vip\.cybercity|privat)\.[a-z.]+",
    re.IGNORECASE,
)
_MAILBOX = re.compile(
    r"(?:info|kontakt|post|mail|kontor|kontoret|sekretariat\w*|administration\w*|reception\w*|kommune\w*|hovedpost\w*"
    r"|borgerservice|raadhus\w*|udsatteraad\w*|vaerested\w*|formand\w*|forening\w*|presse|support|webmaster|dpo"
    r"|databeskyttelse\w*|tilgaengelighed\w*|no-?reply)",
    re.IGNORECASE,
)


def _emails(text: str, known: AllowedNames) -> Iterator[Private]:
    ours, domains = {email.lower() for email in known.emails}, {domain.lower() for domain in known.domains}
    for match in _EMAIL.finditer(text):
        address, domain = match[0].rstrip(".").lower(), match["domain"].lower()
        if address in ours or any(domain == own or domain.endswith(f".{own}") for own in domains):
            continue
        if _MAILBOX.fullmatch(address.partition("@")[0]) and not _FREE.fullmatch(domain):
            continue
        yield Private(Kind.EMAIL, match.start(), match.end(), match[0])


# Street addresses

_UPPER, _LOWER = "A-ZÆØÅÉÖÜÄ", "a-zæøåéöüäèáíóúñçğış"
_STREET_END = (
    "vej|vejen|gade|gaden|gård|gården|allé|alle|alléen|alleen|stræde|strædet|vænge|vænget|plads|pladsen|torv|torvet|"
    "park|parken|bakke|bakken|toft|toften|have|haven|sti|stien|mark|marken|lund|lunden|eng|engen|boulevard|kaj|kajen|"
    "havn|havnen|bro|brogade|skov|skoven|krog|krogen|høj|højen|ager|ageren|kær|kæret|gyde|gyden|passage|dal|dalen|"
    "vang|vangen|bugt|strand|stranden|kvarter|hegn|ring|ringen|bred|bredden|kilde|bæk|bækken|mose|mosen"
)
# Generic words that need a town behind them before they are a street.
_COMMON = frozenset(
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
    rf"{_GAP}(?:nr\.?{_GAP})?{_HOUSE}(?!\d|[.,:–-]?\d){_FLOOR}{_TOWN}",
)
# Any street name, when house number, postal code and town follow.
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


def _addresses(text: str, known: AllowedNames) -> Iterator[Private]:
    ours = [_flat(address) for address in known.addresses if address.strip()]
    seen: list[tuple[int, int]] = []
    for pattern in (_STREET, _WITH_TOWN):
        for match in pattern.finditer(text):
            if any(a < match.end() and match.start() < b for a, b in seen):
                continue
            house = f"{match['street']} {match['house'].strip()}"
            has_town = match["name"] is not None
            if not has_town and (
                match["street"].lower() in _COMMON or _NOT_A_HOUSE.match(text[match.end("house") :][:16])
            ):
                continue
            if any(re.search(rf"(?<!\w){re.escape(_flat(house))}(?!\w)", address) for address in ours):
                continue
            seen.append(match.span())
            yield Private(Kind.ADDRESS, match.start(), match.end(), match[0].rstrip(" ,"))


def _flat(text: str) -> str:
    return " ".join(text.lower().replace("\u00a0", " ").split())


# Names

_WORD = rf"[{_UPPER}](?:[{_LOWER}]+|\.)(?:[-'’]?[{_UPPER}]?[{_LOWER}]+)*\.?"
_NAME_WORD = rf"[{_UPPER}][{_LOWER}]+(?:[-'’][{_UPPER}][{_LOWER}]+)*"
_INITIAL = rf"[{_UPPER}][{_LOWER}]?\."
_PARTICLE = "(?:af|von|van|de|der|den|da|al|el|bin|la|du)"
_CANDIDATE = re.compile(
    rf"(?<![\w@.-]){_NAME_WORD}(?:{_GAP}(?:{_INITIAL}|{_PARTICLE}(?={_GAP}[{_UPPER}])|{_NAME_WORD})){{1,4}}(?![\w@-])"
)

_GIVEN = frozenset(
    """
    Aage Abdi Abdul Adam Agnete Ahmad Ahmed Aisha Aksel Albert Alberte Alex Alexander Alfred Ali Alice Allan Alma
    Amalie Amina Amir Anders Andrea Andreas Ane Anette Anita Anja Ann Anna Anne Annelise Annette Annika Anni Anton
    Arne Arthur Asger Asta Astrid August Aya Bahar Bendt Benjamin Benny Bent Bente Benedikte Berit Bettina Birger
    Birgit Birgitte Birte Birthe Bitten Bjarne Bjørn Bo Bodil Brian Britt Britta Bruno Camilla Carina Carl Carla Carlo
    Carsten Cecilie Charlotte Christa Christian Christina Christine Christoffer Claus Clara Conny Daniel Daniella
    David Dennis Ditte Dorte Dorthe Dorrit Ebbe Ea Eigil Einar Ejner Elin Elisabeth Ella Ellen Else Elsebeth Emil
    Emilie Emma Erik Erling Ernst Esben Ester Esther Eva Evald Fatima Fatma Fie Filip Finn Flemming Frank Freddy
    Frederik Frederikke Freja Frida Fritz Georg Gerda Gert Gitte Grete Grethe Gudrun Gunnar Gunhild Gurli Gustav Hamid
    Hamza Hanne Hannah Hans Harald Harry Hasan Hassan Heidi Heinrich Helen Helena Helene Helga Helge Helle Henning
    Henriette Henrik Henry Herdis Herluf Holger Hussein Ib Ibrahim Ida Inga Inge Ingeborg Inger Ingrid Irene Iris
    Isabella Ismail Ivan Jacob Jakob Jan Jane Janne Janni Jannie Jasmin Jean Jens Jeppe Jesper Jette Jim Jimmy Jo Joan
    Joachim Johan Johanne Johannes John Johnny Jonas Jonathan Jonna Jørgen Jørn Josefine Julie Julius Jutta Kaj Kai
    Kamilla Karen Karin Karina Karl Karla Karsten Kasper Katja Katrine Kathrine Keld Kenneth Kent Kenny Kevin Khalid
    Kim Kirsten Kirstine Kjeld Klara Klaus Knud Kristian Kristina Kristine Kristoffer Kurt Lars Lasse Laura Laurits
    Layla Leif Leila Lena Lene Leo Liam Lilian Lillian Lilly Lily Line Linda Lis Lisa Lisbet Lisbeth Lise Liselotte
    Liv Lone Lotte Louise Lucas Ludvig Lukas Lærke Mads Magda Magnus Mai Maja Majken Malene Malik Malou Maren Margit
    Margrethe Maria Mariam Marianne Marie Marina Mark Markus Marlene Martin Mathias Mathilde Merete Meta Mette Mia
    Michael Michelle Mie Mikael Mikkel Minna Mira Mogens Mohamad Mohamed Mohammad Mohammed Mona Monica Monika Morten
    Muhammad Mustafa Nadia Naja Nanna Natasja Nete Nicklas Nicolai Niels Nikolaj Nina Noah Nora Ole Olga Oliver Olivia
    Omar Oscar Oskar Osman Otto Ove Palle Patrick Paul Paula Peder Per Pernille Peter Petra Philip Pia Poul Preben
    Rasmus Rebekka René Rene Ricky Rikke Rita Robert Roland Ronni Ronnie Rosa Rune Ruth Sabrina Said Salma Samir
    Samira Sander Sandra Sanne Sara Sarah Sebastian Selma Signe Sigrid Silas Simon Sine Siri Sofia Sofie Solveig Sonja
    Søren Stefan Steen Steffen Stella Sten Stig Stine Susan Susanne Suzanne Svend Sven Tage Tanja Tania Tatiana Thea
    Theis Theodor Thomas Thor Thorkild Thora Tim Tina Tine Tobias Tom Tommy Tonny Tore Torben Torkild Trine Troels
    Tove Ulla Ulrik Ursula Uffe Valdemar Vagn Vera Verner Vibeke Victor Victoria Viggo Vilhelm Villads Villy William
    Willy Winnie Yasmin Yrsa Yusuf Yvonne Zahra Zainab Åge Åse Aase
    """.split()
)
# What begins a sentence, or a heading, without being a name.
_STARTS = frozenset(
    """
    Af Al Alle Allerede Alt Altid Anden Andet Andre At Bag Blandt Bare Begge Både Da De Del Dem Den Denne Dens Der
    Deres Derefter Derfor Dertil Desuden Det Dette Disse Dog Du Din Dit Dine Efter Eller Ellers Én En Endelig Endnu
    Enhver Er Et Flere Flest For Foran Fordi Fra Få Før Først Første Fremover Gennem God Godt Han Hans Har Heldigvis
    Hele Hendes Her Herefter Hermed Hertil Hun Hvad Hvem Hver Hvert Hvilke Hvilken Hvilket Hvis Hvor Hvordan Hvorfor
    Hvornår I Ifølge Igen Ikke Imellem Ind Inden Indtil Ingen Intet Ja Jeg Jo Kan Kun Lad Lige Man Mange Med Meget
    Mellem Men Mens Mere Mest Min Mindst Mit Mod Må Måske Ned Nej Ni Noget Nogle Nu Ny Nye Nyt Når Næste Næsten Og
    Også Om Omkring Op Os Otte Over På Samme Sammen Samt Se Seks Selv Selvom Senere Sidst Sidste Siden Sin Sit Som
    Sommetider Stor Store Straks Så Sådan Tak Ti Til To Tre Trods Ud Uden Under Vi Via Vil Ved Vore Vores Ordet Spørg
    Ring Kontakt Skriv Besøg Mød Hør Kom Læs Syv Fem Fire Godkendelse Meddelelser Orientering Drøftelse Eventuelt
    Forslag Valg Punkt Bilag Side Tema Mål Møde Referat Dagsorden Borger Borgere Medlem Medlemmer Gæst Gæster Referent
    Ordstyrer Afbud Deltagere Fraværende Tilstede Januar Februar Marts April Maj Juni Juli August September Oktober
    November December Mandag Tirsdag Onsdag Torsdag Fredag Lørdag Søndag Jul Påske Pinse Nytår
    """.split()
)
# Words that make the whole an organisation, an office or a place, wherever they stand in it.
_INSTITUTION = frozenset(
    """
    Kommune Kommunen Kommuner Kommunes Region Regionen Regioner Danmark Danmarks Dansk Danske Denmark Landsforeningen
    Forening Foreningen Forbundet Forbund Fonden Fond Røde Kors Korshær Blå Barnet Red Kirkens Kirke Frelsens Hær Café
    Caféen Cafe Hus Huset Center Centret Centeret Herberg Herberget Værested Værestedet Udsatteråd Udsatterådet Råd
    Rådet Nævn Udvalg Udvalget Styrelsen Ministeriet Ministerium Folketinget Byråd Byrådet Kommunalbestyrelsen
    Magistraten Forvaltning Forvaltningen Afdelingen Afdeling Team Projekt Projektet Gruppen Institut Universitet
    Højskole Skole Skolen Hospital Sygehus Sygehuset Psykiatri Psykiatrien Fængsel Politi Politiet Jobcenter Ældre
    Sagen Social Sociale Socialt Sundhed Nørre Nørrebro Sønder Øster Øst Vester Vest Nord Syd Store Lille Gamle Gammel
    Sankt Sct Skt Øvre Nedre Ny Nye Centrum København Københavns Aarhus Århus Odense Aalborg Ålborg Esbjerg Vejle
    Kolding Randers Horsens Herning Silkeborg Jylland Fyn Sjælland Lolland Falster Bornholm Hovedstaden Syddanmark
    Midtjylland Nordjylland Europa Europæisk Nordisk Norden Word Excel Teams Microsoft Google Facebook Instagram Zoom
    Den Det De Kristi Himmelfartsdag Grundlovsdag Nytårsdag Konservative Venstre Socialdemokratiet Radikale
    Enhedslisten Folkeparti Liberal Alliance Alternativet Moderaterne Ungdommens Livets Ret Plads Plan Politik
    Strategi Lov Loven Serviceloven Rådhus Rådhuset Bibliotek Biblioteket Gade Vej Torv Allé Park Parken Havn Havnen
    Station Stationen Borgerservice Settlement Settlementet Kofoeds Mødrehjælpen Natteravnene Bydel Kvarter Kvarteret
    Idé Festival Dag Dagen Uge Ugen
    """.split()
)
_INSTITUTION_END = re.compile(
    r"(?:udvalg|råd|råds|center|centre|hus|forening|forbund|skole|kommune|styrelse|ministerie|ministeri|forvaltning|afdeling"
    r"|vagt|team|gruppe|klub|gade|vej|plads|park|torv|bus|stue|hjem|sted|herberg|klinik|kontor|bibliotek|sygehus|gård|kirke"
    r"|menighed|stift|fond|værk|lov|plan|politik|strategi|avis|tidende|dag|møde|hær|hjælp|ordning|projekt|tilbud|bolig"
    r"|boliger|dommer|service|psykiatri|kreds|marked|selskab|bestyrelse|nævn)(?:en|et|er|erne|ens|ets|s|rne|ne)?$",
    re.IGNORECASE,
)
_DEFINITE = re.compile(r".{3,}(?:(?<!s)en|et|erne|ene|ens|ets|ernes)$")
_SURNAME = re.compile(r"(?:[^s]sen|gaard|gård|berg|lund|holm|strup|dahl|bech|bæk|toft|bjerg|sted|rup|borg|mann|skov)$")
# An office before or after a name makes it an official's.
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
# Right before a capitalised name of a thing: »værestedet Grønne Hjørne«.
_THING_BEFORE = re.compile(
    rf"(?:^|\W)\w*(?:stedet|sted|huset|hus|foreningen|forening|projektet|projekt|caféen|café|organisationen|initiativet"
    rf"|centret|centeret|center|skolen|klubben|gruppen|kampagnen|bogen|filmen|bladet|avisen|bydelen|byen|kvarteret"
    rf"|strategien|planen|politikken|loven|ordningen|netværket|fonden|firmaet|selskabet|butikken|hotellet|herberget"
    rf"|afsnittet|temaet|punktet|festivalen|sporet|teamet)"
    rf"(?:{_GAP}ved{_GAP}navn)?{_GAP}[»”\"]?$",
    re.IGNORECASE,
)


def _has_title(text: str, start: int, end: int) -> bool:
    before, after = text[max(0, start - 120) : start], text[end : end + 80]
    if _TITLE_BEFORE.search(before) or _TITLE_AFTER.match(after):
        return True
    comes_from = _FROM.match(after)
    # »Ida Munk fra Boligvagten« speaks for it; »Kurt Hansen fra Esbjerg« is a man from Esbjerg.
    return bool(comes_from and (_INSTITUTION_END.search(comes_from["word"]) or _DEFINITE.fullmatch(comes_from["word"])))


def _names(text: str, known: AllowedNames) -> Iterator[Private]:
    public = {_flat(name) for name in known.names}
    phrases = [_flat(phrase) for phrase in known.phrases if phrase.strip()]
    for match in _CANDIDATE.finditer(text):
        for start, end in _without_start(text, match.start(), match.end()):
            name = text[start:end]
            flat = _flat(name)
            if _is_public(flat, public) or any(flat in phrase for phrase in phrases):
                continue
            if _is_name(text, start, end) and not _has_title(text, start, end):
                yield Private(Kind.NAME, start, end, name)


def _without_start(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The candidate without what only begins the sentence: a small word, a verb before a first name, a title."""
    words = list(re.finditer(r"\S+", text[start:end]))
    while len(words) > 1:
        first, second = words[0][0], words[1][0]
        begins = _begins_sentence(text, start + words[0].start())
        is_office = re.fullmatch(_OFFICE, first, re.IGNORECASE) is not None
        if not _is_given(first) and (first in _STARTS or is_office or (begins and _is_given(second))):
            words = words[1:]
        else:
            break
    if len(words) > 1 and words[-1][0][0].isupper():
        yield start + words[0].start(), start + words[-1].end()


def _begins_sentence(text: str, start: int) -> bool:
    before = text[max(0, start - 4) : start].rstrip(" \u00a0")
    return not before or before[-1] in '\n.!?:»”"•–-|\t('


def _is_public(flat: str, public: set[str]) -> bool:
    """The name itself, or one with a middle name left out or a genitive s on."""
    for name in (flat, flat.removesuffix("s"), flat.removesuffix("'")):
        if name in public:
            return True
        words = name.split()
        if any(full.split()[0] == words[0] and full.split()[-1] == words[-1] for full in public if full):
            return True
    return False


def _is_name(text: str, start: int, end: int) -> bool:
    words = text[start:end].split()
    if any(word in _INSTITUTION for word in words) or _INSTITUTION_END.search(words[-1]) and not _is_given(words[0]):
        return False
    if text[max(0, start - 1) : start] in ("»", "”", '"', "“") and text[end : end + 1] in ("«", "”", '"'):
        return False  # a title in quotes
    if _is_given(words[0]):
        return True
    if any(_INSTITUTION_END.search(word) for word in words):
        return False
    if _SURNAME.search(words[-1]):
        return True
    if _DEFINITE.fullmatch(words[-1]) or _THING_BEFORE.search(text[max(0, start - 40) : start]):
        return False
    # Any other two words with capitals in the middle of a sentence: a name from elsewhere, or an organisation.
    return len(words) <= 4 and not _begins_sentence(text, start) and not _is_heading(text, start, end)


def _is_given(word: str) -> bool:
    return word.partition("-")[0] in _GIVEN


def _is_heading(text: str, start: int, end: int) -> bool:
    """A short line where most words have capitals."""
    line = text[text.rfind("\n", 0, start) + 1 : (text.find("\n", end) + 1 or len(text) + 1) - 1]
    words = re.findall(r"[^\W\d_]{4,}", line)
    return len(words) <= 8 and len(words) > 2 and sum(word[0].isupper() for word in words) > 0.8 * len(words)


def _hidden_names(text: str, known: AllowedNames) -> Iterator[Private]:
    seen: list[tuple[int, int]] = []
    public_first = {name.split()[0] for name in (*known.names, *filter(None, known.hidden.values())) if name}
    for name, shown in sorted(known.hidden.items(), key=lambda pair: -len(pair[0])):
        words = name.split()
        if not words:
            continue
        note = f"Personen vil kun vises som »{shown}«." if shown else "Personen vil kun vises med sin rolle."
        spellings = [name, words[-1]] if len(words) > 1 else []
        if not shown and words[0] not in public_first:
            spellings.append(words[0])
        for spelling in spellings:
            for match in re.finditer(rf"(?<![\w-]){re.escape(spelling)}(?:s|'s)?(?![\w-])", text):
                # A last name that is someone else's: »Kirsten Jensen« is not the Jensen who hides hers.
                if spelling != name and spelling == words[-1] and _has_other_first_name(text, match.start(), words[0]):
                    continue
                # A short name may be any word that begins a sentence: »Bo sammen«, »Per brev«.
                if len(spelling) <= 3 and spelling != name and _begins_sentence(text, match.start()):
                    continue
                if not any(a < match.end() and match.start() < b for a, b in seen):
                    seen.append(match.span())
                    yield Private(Kind.HIDDEN_NAME, match.start(), match.end(), match[0], note)


def _has_other_first_name(text: str, start: int, own: str) -> bool:
    before = re.search(rf"([{_UPPER}][{_LOWER}-]+){_GAP}$", text[max(0, start - 30) : start])
    return bool(before and before[1] != own and before[1] not in _STARTS)
