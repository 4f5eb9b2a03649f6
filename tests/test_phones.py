"""Fields for phone numbers: what is taken, how it is stored, and what is said otherwise."""

import re

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError

from council.models import Council, Input, Person
from strategies.models import Helpline
from udsat.lib.phones import NO_PHONE, PhoneField, PhoneFormField, format_phone
from udsat.models import Municipality

from . import factories as make
from .test_inputs import council, send  # noqa: F401


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("79797979", "79 79 79 79"),
        (" 79 79 79 79 ", "79 79 79 79"),
        ("7979-7979", "79 79 79 79"),
        ("+45 79 79 79 79", "79 79 79 79"),
        ("(+45) 79797979", "79 79 79 79"),
        ("004579797979", "79 79 79 79"),
        ("80200500", "80 200 500"),
        ("112", "112"),
        ("114", "114"),
        ("1813", "1813"),
        ("116111", "116 111"),
        ("116 111", "116 111"),
        ("+46 8 123 456 78", "+46812345678"),
        ("0046 8 123 456 78", "+46812345678"),
        ("+299 32 10 00", "+299321000"),
        ("ring til kommunen", None),
        ("79 79 79 79 eller 112", None),
        ("79 79 79", None),
        ("79 79 79 7", None),
        ("010190-1234", None),
        ("12", None),
        ("+45 112", None),
        ("+", None),
        ("+0123456789", None),
        ("٧٩٧٩٧٩٧٩", None),
        ("79 79 79 79\n79", None),
    ],
)
def test_a_number_has_one_form_and_other_texts_have_none(typed, stored):
    assert format_phone(typed) == stored
    if stored:
        assert format_phone(stored) == stored
        assert PhoneFormField().clean(typed) == stored
    else:
        with pytest.raises(ValidationError, match="Det ligner ikke et telefonnummer"):
            PhoneFormField().clean(typed)


def test_every_field_of_a_model_that_is_named_for_a_phone_takes_numbers_only():
    named = [
        field
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if field.name.endswith("phone") or str(field.verbose_name).startswith("telefonnummer")
    ]
    assert {field.model for field in named} == {Municipality, Council, Person, Input, Helpline}
    assert all(isinstance(field, PhoneField) for field in named)


@pytest.mark.usefixtures("council")
def test_a_citizen_who_writes_no_number_is_told_how_and_keeps_the_text(client):
    form = client.get("/esbjerg/skriv-til-raadet/").content.decode()
    assert '<input type="tel" name="phone" autocomplete="tel"' in form
    answer = send(client, text="Der mangler bænke.", phone="ring til kommunen")
    page = answer.content.decode()
    assert NO_PHONE in page and 'value="ring til kommunen"' in page and not Input.objects.exists()
    send(client, text="Der mangler bænke.", phone="+45 11223344")
    assert Input.objects.get().phone == "11 22 33 44"


def test_the_back_office_takes_numbers_only(client, anna, esbjerg):
    person = make.person(esbjerg, phone="79 79 79 79")
    client.force_login(anna)
    address = f"/admin/council/person/{person.pk}/change/"
    form = client.get(address).content.decode()
    assert re.search('<input type="tel" name="phone" value="79 79 79 79"[^>]* autocomplete="tel"', form)
    fields = {"first_name": "Karen", "shown": person.shown, "version": "", "phone": "ring til kommunen"}
    assert NO_PHONE in client.post(address, fields).content.decode()


def test_a_helpline_is_checked_before_it_is_saved(db):
    line = make.helpline("80 20 05 00")
    line.full_clean()
    assert line.number == "80 200 500"
    line.number = "ring til kommunen"
    with pytest.raises(ValidationError, match="Det ligner ikke et telefonnummer"):
        line.full_clean()
