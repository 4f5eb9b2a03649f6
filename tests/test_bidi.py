"""Characters that change the direction of text are taken out of what is typed, everywhere text enters."""

import io
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from council.models import Attachment, Input
from udsat.lib.documents import read_document
from udsat.lib.publishing import Status
from udsat.lib.richtext import clean_html, plain_text
from udsat.models import DocumentImport, User

from . import factories as make
from .test_back_office_conflict import log_in, opened, save
from .test_desk import Browser
from .test_docx import parts, written
from .test_inputs import send

EVERY = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
TYPED, KEPT = f"Bo{EVERY}lig", "Bolig"


@pytest.fixture
def annas(anna):
    return log_in(anna)


def test_in_the_fields_of_the_back_office(annas, esbjerg):
    news = make.news(esbjerg, status=Status.DRAFT)
    save(annas, news, opened(annas, news) | {"title": TYPED, "lead": TYPED, "body": f"<p>{TYPED} &#8238;nu</p>"})
    news.refresh_from_db()
    assert (news.title, news.lead, news.body) == (KEPT, KEPT, f"<p>{KEPT} nu</p>")


def test_in_a_users_name(operator):
    user = make.user("fie")
    save(log_in(operator), user, opened(log_in(operator), user) | {"first_name": TYPED})
    assert User.objects.get(pk=user.pk).first_name == KEPT


def test_in_the_name_of_a_file(annas, esbjerg):
    meeting = make.meeting(make.council(esbjerg), status=Status.DRAFT)
    file = SimpleUploadedFile(f"brev{EVERY}gpj.txt", b"Ord", "text/plain")
    data = {"meeting": meeting.pk, "paper": "dagsorden", "position": 1, "title": "", "file": file}
    annas.post(reverse("admin:council_attachment_add"), data)
    assert Attachment.objects.get().filename == "brevgpj.txt"
    file = SimpleUploadedFile(f"plan{EVERY}gpj.txt", b"Tema 1: Bolig", "text/plain")
    report = annas.post("/admin/strategies/strategy/import/", {"municipality": esbjerg.pk, "file": file}, follow=True)
    assert DocumentImport.objects.get().name == "plangpj.txt" and report.status_code == 200


def test_at_the_meeting_desk(client, anna, esbjerg):
    item = make.item(make.meeting(make.council(esbjerg)))
    desk = Browser(client, item.meeting, anna)
    desk.write(f"item:{item.pk}:decision", f"<p>{TYPED}</p>")
    desk.write(f"item:{item.pk}:internal_note", TYPED)
    item.refresh_from_db()
    assert (item.decision, item.internal_note) == (f"<p>{KEPT}</p>", KEPT)


def test_in_what_a_citizen_writes(client, anna, esbjerg):
    make.council(esbjerg)
    send(client, text=TYPED)
    assert Input.objects.get().text == KEPT


def word_file(words):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in parts(written("<p>ORD</p>")).items():
            archive.writestr(name, content.replace(b"ORD", words.encode()))
    return file.getvalue()


@pytest.mark.parametrize("ending", ["txt", "md", "html", "docx"])
def test_in_documents_that_are_read(ending):
    data = {"docx": lambda: word_file(TYPED), "html": lambda: f"<p>{TYPED}</p>".encode()}
    document = read_document(data.get(ending, TYPED.encode)(), f"strategi.{ending}")
    assert KEPT in str(document) and not any(character in str(document) for character in EVERY)


def test_in_pasted_text_and_in_rows_that_no_form_has_cleaned(esbjerg):
    assert plain_text(clean_html(f"<p>{TYPED}</p>")) == KEPT
    assert make.news(esbjerg, TYPED).title == KEPT
