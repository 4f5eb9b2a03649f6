"""Log-in that runs out while somebody writes: the text and the files are there again after logging in."""

import datetime
import re

import pytest
from django.contrib import admin
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import NoReverseMatch
from django.utils import timezone
from lxml import html

from council.models import Attachment, News
from udsat import jobs
from udsat.kept_forms import WRITER_FIELD
from udsat.lib.publishing import Status
from udsat.models import KeptFile, KeptForm, User

from . import factories as make
from .selection import dealt
from .test_back_office_scope import url
from .test_permission_table import DRAFT, PUBLIC, addresses, everything

TEXT = "Det, jeg nåede at skrive, før jeg blev logget ud."


class Writer(Client):
    """A person at a browser: sends a form as it stands on the page, and logs in with a password."""

    def open(self, address):
        self.page = html.fromstring(self.get(address).content.decode())
        self.address = address
        return self

    def form(self, action=""):
        forms = [form for form in self.page.forms if form.method == "POST" and form.get("id") != "logout-form"]
        return next(form for form in forms if not action or form.get("action") == action)

    def send(self, typed, form=None):
        form = self.form() if form is None else form
        values = [(name, value) for name, value in form.form_values() if "__prefix__" not in name]
        data = {}
        for name, value in values:
            data.setdefault(name, []).append(value)
        return self.post(form.get("action") or self.address, data | typed)

    def log_in(self, response, username):
        """Log in on the page that the response leads to; return that page and the one that follows."""
        page = self.get(response["Location"])
        form = html.fromstring(page.content.decode()).get_element_by_id("login-form")
        typed = {"username": username, "password": make.PASSWORD, "next": form.fields["next"]}
        answer = self.post(form.action, typed)
        assert answer.status_code == 302, answer.content.decode()
        self.address = answer["Location"]
        after = self.get(self.address)
        self.page = html.fromstring(after.content.decode()) if after.status_code == 200 else None
        return page, after


@pytest.fixture
def annas(anna):
    writer = Writer()
    writer.force_login(anna)
    return writer


@pytest.fixture
def news(esbjerg):
    return make.news(esbjerg, "Nyt værested", Status.DRAFT)


def test_the_text_is_there_again_after_logging_in(annas, news):
    annas.open(url(News, "change", news.pk))
    annas.logout()
    response = annas.send({"title": "Værested på havnen", "lead": TEXT})
    log_in, page = annas.log_in(response, "anna")
    assert "Du var logget ud, da du trykkede på knappen." in log_in.text
    assert TEXT in page.text and 'value="Værested på havnen"' in page.text
    assert "Det er ikke gemt endnu." in page.text
    news.refresh_from_db()
    assert news.title == "Nyt værested"
    assert annas.send({}).status_code == 302
    news.refresh_from_db()
    assert (news.title, news.lead) == ("Værested på havnen", TEXT)
    assert not KeptForm.objects.exists()


def test_a_file_that_was_chosen_need_not_be_chosen_again(annas, esbjerg):
    meeting = make.meeting(make.council(esbjerg), status=Status.DRAFT)
    annas.open(url(Attachment, "add"))
    annas.logout()
    file = SimpleUploadedFile("notat.txt", b"Et notat om boliger.", "text/plain")
    response = annas.send({"meeting": meeting.pk, "paper": "dagsorden", "title": "Notatet", "file": file})
    _, page = annas.log_in(response, "anna")
    assert "Du skal ikke vælge »notat.txt« igen." in page.text
    assert annas.send({"meeting": meeting.pk}).status_code == 302
    attachment = Attachment.objects.get()
    assert attachment.file.read() == b"Et notat om boliger." and attachment.title == "Notatet"
    assert not KeptFile.objects.exists()


def test_a_file_waits_through_a_mistake_and_a_second_log_out(annas, esbjerg):
    meeting = make.meeting(make.council(esbjerg), status=Status.DRAFT)
    annas.open(url(Attachment, "add"))
    annas.logout()
    file = SimpleUploadedFile("notat.txt", b"Et notat om boliger.", "text/plain")
    annas.log_in(annas.send({"title": "x" * 500, "file": file}), "anna")
    assert annas.send({"title": "x" * 500, "meeting": meeting.pk}).status_code == 200
    annas.logout()
    annas.log_in(annas.send({"title": "Notatet", "meeting": meeting.pk}), "anna")
    assert KeptForm.objects.count() == 1
    assert annas.send({"meeting": meeting.pk}).status_code == 302
    assert Attachment.objects.get().file.read() == b"Et notat om boliger."


def test_another_user_who_logs_in_does_not_get_the_text(annas, carla, news):
    annas.open(url(News, "change", news.pk))
    annas.logout()
    response = annas.send({"lead": TEXT})
    _, page = annas.log_in(response, "carla")
    assert page.status_code == 200 and TEXT not in page.text and "hører til en anden bruger" in page.text
    kept = KeptForm.objects.get()
    assert annas.post(url(News, "change", news.pk), {"ulagret": kept.key}).status_code == 200
    assert KeptForm.objects.exists()


def test_who_logs_in_later_finds_it_on_the_desk(annas, anna, news):
    annas.open(url(News, "change", news.pk))
    annas.logout()
    annas.send({"lead": TEXT})
    later = Writer()
    later.force_login(anna)
    desk = later.open("/admin/").page
    [link] = desk.xpath("//section[@aria-labelledby='kept']//a")
    assert TEXT in later.get(link.get("href")).text


def test_a_form_from_before_logging_in_elsewhere_comes_back_instead_of_a_dead_end(anna, news):
    writer = Writer(enforce_csrf_checks=True)
    writer.force_login(anna)
    writer.open(url(News, "change", news.pk))
    stale = writer.form()
    # Logging in anew, in another window, changes the CSRF token.
    writer.logout()
    writer.force_login(anna)
    writer.get("/admin/")
    response = writer.send({"lead": TEXT}, stale)
    assert response.status_code == 302
    assert TEXT in writer.get(response["Location"]).text
    news.refresh_from_db()
    assert not news.lead


def test_a_form_whose_record_was_changed_meanwhile_shows_the_conflict(annas, news):
    annas.open(url(News, "change", news.pk))
    annas.logout()
    response = annas.send({"lead": TEXT})
    News.objects.filter(pk=news.pk).update(lead="En andens", version=news.version + 1)
    _, page = annas.log_in(response, "anna")
    assert TEXT in page.text and "har gemt imens" in page.text and "En andens" in page.text


def test_the_text_can_be_read_when_its_record_is_deleted_or_public_meanwhile(news, carla):
    writer = Writer()
    writer.force_login(carla)
    writer.open(url(News, "change", news.pk))
    writer.logout()
    response = writer.send({"lead": TEXT})
    News.objects.filter(pk=news.pk).update(**make.state(Status.PUBLISHED))
    assert TEXT in writer.log_in(response, "carla")[1].text
    news.delete()
    assert TEXT in writer.get(writer.address).text


@pytest.mark.parametrize("signature", ["", "opdigtet", "annas"])
def test_what_is_sent_without_the_signature_of_a_user_is_not_kept(annas, anna, news, signature):
    annas.open(url(News, "change", news.pk))
    if signature == "annas":
        User.objects.filter(pk=anna.pk).update(is_active=False)
        signature = annas.form().fields[WRITER_FIELD]
    annas.logout()
    response = annas.send({"lead": TEXT, WRITER_FIELD: signature})
    assert response.status_code == 302 and not KeptForm.objects.exists()


@pytest.mark.parametrize(
    "sent_from", ["http://testserver/esbjerg/", "http://x.example/admin/", "http://testserver/admin/login/"]
)
def test_it_comes_back_where_it_was_sent_to_if_the_browser_names_another_page(annas, news, sent_from):
    address = url(News, "change", news.pk)
    annas.open(address)
    annas.logout()
    annas.defaults["HTTP_REFERER"] = sent_from
    annas.send({"lead": TEXT})
    assert KeptForm.objects.get().page == address


def test_floods_are_bounded_in_number_and_size(annas, anna, news, monkeypatch):
    annas.open(url(News, "change", news.pk))
    annas.logout()
    for n in range(12):
        annas.send({"lead": f"Tekst {n}"})
    assert anna.kept_forms.count() == 10
    assert ["lead", "Tekst 11"] in anna.kept_forms.first().values
    monkeypatch.setattr("udsat.models.kept_forms.MAX_BYTES", 5000)
    annas.send({"lead": "x" * 6000})
    assert not anna.kept_forms.filter(size__gt=5000).exists()
    for letter in "ab":
        annas.send({"lead": letter * 1000})
    assert [len(dict(form.values)["lead"]) for form in anna.kept_forms.all()] == [1000], "together they are too large"
    monkeypatch.setattr("udsat.kept_forms.network_of", lambda request: "et net")
    monkeypatch.setattr("udsat.kept_forms.MOST_PER_HOUR", 1)
    KeptForm.objects.all().delete()
    for n in range(3):
        annas.send({"lead": f"Tekst {n}"})
    assert anna.kept_forms.count() == 1


def test_files_above_the_limit_are_chosen_again_and_the_text_is_kept(annas, esbjerg, monkeypatch):
    annas.open(url(Attachment, "add"))
    annas.logout()
    monkeypatch.setattr("udsat.models.kept_forms.MAX_BYTES", 5000)
    file = SimpleUploadedFile("notat.txt", b"x" * 6000, "text/plain")
    _, page = annas.log_in(annas.send({"title": TEXT, "file": file}), "anna")
    assert TEXT in page.text and "notat.txt" not in page.text and not KeptFile.objects.exists()


def test_it_is_deleted_after_a_week(annas, anna, news):
    annas.open(url(News, "change", news.pk))
    annas.logout()
    response = annas.send({"lead": TEXT})
    KeptForm.objects.update(at=timezone.now() - datetime.timedelta(days=8))
    log_in, page = annas.log_in(response, "anna")
    assert "Du var logget ud" not in log_in.text and page.status_code == 200 and TEXT not in page.text
    assert jobs.delete_old_kept_forms(timezone.now()) == 1


def test_passwords_are_not_kept(operator, esbjerg):
    writer = Writer()
    writer.force_login(operator)
    writer.open(url(User, "add"))
    writer.logout()
    secret = "hemmeligt-hemmeligt"
    typed = {"username": "ny", "first_name": "Nynne", "password1": secret, "password2": secret}
    _, page = writer.log_in(writer.send(typed), "operator")
    assert "Nynne" in page.text and secret not in str(KeptForm.objects.get().values)
    assert not User.objects.filter(username="ny").exists()


@pytest.mark.parametrize("hand", [0, *(pytest.param(hand, marks=pytest.mark.soak) for hand in range(1, 4))])
def test_every_form_of_the_back_office_comes_back(operator, esbjerg, hand):
    """The change form and the form for new records of every model, with every field as it was sent."""
    people = {"superuser": operator}
    made = everything(esbjerg, people)
    for model in dealt(list(admin.site._registry), 4)[hand]:
        label = model._meta.label_lower
        if label in ("udsat.letter", "udsat.publicationevent", "udsat.deletion"):
            continue  # read-only
        obj = made.get((label, DRAFT)) or made[label, ""]
        for address in (url(model, "change", obj.pk), url(model, "add")):
            writer = Writer()
            writer.force_login(operator)
            if writer.get(address).status_code != 200:
                continue  # made elsewhere
            form = writer.open(address).form()
            texts = {
                field.name: f"{TEXT} {n}"
                for n, field in enumerate(form.inputs)
                if field.name
                and "__prefix__" not in field.name
                and (field.tag == "textarea" or field.get("type") == "text")
            }
            writer.logout()
            _, page = writer.log_in(writer.send(texts), "operator")
            values = writer.form().fields
            assert {name: plain(values[name]) for name in texts} == texts, address


def typed_texts(form):
    """Return a text for every field of the form that takes one."""
    fields = [field for field in form.inputs if field.name and "__prefix__" not in field.name]
    return {
        field.name: f"{TEXT} {n}"
        for n, field in enumerate(fields)
        if field.tag == "textarea" or field.get("type") == "text"
    }


@pytest.mark.parametrize("hand", [0, *(pytest.param(hand, marks=pytest.mark.soak) for hand in range(1, 4))])
def test_every_other_page_with_a_form_brings_it_back_or_sends_it_again_by_a_button(operator, esbjerg, hand):
    made = everything(esbjerg, {"superuser": operator})
    come_back, sent_again = set(), set()
    for label, what in dealt(addresses(), 4)[hand]:
        if not label or what in ("changelist", "add", "change", "to-change", "delete", "history", "password"):
            continue
        for state in (DRAFT, PUBLIC, ""):
            if (obj := made.get((label, state))) is None:
                continue
            try:
                address = url(type(obj), what, obj.pk)
            except NoReverseMatch:
                address = url(type(obj), what)
            writer = Writer()
            writer.force_login(operator)
            page = writer.get(address)
            if page.status_code != 200 or "html" not in page.headers["Content-Type"]:
                continue
            forms = [form for form in writer.open(address).page.forms if form.method == "POST" and typed_texts(form)]
            for form in forms:
                texts = typed_texts(form)
                writer.logout()
                _, page = writer.log_in(writer.send(texts, form), "operator")
                values = [value for form in writer.page.forms for _, value in form.form_values()]
                assert all(any(text in value for value in values) for text in texts.values()), address
                (sent_again if "Send det nu" in page.text else come_back).add(what)
    # Rows that are made anew for each page have no field to come back to.
    assert sent_again <= {"desk", "year_plan_new"} and "agenda" not in sent_again, come_back


def plain(value):
    return re.sub(r"<[^>]+>", "", value).strip()
