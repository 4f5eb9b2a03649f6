"""»Mit bord«: tasks with a reason and one next step, for the users who may do them."""

import datetime

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from council.meetings.invitations.sending import current_details
from council.models import Approval, Council, Hearing, Invitation, Meeting, Membership, Proposal, Remark
from council.my_desk import due_tasks
from council.my_desk.tasks import MyDesk, Severity
from strategies.models import FollowUp
from udsat.lib.publishing import Status
from udsat.models import CprOverride, Letter

from . import factories as make

TODAY = datetime.date(2026, 5, 20)  # a Wednesday
NOW = timezone.make_aware(datetime.datetime(2026, 5, 20, 9))


def days(count):
    return TODAY + datetime.timedelta(count)


@pytest.fixture
def council(esbjerg):
    return make.council(esbjerg, agenda_days=8, item_days=14)


def due(user, *words):
    """Return the tasks that contain all of these words."""
    return [row for row in due_tasks(MyDesk(user, NOW)) if all(word in f"{row.title} {row.reason}" for word in words)]


def one(user, *words):
    rows = due(user, *words)
    assert len(rows) == 1, [row.title for row in due_tasks(MyDesk(user, NOW))]
    return rows[0]


def test_nothing_is_due_for_a_council_in_order(anna, council):
    assert due(anna) == []


@pytest.mark.parametrize(
    ("ahead", "expected", "severity"),
    [
        (30, None, None),
        (9, "skal sendes i morgen", Severity.SOON),
        (11, "skal sendes om 2 dage", Severity.SOON),  # the third day is a Saturday
        (13, "skal sendes om 2 dage", Severity.SOON),  # Whit Monday
        (8, "skal sendes i dag", Severity.SOON),
        (6, "skulle være sendt for 2 dage siden", Severity.LATE),
    ],
)
def test_the_agenda_is_due_by_the_councils_own_rule(anna, council, ahead, expected, severity):
    make.meeting(council, date=days(ahead), status=Status.DRAFT)
    if expected is None:
        assert due(anna, "Dagsordenen til") == []
    else:
        row = one(anna, "Dagsordenen til")
        assert expected in row.title and row.severity == severity and "8 dage før" in row.reason
        assert row.button == "Lav dagsordenen"


def test_a_sent_agenda_is_no_task_but_missing_invitations_are(anna, council):
    meeting = make.meeting(council, date=days(7))
    make.agenda(meeting)
    assert due(anna, "Dagsordenen til") == []
    assert one(anna, "Ingen er indkaldt").severity == Severity.LATE
    member = make.membership(council, make.person(council.municipality))
    Invitation.objects.create(meeting=meeting, member=member, sent_at=NOW)
    assert due(anna) == []


def test_unpublished_dates_are_a_task_until_they_are_public(anna, carla, council):
    planned = [make.meeting(council, date=days(ahead), status=Status.DRAFT) for ahead in (40, 80, 10)]
    make.meeting(council, date=days(60), status=Status.DRAFT, kind=Meeting.Kind.GROUP)
    row = one(anna, "kan borgerne ikke se")
    assert row.title.startswith("2 datoer i 2026") and row.severity == Severity.SOMETIME
    assert row.url.endswith(f"/aarsplan/offentliggoer/?raad={council.pk}&aar=2026")
    assert not row.is_for(carla)
    planned[0].publish(by=anna, confirmed=True)
    assert one(anna, "kan borgerne ikke se").title.startswith("1 dato i 2026")
    planned[1].publish(by=anna, confirmed=True)
    assert due(anna, "kan borgerne ikke se") == []


def test_members_invited_to_another_day_are_counted(anna, council):
    meeting = make.meeting(council, date=days(30))
    make.agenda(meeting)
    for name in ("Ib", "Ea"):
        member = make.membership(council, make.person(council.municipality, name, email=f"{name}@eksempel.dk".lower()))
        Invitation.objects.create(meeting=meeting, member=member, sent_at=NOW, announced=current_details(meeting))
    assert due(anna) == []
    meeting.date = days(37)
    meeting.save()
    assert "2 indkaldte ved ikke" in one(anna, "er ændret").title
    meeting.is_cancelled = True
    meeting.save()
    one(anna, "er aflyst")


def test_a_member_who_joins_after_the_invitation_is_a_task_until_invited(anna, council):
    meeting = make.meeting(council, date=days(30))
    make.agenda(meeting)
    ib, ea = (
        make.membership(council, make.person(council.municipality, name, email=f"{name}@eksempel.dk"))
        for name in ("ib", "ea")
    )
    Invitation.objects.create(meeting=meeting, member=ib, sent_at=NOW, announced=current_details(meeting))
    assert one(anna, "er ikke indkaldt").title.startswith("1 medlem er ikke indkaldt til mødet")
    ea.starts_on = days(31)
    ea.save()
    assert due(anna) == []


def test_item_deadlines_and_unanswered_proposals_are_tasks(anna, council):
    meeting = make.meeting(council, date=days(16), status=Status.DRAFT)
    assert "om 2 dage" in one(anna, "Fristen for punkter").title
    member = make.membership(council, make.person(council.municipality))
    for title in ("Bænke", "Varme"):
        Proposal.objects.create(meeting=meeting, member=member, title=title)
    Proposal.objects.create(meeting=meeting, member=member, title="Nej", state=Proposal.State.DECLINED)
    assert "2 forslag" in one(anna, "venter på dig").title


def test_minutes_go_from_missing_to_public(anna, council):
    council.approval = Council.ApprovalWay.WRITTEN
    council.save()
    meeting = make.meeting(council, date=days(-3))
    assert one(anna, "Referatet", "mangler").severity == Severity.SOON
    item = make.item(meeting)
    minutes = make.minutes(meeting, status=Status.DRAFT)
    one(anna, "Referatet", "mangler")
    item.decision = "<p>Rådet siger ja.</p>"
    item.save()
    one(anna, "ikke sendt til godkendelse")
    member = make.membership(council, make.person(council.municipality))
    minutes.approval_asked_on = days(-1)
    minutes.save()
    approval = Approval.objects.create(minutes=minutes, member=member, asked_at=NOW, due_on=days(5))
    assert "1 af 1 har ikke svaret" in one(anna, "venter på svar").reason
    approval.answer = Approval.Answer.REMARKS
    approval.save()
    remark = Remark.objects.create(approval=approval, text="Der står et forkert tal.")
    assert one(anna, "1 bemærkning").button == "Læs bemærkningerne"
    remark.handled_at = NOW
    remark.save()
    one(anna, "Alle har svaret")
    minutes.approved_on = TODAY
    minutes.save()
    row = one(anna, "kan offentliggøres")
    assert row.url == f"/admin/council/minutes/{minutes.pk}/offentliggoer/"
    minutes.publish(by=anna, confirmed=True)
    assert due(anna) == []


def test_a_meeting_of_today_is_over_once_its_minutes_are_with_the_members(anna, council):
    meeting = make.meeting(council, date=TODAY)
    make.item(meeting, decision="<p>Ja.</p>")
    minutes = make.minutes(meeting, status=Status.DRAFT)
    assert MyDesk(anna, NOW).coming == [meeting]
    minutes.approval_asked_on = TODAY
    minutes.save()
    approval = Approval.objects.create(
        minutes=minutes,
        member=make.membership(council, make.person(council.municipality)),
        asked_at=NOW,
        due_on=days(5),
        answer=Approval.Answer.REMARKS,
    )
    Remark.objects.create(approval=approval, text="Det var 12.")
    assert one(anna, "1 bemærkning").button == "Læs bemærkningerne"
    assert MyDesk(anna, NOW).coming == []


def test_minutes_approved_at_the_next_meeting_are_a_task_after_it(anna, council):
    meeting = make.meeting(council, date=days(-60))
    make.item(meeting, decision="<p>Ja.</p>")
    make.minutes(meeting, status=Status.DRAFT)
    assert due(anna) == []
    later = make.meeting(council, date=days(-2))
    make.minutes(later)
    assert "på mødet den 18. maj 2026?" in one(anna, "Blev referatet").title


def test_a_visit_and_a_cancelled_meeting_leave_no_minutes_to_write(anna, council):
    make.meeting(council, date=days(-5), kind=Meeting.Kind.VISIT)
    make.meeting(council, date=days(-6), is_cancelled=True)
    make.meeting(council, date=days(-500))
    assert due(anna) == []


def test_a_possible_cpr_number_is_a_task_while_the_minutes_are_written(anna, council):
    meeting = make.meeting(council, date=days(-3))
    make.item(meeting, discussion="<p>Sagen om 010190-1234.</p>")
    make.minutes(meeting, status=Status.DRAFT)
    row = one(anna, "ligner et CPR-nummer")
    assert "010190" not in row.title + row.reason


def test_a_hearing_is_a_task_before_and_after_its_deadline(anna, council):
    hearing = make.hearing(council, deadline=days(2), received_on=days(-20), status=Status.DRAFT)
    assert "om 2 dage" in one(anna, "Høringssvar").title
    hearing.deadline = days(-1)
    hearing.save()
    assert one(anna, "Høringssvar", "i går").severity == Severity.LATE
    Hearing.objects.filter(pk=hearing.pk).update(answered_on=TODAY)
    assert due(anna) == []


def test_overdue_agreements_are_one_row(anna, council):
    item = make.item(make.meeting(council, date=days(-400)))
    for number in (1, 2):
        make.agreement(item, due_on=days(-number))
    make.agreement(item, due_on=days(3))
    make.agreement(item, due_on=days(-9), done_on=days(-5))
    row = one(anna, "aftaler er over tiden")
    assert row.title.startswith("2 aftaler") and row.url.endswith("?stand=over-tiden")


def test_tomorrows_missing_agenda_stands_above_an_agreement_of_half_a_year_ago(anna, council):
    make.agreement(make.item(make.meeting(council, date=days(-200))), due_on=days(-180))
    make.meeting(council, date=days(1), status=Status.DRAFT)
    late = [task.title for task in due(anna) if task.severity == Severity.LATE]
    assert "Dagsordenen" in late[0] and any("aftale" in title for title in late[1:])


def test_goals_without_follow_up_for_a_year_are_counted(anna, esbjerg):
    long_ago = NOW - datetime.timedelta(500)
    strategy = make.strategy(esbjerg, published_at=long_ago, publish_at=long_ago)
    theme = make.theme(strategy)
    never, recent, old, reached = (make.goal(theme, text=f"mål {n}") for n in range(4))
    make.follow_up(recent, date=days(-30))
    make.follow_up(old, date=days(-400))
    make.follow_up(reached, date=days(-400), status=FollowUp.Status.REACHED)
    assert one(anna, "ikke fulgt op i et år").title.startswith("2 mål")
    for goal in (never, old):
        make.follow_up(goal, date=days(-1))
    assert due(anna, "ikke fulgt op") == []


def test_expired_periods_and_groups_without_heading_are_tasks(anna, esbjerg):
    old = make.strategy(esbjerg, starts_on=days(-900), ends_on=days(-3))
    make.theme(old, title="")
    one(anna, "Perioden for Plads til alle er udløbet")
    one(anna, "1 gruppe i Plads til alle har ingen overskrift")
    make.strategy(esbjerg, title="Den nye", replaces=old)
    assert due(anna, "udløbet") == []


def test_vacant_seats_ending_terms_and_expired_photos_are_tasks(anna, council):
    council.term_ends_on = days(100)
    council.save()
    make.membership(council, is_vacant=True)
    make.membership(council, is_vacant=True, ends_on=days(-1))
    person = make.person(council.municipality, photo_until=days(-2), photo_alt="Karen")
    person.photo.save("karen.png", ContentFile(b"x"))
    make.membership(council, person)
    assert "1 plads" in one(anna, "står tom").title
    one(anna, "Rådets periode slutter")
    one(anna, "Fotoet af Karen Holm vises ikke mere")


def test_stuck_letters_are_a_task(anna, esbjerg):
    Letter.objects.write(municipality=esbjerg, key="a", to="x@eksempel.dk", subject="Indkaldelse", text="Kom.")
    Letter.objects.update(last_error="afvist", tried_at=NOW, attempts=1)
    assert one(anna, "ikke kommet af sted").severity == Severity.LATE


def test_users_see_only_their_own_municipality(anna, bo, council, vejle):
    make.meeting(make.council(vejle), date=days(3), status=Status.DRAFT)
    assert due(anna) == []
    assert len(due(bo)) == 1


def test_a_second_look_at_a_number_is_a_task_until_it_is_done(anna, carla, dan, eva, esbjerg):
    news = make.news(esbjerg, "Nyt værested", lead="Sag 010190-1234 er afgjort.", status=Status.DRAFT)
    findings = news.publication_findings()
    words = ("ligner et CPR-nummer", "Nyt værested")
    assert due(dan, *words) == []
    news.request_overrides(findings, make.reasons(findings), by=anna, page="/admin/gate/")
    task = one(dan, "venter på dig", "Anna har skrevet", *words)
    assert task.url == "/admin/gate/" and task.is_for(dan) and "010190" not in task.title + task.reason
    assert one(eva, "venter på dig", *words) and due(carla, *words) == []
    assert one(anna, "venter på Dan eller Eva", *words).severity == Severity.SOMETIME
    CprOverride.objects.get().second(by=dan)
    assert not any(due(user, *words) for user in (anna, dan, eva))


def test_a_second_look_is_no_task_once_the_number_is_gone(anna, dan, esbjerg):
    news = make.news(esbjerg, lead="Sag 010190-1234 er afgjort.", status=Status.DRAFT)
    findings = news.publication_findings()
    news.request_overrides(findings, make.reasons(findings), by=anna, page="/admin/gate/")
    news.lead = "Sagen er afgjort."
    news.save()
    assert due(dan, "CPR-nummer") == due(anna, "CPR-nummer") == []


def test_tasks_that_publish_are_not_for_the_editor(anna, carla, dan, council):
    meeting = make.meeting(council, date=days(-3))
    make.item(meeting, decision="<p>Ja.</p>")
    make.minutes(meeting, status=Status.DRAFT, approved_on=TODAY)
    for user, may in ((anna, True), (carla, False), (dan, True)):
        assert one(user, "kan offentliggøres").is_for(user) is may
    make.meeting(council, date=days(9), status=Status.DRAFT)
    for user, may in ((anna, True), (carla, True), (dan, False)):
        assert one(user, "Dagsordenen til").is_for(user) is may


def test_more_content_makes_no_more_queries(operator, council, esbjerg, vejle, django_assert_num_queries):
    def fill(council, number):
        news = make.news(council.municipality, f"N{number}", lead="Sag 010190-1234.", status=Status.DRAFT)
        findings = news.publication_findings()
        news.request_overrides(findings, make.reasons(findings), by=operator, page=f"/admin/{news.pk}/")
        make.meeting(council, date=days(3 + number), status=Status.DRAFT)
        held = make.meeting(council, date=days(-3 - number))
        item = make.item(held, discussion="<p>010190-1234</p>")
        minutes = make.minutes(held, status=Status.DRAFT)
        member = make.membership(council, make.person(council.municipality))
        Approval.objects.create(minutes=minutes, member=member)
        make.agreement(item, due_on=days(-2))
        make.hearing(council, deadline=days(number), received_on=days(-9))
        make.theme(make.strategy(council.municipality, title=f"S{number}", ends_on=days(-3)), title="")

    def count(user):
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(connection) as queries:
            rows = due_tasks(MyDesk(user, NOW))
        return len(rows), len(queries)

    fill(council, 1)
    few, queries = count(operator)
    other = make.council(vejle)
    for number in range(2, 6):
        fill(council, number)
        fill(other, number)
    many, as_many = count(operator)
    assert many > 2 * few and as_many == queries


def test_the_front_page_shows_that_nothing_is_due(client, anna, council):
    client.force_login(anna)
    page = client.get("/admin/").content.decode()
    assert "Intet haster" in page and "Der er ikke sat dato på noget møde endnu" in page


def test_the_front_page_has_one_button_per_task_for_the_users_who_may(client, anna, carla, council):
    today = timezone.localdate()
    held = make.meeting(council, date=today - datetime.timedelta(3))
    make.item(held, decision="<p>Ja.</p>")
    make.minutes(held, status=Status.DRAFT, approved_on=today)
    make.meeting(council, date=today + datetime.timedelta(5), status=Status.DRAFT)
    client.force_login(anna)
    page = client.get("/admin/").content.decode()
    assert "Offentliggør referatet" in page and "Lav dagsordenen" in page and "på en kollega" not in page
    client.force_login(carla)
    page = client.get("/admin/").content.decode()
    assert "1 ting venter</summary>" not in page and "1 ting venter på en kollega" in page
    assert "/offentliggoer/" not in page


def test_with_several_municipalities_each_task_names_its_own(client, operator, council, vejle):
    soon = timezone.localdate() + datetime.timedelta(3)
    make.meeting(council, date=soon, status=Status.DRAFT)
    make.meeting(make.council(vejle), date=soon, status=Status.DRAFT)
    client.force_login(operator)
    page = client.get("/admin/").content.decode()
    assert "· Esbjerg" in page and "· Vejle" in page


def test_photos_of_former_members_are_no_task(anna, council):
    person = make.person(council.municipality, photo_until=days(-2), photo_alt="Karen")
    person.photo.save("karen.png", ContentFile(b"x"))
    make.membership(council, person, role=Membership.Role.MEMBER, ends_on=days(-1))
    assert due(anna) == []
