import datetime

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.urls import get_resolver

from udsat.models import RESERVED_SLUGS, Municipality, Region

from . import factories as make


def test_all_98_municipalities_are_there_once_however_often_they_are_loaded(db):
    call_command("load_municipalities")
    Municipality.objects.filter(name="Esbjerg").update(phone="00 00 00 00", slug="esbjerg")
    call_command("load_municipalities")
    assert Municipality.objects.count() == 98
    assert Municipality.objects.get(code="0561").phone == "00 00 00 00"
    assert Municipality.objects.get(code="0101").official_name == "Københavns Kommune"
    assert Municipality.objects.get(code="0169").slug == "hoeje-taastrup"
    names = list(Municipality.objects.values_list("name", flat=True))
    assert names[-3:] == ["Aabenraa", "Aalborg", "Aarhus"]


def test_the_eastern_regions_become_one_on_1_january_2027(db):
    call_command("load_municipalities")
    roskilde = Municipality.objects.prefetch_related("region_periods__region").get(name="Roskilde")
    assert roskilde.region_on(datetime.date(2026, 12, 31)).name == "Region Sjælland"
    assert roskilde.region_on(datetime.date(2027, 1, 1)).name == "Region Østdanmark"
    esbjerg = Municipality.objects.get(name="Esbjerg")
    assert esbjerg.region_on(datetime.date(2027, 1, 1)).name == "Region Syddanmark"
    assert Region.objects.count() == 6


def test_every_municipality_lies_in_one_region_each_day(db):
    call_command("load_municipalities")
    for municipality in Municipality.objects.prefetch_related("region_periods__region"):
        for day in (datetime.date(2026, 11, 23), datetime.date(2027, 1, 1)):
            assert municipality.region_on(day)


@pytest.mark.parametrize("slug", RESERVED_SLUGS)
def test_no_municipality_takes_an_address_of_the_portal(db, slug):
    with pytest.raises(IntegrityError), transaction.atomic():
        make.municipality("Byen", slug=slug)


def test_every_first_part_of_an_address_is_reserved():
    first_parts = {str(p.pattern).split("/")[0] for p in get_resolver().url_patterns} - {"", "<slug:kommune>"}
    assert first_parts <= set(RESERVED_SLUGS)


def test_a_code_is_four_digits(db):
    with pytest.raises(ValidationError, match="fire cifre"):
        make.municipality("Byen", code="56").full_clean()


def test_a_municipalitys_own_texts_are_public_at_once_so_they_are_searched(esbjerg):
    esbjerg.address = "Torvet 1, 010190-0001"
    with pytest.raises(ValidationError) as stopped:
        esbjerg.full_clean()
    assert "address" in stopped.value.message_dict
