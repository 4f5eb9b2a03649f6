"""A council with members, held minutes and their e-mails, for the tests of approval and of hearings."""

import datetime
import re

from django.utils import timezone

from council.models import Membership
from udsat.lib.publishing import Status
from udsat.models import Letter, batch_reindexing

from . import factories as make


def day(offset):
    return timezone.localdate() + datetime.timedelta(days=offset)


def council_with_members(municipality):
    """Return a council and its seats: Karen the chair, Lars and Mia with e-mail, Ib without; and a secretary."""
    council = make.council(municipality, phone="79 79 79 79", email="raad@esbjerg.example")
    seats = {}
    for name, role in (("Karen", "formand"), ("Lars", "medlem"), ("Mia", "medlem"), ("Ib", "medlem")):
        email = "" if name == "Ib" else f"{name.lower()}@example.dk"
        seats[name] = make.membership(council, make.person(municipality, name, "Holm", email=email), role=role)
    secretary = make.person(municipality, "Sally", email="sally@example.dk")
    make.membership(council, secretary, role=Membership.Role.SECRETARY)
    return council, seats


@batch_reindexing()
def held_meeting(council, **fields):
    """Return draft minutes of a meeting ten days ago with two open items and a closed one."""
    meeting = make.meeting(council, day(-10), **{"place": "Rådhuset"} | fields)
    make.agenda(meeting)
    minutes = make.minutes(meeting, Status.DRAFT, minutes_by="Anna")
    make.item(meeting, "Boliger til unge", decision="<p>Rådet skriver til udvalget.</p>")
    make.item(meeting, "Hemmelig sag om Hansen", is_closed=True, public_title="Personsag", decision="<p>Kakadue</p>")
    make.item(meeting, "Eventuelt", discussion="<p>Per spurgte om bussen.</p>")
    return minutes


def letters(**lookup):
    return list(Letter.objects.filter(**lookup).order_by("pk"))


def link_in(letter):
    """Return the path of the personal link."""
    return re.search(r"https?://[^/\s]+(/\S+/godkend/\S+)", letter.text)[1]


def words(response):
    return " ".join(response.content.decode().split())
