"""A text too long for a PDF is still shown on its page; its PDF gives a 404 that explains why."""

import pytest

from udsat.lib.pdf import MAX_CHARACTERS

from . import factories as make

pytestmark = pytest.mark.once


LONG = f"<p>{'ord og ord. ' * (MAX_CHARACTERS // 12)}</p>"


def test_a_strategy(client, esbjerg):
    strategy = make.strategy(esbjerg)
    make.section(strategy, body=LONG)
    assert client.get(strategy.get_absolute_url()).status_code == 200
    answer = client.get(strategy.get_pdf_url())
    assert answer.status_code == 404
    assert "Teksten er for lang til en PDF. Læs den på siden" in answer.content.decode()


def test_agenda_and_minutes(client, esbjerg):
    meeting = make.meeting(make.council(esbjerg))
    make.agenda(meeting)
    make.minutes(meeting)
    make.item(meeting, presentation=LONG)
    for address in (meeting.get_agenda_pdf_url(), meeting.get_minutes_pdf_url()):
        answer = client.get(address)
        assert answer.status_code == 404
        assert "Teksten er for lang til en PDF. Læs den på siden" in answer.content.decode()
