"""Possible personal data is found, and ordinary texts of councils give no findings."""

import re
import tomllib
from pathlib import Path

import pytest

from udsat.lib.personal_data import (
    AllowedNames,
    PersonalDataKind,
    find_personal_data,
    names_with_titles,
    sentence_around,
)

ROOT = Path(__file__).resolve().parent.parent
PHONE, EMAIL, ADDRESS, NAME, HIDDEN = PersonalDataKind

KNOWN = AllowedNames(
    names=frozenset({"Karin Holt", "Søren Bo Fabricius", "Lise Overby"}),
    hidden={"Jonas Bredalsgaard": "Jonas", "Hanne Vestersøgaard": "", "Per Kjeldsen": ""},
    phrases=frozenset({"Kompasset Syd", "Gadens Stemme"}),
    phones=frozenset({"76 16 16 16", "+45 75 12 34 56"}),
    emails=frozenset({"formand@gadensstemme.example"}),
    addresses=frozenset({"Medborgerhuset, Havnegade 3, 6700 Esbjerg"}),
    domains=frozenset({"esbjerg.dk"}),
)


def found(text, known=KNOWN):
    return [(one.kind, one.text) for one in find_personal_data(text, known)]


@pytest.mark.parametrize(
    ("text", "kind", "what"),
    [
        # Phone numbers, as Danes write them
        ("Ring til hende på 26 18 44 07 om aftenen.", PHONE, "26 18 44 07"),
        ("Ring til hende på 26184407.", PHONE, "26184407"),
        ("Mobil: 2618 4407", PHONE, "2618 4407"),
        ("tlf. +45 26 18 44 07", PHONE, "+45 26 18 44 07"),
        ("(+45) 26184407", PHONE, "(+45) 26184407"),
        ("0045 26184407", PHONE, "0045 26184407"),
        ("26-18-44-07 er hans nummer", PHONE, "26-18-44-07"),
        ("Nummeret er 26.18.44.07.", PHONE, "26.18.44.07"),
        ("Nummeret er 24.12.20.26.", PHONE, "24.12.20.26"),
        ("Nummeret er 24 13 2026.", PHONE, "24 13 2026"),
        ("Skriv en sms (26 184 407).", PHONE, "26 184 407"),
        ("Ring 26\u00a018\u00a044\u00a007", PHONE, "26\u00a018\u00a044\u00a007"),
        ("Hans svenske nummer er +46 70 123 45 67.", PHONE, "+46 70 123 45 67"),
        ("tel:+4526184407", PHONE, "+4526184407"),
        ("Ring op 26184407", PHONE, "26184407"),
        ("Hun svarer altid 26 18 44 07", PHONE, "26 18 44 07"),
        ("Telefonnummer: 26 18 44 07", PHONE, "26 18 44 07"),
        ("Mobilnr. 26 18 44 07", PHONE, "26 18 44 07"),
        # E-mail
        ("Skriv til bente.k@gmail.com.", EMAIL, "bente.k@gmail.com"),
        ("ib_larsen72@hotmail.dk vil gerne med", EMAIL, "ib_larsen72@hotmail.dk"),
        ("mailto:Sonja@Stofanet.dk", EMAIL, "Sonja@Stofanet.dk"),
        ("kontakt@gmail.com", EMAIL, "kontakt@gmail.com"),
        ("ole@værestedet-hos-ole.dk", EMAIL, "ole@værestedet-hos-ole.dk"),
        # Addresses
        ("Han bor på Skolevej 12.", ADDRESS, "Skolevej 12"),
        ("Hun bor Nørregade 4, 2. tv.", ADDRESS, "Nørregade 4, 2. tv."),
        ("Gl. Kongevej 117 B", ADDRESS, "Gl. Kongevej 117 B"),
        ("H.C. Andersens Boulevard 27", ADDRESS, "H.C. Andersens Boulevard 27"),
        ("en lejlighed på Strandvænget 8, st. th.", ADDRESS, "Strandvænget 8, st. th."),
        ("Ellemosen 31, 6715 Esbjerg", ADDRESS, "Ellemosen 31, 6715 Esbjerg"),
        ("Bøgeparken 6A, 1. mf, 7100 Vejle", ADDRESS, "Bøgeparken 6A, 1. mf, 7100 Vejle"),
        ("fra Lilletorv 2", ADDRESS, "Lilletorv 2"),
        ("Sankt Anna Plads 3 er en opgang", ADDRESS, "Sankt Anna Plads 3"),
        ("Østre Allé 14", ADDRESS, "Østre Allé 14"),
        ("Kattesundet 9, 8700 Horsens", ADDRESS, "Kattesundet 9, 8700 Horsens"),
        ("Hjørnet af Smedestræde 1 er mørkt", ADDRESS, "Smedestræde 1"),
        # Names
        ("Derefter fortalte Bente Krogh om sin bolig.", NAME, "Bente Krogh"),
        ("Bente Krogh fortalte om sin bolig.", NAME, "Bente Krogh"),
        ("Tak til Ole Bjerregaard Jensen.", NAME, "Ole Bjerregaard Jensen"),
        ("En borger, Abdirahman Warsame, spurgte.", NAME, "Abdirahman Warsame"),
        ("Hans-Jørgen K. Møller kom i retten.", NAME, "Hans-Jørgen K. Møller"),
        ("Kurt Hansen fra Esbjerg har sovet i bilen.", NAME, "Kurt Hansen"),
        ("Familien gav Anne-Mette Lund ret.", NAME, "Anne-Mette Lund"),
        ("Peter von Scholten havde en sag.", NAME, "Peter von Scholten"),
        ("- Ib Larsen\n- mad", NAME, "Ib Larsen"),
        ("Spørg Karin Krogh om nøglen.", NAME, "Karin Krogh"),
        ("Ibs søster Rikke Friis så det.", NAME, "Rikke Friis"),
        # Members who have not agreed to show their name
        ("Jonas Bredalsgaard spurgte.", HIDDEN, "Jonas Bredalsgaard"),
        ("Bredalsgaard spurgte.", HIDDEN, "Bredalsgaard"),
        ("Hanne Vestersøgaard sagde nej.", HIDDEN, "Hanne Vestersøgaard"),
        ("Det var Hannes idé.", HIDDEN, "Hannes"),
        ("Hr. Vestersøgaards brev", HIDDEN, "Vestersøgaards"),
    ],
)
def test_personal_data_is_found(text, kind, what):
    assert found(text) == [(kind, what)]


@pytest.mark.parametrize(
    "text",
    [
        # Numbers that are not phone numbers
        "Aftalen skal være gjort senest 24.12.2026 og igen 31.01.2027.",
        "Møde 24-12-2026, 24 12 2026 og 28.02-2027, kl. 20.00-22.30.",
        "Strategien gælder 2023 2026 og 2023-2026.",
        "Sagsnr. 26184407",
        "2026-0877",
        "CVR-nr. 26184407, EAN 5798 0055 0123 4",
        "sagsnr. 330-2021-45767 og 27.12.00-G01-12-25",
        "Der er 26184407 kr. i puljen og 12.345.678 kr. i alt.",
        "referat-20250303.pdf",
        "Kontonr. 2618 4407",
        "Boligvagten: 70 20 12 34. Gratis: 80 20 12 34.",
        "Ring til kommunen på 76 16 16 16 eller til os på 75123456.",
        "Hovednummer 79 79 79 79",
        "Ring 112, 114 eller 1813.",
        "I år var der 20 30 40 50 60 70 besøg.",
        "Uge 22 23 24 25",
        "den 3. marts 2025 kl. 14.00-16.15",
        "00 00 00 00",
        "faktura nr. 2618 4407",
        "P-nr. 26184407",
        "bilagsnummer 26184407",
        # The council's own mail, and mailboxes without a person
        "Skriv til udsatteraad@esbjerg.dk eller mette.k@bsf.esbjerg.dk.",
        "Skriv til formand@gadensstemme.example.",
        "info@kirkenskorshaer.dk",
        "@udsatteraad på Instagram",
        # Places
        "Mødet er i Medborgerhuset, Havnegade 3.",
        "Vi mødes på Nørregade den 3. marts.",
        "Han gik ad Strandvejen 2 km.",
        "Parken 14-16 er åben for alle.",
        "Punkt 3 og tema 4. Side 12.",
        "På Gartnervej 3. marts kl. 14.",
        "Alle 12 medlemmer var der.",
        "Plads til alle 2023",
        "I 2025 Udsatterådet fylder ti.",
        "Vejen 12 er lang.",
        "Der bor 40 på Skolevej 12 timer i døgnet.",
        # Names that are allowed, and names that are not of people
        "Karin Holt bød velkommen. Det er Karin Holts idé.",
        "Søren Fabricius var uenig.",
        "Lise Overby, referent",
        "Jonas spurgte om huslejen.",
        "Esbjerg Kommune og Region Syddanmark",
        "Kirkens Korshær, Røde Kors og Frelsens Hær",
        "Social- og Sundhedsudvalget",
        "Rådet drøftede Ny Bydel med Teknik- og Miljøudvalget.",
        "Vi besøgte Kompasset Syd og hørte fra Gadens Stemme.",
        "værestedet Grønne Hjørne",
        "Filmen »Sidste Nat« blev vist.",
        "socialchef Ida Munk gav et oplæg.",
        "Oplæg ved Ida Munk, leder af Boligvagten (punkt 3)",
        "Ida Munk fra Boligvagten fortæller.",
        "borgmester Birgit Thorsager",
        "formand for Børn & Familieudvalget, Diana Mose Olsen",
        "Godkendelse Af Dagsorden",
        "Spørg Karin om nøglen. Tak Ole.",
        "Store Bededag og Kristi Himmelfartsdag",
        "Boligselskabet Danmark",
        "Rådet per Kjeldsvej",
        "Bo sammen. Per brev.",
    ],
)
def test_ordinary_texts_give_no_finding(text):
    assert found(text) == []


def test_the_note_gives_how_the_person_may_be_shown():
    notes = [one.note for one in find_personal_data("Jonas Bredalsgaard og Hanne Vestersøgaard.", KNOWN)]
    assert notes == ["Personen vil kun vises som »Jonas«.", "Personen vil kun vises med sin rolle."]


def test_people_with_the_same_last_name_are_distinguished():
    known = AllowedNames(names=frozenset({"Kirsten Jensen"}), hidden={"Per Jensen": "Per"})
    assert found("Kirsten Jensen og Per Jensen", known) == [(HIDDEN, "Per Jensen")]


def test_a_first_name_that_another_person_shows_is_no_finding():
    known = AllowedNames(hidden={"Jonas Krogh": "", "Jonas Bredalsgaard": "Jonas"})
    assert found("Det sagde Jonas.", known) == []


def test_only_hidden_names_are_found_without_names():
    text = "Rapporten er skrevet af Bente Krogh. Tak til Hanne Vestersøgaard."
    assert [one.kind for one in find_personal_data(text, KNOWN, names=False)] == [HIDDEN]


def test_findings_have_their_exact_span():
    text = "Bente Krogh, Skolevej 12, 6700 Esbjerg, 26 18 44 07, b.krogh@gmail.com"
    findings = find_personal_data(text, AllowedNames())
    assert [one.kind for one in findings] == [NAME, ADDRESS, PHONE, EMAIL]
    assert all(text[one.start : one.end].startswith(one.text) for one in findings)


@pytest.mark.parametrize(
    ("text", "what", "around"),
    [
        ("Rådet mødtes. Vi ringede til 26 18 44 07 i går. Så gik vi.", "26 18 44 07", ("Vi ringede til ", " i går.")),
        ("Linje et\nIb Larsen kom\nLinje tre", "Ib Larsen", ("", " kom")),
        ("ord " * 100 + "X" + " ord" * 100, "X", None),
    ],
)
def test_the_sentence_around_it_is_shown(text, what, around):
    start = text.index(what)
    before, after = sentence_around(text, start, start + len(what))
    if around:
        assert (before, after) == around
    else:
        assert before.startswith("…") and after.endswith("…") and 100 < len(before + after) < 340


def texts_of(value):
    if isinstance(value, str):
        yield re.sub(r"(?<!\n)\n(?!\n)", " ", value)
    elif isinstance(value, dict):
        for name, inner in value.items():
            # Fields of a person, and fields for a venue.
            if name not in {"people", "address", "place"}:
                yield from texts_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts_of(inner)


def demo_texts():
    for path in sorted((ROOT / "udsat" / "demo").rglob("*.toml")):
        data = tomllib.loads(path.read_text())
        if "items" in data:
            # Only the neutral title of a closed item is public.
            data["items"] = [
                {"public_title": item.get("public_title", "")} if item.get("is_closed") else item
                for item in data["items"]
            ]
        # The citizen's own text, which is not public; the public text is the council's wording.
        for one in data.get("inputs", ()):
            for name in {"name", "group", "text"} & set(one):
                del one[name]
        yield path.stem, list(texts_of(data))


def test_the_texts_of_the_demo_give_no_findings():
    council = tomllib.loads((ROOT / "udsat/demo/eksempelkoebing/raad.toml").read_text())
    people = {f"{p['first_name']} {p.get('last_name', '')}".strip(): p for p in council["people"]}
    texts = list(demo_texts())
    known = AllowedNames(
        names=frozenset(name for name, p in people.items() if p.get("shown") == "fuldt")
        | names_with_titles(text for _, some in texts for text in some),
        hidden={
            name: p["first_name"] if p["shown"] == "fornavn" else ""
            for name, p in people.items()
            if p.get("shown", "rolle") != "fuldt"
        },
        domains=frozenset({"eksempelkoebing.example"}),
    )
    wrong = [(name, one.text) for name, some in texts for text in some for one in find_personal_data(text, known)]
    assert wrong == []
