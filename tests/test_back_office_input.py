"""What people type in the back office: ordinary things are saved, nonsense gets a clear word, nothing breaks."""

import pytest

from council.models import Person

from . import factories as make


@pytest.fixture
def office(client, anna):
    client.force_login(anna)
    return client


def test_a_secretary_adds_a_person(office, esbjerg):
    # A seat without a person must not be taken for a seat of the person who is not saved yet.
    make.membership(make.council(esbjerg), area="Hjemløshed")
    answer = office.post(
        "/admin/council/person/add/",
        {"municipality": esbjerg.pk, "first_name": "Karen", "last_name": "Holm", "shown": "fornavn"},
    )
    assert answer.status_code == 302
    assert Person.objects.get().public_name == "Karen"
