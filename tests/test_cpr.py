"""Possible CPR numbers are found in all spellings, and are always masked."""

import hashlib
import hmac

import pytest

from udsat.lib.cpr import find_cpr, hide_cpr

# 1 January 1990 with a serial that is not in use.
SHAPES = [
    "010190-0001",
    "0101900001",
    "010190 0001",
    "010190 - 0001",
    "010190–0001",
    "010190\u20110001",
    "010190\u22120001",
    "01 01 90 0001",
    "01.01.90-0001",
    "01-01-90-0001",
    "01/01/90-0001",
    "0101\u00ad90-0001",
    "010190\u200b-0001",
    "010190-\n0001",
    "010190\u00a0-\u00a00001",
    "０１０１９０-０００１",
    "(010190-0001)",
    "CPR010190-0001.",
    "navn_010190-0001.pdf",
    "sag 12-010190-0001",
    "010190\n0001",
    "010190\t0001",
    "010190   0001",
    "010190.0001",
    "010190/0001",
    "010190_0001",
    "010190--0001",
    "010190 00 01",
    "010190-00-01",
    "01 01 90 00 01",
    "01-01-90-00-01",
    "0 1 0 1 9 0 0 0 0 1",
    "0 1 0 1 9 0 - 0 0 0 1",
    "01.01.1990-0001",
    "01-01-1990 - 0001",
    "01/01/1990–\n0001",
    "01011990-0001",
    "01. 01. 1990-0001",
    "1.1.1990-0001",
    "01/01-1990-0001",
    "01.01.1990--0001",
    "(01.01.1990)-0001",
    "01.01.1990/0001",
    "01.01.1990_0001",
    "01.01.1990-00 01",
    "01.01.1990\n-0001",
    "01.01.1990 | 0001",
    "010190 (0001)",
    "010190|0001",
    "010190 | 0001",
    "010190+0001",
    "• 010190\n• 0001",
    "01.01.90/0001",
    "0101 90-0001",
    "01/01-90-0001",
    "010190;0001",
    '"010190";"0001"',
    "010190, 0001",
    "010119900001",
    "01011990 0001",
    "1. januar 1990-0001",
    "1. jan. 1990 - 0001",
    "1 JANUAR 1990–0001",
    "1. januar 90-0001",
    "1.januar 1990/0001",
    "1990-01-01-0001",
    "19900101-0001",
]


@pytest.mark.parametrize("text", SHAPES)
def test_every_way_of_writing_it_is_found(text):
    assert len(list(find_cpr(f"Borgeren {text} har fået svar."))) == 1


@pytest.mark.parametrize(
    "unseen",
    "\u200e \u200f \u202a \u2066 \u2069 \u034f \ufe0f \u180e \u2062 \u3164 \U000e0020 \x07 \x1b".split(" "),
    ids=ascii,
)
def test_invisible_characters_hide_no_number(unseen):
    assert len(list(find_cpr(f"Borgeren 0101{unseen}90{unseen}-00{unseen}01 har fået svar."))) == 1


def test_a_replacement_number_is_found():
    assert list(find_cpr("610190-0001"))


def test_a_number_with_a_full_year_of_this_century_is_found():
    assert list(find_cpr("01.01.2007-4000")) and list(find_cpr("01.01.1899-5000")) and list(find_cpr("01.01.1937-9000"))


def test_modulus_11_is_not_required():
    # Issued since 1 October 2007 without a valid check digit.
    assert list(find_cpr("010107-4000"))


@pytest.mark.parametrize(
    "text",
    [
        "Sagsnr. 330-2021-45767",
        "EAN 5790000123456",
        "EAN 5798 0045 1234 5",
        "Ring 75 12 34 56 eller 70 10 20 30",
        "Ring 75 12 34 56, 20 10 20 30 11 12 13 14",
        "Tlf. 23 11 12 12\n6700 Esbjerg",
        "12 13 14 15 16 17",
        "1 2 1 2 3 4",
        "KLE 27.12.00",
        "mandag den 3. marts 2025 kl. 14.00",
        "3.3.2025–31.12.2026",
        "Kolding, 03.03.2025 6000 Kolding",
        "Kolding 03032025 6000 Kolding",
        "Sag 202503031234",
        "referat_2025-03-03-1400.pdf",
        "EAN 579000012345",
        "3. marts 2025-2026",
        "Mødet 3. marts 2025 - 1500 blev aflyst",
        "Ring 20 11 20 26 eller 20112026 7100 Vejle",
        "12.13.1990-0001",
        "Strategien 01.01.2022 - 2025",
        "Perioden 01.01.2022-2025",
        "Mødet 20.06.2023 - 1500 blev aflyst",
        "referat_20062023-1400.pdf",
        "11.10.2024 – 1300 personer",
        "Sag 12-03-2024-1234",
        "01.01.1936-4000",
        "Vi vil gerne komme i uge 10 11 12 13 14",
        "2023-03-03",
        "Konto 1234 5678901234",
        "320190-0001",
        "011390-0001",
        "300290-0001",
        "1.234.567,50",
        "CVR 29189803",
        "010190 er 0001",
    ],
)
def test_other_numbers_are_left_alone(text):
    assert list(find_cpr(text)) == []


def test_the_digits_are_hidden_and_the_surroundings_are_shown():
    (finding,) = find_cpr("Anders fra nr. 7, 010190-0001, har søgt om bolig.")
    assert finding.masked == "…Anders fra nr. ●, ●●●●●●-●●●●, har søgt om bolig.…"
    assert "0001" not in repr(finding)


def test_the_same_number_has_the_same_fingerprint_however_it_is_written():
    prints = {finding.fingerprint for text in SHAPES for finding in find_cpr(text)}
    assert len(prints) == 1


def test_another_installation_makes_other_fingerprints(settings):
    (here,) = find_cpr("010190-0001")
    settings.FINGERPRINT_KEY = "another key"
    (there,) = find_cpr("010190-0001")
    assert here.fingerprint != there.fingerprint


def test_the_fingerprint_of_a_number_is_fixed_by_its_key_alone(settings):
    settings.FINGERPRINT_KEY = "x" * 50
    key = hashlib.sha256(b"udsat.cpr" + b"x" * 50).digest()
    expected = hmac.new(key, b"0101900001", hashlib.sha256).hexdigest()
    for secret_key in ("one key", "another key"):
        settings.SECRET_KEY = secret_key
        (finding,) = find_cpr("010190-0001")
        assert finding.fingerprint == expected


def test_two_numbers_are_two_findings():
    assert len(list(find_cpr("010190-0001 og 020290-0002"))) == 2


def test_a_text_for_a_log_hides_the_numbers_and_nothing_else():
    assert hide_cpr("Brev fra 010190-1234 og 0202911235, 3. marts") == "Brev fra ●●●●●●-●●●● og ●●●●●●-●●●●, 3. marts"
    assert hide_cpr("Sag 330-2021-45767 kl. 14") == "Sag 330-2021-45767 kl. 14"
