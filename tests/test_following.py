"""Following by e-mail: confirmation, notices, digests, and deletion on unsubscribing."""

import datetime
import re

import pytest
from django.core import signing
from django.urls import reverse
from django.utils import timezone

from council.models import Follower, Hearing, Meeting, Notice, Subscription
from council.models.subscription import MAX_REFUSALS, UNCONFIRMED_DAYS
from udsat import jobs
from udsat.lib import spam_protection
from udsat.lib.danish import weekday_date
from udsat.lib.publishing import Status
from udsat.models import Letter

from . import factories as make
from .page_input import Keyboard

AASE, IB = "aase@example.dk", "ib@example.dk"
FORM = "/esbjerg/foelg/"


@pytest.fixture
def council(esbjerg):
    return make.council(esbjerg, phone="76 16 16 16", email="raadet@esbjerg.example")


@pytest.fixture
def clock(monkeypatch):
    """Move the time forward: `clock(days=3)`."""
    real = timezone.now
    passed = datetime.timedelta()

    def forward(**by):
        nonlocal passed
        passed += datetime.timedelta(**by)

    monkeypatch.setattr(timezone, "now", lambda: real() + passed)
    return forward


def run():
    results = jobs.run(timezone.now())
    assert None not in results.values(), results


def request_subscription(client, email=AASE, address=FORM, **fields):
    """Send the form as if it was loaded a minute ago."""
    page = client.get(address)
    html = page.content.decode()
    ticked = re.findall(r'<input type="checkbox" name="what" value="([^"]+)"[^>]* checked', html)
    stamp = signing.dumps(int(timezone.now().timestamp()) - 60, salt=spam_protection._SALT)
    given = {"email": email, "what": ticked, "how_often": "straks", "hentet": stamp, "kommentar": ""} | fields
    return client.post(address.partition("?")[0], given, REMOTE_ADDR="203.0.113.9")


def links(delivery, name):
    """Return the paths in an e-mail that lead to the URL of that name."""
    start = reverse(name, args=["x"]).removesuffix("x/")
    return re.findall(rf"https?://[^/\s]+({re.escape(start)}\S+)", delivery.text)


def press(client, address, **data):
    response = client.post(address, data)
    assert response.status_code in {200, 302}
    return response


def confirm(client, mailbox, email=AASE):
    """Open the confirmation e-mail and confirm."""
    run()
    [address] = links(mailbox.to(email)[-1], "subscriptions")
    asked = re.findall(r'name="subscription" value="(\d+)"', client.get(address).content.decode())
    press(client, address, action="confirm", subscription=asked)
    mailbox.deliveries.clear()
    return address


def follow(client, mailbox, email=AASE, address=FORM, **fields):
    request_subscription(client, email, address, **fields)
    return confirm(client, mailbox, email)


def tomorrow():
    return timezone.localdate() + datetime.timedelta(days=1)


def published_agenda(council, anna, title="Boliger til unge"):
    meeting = make.meeting(council, tomorrow(), Status.DRAFT)
    make.item(meeting, title)
    agenda = make.agenda(meeting, Status.DRAFT)
    agenda.publish(by=anna, confirmed=True)
    return agenda


# Subscribing and confirming


def test_a_citizen_follows_a_council_after_confirming_by_email(client, mailbox, council, anna):
    sent = request_subscription(client)
    assert sent.status_code == 302 and AASE not in sent.url
    assert "Se i din mail" in client.get(sent.url).content.decode()
    run()
    mail = mailbox.only()
    assert mail.recipients == [AASE] and "Udsatterådet i Esbjerg" in mail.text
    published_agenda(council, anna, "Før hun sagde ja")
    run()
    assert len(mailbox.deliveries) == 1, "no notice before the confirmation"

    [address] = links(mail, "subscriptions")
    page = client.get(address)
    assert Subscription.objects.confirmed().count() == 0, "opening the page changes nothing"
    assert not page.cookies and "no-store" in page["Cache-Control"] and page["Referrer-Policy"] == "no-referrer"
    asked = re.findall(r'name="subscription" value="(\d+)"', page.content.decode())
    press(client, address, action="confirm", subscription=asked)
    assert Subscription.objects.confirmed().count() == 1
    assert "Det følger du" in client.get(address).content.decode()
    run()
    assert len(mailbox.deliveries) == 1, "content older than the confirmation is no news"


def test_the_answer_is_the_same_whether_the_address_is_known_or_not(client, mailbox, council):
    follow(client, mailbox)
    again, new = request_subscription(client, AASE), request_subscription(client, IB)
    assert (again.status_code, again.url) == (new.status_code, new.url)
    pages = [client.get(response.url).content for response in (again, new)]
    assert pages[0] == pages[1]


def test_entering_the_address_of_a_follower_changes_nothing(client, mailbox, council):
    follow(client, mailbox)
    request_subscription(client, AASE.upper(), how_often="maaned")
    assert Follower.objects.count() == 1
    assert Subscription.objects.get().how_often == "straks"


def test_an_address_cannot_be_flooded_with_confirmation_emails(client, mailbox, council):
    # Includes spellings that a mail server treats as one address.
    same = ["aase@ex\u00adample.dk", "aase@example\u200b.dk", "aase@ｅxample.dk", "AASE@Example.DK"]
    for number in range(30):
        request_subscription(client, same[number] if number < len(same) else AASE)
    assert Follower.objects.count() == 1
    run()
    assert len(mailbox.to(AASE)) == 1
    stopped = request_subscription(client, IB)
    assert stopped.status_code == 429
    assert not Follower.objects.filter(email=IB).exists()


@pytest.mark.parametrize(
    "fields",
    [
        {"email": "ikke en adresse"},
        {"email": ""},
        {"email": "a\x00@example.dk"},
        {"email": f"{'x' * 900}@example.dk"},
        {"email": "010190-0001@example.dk"},
        {"email": f"a@{'ø' * 62}.dk"},
        {"email": "root@localhost"},
        {"email": "root@[127.0.0.1]"},
        {"email": "a@\u200b.dk"},
        {"what": []},
        {"what": ["council-999999"]},
        {"what": ["topic-1"]},
        {"how_often": "altid"},
        {"email": "a@example.dk\nBcc: alle@example.dk"},
        {"kommentar": "spam"},
        {"hentet": "nu"},
    ],
)
def test_an_invalid_form_shows_an_error_and_saves_nothing(client, council, fields):
    response = request_subscription(client, **({"email": AASE} | fields))
    assert response.status_code == 200 and 'role="alert"' in response.content.decode()
    assert not Follower.objects.exists() and not Letter.objects.exists()


def test_a_strategy_where_there_is_no_council_promises_nothing_of_one(client, esbjerg):
    make.strategy(esbjerg)
    alone = client.get(FORM).content.decode()
    assert "Plads til alle: nyt om målene" in alone and "rådet beslutter" not in alone
    make.council(esbjerg)
    assert "Plads til alle: nyt om målene, og hvad rådet beslutter" in client.get(FORM).content.decode()


def test_unpublished_content_cannot_be_followed(client, esbjerg, vejle):
    hidden = make.council(esbjerg, Status.DRAFT, name="Hemmeligt råd")
    strategy = make.strategy(esbjerg, "Hemmelig plan", Status.DRAFT)
    html = client.get(FORM).content.decode()
    assert "Hemmelig" not in html and "<form" not in html
    for target in (f"council-{hidden.pk}", f"strategy-{strategy.pk}"):
        request_subscription(client, what=[target])
    assert not Follower.objects.exists()
    assert client.get("/ribe/foelg/").status_code == 404


def test_an_unconfirmed_address_is_deleted(client, mailbox, council, clock):
    request_subscription(client)
    clock(days=UNCONFIRMED_DAYS, hours=1)
    run()
    assert not Follower.objects.exists()


@pytest.mark.parametrize("name", ["subscriptions", "unsubscribe"])
def test_a_link_that_is_guessed_altered_or_old_leads_to_help_and_nowhere_else(client, mailbox, council, clock, name):
    address = follow(client, mailbox)
    follower = Follower.objects.get()
    for token in (
        "gaettet",
        address.rstrip("/").rpartition("/")[2][:-1],
        signing.dumps([9**12, follower.pk], salt="x"),
    ):
        response = client.post(reverse(name, args=[token]), {"action": "stop_all"})
        assert response.status_code == 404 and "Linket virker ikke" in response.content.decode()
    clock(days=1000)
    response = client.post(address, {"action": "stop_all"})
    assert response.status_code == 410 and "Linket er udløbet" in response.content.decode()
    assert Subscription.objects.count() == 1


def test_a_follower_cannot_reach_the_subscriptions_of_another(client, mailbox, council, vejle):
    aases_page = follow(client, mailbox)
    make.council(vejle)
    ibs_page = follow(client, mailbox, IB, "/vejle/foelg/")
    [aases] = Subscription.objects.filter(follower__email=AASE)
    page = client.get(ibs_page).content.decode()
    assert "Vejle" in page and "Esbjerg" not in page and AASE not in page
    press(client, ibs_page, action="stop", subscription=aases.pk)
    press(client, ibs_page, action="change", subscription=aases.pk, how_often="maaned")
    aases.refresh_from_db()
    assert aases.how_often == "straks"
    press(client, ibs_page, action="stop_all")
    assert [one.email for one in Follower.objects.all()] == [AASE]
    assert "Du følger ikke noget" in client.get(ibs_page).content.decode()
    assert "Det følger du" in client.get(aases_page).content.decode()


# Notices


@pytest.mark.engine
def test_each_news_item_is_sent_once(client, mailbox, council, anna):
    follow(client, mailbox)
    follow(client, mailbox, IB)
    agenda = published_agenda(council, anna)
    run()
    assert sorted(mail.recipients[0] for mail in mailbox.deliveries) == [AASE, IB]
    mail = mailbox.to(AASE)[0]
    assert "Boliger til unge" in mail.text and agenda.get_absolute_url() in mail.text
    assert "76 16 16 16" in mail.text and IB not in mail.raw.decode()
    run()
    assert len(mailbox.deliveries) == 2

    mailbox.deliveries.clear()
    minutes = make.minutes(agenda.meeting, Status.DRAFT)
    minutes.publish(by=anna, confirmed=True)
    run()
    assert len(mailbox.to(AASE)) == 1 and "Referat" in mailbox.to(AASE)[0].message["Subject"]
    mailbox.deliveries.clear()
    minutes.correct([], by=anna, what="Der stod 21 boliger. Det rigtige tal er 12.", confirmed=True)
    run()
    assert "Det rigtige tal er 12" in mailbox.to(AASE)[0].text
    run()
    assert len(mailbox.to(AASE)) == 1


def test_a_hearing_gives_notices_of_question_answer_and_outcome(client, mailbox, council, anna):
    follow(client, mailbox)
    hearing = make.hearing(council, "Ny boligpolitik", Status.DRAFT, sender="Socialudvalget")
    hearing.publish(by=anna, confirmed=True)
    run()
    assert "Ny boligpolitik" in mailbox.only().text
    hearing = Hearing.objects.get()
    hearing.answer, hearing.answered_on = "<p>Byg flere.</p>", timezone.localdate()
    hearing.save()
    run()
    assert "Byg flere." in mailbox.deliveries[1].text
    hearing.outcome, hearing.outcome_text = Hearing.Outcome.FOLLOWED, "<p>Der bygges ti.</p>"
    hearing.save()
    run()
    run()
    assert len(mailbox.deliveries) == 3 and "Der bygges ti." in mailbox.deliveries[2].text


def test_followers_get_news_and_strategies_of_their_municipality_only(client, mailbox, council, anna, vejle, bo):
    follow(client, mailbox)
    make.council(vejle)
    make.news(vejle, "Nyt i Vejle", Status.DRAFT).publish(by=bo, confirmed=True)
    make.news(council.municipality, "Nyt værested", Status.DRAFT).publish(by=anna, confirmed=True)
    make.strategy(council.municipality, "Plads til alle", Status.DRAFT).publish(by=anna, confirmed=True)
    run()
    news, plan = mailbox.deliveries
    assert "Nyt værested" in news.text and "Plads til alle" in plan.text


def test_the_predecessor_of_a_strategy_is_named_while_it_is_public(client, mailbox, council, anna, clock):
    follow(client, mailbox)
    soon = timezone.now() + datetime.timedelta(days=9)
    municipality = council.municipality
    shown = make.strategy(municipality, "Den kendte")
    planned = make.strategy(municipality, "Den planlagte", publish_at=soon)
    for number, old in enumerate((shown, planned, make.strategy(municipality, "Den skjulte", Status.DRAFT))):
        make.strategy(municipality, f"Ny {number}", Status.DRAFT, replaces=old).publish(by=anna, confirmed=True)
    run()
    mails = " ".join(mail.text for mail in mailbox.deliveries)
    assert "Den afløser »Den kendte" in mails and "Ny 2" in mails
    assert "Den planlagte" not in mails and "Den skjulte" not in mails


def test_a_moved_or_cancelled_meeting_gives_a_notice_with_its_new_time(client, mailbox, council, anna, clock):
    follow(client, mailbox)
    meeting = make.meeting(council, tomorrow(), Status.DRAFT, starts_at=datetime.time(14), place="Rådhuset")
    meeting.date += datetime.timedelta(days=1)
    meeting.save()
    meeting.publish(by=anna, confirmed=True)
    run()
    assert not mailbox.deliveries, "the date of a draft is no news"

    def change(**fields):
        clock(hours=1)
        mailbox.deliveries.clear()
        saved = Meeting.objects.get()
        for name, value in fields.items():
            setattr(saved, name, value)
        saved.save()
        run()
        run()
        return mailbox.only().text if mailbox.deliveries else ""

    earlier, later = meeting.date, meeting.date + datetime.timedelta(days=7)
    moved = change(date=later)
    assert f"Mødet {weekday_date(earlier)} er flyttet" in moved
    assert f"Det er nu {weekday_date(later)} kl. 14." in moved and "Rådhuset" in moved
    assert f"Det er nu {weekday_date(later)} kl. 16.30." in change(starts_at=datetime.time(16, 30))
    assert change(internal_note="Husk kage") == ""
    cancelled = change(is_cancelled=True, cancelled_reason="Formanden er syg.")
    assert f"Mødet {weekday_date(later)} er aflyst" in cancelled and "Formanden er syg." in cancelled
    assert "flyttet" not in cancelled


def test_scheduled_content_gives_a_notice_on_publication(client, mailbox, council, anna, clock):
    follow(client, mailbox)
    story = make.news(council.municipality, "Nyt værested", Status.DRAFT)
    story.publish(by=anna, confirmed=True, at=timezone.now() + datetime.timedelta(days=2))
    run()
    assert not mailbox.deliveries
    clock(days=2, minutes=1)
    run()
    run()
    assert "Nyt værested" in mailbox.only().text


def test_content_withdrawn_before_sending_is_not_sent(client, mailbox, council, anna):
    follow(client, mailbox)
    story = make.news(council.municipality, "Karens sag", Status.DRAFT)
    mailbox.stop()
    story.publish(by=anna, confirmed=True)
    jobs.run(timezone.now())
    letter = Letter.objects.get(sent_at=None)
    assert not (letter.to or letter.text or letter.subject), "a waiting letter holds neither address nor text"
    story.withdraw(by=anna)
    mailbox.start()
    Letter.objects.update(send_after=timezone.now())
    run()
    assert not mailbox.deliveries and not Letter.objects.filter(sent_at=None).exists()


@pytest.mark.engine
def test_republished_content_is_sent_once_and_not_to_later_followers(client, mailbox, council, anna):
    follow(client, mailbox)
    story = make.news(council.municipality, "Nyt værested", Status.DRAFT)
    story.publish(by=anna, confirmed=True)
    run()
    follow(client, mailbox, IB)
    story.withdraw(by=anna)
    story.publish(by=anna, confirmed=True)
    run()
    assert not mailbox.deliveries


def test_a_follower_who_unsubscribes_before_sending_gets_no_email(client, mailbox, council, anna):
    address = follow(client, mailbox)
    mailbox.stop()
    published_agenda(council, anna)
    jobs.run(timezone.now())
    press(client, address, action="stop_all")
    mailbox.start()
    Letter.objects.update(send_after=timezone.now())
    run()
    assert not mailbox.deliveries


def test_nothing_closed_is_in_any_mail(client, mailbox, council, anna):
    follow(client, mailbox)
    meeting = make.meeting(council, tomorrow(), Status.DRAFT)
    make.item(meeting, "Åbent punkt")
    closed = {"presentation": "<p>Kakadue</p>", "decision": "<p>Kakadue</p>"}
    make.item(meeting, "Kakadue", is_closed=True, public_title="Personsag", **closed)
    for paper in (make.agenda(meeting, Status.DRAFT), make.minutes(meeting, Status.DRAFT)):
        paper.publish(by=anna, confirmed=True)
    run()
    assert len(mailbox.deliveries) == 2
    for mail in mailbox.deliveries:
        assert "Kakadue" not in mail.text and "Personsag" in mail.text


def test_a_topic_is_followed_across_the_country(client, mailbox, council, anna, vejle, bo):
    home, drink = make.topic("Bolig"), make.topic("Misbrug")
    follow(client, mailbox, address=f"/foelg/?emne={home.slug}")
    theirs = make.strategy(vejle, "Vejles plan", Status.DRAFT)
    make.theme(theirs).topics.add(home)
    theirs.publish(by=bo, confirmed=True)
    other = make.strategy(vejle, "En plan om andet", Status.DRAFT)
    make.theme(other).topics.add(drink)
    other.publish(by=bo, confirmed=True)
    run()
    assert "Vejles plan" in mailbox.only().text

    mailbox.deliveries.clear()
    meeting = make.meeting(council, status=Status.DRAFT)
    make.item(meeting, "Boliger på Havnen", decision="<p>Ja.</p>").themes.add(theirs.themes.get())
    make.item(meeting, "Kaffe", decision="<p>Ja.</p>")
    make.minutes(meeting, Status.DRAFT).publish(by=anna, confirmed=True)
    run()
    mail = mailbox.only()
    assert "Boliger på Havnen" in mail.text and "Kaffe" not in mail.text
    assert "Emnet »Bolig«" in mail.text


def test_follow_ups_of_a_strategy_come_in_one_mail(client, mailbox, esbjerg, clock):
    strategy = make.strategy(esbjerg)
    goals = [make.goal(make.theme(strategy), text) for text in ("bygge boliger.", "åbne et værested.")]
    follow(client, mailbox)
    for goal in goals:
        make.follow_up(goal, text="Det går godt.")
    clock(hours=1)
    run()
    run()
    mail = mailbox.only()
    assert "bygge boliger." in mail.text and "åbne et værested." in mail.text


# Digests


def first_of_next_month():
    today = timezone.localdate()
    day = (today.replace(day=28) + datetime.timedelta(days=4)).replace(day=1)
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time(9)))


def test_the_digest_contains_the_news_of_the_month_and_is_sent_once(client, mailbox, council, anna, clock):
    follow(client, mailbox, how_often="maaned")
    published_agenda(council, anna)
    make.news(council.municipality, "Nyt værested", Status.DRAFT).publish(by=anna, confirmed=True)
    gone = make.news(council.municipality, "Trukket tilbage", Status.DRAFT)
    gone.publish(by=anna, confirmed=True)
    gone.withdraw(by=anna)
    run()
    assert not mailbox.deliveries
    Meeting.objects.update(date=timezone.localdate() + datetime.timedelta(days=60))
    clock(seconds=(first_of_next_month() - timezone.now()).total_seconds())
    run()
    mail = mailbox.only()
    assert "Dagsorden" in mail.text and "Nyt værested" in mail.text and "Trukket tilbage" not in mail.text
    assert mail.text.count("https://") + mail.text.count("http://") >= 4
    run()
    clock(days=1)
    run()
    assert len(mailbox.deliveries) == 1


def test_a_month_without_news_brings_no_mail(client, mailbox, council, clock):
    follow(client, mailbox, how_often="maaned")
    clock(seconds=(first_of_next_month() - timezone.now()).total_seconds())
    run()
    assert not mailbox.deliveries


@pytest.mark.engine
def test_a_changed_frequency_applies_from_then_on(client, mailbox, council, anna, clock):
    address = follow(client, mailbox)
    one = Subscription.objects.get()
    press(client, address, action="change", subscription=one.pk, how_often="maaned")
    make.news(council.municipality, "Nyt værested", Status.DRAFT).publish(by=anna, confirmed=True)
    run()
    assert not mailbox.deliveries
    clock(seconds=(first_of_next_month() - timezone.now()).total_seconds())
    run()
    assert "Nyt værested" in mailbox.only().text


# Unsubscribing


@pytest.mark.engine
def test_the_button_of_the_mail_program_stops_at_once_and_opening_its_address_does_not(
    client, mailbox, council, anna, django_user_model
):
    follow(client, mailbox)
    published_agenda(council, anna)
    run()
    message = mailbox.only().message
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = re.fullmatch(r"<https?://[^/]+(/\S+)>", message["List-Unsubscribe"].strip())[1]
    page = client.get(address)
    assert page.status_code == 200 and "Vil du stoppe?" in page.content.decode()
    assert Subscription.objects.exists()
    # RFC 8058: no cookie, log-in, CSRF token or redirect.
    response = type(client)(enforce_csrf_checks=True).post(address, {"List-Unsubscribe": "One-Click"})
    assert response.status_code == 200
    assert not Subscription.objects.exists() and not Follower.objects.exists() and not Notice.objects.exists()
    assert client.post(address).status_code == 200, "a second request is harmless"


def test_the_links_in_the_mail_stop_one_or_all(client, mailbox, council, anna):
    strategy = make.strategy(council.municipality)
    what = [f"council-{council.pk}", f"strategy-{strategy.pk}"]
    follow(client, mailbox, what=what)
    published_agenda(council, anna)
    run()
    mail = mailbox.only()
    [stop] = links(mail, "unsubscribe")
    client.get(stop)
    assert Subscription.objects.count() == 2
    press(client, stop)
    assert [one.target for one in Subscription.objects.all()] == [strategy]
    [page] = links(mail, "subscriptions")
    html = client.get(page).content.decode()
    assert "Plads til alle" in html and "Udsatterådet" not in html.partition("<main")[2].partition("</main>")[0]
    press(client, page, action="stop_all")
    assert not Follower.objects.exists()


def test_an_address_that_is_refused_for_good_is_forgotten(client, mailbox, council, anna):
    follow(client, mailbox)
    mailbox.refused[AASE] = 550
    for number in range(MAX_REFUSALS):
        assert Follower.objects.exists()
        make.news(council.municipality, f"Nyt {number}", Status.DRAFT).publish(by=anna, confirmed=True)
        run()
    run()
    assert not Follower.objects.exists()


# The back office


def test_no_page_of_the_back_office_shows_who_follows_but_the_secretary_sees_how_many(client, mailbox, council, anna):
    follow(client, mailbox)
    make.news(council.municipality, "Nyt værested", Status.DRAFT).publish(by=anna, confirmed=True)
    run()
    client.force_login(anna)
    page = client.get(reverse("admin:council_council_kilde", args=[council.pk])).content.decode()
    assert AASE not in page
    assert "1 følger rådet" in page
    letters = client.get(reverse("admin:udsat_letter_changelist")).content.decode()
    assert AASE not in letters and "Nyt værested" not in letters
    assert not Letter.objects.in_reach_of(anna).exists()


# In a browser


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_citizen_follows_changes_and_stops_by_the_keys_alone(page_without_javascript, mailbox, council, monkeypatch):
    """Without mouse, JavaScript, log-in or cookie."""
    monkeypatch.setattr(spam_protection, "MIN_SECONDS", 0)  # the test types faster than the honeypot allows
    page = page_without_javascript
    hand = Keyboard(page)
    page.goto("/esbjerg/udsatteraad/")
    hand.follow(page.get_by_role("main").get_by_role("link", name="Følg med"))
    hand.tick(page.get_by_label("Én gang om måneden"))
    hand.follow(page.get_by_role("button", name="Send mig en mail"))
    assert page.get_by_role("alert").get_by_role("link", name="Skriv din e-mail").is_visible()
    assert page.get_by_label("Én gang om måneden").is_checked(), "the form keeps the choice"
    hand.write(page.get_by_label("Din e-mail"), AASE)
    hand.follow(page.get_by_role("button", name="Send mig en mail"))
    assert page.get_by_role("heading", level=1).inner_text() == "Se i din mail"

    run()
    page.goto(links(mailbox.only(), "subscriptions")[0])
    hand.follow(page.get_by_role("button", name="Ja, send mig mails"))
    assert page.get_by_role("heading", level=1).inner_text() == "Det følger du"
    hand.choose(page.get_by_label("Hvor tit?"), "Med det samme")
    hand.follow(page.get_by_role("button", name="Gem"))
    assert Subscription.objects.get().how_often == "straks"
    hand.follow(page.get_by_role("button", name="Stop det hele, og slet min adresse"))
    assert page.get_by_role("heading", level=1).inner_text() == "Du følger ikke noget"
    assert not Follower.objects.exists() and page.context.cookies() == []
