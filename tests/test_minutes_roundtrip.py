"""A meeting exported to Word and imported again is unchanged: agenda, attendance, decisions, agreements."""

import datetime
import random
from html import escape

import pytest

from council.meetings.word.document_parser import read_meeting
from council.meetings.word.export import agenda_docx, minutes_docx
from council.meetings.word.import_plan import ImportPlan
from council.models import AgendaItem, Attendance, Meeting, Membership
from udsat.lib.publishing import Status
from udsat.lib.richtext import clean_html
from udsat.lib.roles import Role
from udsat.models import Municipality

from . import factories as make

pytestmark = pytest.mark.once

TEXTS = ("presentation", "recommendation", "discussion", "decision", "dissent", "plain_text")


def content_of(meeting, *, with_minutes=True):
    """Return the content of the meeting's papers, for comparison."""
    items = []
    for item in meeting.items.prefetch_related("agreements__member"):
        if not with_minutes and not item.is_on_agenda:
            continue
        texts = TEXTS if with_minutes else TEXTS[:2]
        items.append(
            {
                **{name: getattr(item, name) for name in ("title", "kind", "case_number", "is_closed", *texts)},
                "public_title": item.is_closed and item.public_title,
                "answer": with_minutes and item.answer,
                "raised": with_minutes and item.raised_at_meeting,
                "about": sorted(map(str, [*item.themes.all(), *item.goals.all()])),
                "agreements": with_minutes
                and [
                    (a.text, a.member_id, a.responsible, a.due_on, a.done_on, a.outcome) for a in item.agreements.all()
                ],
            }
        )
    head = {
        name: getattr(meeting, name)
        for name in ("kind", "kind_label", "title", "starts_at", "ends_at", "place", "address", "first_number",
                     "is_cancelled", "is_open")
    }  # fmt: skip
    if with_minutes:
        minutes = getattr(meeting, "minutes", None)
        names = ("chaired_by", "minutes_by", "guests", "plain_text")
        head["minutes"] = [getattr(minutes, name) if minutes else "" for name in names]
        head["people"] = {(a.member_id, a.status, a.substitute_for_id, a.remark) for a in meeting.attendances.all()}
    else:
        agenda = getattr(meeting, "agenda", None)
        head["agenda"] = [agenda.intro, agenda.plain_text] if agenda else ["", ""]
    return head, items


def there_and_back(meeting, by, *, with_minutes=True):
    """Export the meeting to Word, import the file as a new meeting and return it."""
    write = minutes_docx if with_minutes else agenda_docx
    parsed = read_meeting(write(meeting, with_closed=True), "fil.docx")
    assert parsed.date == meeting.date.isoformat()
    ordinal = max(meeting.council.meetings.filter(date=meeting.date).values_list("ordinal", flat=True)) + 1
    kind = parsed.kind or Meeting.Kind.ORDINARY
    copy = Meeting(council=meeting.council, date=meeting.date, ordinal=ordinal, style=meeting.style, kind=kind)
    plan = ImportPlan(parsed, copy, by)
    assert plan.conflicts == []
    plan.apply({})
    return plan, Meeting.objects.get(pk=copy.pk)


@pytest.fixture
def demo(demo_to_read, settings, db):
    settings.MEDIA_ROOT = demo_to_read / "uploads"
    return Municipality.objects.get(slug="eksempelkoebing")


def test_every_meeting_of_the_demo_comes_back_as_it_went(demo):
    by = make.user("sekretaeren", is_superuser=True)
    meetings = list(Meeting.objects.filter(council__municipality=demo, items__isnull=False).distinct())
    assert {meeting.style for meeting in meetings} == set(Meeting.Style.values)
    for meeting in meetings:
        for with_minutes in (True, False):
            plan, copy = there_and_back(meeting, by, with_minutes=with_minutes)
            assert content_of(copy, with_minutes=with_minutes) == content_of(meeting, with_minutes=with_minutes), (
                meeting
            )
            copy.attendances.all().delete()
            copy.delete()


def test_a_meeting_that_is_read_into_itself_is_not_changed(demo):
    by = make.user("sekretaeren", is_superuser=True)
    for meeting in Meeting.objects.filter(council__municipality=demo, minutes__isnull=False):
        for with_closed in (True, False):
            parsed = read_meeting(minutes_docx(meeting, with_closed=with_closed), "fil.docx")
            plan = ImportPlan(parsed, meeting, by)
            assert plan.is_empty, [(c.location, c.field, c.shown_current, c.shown_value) for c in plan.all_changes]
            assert plan.not_understood == []


# Generated meetings

WORDS = "rådet boligen natcaféen taler om Herberget åbner 12.350 kr. ærligt »hjem« & <hus> på tirsdag Ålborg".split()


def some_words(chance, least=2, most=9):
    return " ".join(chance.choice(WORDS) for _ in range(chance.randint(least, most))).strip()


def some_text(chance):
    """Return random rich text with all elements of the editor."""
    blocks = []
    for _ in range(chance.randint(1, 4)):
        kind = chance.choice(["p", "p", "p", "ul", "ol", "table"])
        if kind == "p":
            words = [escape(some_words(chance)) for _ in range(3)]
            link = f'<a href="https://a.dk/?x=1&amp;y={chance.randint(1, 9)}">her</a>'
            line_break = "<br>ny linje" if chance.random() < 0.3 else ""
            blocks.append(
                f"<p>Om {words[0]} <strong>{words[1]}</strong> og <em>{words[2]}</em> se {link}{line_break}.</p>"
            )
        elif kind == "table":
            rows = "".join(
                f"<tr>{''.join(f'<td>{chance.randint(1, 99)}</td>' for _ in range(3))}</tr>" for _ in range(2)
            )
            head = "<tr><th>Kvartal</th><th>Ude</th><th>Inde</th></tr>"
            caption = "<caption>Tal fra herberget</caption>" if chance.random() < 0.5 else ""
            blocks.append(f"<table>{caption}<thead>{head}</thead><tbody>{rows}</tbody></table>")
        else:
            deep = "<ul><li>under <em>en</em></li><li>under to<ol><li>dybt</li></ol></li></ul>"
            inner = deep if chance.random() < 0.5 else ""
            blocks.append(f"<{kind}><li>første{inner}</li><li>anden</li></{kind}><p>Efter listen.</p>")
    return clean_html("".join(blocks))


@pytest.mark.parametrize("style", Meeting.Style.values)
def test_generated_meetings_come_back_as_they_went(db, style):
    # Esbjerg exists, since this module has loaded the demo.
    municipality = make.municipality("Sandby")
    anna = make.user("anna", role=Role.SECRETARY, of=municipality)
    council = make.council(municipality, chair_label="forperson")
    seats = [
        make.membership(council, make.person(municipality, first, last), role=role)
        for first, last, role in [
            ("Karen", "Holm", Membership.Role.CHAIR),
            ("Ib", "Sørensen", Membership.Role.DEPUTY),
            ("Anne-Lise", "Ågård Møller", Membership.Role.MEMBER),
            ("Ib", "Dam", Membership.Role.MEMBER),
            ("Yusuf", "El-Sayed", Membership.Role.SUBSTITUTE),
            ("Ingrid", "", Membership.Role.MEMBER),
        ]
    ]
    seats.append(make.membership(council, area="Hjemløse, kvinder og unge"))
    for seed in range(6):
        chance = random.Random(f"{style}-{seed}")
        meeting = make.meeting(
            council,
            datetime.date(2025, 1, 1) + datetime.timedelta(days=40 * seed),
            status=Status.DRAFT,
            kind=chance.choice(Meeting.Kind.values),
            kind_label=chance.choice(["", "Dialogklippekort"]),
            title=chance.choice(["", "Om boliger: hvad nu?"]),
            starts_at=datetime.time(chance.randint(8, 12), 30),
            ends_at=chance.choice([None, datetime.time(15)]),
            place=chance.choice(["", "Rådhuset, sal 2"]),
            style=style,
            first_number=chance.choice([1, 1, 14]),
        )
        make.minutes(
            meeting, Status.DRAFT, chaired_by=chance.choice(["", "Karen Holm"]), minutes_by="Lise Overby",
            guests=chance.choice(["", "Ida Munk, leder af Boligvagten (punkt 3)"]), plain_text=some_text(chance),
        )  # fmt: skip
        for number in range(chance.randint(1, 6)):
            is_closed = chance.random() < 0.2
            item = make.item(
                meeting, f"{some_words(chance).capitalize()} nr. {number}", position=number,
                kind=chance.choice(["", *AgendaItem.Kind.values]), case_number=chance.choice(["", "27.12.00-P35-1-25"]),
                answer=chance.choice(["", *AgendaItem.Answer.values]), is_closed=is_closed,
                public_title="Personsag" if is_closed else "", raised_at_meeting=chance.random() < 0.1,
                **{name: some_text(chance) if chance.random() < 0.6 else "" for name in TEXTS},
            )  # fmt: skip
            for position in range(chance.randint(0, 3)):
                make.agreement(
                    item,
                    f"{some_words(chance).capitalize()} {number}.{position}",
                    position=position,
                    member=chance.choice([None, *seats[:5]]),
                    responsible=chance.choice(["", "Boliggruppen"]),
                    due_on=chance.choice([None, datetime.date(2025, 9, 30)]),
                    done_on=chance.choice([None, datetime.date(2025, 9, 1)]),
                    outcome=chance.choice(["", "Udvalget sagde ja."]),
                )
        for seat in chance.sample(seats, chance.randint(0, len(seats))):
            status = chance.choice(Attendance.Status.values)
            make.attendance(
                meeting,
                seat,
                status=status,
                remark=chance.choice(["", "gik kl. 15.30", "Kom senere, med tog"]),
                substitute_for=chance.choice([None, None, *[s for s in seats if s != seat]]),
            )
        meeting.refresh_from_db()
        _, copy = there_and_back(meeting, anna)
        assert content_of(copy) == content_of(meeting), seed
