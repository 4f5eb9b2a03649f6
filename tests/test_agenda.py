"""The agenda page: standard items, editing, concurrent editors, files, proposals from members, supplements."""

import datetime
import re
from io import BytesIO

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from lxml import html
from pypdf import PdfReader

from council.meetings.agenda.building import add_item, add_standard_items
from council.meetings.invitations.sending import invite
from council.models import Agenda, AgendaItem, Attachment, Proposal, StandardItem
from udsat.admin.edit_versions import increment_version
from udsat.lib.publishing import Status
from udsat.models import Letter, Revision

from . import factories as make

CPR = "010190-1234"
BRINGS = StandardItem.Brings
TEXTS = ("title", "kind", "case_number", "public_title", "presentation", "recommendation")


def in_days(days):
    return timezone.localdate() + datetime.timedelta(days=days)


@pytest.fixture
def council(esbjerg):
    council = make.council(esbjerg, item_days=14)
    make.standard_item(council, "Godkendelse af dagsorden", kind="godkendelse")
    make.standard_item(council, "Godkendelse af referat", brings=BRINGS.APPROVAL)
    make.standard_item(council, "Siden sidst", brings=BRINGS.AGREEMENTS)
    make.standard_item(council, "Eventuelt", is_last=True)
    make.standard_item(council, "Næste møde", brings=BRINGS.NEXT_MEETING, is_last=True)
    return council


@pytest.fixture
def meeting(council):
    return make.meeting(council, in_days(20), starts_at=datetime.time(14), place="Rådhuset")


@pytest.fixture
def karen(council):
    return make.membership(council, make.person(council.municipality, email="karen@eksempel.dk"))


@pytest.fixture
def client(client, anna):
    client.force_login(anna)
    return client


def address(meeting, what=""):
    return f"/admin/council/meeting/{meeting.pk}/punkter/{what}"


def titles(meeting):
    return list(meeting.items.values_list("title", flat=True))


class OpenPage:
    """The agenda page open in a browser: the data that its form would submit."""

    def __init__(self, client, meeting):
        self.client, self.address = client, address(meeting)
        tree = html.fromstring(client.get(self.address).content.decode())
        self.data = dict(tree.get_element_by_id("agenda_form").form_values())

    def write(self, item, **values):
        self.data |= {f"punkt-{item.pk}-{name}": value for name, value in values.items()}
        return self

    def save(self, action="", **more):
        return self.client.post(self.address, {**self.data, "action": action, **more}, follow=True)

    def autosave(self):
        return self.client.post(self.address, self.data, headers={"Accept": "application/json"}).json()


def flat(response):
    return " ".join(html.fromstring(response.content.decode()).text_content().split())


# Standard items


def test_the_councils_standard_items_come_by_themselves_around_the_days_own(client, council, meeting):
    last = make.meeting(council, in_days(-40))
    make.minutes(last)
    make.agreement(make.item(last, "Natcafé"), "Invitere boligforeningen", due_on=in_days(3))
    make.meeting(council, in_days(60), starts_at=datetime.time(15))
    make.item(meeting, "Dagens eget")
    OpenPage(client, meeting).save("add_standard_items")
    first = ["Godkendelse af dagsorden", "Godkendelse af referat", "Siden sidst"]
    assert titles(meeting) == [*first, "Dagens eget", "Eventuelt", "Næste møde"]
    texts = dict(meeting.items.values_list("title", "presentation"))
    assert last.get_absolute_url() in texts["Godkendelse af referat"]
    assert "<li>Invitere boligforeningen (senest" in texts["Siden sidst"]
    assert "kl. 15.00" in texts["Næste møde"]
    assert [a.text for a in meeting.items.get(title="Siden sidst").followed_up.all()] == ["Invitere boligforeningen"]
    OpenPage(client, meeting).save("add_standard_items")
    assert len(titles(meeting)) == 6


def test_nothing_is_followed_up_where_nothing_is_open(council, meeting):
    add_standard_items(meeting)
    assert titles(meeting) == ["Godkendelse af dagsorden", "Eventuelt", "Næste møde"]


def test_what_was_agreed_under_a_closed_item_and_who_promised_it_stay_where_they_are(council, meeting):
    last = make.meeting(council, in_days(-40))
    make.minutes(last, Status.DRAFT)
    make.agreement(make.item(last, is_closed=True), "Ringe til Kakadue")
    make.agreement(make.item(last), "Skrive et brev", responsible="Gunnar")
    add_standard_items(meeting)
    text = " ".join(meeting.items.values_list("presentation", flat=True))
    assert "Skrive et brev" in text and "Kakadue" not in text and "Gunnar" not in text
    # The minutes are not public, so there is no link to them.
    assert last.get_absolute_url() not in text


def test_opening_the_page_changes_nothing(client, meeting):
    client.get(address(meeting))
    assert not Agenda.objects.exists() and not AgendaItem.objects.exists()


# Editing


def test_a_title_and_enter_put_an_item_before_the_last_ones(client, meeting):
    add_standard_items(meeting)
    for title in ("Natcafé", "  Varme   måltider "):
        OpenPage(client, meeting).save(new_title=title)
    assert titles(meeting) == ["Godkendelse af dagsorden", "Natcafé", "Varme måltider", "Eventuelt", "Næste møde"]


def test_a_title_that_cannot_be_kept_is_shown_again(client, meeting):
    response = OpenPage(client, meeting).save(new_title="x" * 201)
    assert response.status_code == 200 and 'aria-invalid="true"' in response.content.decode()
    OpenPage(client, meeting).save(new_title="Nul\x00")
    assert titles(meeting) == ["Nul"]


def test_the_words_before_the_items_are_saved_before_there_is_an_agenda(client, meeting):
    form = OpenPage(client, meeting)
    form.data["dagsorden-intro"] = "<p>Der er kaffe fra klokken 13.</p>"
    assert "Dagsordenen er gemt" in flat(form.save()) and "kaffe" in Agenda.objects.get().intro


def test_every_button_saves_what_has_been_typed(client, meeting):
    first, second = make.item(meeting, "Første"), make.item(meeting, "Andet")
    form = OpenPage(client, meeting).write(first, title="Allerførste", kind="beslutning")
    form.write(second, presentation="<p>En <script>x</script>sag.</p>").save(f"move_down:{first.pk}")
    assert titles(meeting) == ["Andet", "Allerførste"]
    first.refresh_from_db()
    assert first.kind == "beslutning" and "sag." in meeting.items.get(pk=second.pk).presentation
    assert "<script>" not in meeting.items.get(pk=second.pk).presentation


def test_the_order_is_saved_as_the_rows_were_put(client, meeting):
    items = [make.item(meeting, title) for title in "abc"]
    form = OpenPage(client, meeting)
    for position, item in enumerate(reversed(items), 1):
        form.write(item, position=str(position))
    form.save()
    assert titles(meeting) == ["c", "b", "a"]


def test_a_form_of_nonsense_changes_nothing(client, meeting):
    item = make.item(meeting, "Natcafé")
    for data in (
        {},
        {"action": "move_up:x"},
        {"action": "accept:99"},
        {"order": "1,x,99999999999999999999", f"punkt-{item.pk}-position": "-1"},
        {f"punkt-{item.pk}-version": "gammel"},
        {"punkt-99999999-version": ""},
        {"dagsorden-version": "\x00", "new_title": " "},
    ):
        response = client.post(address(meeting), data)
        assert response.status_code in (200, 302), data
        assert titles(meeting) == ["Natcafé"], data


def test_a_field_that_is_wrong_keeps_everything_on_the_form(client, meeting):
    good, bad = make.item(meeting, "God"), make.item(meeting, "Skidt")
    form = OpenPage(client, meeting).write(good, title="Bedre").write(bad, title="", presentation="<p>Langt</p>")
    response = form.save(f"move_up:{bad.pk}")
    assert titles(meeting) == ["Bedre", "Skidt"]
    assert "Langt" in response.content.decode()
    assert "Langt" not in meeting.items.get(pk=bad.pk).presentation


def test_themes_and_goals_of_another_municipality_are_refused(client, esbjerg, vejle, meeting):
    item = make.item(meeting, "Bolig")
    ours, theirs = make.theme(make.strategy(esbjerg)), make.theme(make.strategy(vejle))
    OpenPage(client, meeting).write(item, themes=[ours.pk]).save()
    assert list(item.themes.all()) == [ours]
    OpenPage(client, meeting).write(item, themes=[theirs.pk]).save()
    assert list(item.themes.all()) == [ours]


def test_a_number_is_warned_about_at_once(client, meeting):
    item = make.item(meeting, "Natcafé")
    response = OpenPage(client, meeting).write(item, presentation=f"<p>Hun hedder {CPR}</p>").save()
    assert "noget ligner et CPR-nummer" in flat(response)
    form = OpenPage(client, meeting).write(item, title=f"Om {CPR}")
    assert "●●●●●●-●●●●" in str(form.autosave()["cpr_warnings"])


def test_a_long_agenda_asks_no_more_questions_than_a_short_one(client, esbjerg, meeting, django_assert_max_num_queries):
    theme = make.theme(make.strategy(esbjerg))
    goal = make.goal(theme)

    def full(number):
        item = make.item(meeting, f"Nr. {number}")
        item.themes.add(theme)
        item.goals.add(goal)
        make.attachment(meeting, f"{number}.txt", item=item)

    full(1)
    client.get(address(meeting))
    with django_assert_max_num_queries(60) as few:
        client.get(address(meeting))
    for number in range(2, 9):
        full(number)
    with django_assert_max_num_queries(len(few)):
        client.get(address(meeting))


# Concurrent editors


@pytest.mark.engine
def test_the_same_text_written_by_two_is_shown_as_both(client, meeting, eva):
    item = make.item(meeting, "Natcafé", presentation="<p>Før</p>")
    other = Client()
    other.force_login(eva)
    mine, hers = OpenPage(client, meeting), OpenPage(other, meeting)
    hers.write(item, presentation="<p>Evas ord</p>").save()
    response = mine.write(item, presentation="<p>Annas ord</p>").save()
    page = response.content.decode()
    assert "har gemt imens" in page and "Evas ord" in page and "Annas ord" in page
    item.refresh_from_db()
    assert item.presentation == "<p>Evas ord</p>"
    again = dict(html.fromstring(page).get_element_by_id("agenda_form").form_values())
    client.post(address(meeting), again)
    item.refresh_from_db()
    assert item.presentation == "<p>Annas ord</p>"


@pytest.mark.engine
def test_two_write_in_each_their_item_without_meeting(client, meeting, eva):
    first, second = make.item(meeting, "Første"), make.item(meeting, "Andet")
    other = Client()
    other.force_login(eva)
    mine, hers = OpenPage(client, meeting), OpenPage(other, meeting)
    hers.write(second, title="Andet, af Eva").save()
    response = mine.write(first, title="Første, af Anna").save()
    assert "har gemt imens" not in response.content.decode()
    assert titles(meeting) == ["Første, af Anna", "Andet, af Eva"]


def test_an_item_deleted_while_somebody_wrote_in_it_comes_back_with_the_words(client, meeting):
    item = make.item(meeting, "Natcafé")
    form = OpenPage(client, meeting).write(item, presentation="<p>Mange ord</p>")
    item.delete()
    assert "er slettet imens" in flat(form.save())
    assert [one.presentation for one in meeting.items.all()] == ["<p>Mange ord</p>"]


def test_what_is_typed_saves_itself_and_tells_of_another_editor(client, meeting, eva):
    item = make.item(meeting, "Natcafé")
    other = Client()
    other.force_login(eva)
    form, hers = OpenPage(client, meeting), OpenPage(other, meeting)
    answer = form.write(item, title="Natcafé på havnen").autosave()
    assert answer["message"].startswith("Gemt kl.") and titles(meeting) == ["Natcafé på havnen"]
    form.data |= {f"{prefix}-version": version for prefix, version in answer["versions"].items()}
    form.write(item, title="Natcafé ved havnen").autosave()
    assert titles(meeting) == ["Natcafé ved havnen"]
    for title in ("Evas", "Evas titel"):
        told = hers.write(item, title=title).autosave()["errors"][f"punkt-{item.pk}"]
    assert told.startswith("Anna har gemt det samme imens. Det, du har skrevet, ligger i historikken.")
    assert titles(meeting) == ["Natcafé ved havnen"]
    kept = Revision.objects.of(item).get(action=Revision.Action.UNUSED)
    assert (kept.by_name, kept.values["title"]) == ("Eva", "Evas titel")


def test_the_page_learns_what_saving_has_filled_in_so_that_the_next_save_is_no_clash(client, meeting):
    item = make.item(meeting, "Natcafé")
    prefix = f"punkt-{item.pk}"
    form = OpenPage(client, meeting)
    form.data[f"{prefix}-is_closed"] = "on"
    answer = form.autosave()
    assert answer["values"] == {prefix: {"public_title": "Lukket punkt"}}
    form.data |= {f"{prefix}-version": answer["versions"][prefix], f"{prefix}-public_title": "Lukket punkt"}
    answer = form.write(item, recommendation="<p>Drøftes</p>").autosave()
    assert (answer["errors"], answer["values"]) == ({}, {prefix: {}})
    # Somebody who has typed a title of their own meanwhile keeps it.
    form.data[f"{prefix}-version"] = answer["versions"][prefix]
    form.data[f"{prefix}-public_title"] = "En personsag"
    assert form.autosave()["errors"] == {}
    item.refresh_from_db()
    assert (item.public_title, item.recommendation) == ("En personsag", "<p>Drøftes</p>")


def test_the_script_of_the_agenda_learns_that_nobody_is_logged_in(client, meeting):
    form = OpenPage(client, meeting)
    client.logout()
    response = client.post(form.address, form.data, headers={"Accept": "application/json"})
    assert response.status_code == 401


def test_what_is_public_is_not_saved_by_itself(client, meeting):
    item = make.item(meeting, "Natcafé")
    make.agenda(meeting)
    form = OpenPage(client, meeting).write(item, title="Natca")
    assert form.autosave()["versions"] == {} and titles(meeting) == ["Natcafé"]
    form.save()
    assert titles(meeting) == ["Natca"]


def test_an_editor_reads_a_public_agenda_and_writes_in_a_draft(meeting, carla):
    client = Client()
    client.force_login(carla)
    OpenPage(client, meeting).save(new_title="Natcafé")
    assert titles(meeting) == ["Natcafé"]
    Agenda.objects.update(**make.state(Status.PUBLISHED))
    assert "Derfor kan du kun læse den" in client.get(address(meeting)).content.decode()
    assert client.post(address(meeting), {"new_title": "Et til"}).status_code == 403
    assert client.post(address(meeting, "bilag/"), {}).status_code == 403
    assert client.get(address(meeting, "hent/")).status_code == 403
    assert titles(meeting) == ["Natcafé"]


# Files


def test_a_file_is_put_with_an_item_by_the_form_and_by_the_script(client, meeting):
    item = make.item(meeting, "Natcafé")
    OpenPage(client, meeting).save(**{f"punkt-{item.pk}-file": SimpleUploadedFile("notat.txt", b"Et notat")})
    answer = client.post(
        address(meeting, "bilag/"), {"item": item.pk, "file": SimpleUploadedFile("tal.csv", b"a;b\n1;2")}
    )
    assert answer.json()["title"] == "tal.csv"
    assert sorted(one.filename for one in item.attachments.all()) == ["notat.txt", "tal.csv"]


@pytest.mark.parametrize(
    ("name", "content"),
    [("virus.exe", b"MZ"), ("tom.txt", b""), ("løgn.pdf", b"ikke en pdf"), ("x" * 250 + ".txt", b"a")],
)
def test_a_file_that_is_none_is_refused_with_the_reason(client, meeting, name, content):
    item = make.item(meeting, "Natcafé")
    response = OpenPage(client, meeting).save(**{f"punkt-{item.pk}-file": SimpleUploadedFile(name, content)})
    assert "Filen er ikke gemt" in flat(response)
    answer = client.post(address(meeting, "bilag/"), {"item": item.pk, "file": SimpleUploadedFile(name, content)})
    assert answer.status_code == 400 and answer.json()["error"]
    assert not Attachment.objects.exists()


def test_a_file_without_item_or_without_content_is_refused(client, meeting, vejle):
    theirs = make.item(make.meeting(make.council(vejle)))
    for data in ({}, {"item": "x"}, {"item": make.item(meeting).pk}, {"item": theirs.pk, "file": BytesIO(b"x")}):
        assert client.post(address(meeting, "bilag/"), data).status_code == 400
    assert client.get(address(meeting, "bilag/")).status_code == 405


# From an earlier meeting


def test_chosen_items_are_copied_from_an_earlier_meeting(client, council, esbjerg, meeting):
    earlier = make.meeting(council, in_days(-40))
    theme = make.theme(make.strategy(esbjerg))
    wanted = make.item(earlier, "Natcafé", presentation="<p>Sagen</p>", decision="<p>Hemmelig beslutning</p>")
    wanted.themes.add(theme)
    make.item(earlier, "Andet")
    assert "Natcafé" in client.get(address(meeting, f"hent/?fra={earlier.pk}")).content.decode()
    client.post(address(meeting, "hent/"), {"source": earlier.pk, "items": [wanted.pk]})
    [copy] = meeting.items.all()
    assert (copy.title, copy.presentation, copy.decision) == ("Natcafé", "<p>Sagen</p>", "")
    assert list(copy.themes.all()) == [theme]


@pytest.mark.parametrize("data", [{}, {"source": "x"}, {"source": "1" * 30}, {"source": "{}", "items": ["x"]}])
def test_nothing_is_taken_from_nowhere_or_from_another_council(client, council, meeting, vejle, data):
    make.item(make.meeting(council, in_days(-9)))
    theirs = make.item(make.meeting(make.council(vejle)), "Vejles sag")
    data = {name: theirs.meeting_id if value == "{}" else value for name, value in data.items()}
    response = client.post(address(meeting, "hent/"), data | {"items": [theirs.pk]})
    assert response.status_code == 200 and "Vejles sag" not in response.content.decode()
    assert titles(meeting) == []


# Proposals


def request_proposals(client, meeting):
    OpenPage(client, meeting).save("invite_proposals")
    letter = Letter.objects.get(key__startswith="propose:")
    return letter, next(word for word in letter.text.split() if "/foreslaa-punkt/" in word).split("8000")[-1]


def test_each_member_is_asked_once_by_a_personal_link(client, council, meeting, karen):
    make.membership(council, make.person(council.municipality, "Per"))
    letter, link = request_proposals(client, meeting)
    assert letter.to == "karen@eksempel.dk" and "Skriv senest" in letter.text
    OpenPage(client, meeting).save("invite_proposals")
    assert Letter.objects.count() == 1
    page = Client().get(link).content.decode()
    assert "Skriv senest" in page and "enkeltsager" in page


def test_a_member_proposes_and_the_secretary_takes_it_in(client, meeting, karen):
    type(meeting.council).objects.update(email="raad@esbjerg.example")
    _, link = request_proposals(client, meeting)
    member = Client()
    response = member.post(link, {"title": "Natcafé", "text": "Det er <b>koldt</b>.\n\nTak."}, follow=True)
    assert "Vi har fået dit forslag" in flat(response)
    member.post(link, {"title": "Natcafé", "text": "Det er <b>koldt</b>.\n\nTak."})
    proposal = Proposal.objects.get()
    # The e-mail to the secretary links to the proposal and does not quote it.
    notice = Letter.objects.get(key__startswith="proposal:")
    assert "har foreslået et punkt til mødet" in notice.text and address(meeting) in notice.text
    assert "Natcafé" not in notice.text + notice.subject
    assert "Natcafé" in client.get(address(meeting)).content.decode()
    OpenPage(client, meeting).save(f"accept:{proposal.pk}")
    [item] = meeting.items.all()
    assert item.title == "Natcafé" and "koldt" in item.presentation and "<b>" not in item.presentation
    proposal.refresh_from_db()
    assert (proposal.state, proposal.item) == (Proposal.State.TAKEN, item)
    OpenPage(client, meeting).save(f"accept:{proposal.pk}")
    assert len(titles(meeting)) == 1


def test_a_title_of_a_proposal_is_one_line(client, meeting, karen):
    _, link = request_proposals(client, meeting)
    Client().post(link, {"title": "Et varmt\r\nsted"})
    assert Proposal.objects.get().title == "Et varmt sted"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"title": "", "text": "x"}, "Skriv, hvad punktet skal hedde."),
        ({"title": "x" * 201}, "Skriv det kortere"),
        ({"title": "Sag", "text": "x" * 4001}, "Skriv det kortere"),
        ({"title": f"Om {CPR}"}, "ligner et CPR-nummer"),
        ({"title": "Sag", "text": f"Hun er {CPR}"}, "ligner et CPR-nummer"),
        ({"title": "Nul\x00"}, "Vi har ikke sendt noget endnu"),
    ],
)
def test_a_proposal_that_cannot_be_kept_is_shown_again_and_not_stored(client, meeting, karen, data, message):
    _, link = request_proposals(client, meeting)
    response = Client().post(link, data)
    assert response.status_code == 200 and message in flat(response)
    assert not Proposal.objects.exists()


def test_the_request_for_items_names_no_deadline_that_has_passed(client, council, karen):
    near = make.meeting(council, in_days(5), starts_at=datetime.time(14))
    OpenPage(client, near).save("invite_proposals")
    letter = Letter.objects.get(key__startswith="propose:")
    assert "Skriv senest" not in letter.text and "Fristen for punkter var" in letter.text


def test_a_proposal_after_the_deadline_comes_with_a_word_of_it(client, meeting, karen):
    _, link = request_proposals(client, meeting)
    meeting.date = in_days(3)
    meeting.save()
    assert "Fristen var" in Client().get(link).content.decode()
    Client().post(link, {"title": "Natcafé"})
    assert Proposal.objects.count() == 1


@pytest.mark.parametrize("what", ["begyndt", "aflyst", "udtrådt", "en anden"])
def test_the_link_to_propose_ends_with_the_meeting_and_with_the_seat(client, meeting, karen, what):
    _, link = request_proposals(client, meeting)
    if what == "begyndt":
        meeting.date = in_days(-1)
    elif what == "aflyst":
        meeting.is_cancelled = True
    elif what == "udtrådt":
        karen.ends_on = in_days(-1)
    else:
        karen.person = make.person(karen.council.municipality, "Otto")
    meeting.save()
    karen.save()
    assert Client().post(link, {"title": "Natcafé"}).status_code == 410
    assert not Proposal.objects.exists()


def test_a_no_takes_a_reason_and_goes_by_mail(client, meeting, karen):
    proposal = make.proposal(meeting, karen, text="Om natten")
    response = OpenPage(client, meeting).save(f"decline:{proposal.pk}")
    assert "Skriv, hvorfor punktet ikke kommer med" in flat(response)
    OpenPage(client, meeting).save(f"decline:{proposal.pk}", **{f"answer-{proposal.pk}": "Vi tog det op i maj."})
    letter = Letter.objects.get(key=f"proposal-declined:{proposal.pk}")
    assert "Vi tog det op i maj." in letter.text and letter.to == "karen@eksempel.dk"
    assert Proposal.objects.get().state == Proposal.State.DECLINED


# The supplement


@pytest.fixture
def published(meeting, anna, karen):
    add_standard_items(meeting)
    agenda = Agenda.objects.get()
    agenda.publish(by=anna, confirmed=True)
    invite(meeting)
    return agenda


def send(client, meeting, **more):
    page = client.get(address(meeting, "tillaeg/")).content.decode()
    seen = re.search(r'name="seen" value="([^"]*)"', page)[1]
    return client.post(address(meeting, "tillaeg/"), {"seen": seen, **more}, follow=True)


def test_what_comes_after_publication_waits_and_is_seen_by_nobody(client, published, meeting, anna):
    OpenPage(client, meeting).save(new_title="Zebrastribe")
    assert titles(meeting)[-1] == "Zebrastribe"
    for where in (meeting.get_absolute_url(), meeting.get_agenda_pdf_url(), "/soeg/?q=Zebrastribe", "/esbjerg/"):
        response = Client().get(where)
        body = response.content
        if where.endswith("pdf"):
            body = "".join(page.extract_text() for page in PdfReader(BytesIO(body)).pages).encode()
        assert response.status_code == 200 and b"<h3>Zebrastribe" not in body
        assert "soeg" in where or b"Zebrastribe" not in body


def test_the_supplement_is_sent_through_the_gate_and_says_what_came_when(client, published, meeting):
    OpenPage(client, meeting).save(new_title="Natcafé")
    response = send(client, meeting)
    assert "Læs teksten, og sæt så et hak her." in flat(response)
    assert meeting.items.waiting().exists()
    response = send(client, meeting, confirmed="on")
    assert "Tillægsdagsordenen er offentlig" in flat(response)
    page = flat(Client().get(meeting.get_absolute_url()))
    assert "Natcafé" in page and "Kom til med tillægsdagsordenen" in page
    pdf = PdfReader(BytesIO(Client().get(meeting.get_agenda_pdf_url()).content))
    assert "Kom til med tillægsdagsordenen" in " ".join("".join(p.extract_text() for p in pdf.pages).split())
    letter = Letter.objects.get(key__startswith="supplement:")
    assert "Natcafé" in letter.text and "/svar/" in letter.text and letter.files.count() == 1
    published.refresh_from_db()
    assert published.supplemented_on == timezone.localdate()
    assert "Ingen punkter venter" in flat(client.get(address(meeting, "tillaeg/"), follow=True))
    assert Letter.objects.filter(key__startswith="supplement:").count() == 1


def test_a_supplement_that_is_changed_while_it_is_validated_is_read_again(client, published, meeting, meanwhile):
    add_item(meeting, title="Natcafé")

    def another_writes():
        item = meeting.items.waiting().get()
        item.presentation = "<p>Ulæst</p>"
        item.save()
        increment_version(meeting)

    meanwhile(another_writes)
    page = flat(send(client, meeting, confirmed="on"))
    assert "En anden har ændret teksten, mens du læste." in page and "Ulæst" in page
    assert meeting.items.waiting().exists()


def test_a_number_in_what_waits_stops_the_supplement(client, published, meeting, anna):
    add_item(meeting, title=f"Om {CPR}")
    response = send(client, meeting, confirmed="on")
    assert "ligner et CPR-nummer" in flat(response) and meeting.items.waiting().exists()
    with pytest.raises(ValidationError):
        Agenda.objects.get().publish_supplement(by=anna, confirmed=True)
    assert not Letter.objects.filter(key__startswith="supplement:").exists()
    reasons = make.reasons(Agenda.objects.get().supplement_findings())
    send(client, meeting, confirmed="on", **{f"reason_{key}": reason for key, reason in reasons.items()})
    assert not meeting.items.waiting().exists()


def test_a_supplement_changed_during_the_review_is_reviewed_again(client, published, meeting):
    OpenPage(client, meeting).save(new_title="Natcafé")
    page = client.get(address(meeting, "tillaeg/")).content.decode()
    seen = re.search(r'name="seen" value="([^"]*)"', page)[1]
    OpenPage(client, meeting).write(meeting.items.last(), title="Noget helt andet").save()
    response = client.post(address(meeting, "tillaeg/"), {"seen": seen, "confirmed": "on"})
    assert "En anden har ændret teksten" in flat(response)
    assert meeting.items.waiting().exists()


def test_an_item_of_the_items_own_page_waits_too(client, published, meeting):
    item = {"meeting": meeting.pk, "title": "Natcafé", "position": 99, "kind": "", "answer": ""}
    no_agreements = {"agreements-TOTAL_FORMS": 0, "agreements-INITIAL_FORMS": 0}
    client.post("/admin/council/agendaitem/add/", item | no_agreements)
    assert [item.title for item in meeting.items.waiting()] == ["Natcafé"]


def test_a_closed_item_of_the_supplement_is_a_number_and_a_neutral_title(client, published, meeting, anna):
    add_item(meeting, title="Om Kakadue", is_closed=True, public_title="En sag", presentation="<p>Kakadue</p>")
    send(client, meeting, confirmed="on")
    page = Client().get(meeting.get_absolute_url()).content.decode()
    assert "En sag" in page and "Kakadue" not in page
    assert all("Kakadue" not in letter.text for letter in Letter.objects.all())
