"""A whole year of the council of Eksempelkøbing in Chromium: once by mouse, and once by keyboard alone.

From the year plan to the withdrawal of public minutes. It also takes the pictures of the guide in the back office.
"""

import datetime
import re

import pytest
from django.utils import timezone
from icalendar import Calendar
from playwright.sync_api import expect

from council.models import Agreement, Attendance, Council, Meeting, Membership, StandardItem
from udsat import jobs
from udsat.lib.roles import Role

from . import factories as make
from .crashing_server import crashing_server, traffic
from .page_input import Keyboard, Mouse
from .pdf_reader import words
from .screenshots import check_screenshot

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

HOMES = "Boliger til unge"
PHONE = {"viewport": {"width": 360, "height": 740}, "java_script_enabled": False}


@pytest.fixture
def council(db):
    """Karin is the chair, Jonas and Hanne members, Rosa their substitute, Lise the secretary, Mads an editor."""
    municipality = make.municipality("Eksempelkøbing", code="0999")
    make.user("lise", role=Role.SECRETARY, of=municipality, first_name="Lise", last_name="Overby")
    make.user("mads", role=Role.EDITOR, of=municipality, first_name="Mads", last_name="Juhl")
    council = make.council(
        municipality, phone="00 00 00 00", email="raadet@eksempel.example", address="Havnegade 3", meetings_open=True,
        agenda_days=8, item_days=14, quorum="halvdelen", approval=Council.ApprovalWay.WRITTEN, ordinary_meetings=5,
    )  # fmt: skip
    for first, last, role in (
        ("Karin", "Holt", "formand"),
        ("Jonas", "Bredal", "medlem"),
        ("Hanne", "Vest", "medlem"),
        ("Rosa", "Winther", "suppleant"),
    ):
        person = make.person(municipality, first, last, email=f"{first.lower()}@example.dk")
        make.membership(council, person, role=Membership.Role(role))
    make.standard_item(council, "Godkendelse af dagsorden", kind="godkendelse")
    make.standard_item(council, "Opfølgning på aftaler", brings=StandardItem.Brings.AGREEMENTS)
    make.standard_item(council, "Eventuelt", is_last=True)
    make.goal(make.theme(make.strategy(municipality), "Et sted at bo"), "skaffe 20 små boliger.")
    return council


class Town:
    """The browser windows of all people, and the e-mails between them."""

    def __init__(self, chromium, server, mailbox, hand_class):
        self.chromium, self.server, self.mailbox, self.hand_class = chromium, server, mailbox, hand_class
        self.contexts, self.complaints = [], []

    def window(self, **options):
        context = self.chromium.new_context(
            base_url=self.server.url,
            locale="da-DK",
            timezone_id="Europe/Copenhagen",
            reduced_motion="reduce",
            **options,
        )
        self.contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda m: self.complaints.append(m.text) if "Security Policy" in m.text else None)
        return page

    def hand_of(self, user):
        """Return the input device of a user who is logged in to the back office."""
        hand = self.hand_class(self.window(viewport={"width": 1100, "height": 760}))
        hand.page.goto("/admin/")
        hand.write(hand.page.get_by_label("Brugernavn"), user)
        hand.write(hand.page.get_by_label("Adgangskode"), make.PASSWORD)
        hand.page.keyboard.press("Enter")
        hand.page.get_by_role("heading", name="Hej").wait_for()
        return hand

    def post(self):
        """Run due jobs and return the e-mails that were sent, by first name of the recipient."""
        traffic.wait_until_idle()
        before = len(self.mailbox.deliveries)
        jobs.run(timezone.now())
        return {mail.recipients[0].split("@")[0]: mail for mail in self.mailbox.deliveries[before:]}

    def open(self, mail):
        """Open the link of an e-mail on an old phone."""
        self.phone.page.goto(re.search(rf"{self.server.url}/\S+/(svar|foreslaa-punkt|godkend)/\S+", mail.text)[0])
        assert not self.phone.page.evaluate("document.documentElement.scrollWidth > innerWidth")
        return self.phone

    def read(self, meeting, status=200):
        """Return the text of the public page of the meeting, on a phone."""
        meeting.refresh_from_db()
        answer = self.phone.page.goto(meeting.get_absolute_url())
        assert answer.status == status
        return self.phone.page.get_by_role("main").inner_text()

    def picture(self, page, name, of=None, height=None):
        """Take a screenshot for the guide, in the run by mouse only."""
        if self.hand_class is Mouse:
            check_screenshot(page, name, of=page.locator(of) if of else None, height=height)


@pytest.fixture(params=[pytest.param(Mouse, marks=pytest.mark.soak), Keyboard])
def town(request, chromium, transactional_db, settings, mailbox):
    with crashing_server(settings) as server:
        settings.SITE_URL = server.url
        town = Town(chromium, server, mailbox, request.param)
        town.phone = request.param(town.window(**PHONE))
        yield town
        for context in town.contexts:
            # Requests under way may finish; new ones are aborted.
            context.route("**/*", lambda route: route.abort())
        traffic.wait_until_idle()
        for context in town.contexts:
            context.close()
    assert town.complaints == []


def button(page, name):
    return page.get_by_role("button", name=name, exact=True)


def editor(container, label):
    """Return the rich-text editor that replaces the field."""
    return container.locator("[contenteditable=true]").and_(container.get_by_role("textbox", name=label, exact=True))


def saved(page):
    expect(page.locator("[data-state]")).to_have_attribute("data-kind", "saved")


def through_the_gate(hand):
    hand.tick(hand.page.get_by_label("Jeg har læst teksten"))
    hand.press(button(hand.page, "Offentliggør"))
    hand.page.get_by_text("er offentliggjort").wait_for()


def event_in(mail):
    [calendar] = [part for part in mail.message.walk() if part.get_content_type() == "text/calendar"]
    [event] = Calendar.from_ical(calendar.get_content()).walk("VEVENT")
    return calendar.get_param("method"), event


def plan_the_year(town, lise):
    page, today = lise.page, timezone.localdate()
    lise.press(page.get_by_role("link", name="Planlæg årets møder"))
    lise.press(page.get_by_role("link", name="Planlæg årets møder"))
    lise.write(page.get_by_label("Hvor mange møder?"), "5")
    lise.choose(page.get_by_label("Hvilken ugedag?"), "tirsdag")
    lise.clock(page.get_by_label("Begynder kl."), "14:00")
    lise.date(page.get_by_label("Fra og med"), datetime.date(today.year + 1, 1, 1))
    lise.date(page.get_by_label("Til og med"), datetime.date(today.year + 1, 12, 31))
    lise.press(button(page, "Vis forslag til datoer"))
    page.get_by_role("heading", name="Forslag til datoer").wait_for()
    lise.press(button(page, "Opret møderne"))
    page.get_by_text("5 møder er oprettet").wait_for()
    town.picture(page, "aarsplan", ".year-overview", height=500)
    assert Meeting.objects.count() == 5
    lise.press(page.get_by_role("link", name="Offentliggør de 5 datoer"))
    lise.tick(page.get_by_label("Jeg har læst det."))
    lise.press(button(page, "Offentliggør datoerne"))
    page.get_by_text("5 datoer er offentlige").wait_for()
    assert Meeting.objects.published().count() == 5
    return Meeting.objects.earliest("date")


def build_the_agenda(town, lise, meeting):
    page = lise.page
    lise.press(page.get_by_role("link", name="Mit bord").first)
    lise.press(page.get_by_role("link", name="Lav dagsordenen").first)
    lise.press(button(page, "Lav dagsordenen"))

    # Karin proposes an item through a personal link, and Lise accepts it.
    lise.press(button(page, "Spørg alle medlemmer: »Har du et punkt?«"))
    page.get_by_text("medlemmer er spurgt").wait_for()
    karin = town.open(town.post()["karin"])
    karin.write(karin.page.get_by_label("Hvad skal punktet hedde?"), "Et varmt sted om natten")
    karin.press(button(karin.page, "Send forslaget"))
    karin.page.get_by_text("Vi har fået dit forslag").wait_for()
    assert "Karin Holt har foreslået et punkt" in town.post()["raadet"].text
    page.reload()
    lise.press(page.get_by_role("button", name="Sæt på dagsordenen"))
    page.get_by_text("er på dagsordenen.").wait_for()

    # Lise's own item, with a file, a theme and a goal.
    lise.write(page.get_by_label("Titel").and_(page.locator("#id_new_title")), HOMES)
    page.keyboard.press("Enter")
    row = page.locator("li[data-row]").filter(has=page.locator(f"input[value='{HOMES}']"))
    lise.press(row.locator("summary").first)
    lise.write(editor(row, "Sagsfremstilling"), "Syv unge venter. Ring til Bente Krogh på 20 30 40 50.")
    with page.expect_file_chooser() as chooser:
        lise.press(row.get_by_label("Læg en fil ved"))
    chooser.value.set_files({"name": "venteliste.txt", "mimeType": "text/plain", "buffer": b"Syv unge venter."})
    lise.press(row.locator("summary", has_text="Handler om"))
    for label, choice in (("Temaer", "Et sted at bo"), ("Mål", "skaffe 20 små boliger")):
        lise.tick(row.get_by_role("group", name=label).get_by_label(choice))
    lise.press(button(page, "Gem").last)
    page.locator("a", has_text="venteliste.txt").wait_for(state="attached")
    item = meeting.items.get(title=HOMES)
    assert item.attachments.exists() and item.themes.exists() and item.goals.exists()
    assert [item.title for item in meeting.items.all()] == [
        "Godkendelse af dagsorden",
        "Et varmt sted om natten",
        HOMES,
        "Eventuelt",
    ]
    town.picture(page, "dagsorden", "ol.items")


def publish_the_agenda(town, lise, meeting):
    page = lise.page
    lise.press(page.get_by_role("link", name="Offentliggør og indkald …"))
    page.locator("blockquote mark", has_text="20 30 40 50").first.wait_for()
    town.picture(page, "gate", "section[aria-labelledby=found]")

    # The findings of the gate are removed.
    lise.press(page.get_by_role("button", name="Ret feltet").first)
    lise.write(editor(page, "Sagsfremstilling"), "Syv unge venter på en bolig.")
    lise.press(button(page, "Gem").first)
    through_the_gate(lise)
    mails = town.post()
    assert set(mails) == {"karin", "jonas", "hanne"}
    method, event = event_in(mails["jonas"])
    assert (method, event["SEQUENCE"]) == ("REQUEST", 0)
    [paper] = [content for name, content in mails["jonas"].attachments.items() if name.endswith(".pdf")]
    assert HOMES in words(paper)
    return event["UID"]


def move_it_to_today(town, lise, meeting, uid):
    page, today = lise.page, timezone.localdate()
    lise.press(page.get_by_role("link", name="Møder", exact=True).first)
    lise.press(page.get_by_role("link", name="Årets møder"))
    lise.press(page.get_by_role("link", name=str(meeting.date.year), exact=True))
    lise.press(page.get_by_text("Flyt mødet").first)
    lise.date(page.get_by_label("Ny dato").first, today)
    lise.clock(page.get_by_label("Begynder kl.").first, "")
    lise.press(button(page, "Flyt mødet").first)
    lise.press(page.get_by_role("link", name="Send dem den nye dato"))
    lise.press(button(page, "Send ændringen til 3 medlemmer"))
    page.get_by_text("3 mails er på vej.").wait_for()
    mails = town.post()
    method, event = event_in(mails["jonas"])
    assert (method, event["UID"], event["DTSTART"].dt) == ("REQUEST", uid, today)
    assert event["SEQUENCE"] > 0
    return mails


def one_stays_away_and_another_comes(town, lise, meeting, mails):
    page = lise.page
    for name, answer, thanks in (
        ("jonas", "Jeg melder afbud", "Du har meldt afbud"),
        ("karin", "Jeg kommer", "at du kommer"),
    ):
        phone = town.open(mails[name])
        phone.press(button(phone.page, answer))
        phone.page.get_by_text(thanks).wait_for()
    page.reload()
    town.picture(page, "indkaldelse", "#content-main")
    lise.press(page.get_by_role("button", name="Rosa Winther"))
    page.get_by_text("Rosa Winther får en mail nu.").wait_for()
    mails = town.post()
    assert "Jonas Bredal har meldt afbud" in mails["raadet"].text
    rosa = town.open(mails["rosa"])
    rosa.press(button(rosa.page, "Jeg kommer"))
    rosa.page.get_by_text("at du kommer").wait_for()
    called = meeting.invitations.get(member__person__first_name="Rosa")
    assert (called.reply, called.called_for.person.first_name) == ("kommer", "Jonas")


def hold_the_meeting(town, lise, meeting):
    page = lise.page
    lise.press(page.get_by_role("link", name="Mødebord"))
    saved(page)
    homes = page.locator(".desk-item", has=page.get_by_role("heading", name=HOMES))

    lise.tick(page.get_by_role("group", name="Hanne Vest").get_by_role("radio", name="Til stede"))
    lise.tick(page.locator(".desk-item").nth(1).get_by_role("radio", name=re.compile("^Godkendt")))
    lise.press(homes.locator("summary").first)  # the item at hand is open, the others are folded
    lise.write(editor(homes, "Referat"), "Karin fortalte om ventelisten.")
    saved(page)
    assert Attendance.objects.filter(status="til-stede").count() == 3  # Rosa and Karin had replied
    town.picture(page, "moedebord")

    # Mads is at the desk too. Offline, both write in the same field.
    mads = town.hand_of("mads")
    mads.page.goto(page.url)
    saved(mads.page)
    expect(page.locator("[data-present]")).to_contain_text("Mads Juhl")
    page.context.set_offline(True)
    lise.write(editor(homes, "Beslutning"), "Rådet skriver til udvalget.")
    expect(page.locator("[data-status]")).to_have_text("Ingen forbindelse: gemt på denne computer")
    his = mads.page.locator(".desk-item", has=mads.page.get_by_role("heading", name=HOMES))
    mads.press(his.locator("summary").first)
    mads.write(editor(his, "Beslutning"), "Rådet beder om 21 boliger.")
    saved(mads.page)
    page.context.set_offline(False)
    clash = homes.locator(".clash")
    expect(clash).to_contain_text("Rådet beder om 21 boliger.")
    expect(clash).to_contain_text("Rådet skriver til udvalget.")
    lise.press(button(clash, "Behold begge"))
    expect(clash).to_have_count(0)
    mads.page.close()

    lise.write(homes.get_by_label("Hvad er aftalt?").first, "Invitere boligforeningen")
    lise.choose(homes.get_by_label("Hvem i rådet?").first, "Hanne Vest (medlem)")
    lise.date(homes.get_by_label("Hvornår?").first, timezone.localdate() + datetime.timedelta(30))
    saved(page)
    item = meeting.items.get(title=HOMES)
    assert item.decision == "<p>Rådet beder om 21 boliger.</p><p>Rådet skriver til udvalget.</p>"
    assert (Agreement.objects.get().item, str(Agreement.objects.get().member.person)) == (item, "Hanne Vest")


def let_the_members_approve(town, lise):
    page = lise.page
    lise.press(page.get_by_role("link", name="Mødet er slut", exact=True))
    with lise.counted():
        lise.press(button(page, "Send referatet til godkendelse …"))
        lise.press(button(page, "Send til godkendelse"))
    page.get_by_text("Medlemmerne læser referatet").wait_for()
    mails = town.post()
    for name in ("karin", "rosa", "hanne"):
        phone = town.open(mails[name])
        if name == "hanne":
            phone.press(phone.page.get_by_text("Skriv en bemærkning til punkt 3"))
            phone.write(phone.page.get_by_label(re.compile("punkt 3")), "Det var 12 boliger.")
        phone.press(button(phone.page, "Send mine bemærkninger" if name == "hanne" else "Jeg godkender referatet"))
        phone.page.get_by_text("Tak.").wait_for()

    # Days later the task is on Lise's front page.
    lise.press(page.get_by_role("link", name="Mit bord").first)
    page.get_by_role("heading", name="Det er tid til").wait_for()
    town.picture(page, "mit-bord", height=700)
    lise.press(page.get_by_role("link", name="Læs bemærkningerne").first)
    page.get_by_text("Det var 12 boliger.").wait_for()
    town.picture(page, "godkendelse", "#content-main", height=560)


def publish_the_minutes(town, lise, meeting):
    page = lise.page
    lise.press(page.get_by_role("link", name=f"Punkt 3: {HOMES}"))
    lise.write(editor(page, "Beslutning"), "Rådet beder om 12 boliger.")
    lise.press(button(page, "Gem og luk"))
    lise.press(page.get_by_role("link", name="Godkendelse", exact=True))
    lise.press(page.get_by_role("button", name="Set på"))
    # What was approved is an earlier text, so the members are asked again.
    lise.press(page.locator("summary", has_text="Send den rettede tekst ud igen"))
    lise.press(button(page, "Send ud igen"))
    page.get_by_text("Medlemmerne læser referatet").wait_for()
    mails = town.post()
    for name in ("karin", "rosa", "hanne"):
        phone = town.open(mails[name])
        phone.press(button(phone.page, "Jeg godkender referatet"))
        phone.page.get_by_text("Tak.").wait_for()
    page.reload()
    with lise.counted():
        lise.press(page.get_by_role("button", name="Luk runden"))
        through_the_gate(lise)
    # Counted from »Mødet er slut«, without handling the remark.
    assert lise.count <= 5
    assert "12 boliger" in town.read(meeting)


def correct_the_minutes(town, lise, meeting):
    page = lise.page
    lise.press(page.get_by_role("link", name="Ret referatet"))
    lise.write(page.get_by_label("Hvad er rettet?"), "Der stod 12 boliger. Det rigtige tal er 21.")
    lise.press(page.locator("summary", has_text=HOMES))
    lise.write(editor(page, "Beslutning"), "Rådet beder om 21 boliger.")
    lise.press(page.get_by_role("button", name="Se rettelsen"))
    page.get_by_role("heading", name="Læs rettelsen").wait_for()
    town.picture(page, "rettelse", "section[aria-labelledby=check]")
    lise.tick(page.get_by_label("Jeg har læst rettelsen"))
    lise.press(button(page, "Offentliggør rettelsen"))
    page.get_by_text("Rettelsen er offentlig nu.").wait_for()
    text = town.read(meeting)
    assert "Rettet den" in text and "Det rigtige tal er 21." in text and "beder om 21 boliger" in text


def take_it_back(town, lise, meeting):
    page = lise.page
    lise.press(page.get_by_role("link", name="Mødet", exact=True))
    lise.press(page.get_by_role("link", name="Træk referatet tilbage"))
    lise.press(button(page, "Træk tilbage"))
    page.get_by_text("er trukket tilbage").first.wait_for()
    text = town.read(meeting)
    assert HOMES in text and "21 boliger" not in text and "Rettet" not in text
    lise.press(page.get_by_role("link", name="Træk mødet tilbage"))
    lise.press(button(page, "Træk tilbage"))
    page.get_by_text("er trukket tilbage").first.wait_for()
    town.read(meeting, status=404)
    lise.press(page.get_by_role("link", name="Historik", exact=True))
    town.picture(page, "historik", ".history-group:nth-of-type(3)", height=210)


def test_a_council_year(town, council):
    lise = town.hand_of("lise")
    meeting = plan_the_year(town, lise)
    build_the_agenda(town, lise, meeting)
    uid = publish_the_agenda(town, lise, meeting)
    mails = move_it_to_today(town, lise, meeting, uid)
    one_stays_away_and_another_comes(town, lise, meeting, mails)
    hold_the_meeting(town, lise, meeting)
    let_the_members_approve(town, lise)
    publish_the_minutes(town, lise, meeting)
    correct_the_minutes(town, lise, meeting)
    take_it_back(town, lise, meeting)
