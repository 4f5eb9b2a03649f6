"""Uploads: accepted file types, and the CPR check of their content."""

import io
import re
import zipfile

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from pypdf import PdfWriter

from council.models import Attachment
from udsat.lib.publishing import Status
from udsat.lib.uploads import ACCEPTED_UPLOADS, check_upload

from . import factories as make
from .test_back_office_conflict import log_in, opened
from .test_back_office_scope import text, url

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 60
JPG = b"\xff\xd8\xff\xe0" + b"\x00" * 60
NUMBER = "010190-1234"


def pdf(password=None):
    writer = PdfWriter()
    writer.add_blank_page(200, 200)
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def office(part, text="Et notat om boliger."):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(part, f"<document><body><p>{text}</p></body></document>")
    return out.getvalue()


GOOD = {
    ".pdf": pdf(),
    ".docx": office("word/document.xml"),
    ".xlsx": office("xl/workbook.xml"),
    ".pptx": office("ppt/presentation.xml"),
    ".odt": office("content.xml"),
    ".txt": "Kære råd, æ ø å".encode(),
    ".csv": b"navn;antal\nbolig;20\n",
    ".png": PNG,
    ".jpg": JPG,
    ".jpeg": JPG,
}


def check(name, data):
    check_upload(SimpleUploadedFile(name, data))


def test_every_kind_that_is_accepted_has_an_example_here():
    assert set(GOOD) == set(ACCEPTED_UPLOADS)


@pytest.mark.parametrize("ending", GOOD)
def test_what_people_use_is_accepted(ending):
    check(f"notat{ending}", GOOD[ending])
    check(f"NOTAT{ending.upper()}", GOOD[ending])


@pytest.mark.parametrize("ending", GOOD)
@pytest.mark.parametrize("other", GOOD)
def test_content_must_match_the_file_name(ending, other):
    same = {frozenset({".jpg", ".jpeg"}), frozenset({".txt", ".csv"})}
    if ending == other or frozenset({ending, other}) in same:
        check(f"notat{ending}", GOOD[other])
        return
    with pytest.raises(ValidationError) as error:
        check(f"notat{ending}", GOOD[other])
    assert "indhold" in error.value.messages[0]


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("program.exe", b"MZ\x90\x00", "den slags filer op"),
        ("side.html", b"<html><script>alert(1)</script></html>", "den slags filer op"),
        ("tegning.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "den slags filer op"),
        ("arkiv.zip", office("word/document.xml"), "den slags filer op"),
        ("uden endelse", b"tekst", "den slags filer op"),
        (".docx", b"tekst", "indhold"),
        ("tom.txt", b"", "Filen er tom."),
        ("gammel.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "gammelt Word-format"),
        ("i stykker.pdf", b"%PDF-1.7 i stykker", "PDF"),
        ("i stykker.docx", b"PK\x03\x04 i stykker", "beskadiget"),
        ("billede.txt", PNG, "indhold"),
        ("kode.txt", b"\x00\x01\x02\xff\xfe\x00", "tekst"),
        ("laast.pdf", pdf(password="hemmelig"), "adgangskode"),
        ("makro.docx", office("word/vbaProject.bin"), "makroer"),
    ],
)
def test_what_cannot_be_used_is_refused_with_a_way_on(name, data, said):
    with pytest.raises(ValidationError) as error:
        check(name, data)
    assert said in error.value.messages[0] and error.value.messages[0].endswith(".")


def test_20_mb_is_the_limit_and_a_larger_file_is_not_even_read():
    check("stor.txt", b"a" * (20 * 1024 * 1024))
    with pytest.raises(ValidationError) as error:
        check("for stor.txt", b"a" * (20 * 1024 * 1024 + 1))
    assert "fylder 21 MB og må højst fylde 20 MB" in error.value.messages[0]


def test_a_bomb_is_not_unpacked():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"0" * (150 * 1024 * 1024))
    with pytest.raises(ValidationError) as error:
        check("bombe.docx", out.getvalue())
    assert "pakker ud til" in error.value.messages[0]


@pytest.fixture
def annas(anna):
    return log_in(anna)


@pytest.fixture
def meeting(esbjerg):
    made = make.meeting(make.council(esbjerg), status=Status.DRAFT)
    made.refresh_from_db()
    return made


def upload(client, meeting, name, data, **fields):
    return client.post(
        url(Attachment, "add"),
        {"meeting": meeting.pk, "paper": "dagsorden", "position": 0, "file": SimpleUploadedFile(name, data)} | fields,
        follow=True,
    )


def test_a_file_is_put_beside_its_meeting_and_handed_out_by_its_page_only(annas, meeting, client):
    upload(annas, meeting, "Notat om boliger.txt", b"Boliger til unge.")
    attachment = Attachment.objects.get()
    assert attachment.file.read() == b"Boliger til unge."
    page = text(annas.get(url(Attachment, "change", attachment.pk)))
    assert f'href="{attachment.get_absolute_url()}"' in page and str(attachment.file.path) not in page
    assert client.get(attachment.get_absolute_url()).status_code == 404


def test_a_wrong_file_is_refused_beside_its_field_and_nothing_is_kept(annas, meeting, settings):
    response = upload(annas, meeting, "virus.pdf", b"MZ\x90\x00")
    assert "indholdet er noget andet" in text(response)
    assert 'id="id_file_error"' in text(response)
    assert not Attachment.objects.exists() and not list(settings.MEDIA_ROOT.glob("**/*.pdf"))


@pytest.mark.parametrize(
    ("name", "data"),
    [
        (f"brev {NUMBER}.txt", b"Et brev."),
        ("brev.txt", f"Om {NUMBER}.".encode()),
        ("brev.docx", office("word/document.xml", f"Om {NUMBER}.")),
    ],
)
def test_a_cpr_number_in_name_or_content_is_reported_masked(annas, meeting, name, data):
    page = text(upload(annas, meeting, name, data))
    assert "ligner et CPR-nummer" in page
    warning = page.split('class="warning"')[1].split("</li>")[0]
    assert NUMBER not in warning
    assert Attachment.objects.exists()


def test_a_number_in_a_file_of_a_public_agenda_is_refused(annas, meeting):
    make.agenda(meeting)
    response = upload(annas, meeting, "brev.txt", f"Om {NUMBER}.".encode())
    assert "ligner et CPR-nummer" in text(response) and not Attachment.objects.exists()


def test_a_title_can_be_changed_without_sending_the_file_again(annas, meeting):
    attachment = make.attachment(meeting)
    data = opened(annas, attachment) | {"title": "Notat"}
    assert annas.post(url(Attachment, "change", attachment.pk), data).status_code == 302
    attachment.refresh_from_db()
    assert attachment.title == "Notat" and attachment.file.read() == b"Et notat om boliger."


@pytest.mark.parametrize("paper", ["dagsorden", "referat"])
@pytest.mark.parametrize("of_item", [True, False], ids=["of an item", "of the whole meeting"])
def test_attachments_are_added_renamed_replaced_and_removed_from_the_page_of_their_meeting(
    annas, meeting, paper, of_item
):
    item = make.item(meeting, "Boliger")
    page = url(type(meeting), "change", meeting.pk)
    add = re.search(r'href="([^"]+/attachment/add/[^"]*)"', text(annas.get(page)))[1]
    chosen = annas.get(add).context["adminform"].form["meeting"].value()
    assert str(chosen) == str(meeting.pk)
    data = {"meeting": chosen, "paper": paper, "position": 0, "item": item.pk if of_item else ""}
    assert "den slags filer op" in text(annas.post(add, data | {"file": SimpleUploadedFile("notat.exe", b"MZ")}))
    response = annas.post(add, data | {"file": SimpleUploadedFile("notat.pdf", pdf())})
    where = f"{url(type(meeting), 'agenda', meeting.pk)}#punkt-{item.pk}" if of_item else f"{page}#bilag"
    assert response.status_code == 302 and response["Location"] == where
    attachment = meeting.attachments.get()
    assert (attachment.filename, attachment.paper) == ("notat.pdf", paper)
    assert attachment.item == (item if of_item else None)

    own = url(Attachment, "change", attachment.pk)
    assert f'href="{own}">notat.pdf</a>' in text(annas.get(page))
    new = {"title": "Notat", "file": SimpleUploadedFile("nyt.txt", b"Nyt")}
    annas.post(own, opened(annas, attachment) | new)
    assert f'href="{own}">Notat</a>' in text(annas.get(page))
    assert meeting.attachments.get().filename == "nyt.txt"
    annas.post(url(Attachment, "delete", attachment.pk), {"post": "yes"})
    assert not meeting.attachments.exists() and "Der er ingen bilag endnu" in text(annas.get(page))


def test_the_page_of_a_meeting_leads_to_the_pages_that_write_items_and_attendance(annas, meeting):
    page = text(annas.get(url(type(meeting), "change", meeting.pk)))
    for name in ("agenda", "desk"):
        assert f'<a href="{url(type(meeting), name, meeting.pk)}">skriver du på' in page


def test_strange_names_are_kept_inside_the_folder(annas, meeting, settings):
    for name in ("../../../etc/passwd.txt", "æøå ½ 文字.txt", "a" * 250 + ".txt", "%2e%2e%2fx.txt", 'a"b<c>.txt'):
        upload(annas, meeting, name, b"tekst")
    for attachment in Attachment.objects.all():
        assert settings.MEDIA_ROOT.resolve() in type(settings.MEDIA_ROOT)(attachment.file.path).resolve().parents
        assert annas.get(attachment.get_absolute_url()).status_code == 200
