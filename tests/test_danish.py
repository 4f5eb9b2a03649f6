import datetime

import pytest
from django.contrib.admin.utils import display_for_value
from django.template import Context, Template
from django.utils import timezone

from udsat.lib import danish
from udsat.templatetags.danish import count

DAY = datetime.date(2025, 3, 3)


def test_dates_are_written_as_in_a_danish_letter():
    assert danish.long_date(DAY) == "3. marts 2025"
    assert danish.weekday_date(DAY) == "mandag den 3. marts 2025"
    assert danish.short_date(DAY) == "3.3.2025"
    assert danish.month_year(DAY) == "marts 2025"


def test_the_clock_has_24_hours_and_a_full_stop():
    assert danish.clock(datetime.time(14, 0)) == "14.00"
    assert danish.clock(datetime.time(9, 5)) == "9.05"
    assert danish.long_datetime(DAY, datetime.time(14, 0)) == "mandag den 3. marts 2025 kl. 14.00"
    assert danish.long_datetime(DAY) == "mandag den 3. marts 2025"


def test_a_datetime_is_shown_in_danish_time():
    midnight_utc = datetime.datetime(2025, 7, 1, 22, 30, tzinfo=datetime.UTC)
    assert danish.long_datetime(midnight_utc) == "onsdag den 2. juli 2025 kl. 0.30"
    assert timezone.get_current_timezone_name() == "Europe/Copenhagen"


def test_numbers_have_full_stops_for_thousands():
    assert count(1234567, "mål,mål") == "1.234.567 mål"
    assert count(160, "tema,temaer") == "160 temaer"


def test_the_alphabet_ends_in_ae_oe_aa_and_double_a_is_aa():
    names = ["Aabenraa", "Odense", "Faxe", "Ærø", "Aarhus", "Faaborg-Midtfyn", "Allerød", "Øster", "Åre", "Aalborg"]
    assert sorted(names, key=danish.sort_key) == [
        "Allerød",
        "Faxe",
        "Faaborg-Midtfyn",
        "Odense",
        "Ærø",
        "Øster",
        "Aabenraa",
        "Aalborg",
        "Åre",
        "Aarhus",
    ]


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("Høje-Taastrup", "hoeje-taastrup"),
        ("Børn og unge i udsatte livspositioner", "boern-og-unge-i-udsatte-livspositioner"),
        ("Ærø", "aeroe"),
        ("Strategi 2023–2026", "strategi-2023-2026"),
        ("Åbne døre!", "aabne-doere"),
        ("…", ""),
    ],
)
def test_addresses_spell_danish_letters_out(text, slug):
    assert danish.slugify(text) == slug


def test_a_long_address_is_cut_between_words():
    assert danish.slugify("sundhed på lige fod med alle andre", max_length=16) == "sundhed-paa-lige"


def test_folding_unifies_spellings():
    assert danish.fold("Ålborg") == danish.fold("AALBORG")
    assert danish.fold("Rødovre") == danish.fold("roedovre")
    assert danish.fold("café") == "cafe"


def test_words_are_listed_with_og():
    assert danish.join_words(["a", "b", "c"]) == "a, b og c"
    assert danish.join_words(["a"]) == "a"
    assert danish.join_words([]) == ""


def test_times_without_a_filter_have_a_full_stop_and_no_colon():
    late = datetime.datetime(2026, 3, 9, 22, 30)
    shown = Template("{{ late.time }} · {{ late }} · {{ late.date }}").render(Context({"late": late}))
    assert shown == "22.30 · 9. marts 2026 kl. 22.30 · 9. marts 2026"
    assert display_for_value(late, "–") == "9. marts 2026 kl. 22.30"
