"""Invented content for any number of municipalities and years, to measure speed at the size of the country.

The same seed gives the same content on each database, except primary keys and the day it is counted from. Rows are
written in bulk: no search entries (`manage.py rebuild_search` makes them), no history and no log of publications.
"""

import datetime
import random
from collections.abc import Iterator

from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models.fields.related_descriptors import ManyToManyDescriptor
from django.utils import timezone

from council.models import (
    Agenda,
    AgendaItem,
    Agreement,
    Attendance,
    Cause,
    Council,
    Meeting,
    Membership,
    Minutes,
    News,
    Person,
)
from strategies.models import FollowUp, Goal, Section, Strategy, Theme, Topic
from udsat.lib.danish import join_words, slugify
from udsat.lib.publishing import Status
from udsat.models import Municipality, PublicVersion, Publishable, raise_stamp

MEETINGS_A_YEAR = 5
ITEMS_A_MEETING = (8, 12)
MEMBERS = 12
STRATEGY_YEARS = 7
BATCH = 1000  # rows in one INSERT

SUBJECTS = [
    "Rådet", "Kommunen", "Herberget", "Værestedet", "Jobcentret", "Boligforeningen", "Varmestuen", "Rusmiddelcentret",
    "Gadesygeplejersken", "Socialudvalget", "Byrådet", "Krisecentret", "Opsøgende team", "Psykiatrien",
]  # fmt: skip
VERBS = [
    "foreslår", "undersøger", "åbner", "støtter", "flytter", "udvider", "tilbyder", "ønsker", "følger", "vurderer",
    "samler", "fremlægger", "drøfter", "indretter", "afprøver",
]  # fmt: skip
FIRST_PARTS = [
    "bolig", "social", "misbrugs", "sundheds", "gade", "natte", "familie", "ungdoms", "beskæftigelses", "kvinde",
    "rusmiddel", "psykiatri", "frivillig", "udslusnings", "støtte", "mad", "tand", "bruger", "besøgs", "vinter",
]  # fmt: skip
LAST_PARTS = [
    "rådgivning", "indsats", "behandling", "café", "tilbud", "pladser", "plan", "ordning", "gruppe", "vejledning",
    "team", "center", "klinik", "projekt", "hjælp", "netværk", "samarbejde", "budget", "vagt", "værksted",
]  # fmt: skip
AIMS = [
    "så flere får et sted at bo", "til gavn for dem, der lever på gaden", "i samarbejde med de frivillige",
    "før vinteren kommer", "uden lang ventetid", "også om aftenen", "for unge under 25 år", "sammen med nabokommunerne",
    "efter ønske fra brugerne", "inden for budgettet", "hele året", "med færre skift af kontaktperson",
]  # fmt: skip
FIRST_NAMES = ["Karen", "Mads", "Aase", "Jens", "Lone", "Ali", "Birthe", "Søren", "Fatima", "Ole", "Ulla", "Per"]
LAST_NAMES = ["Holm", "Juhl", "Krogh", "Dam", "Lund", "Bach", "Skov", "Toft", "Vestergård", "Bjerre"]


def make_dataset(municipalities: list[Municipality], years: int, seed: int) -> Iterator[Municipality]:
    """Fill municipalities without content and yield each when its rows are saved. Call it inside a transaction."""
    topics = list(Topic.objects.order_by("slug"))
    for municipality in municipalities:
        Filling(municipality, years, random.Random(f"{seed} {municipality.code}"), topics).save()
        raise_stamp(municipality.pk)
        yield municipality


class Filling:
    """The content of one municipality: a council, its meetings with both papers, strategies and news."""

    def __init__(self, municipality: Municipality, years: int, choice: random.Random, topics: list[Topic]):
        self.municipality, self.years, self.choice, self.topics = municipality, years, choice, topics
        self.today = timezone.localdate()

    def save(self) -> None:
        members = self.save_council()
        themes = self.save_strategies()
        self.save_meetings(members, themes)
        self.save_news()

    # Texts

    def compound(self) -> str:
        return self.choice.choice(FIRST_PARTS) + self.choice.choice(LAST_PARTS)

    def sentence(self) -> str:
        pick = self.choice.choice
        return f"{pick(SUBJECTS)} {pick(VERBS)} {self.compound()} og {self.compound()}, {pick(AIMS)}."

    def paragraphs(self, number: int) -> str:
        return "".join(f"<p>{' '.join(self.sentence() for _ in range(4))}</p>" for _ in range(number))

    def title(self) -> str:
        return f"{self.compound().capitalize()} og {self.compound()}"

    # Rows

    def save_council(self) -> list[Membership]:
        council = Council(
            municipality=self.municipality,
            name=f"Udsatterådet i {self.municipality.name}",
            summary=self.sentence(),
            about=self.paragraphs(3),
            size=MEMBERS,
            agenda_days=7,
            **self.published(self.first_day),
        )
        save_all([council])
        self.council = council
        self.causes = save_all(
            [Cause(council=council, position=n, title=self.title(), body=self.paragraphs(1)) for n in range(1, 4)]
        )
        people = [
            Person(
                municipality=self.municipality,
                first_name=self.choice.choice(FIRST_NAMES),
                last_name=self.choice.choice(LAST_NAMES),
                shown=Person.Shown.FULL,
                consent_on=self.first_day,
            )
            for _ in range(MEMBERS)
        ]
        seats = enumerate(save_all(people), 1)
        return save_all([Membership(council=council, person=person, position=number) for number, person in seats])

    @property
    def first_day(self) -> datetime.date:
        return self.today - datetime.timedelta(365 * self.years)

    def save_strategies(self) -> list[Theme]:
        """Save one strategy for each seven years, each replacing the one before; return the themes of the last."""
        starts = [
            datetime.date(year, 1, 1) for year in range(self.today.year, self.first_day.year - 1, -STRATEGY_YEARS)
        ]
        before, themes = None, []
        for start in reversed(starts):
            strategy = Strategy(
                municipality=self.municipality,
                title=f"Strategi for udsatte i {self.municipality.name}",
                slug=f"strategi-for-udsatte-{start.year}",
                summary=self.sentence(),
                starts_on=start,
                ends_on=datetime.date(start.year + STRATEGY_YEARS - 1, 12, 31),
                replaces=before,
                **self.published(start),
            )
            save_all([strategy])
            save_all([Section(strategy=strategy, heading="Formål", position=1, body=self.paragraphs(2))])
            themes = self.save_themes(strategy)
            strategy.note_change()
            before = strategy
        return themes

    def save_themes(self, strategy: Strategy) -> list[Theme]:
        themes = []
        for position in range(1, 6):
            title = self.title()
            slug = f"{slugify(title)}-{position}"
            themes.append(
                Theme(
                    strategy=strategy,
                    position=position,
                    title=title,
                    slug=slug,
                    guiding_thread=self.sentence(),
                    body=self.paragraphs(1),
                    goal_lead_in="Vi vil:",
                )
            )
        save_all(themes)
        if self.topics:
            link(Theme.topics, [(theme, self.choice.choice(self.topics)) for theme in themes])
        goals = save_all(
            [
                Goal(theme=theme, position=number, text=f"oprette {self.compound()} {self.choice.choice(AIMS)}.")
                for theme in themes
                for number in range(1, 5)
            ]
        )
        save_all(
            [
                FollowUp(
                    goal=goal,
                    date=min(self.today, strategy.starts_on + datetime.timedelta(365)),
                    status=self.choice.choice(FollowUp.Status.values),
                    text=self.sentence(),
                )
                for goal in goals
            ]
        )
        return themes

    def save_meetings(self, members: list[Membership], themes: list[Theme]) -> None:
        """Save past meetings with agenda and minutes, and the next two."""
        apart = 365 // MEETINGS_A_YEAR
        days = [self.today + datetime.timedelta(apart * n + 14) for n in range(-self.years * MEETINGS_A_YEAR, 2)]
        meetings = save_all(
            [
                Meeting(
                    council=self.council,
                    date=day,
                    starts_at=datetime.time(15),
                    ends_at=datetime.time(17),
                    place="Rådhuset",
                    is_open=True,
                    **self.published(day - datetime.timedelta(60)),
                )
                for day in days
            ]
        )
        with_agenda = [meeting for meeting in meetings if meeting.date <= self.today + datetime.timedelta(14)]
        held = [meeting for meeting in meetings if meeting.date < self.today - datetime.timedelta(14)]
        save_all(
            [
                Agenda(
                    meeting=meeting, intro=self.paragraphs(1), **self.published(meeting.date - datetime.timedelta(8))
                )
                for meeting in with_agenda
            ]
        )
        save_all(
            [
                Minutes(
                    meeting=meeting,
                    chaired_by=str(members[0].person),
                    approved_on=meeting.date + datetime.timedelta(14),
                    plain_text=self.paragraphs(1),
                    **self.published(meeting.date + datetime.timedelta(14)),
                )
                for meeting in held
            ]
        )
        self.save_attendance(held, members)
        items = [
            self.item(meeting, number, is_decided=meeting in held)
            for meeting in with_agenda
            for number in range(1, self.choice.randint(*ITEMS_A_MEETING) + 1)
        ]
        save_all(items)
        link(AgendaItem.themes, [(item, self.choice.choice(themes)) for item in items if self.choice.random() < 0.3])
        link(
            AgendaItem.causes, [(item, self.choice.choice(self.causes)) for item in items if self.choice.random() < 0.1]
        )
        decided = [item for item in items if item.decision and self.choice.random() < 0.2]
        save_all([Agreement(item=item, text=self.sentence(), member=self.choice.choice(members)) for item in decided])

    def item(self, meeting: Meeting, number: int, *, is_decided: bool) -> AgendaItem:
        decision = {"discussion": self.paragraphs(1), "decision": f"<p>{self.sentence()}</p>"} if is_decided else {}
        closed = {"is_closed": True, "public_title": "Lukket punkt"} if self.choice.random() < 0.02 else {}
        return AgendaItem(
            meeting=meeting, position=number, title=self.title(), presentation=self.paragraphs(1), **decision, **closed
        )

    def save_attendance(self, meetings: list[Meeting], members: list[Membership]) -> None:
        statuses = [Attendance.Status.PRESENT] * 8 + [Attendance.Status.EXCUSED] * 2
        save_all(
            [
                Attendance(meeting=meeting, member=member, status=self.choice.choice(statuses))
                for meeting in meetings
                for member in members
            ]
        )

    def save_news(self) -> None:
        days = [self.today - datetime.timedelta(90 * number) for number in range(1, self.years * 4 + 1)]
        save_all(
            [
                News(
                    municipality=self.municipality,
                    title=f"Nyt om {join_words([self.compound(), self.compound()])}",
                    slug=f"nyt-{day.isoformat()}",
                    date=day,
                    lead=self.sentence(),
                    body=self.paragraphs(2),
                    **self.published(day),
                )
                for day in days
            ]
        )

    def published(self, day: datetime.date) -> dict:
        """Return the fields of a publishable that is public since nine in the morning of that day, or of today."""
        nine = timezone.make_aware(datetime.datetime.combine(min(day, self.today), datetime.time(9)))
        moment = min(nine, timezone.now())
        return {"status": Status.PUBLISHED, "publish_at": moment, "published_at": moment}


def save_all(rows: list) -> list:
    """Save new rows of one model in bulk and return them; number publishables as their first public version."""
    if not rows:
        return rows
    model = type(rows[0])
    is_numbered = issubclass(model, Publishable) and model.versions_kept != "text"
    for row in rows if is_numbered else []:
        row.public_version, row.changed_at = 1, row.publish_at
    model._base_manager.bulk_create(rows, batch_size=BATCH)
    if is_numbered and model.versions_kept:
        content_type = ContentType.objects.get_for_model(model)
        PublicVersion.objects.bulk_create(
            PublicVersion(
                municipality=row.municipality, content_type=content_type, object_id=row.pk, number=1, at=row.publish_at
            )
            for row in rows
        )
    return rows


def link(field: ManyToManyDescriptor, pairs: list[tuple[models.Model, models.Model]]) -> None:
    """Relate the pairs by the many-to-many field in bulk."""
    source, target = field.field.m2m_field_name(), field.field.m2m_reverse_field_name()
    rows = [field.through(**{source: one, target: other}) for one, other in pairs]
    field.through._base_manager.bulk_create(rows, batch_size=BATCH)
