"""Factories: each function creates one object, public by default."""

import datetime
from itertools import count, cycle

from django.core.files.base import ContentFile
from django.utils import timezone

from council.models import (
    Agenda,
    AgendaItem,
    Agreement,
    Attachment,
    Attendance,
    Cause,
    Council,
    Hearing,
    Input,
    Meeting,
    Membership,
    Minutes,
    News,
    Person,
    Proposal,
    StandardItem,
    WorkingGroup,
)
from strategies.models import Action, FollowUp, Goal, Helpline, Section, Situation, Strategy, Theme, Topic
from udsat.lib.danish import slugify
from udsat.lib.publishing import Status
from udsat.models import Assignment, Letter, Municipality, User

_numbers = count(1)
_codes = cycle(range(1000, 10_000))  # real codes are lower
CHEAP_HASHER = "django.contrib.auth.hashers.MD5PasswordHasher"
PASSWORD = "Et godt løsen 4 alle"


def state(status):
    """Return the fields of a publishable in that state."""
    if status == "planlagt":
        return {"status": Status.PUBLISHED, "publish_at": timezone.now() + datetime.timedelta(days=3)}
    if status == "udløbet":
        now = timezone.now()
        return {
            "status": Status.PUBLISHED,
            "publish_at": now - datetime.timedelta(days=3),
            "expires_at": now - datetime.timedelta(days=1),
        }
    moment = None if status == Status.DRAFT else timezone.now() - datetime.timedelta(days=1)
    return {"status": status, "publish_at": moment, "published_at": moment}


def municipality(name="Esbjerg", **fields):
    code = fields.pop("code", None) or f"{next(_codes)}"
    return Municipality.objects.create(
        **{"name": name, "official_name": f"{name} Kommune", "slug": slugify(name), "code": code} | fields
    )


def user(username, *, role=None, of=(), **fields):
    """Create a user with a role in one municipality or several (`of`)."""
    made = User.objects.create_user(username, password=PASSWORD, is_staff=True, **fields)
    for municipality in [of] if isinstance(of, Municipality) else of:
        Assignment.objects.create(user=made, municipality=municipality, role=role)
    return made


def topic(name="Bolig"):
    return Topic.objects.create(name=name, slug=slugify(name))


def strategy(of, title="Plads til alle", status=Status.PUBLISHED, **fields):
    return Strategy.objects.create(municipality=of, title=title, **state(status) | fields)


def section(of, kind=Section.Kind.PURPOSE, body="<p>Alle skal have et sted at høre til.</p>", **fields):
    return Section.objects.create(strategy=of, kind=kind, body=body, **fields)


def theme(of, title="Et sted at bo", **fields):
    return Theme.objects.create(
        strategy=of, title=title, **{"goal_lead_in": "Vi vil:", "position": next(_numbers)} | fields
    )


def goal(of, text="bygge 20 små boliger.", **fields):
    return Goal.objects.create(theme=of, text=text, **{"position": next(_numbers)} | fields)


def action(title="Små boliger på Havnen", **fields):
    return Action.objects.create(title=title, **fields)


def follow_up(of, status=FollowUp.Status.UNDER_WAY, **fields):
    return FollowUp.objects.create(goal=of, status=status, **fields)


def council(of, status=Status.PUBLISHED, **fields):
    return Council.objects.create(municipality=of, **state(status) | fields)


def person(of, first_name="Karen", last_name="Holm", shown=Person.Shown.FULL, **fields):
    return Person.objects.create(municipality=of, first_name=first_name, last_name=last_name, shown=shown, **fields)


def membership(of, person=None, **fields):
    return Membership.objects.create(council=of, person=person, **{"position": next(_numbers)} | fields)


def cause(of, title="Boliger, som unge kan betale", **fields):
    return Cause.objects.create(council=of, title=title, **fields)


def group(of, **fields):
    return WorkingGroup.objects.create(council=of, **fields)


def meeting(of, date=datetime.date(2025, 3, 3), status=Status.PUBLISHED, **fields):
    return Meeting.objects.create(council=of, date=date, **state(status) | fields)


def agenda(of, status=Status.PUBLISHED, **fields):
    return Agenda.objects.create(meeting=of, **state(status) | fields)


def minutes(of, status=Status.PUBLISHED, **fields):
    return Minutes.objects.create(meeting=of, **state(status) | fields)


def item(of, title="Boliger til unge", **fields):
    return AgendaItem.objects.create(meeting=of, title=title, **{"position": next(_numbers)} | fields)


def attendance(of, member, **fields):
    return Attendance.objects.create(meeting=of, member=member, **fields)


def agreement(of, text="Invitere boligforeningen", **fields):
    return Agreement.objects.create(item=of, text=text, **fields)


def attachment(of, name="notat.txt", content=b"Et notat om boliger.", **fields):
    return Attachment.objects.create(meeting=of, file=ContentFile(content, name), **fields)


def hearing(of, title="Ny boligpolitik", status=Status.PUBLISHED, **fields):
    return Hearing.objects.create(
        council=of, title=title, **{"received_on": datetime.date(2025, 2, 1)} | state(status) | fields
    )


def news(of, title="Nyt værested åbner", status=Status.PUBLISHED, **fields):
    return News.objects.create(municipality=of, title=title, **state(status) | fields)


def letter(of, to="aase@example.dk", **fields):
    """Create an unsent e-mail."""
    return Letter.objects.write(
        **{"municipality": of, "key": f"prøve:{next(_numbers)}", "to": to, "subject": "Møde", "text": "Kom!"} | fields
    )


def standard_item(of, title, **fields):
    return StandardItem.objects.create(council=of, title=title, **{"position": next(_numbers)} | fields)


def proposal(of, member, title="Et varmt sted om natten", **fields):
    return Proposal.objects.create(meeting=of, member=member, title=title, **fields)


def situation(title="Jeg mangler et sted at bo", *topics, **fields):
    made = Situation.objects.create(
        **{"title": title, "slug": slugify(title), "advice": "Ring 112, hvis der er fare."} | fields
    )
    made.topics.set(topics)
    return made


def helpline(number="1888", *situations, **fields):
    defaults = {"name": "Lev Uden Vold", "audience": "voldsudsatte", "source": "levudenvold.dk", "checked_in": 2022}
    made = Helpline.objects.create(number=number, **defaults | fields)
    made.situations.set(situations)
    return made


def input_(of, text="Hvorfor er der ikke flere bænke ved banegården?", **fields):
    """Create an input from a citizen to the council."""
    return Input.objects.create(council=of, text=text, **{"form_key": f"prøve-{next(_numbers)}"} | fields)


def answered_input(of, title="Bænke ved banegården", status=Status.PUBLISHED, **fields):
    """Create an input with an answer that may be published."""
    moment = timezone.now() - datetime.timedelta(days=1)
    given = {
        "title": title,
        "question": "Kommer der bænke ved banegården?",
        "answer": "Ja, til foråret.",
        "may_publish": True,
        "state": Input.State.ANSWERED,
        "answered_at": moment,
        "closed_at": moment,
    }
    return input_(of, **given | state(status) | fields)


def reasons(findings, why="Det er et sagsnummer i arkivet"):
    """Return a reason for overriding each of the CPR findings, by key."""
    # No digits: by chance, those of a fingerprint look like a CPR number.
    letters = str.maketrans("0123456789", "ghijklmnop")
    return {finding.key: f"{why}, {finding.fingerprint.translate(letters)}." for finding in findings}
