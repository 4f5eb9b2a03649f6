"""Invented content for measurements: `manage.py make_dataset`."""

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.urls import reverse

from council.models import Agenda, AgendaItem, Meeting, Minutes
from strategies.models import Strategy
from udsat.demo.dataset import make_dataset
from udsat.models import Municipality


class Undo(Exception):
    """Rolls back a block."""


def texts_of(municipality, seed):
    """Fill the municipality, return the texts of its strategies and items, and empty it again."""
    with pytest.raises(Undo), transaction.atomic():
        list(make_dataset([municipality], years=1, seed=seed))
        items = AgendaItem.objects.values_list("title", "presentation", "decision", "is_closed")
        texts = [*items, *Strategy.objects.values_list("title", "summary")]
        raise Undo
    return texts


def test_the_same_seed_gives_the_same_texts(esbjerg):
    assert texts_of(esbjerg, 1) == texts_of(esbjerg, 1) != texts_of(esbjerg, 2)


def test_the_invented_content_of_a_municipality_is_read_found_and_edited(client, operator):
    call_command("make_dataset", kommuner=1, aar=1, seed=1, verbosity=0)
    with pytest.raises(CommandError, match="Kun 97 kommuner er uden indhold"):
        call_command("make_dataset", kommuner=98, aar=1, seed=1, verbosity=0)
    call_command("rebuild_search", verbosity=0)
    meeting = Meeting.objects.filter(minutes__isnull=False).first()
    item = AgendaItem.objects.filter(meeting=meeting, is_closed=False).first()
    assert item.title in client.get(meeting.get_absolute_url()).content.decode()
    assert item.title in client.get("/soeg/", {"q": item.title}).content.decode()
    for paper in (Agenda.objects.first(), Minutes.objects.first(), Strategy.objects.first()):
        assert client.get(paper.get_version_url(1)).status_code == 200
    client.force_login(operator)
    council = Municipality.objects.get(council__isnull=False).council
    for opened in (meeting, Strategy.objects.first(), council):
        address = f"admin:{opened._meta.app_label}_{opened._meta.model_name}_change"
        assert client.get(reverse(address, args=[opened.pk])).status_code == 200
