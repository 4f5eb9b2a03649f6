"""Uploading a strategy in the back office: the draft, the import report and error messages."""

import datetime
import io
import zipfile
from pathlib import Path

import axe_playwright_python
import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from strategies.models import Goal, Section, Strategy, Theme
from udsat.document_reading import read_next
from udsat.lib.publishing import Status
from udsat.lib.roles import Role
from udsat.models import DocumentImport, Revision

from . import factories

FILES = Path(__file__).parent / "files"
WITH_SECTIONS = (FILES / "strategi_med_afsnit.txt").read_bytes()
ADDRESS = "/admin/strategies/strategy/import/"
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()


def upload(client, target, data=WITH_SECTIONS, name="strategi.txt", **fields):
    file = SimpleUploadedFile(name, data)
    return client.post(ADDRESS, {"municipality": target.pk, "file": file, **fields}, follow=True)


def text_of(response):
    assert response.status_code == 200
    return response.content.decode()


def nothing_saved():
    return not any(model.objects.exists() for model in (Strategy, Section, Theme, Goal, LogEntry))


def error_at_file(response):
    """Return the error of the file field, and check that nothing is saved."""
    assert response.status_code == 200
    assert nothing_saved()
    return " ".join(response.context["form"].errors["file"])


@pytest.fixture
def at_anna(client, anna):
    client.force_login(anna)
    return client


def test_the_list_of_strategies_leads_to_the_upload(at_anna):
    assert reverse("admin:strategies_strategy_import") == ADDRESS
    page = text_of(at_anna.get("/admin/strategies/strategy/"))
    assert f'href="{ADDRESS}">Indlæs fra fil</a>' in page


def test_a_file_becomes_a_draft_with_a_report_of_its_parts(at_anna, esbjerg, anna):
    response = upload(at_anna, esbjerg)
    strategy = Strategy.objects.get()
    assert (strategy.municipality, strategy.status, strategy.period) == (esbjerg, Status.DRAFT, "2027–2030")
    assert not Strategy.objects.published().exists()
    assert response.redirect_chain == [(f"{ADDRESS}?fil={DocumentImport.objects.get().key}", 302)]
    page = text_of(response)
    assert strategy.title in page and "Periode: 2027–2030" in page
    assert "4 temaer, 14 mål" in page
    for theme, goals in zip(strategy.themes.all(), (4, 3, 2, 5), strict=True):
        assert f"{theme.title}: {goals} mål" in page
    for section in strategy.sections.all():
        assert section.get_kind_display() in page
    assert f'href="/admin/strategies/strategy/{strategy.pk}/change/">Ret kladden</a>' in page
    assert f'href="{strategy.get_absolute_url()}">Se siden</a>' in page
    assert at_anna.get(strategy.get_absolute_url()).status_code == 200
    entry = Revision.objects.of(strategy).get()
    assert (entry.action, entry.by) == (Revision.Action.MADE, anna)


def test_guiding_threads_are_told(at_anna, esbjerg):
    page = text_of(upload(at_anna, esbjerg, (FILES / "strategi_med_ledetraade.txt").read_bytes()))
    assert page.count("Ledetråd: ") == 4


def test_groups_without_headings_and_goals_below_goals_are_told(at_anna, esbjerg):
    page = text_of(upload(at_anna, esbjerg, (FILES / "politik_uden_temaoverskrifter.txt").read_bytes()))
    assert page.count("(uden overskrift): ") == 4
    page = text_of(upload(at_anna, esbjerg, (FILES / "pejlemaerker_med_delmaal.md").read_bytes(), "plan.md"))
    assert " pejlemærker, " in page and " delmål" in page


def test_a_text_without_a_title_is_told_so(at_anna, esbjerg):
    page = text_of(upload(at_anna, esbjerg, "Vi vil:\n• bygge små boliger.\n• åbne et værested.\n".encode()))
    assert "Teksten har ingen titel. Skriv den selv." in page
    assert "<q></q>" not in page


def test_what_was_not_understood_is_told_with_its_place_and_the_reason(at_anna, esbjerg):
    page = text_of(upload(at_anna, esbjerg, (FILES / "nyhed_om_strategi.txt").read_bytes()))
    assert "ligner en nyhed" in page
    assert "Linje " in page and "Vi forstod det hele" not in page


def test_what_was_skipped_is_told_with_its_place_and_the_reason(at_anna, esbjerg):
    page = text_of(upload(at_anna, esbjerg, (FILES / "side_med_ramme.html").read_bytes(), "side.html"))
    assert "Afsnit " in page and "Vi sprang ikke noget over" not in page


def test_hundreds_of_remarks_do_not_fill_the_page(at_anna, esbjerg):
    links = b"".join(b"<nav><a href='/%d'>Genvej %d</a></nav>" % (n, n) for n in range(700))
    html = b"<html><body>" + links + (FILES / "side_med_ramme.html").read_bytes() + b"</body></html>"
    progress = upload(at_anna, esbjerg, html, "side.html")
    read_next()
    response = at_anna.get(progress.redirect_chain[-1][0])
    page = text_of(response)
    ignored = response.context["report"]["ignored"]
    assert len(ignored["shown"]) == 200
    assert ignored["count"] == 200 + ignored["more"]
    assert f"Der er {ignored['more']} mere" in page


def test_a_number_like_a_cpr_number_is_pointed_out_and_kept_out_of_the_log(at_anna, esbjerg):
    text = WITH_SECTIONS.decode() + "\n• hjælpe 010190-0001 videre.\n"
    page = text_of(upload(at_anna, esbjerg, text.encode(), "010190-0001.txt"))
    assert "Det ligner CPR-numre" in page and "●●●●●●-●●●●" in page
    assert not LogEntry.objects.exists() and "010190" not in " ".join(it.label for it in Revision.objects.all())


def test_going_back_to_the_account_imports_nothing_again(at_anna, esbjerg):
    account = upload(at_anna, esbjerg).redirect_chain[-1][0]
    assert "er læst ind" in text_of(at_anna.get(account))
    assert Strategy.objects.count() == 1


@pytest.mark.parametrize("key", ["", "x", "0", "\x00", "00000000-0000-4000-8000-000000000000"])
def test_the_account_of_a_file_that_is_gone_asks_for_the_file(at_anna, key):
    response = at_anna.get(ADDRESS, {"fil": key})
    assert response.status_code == 404 and "vælg filen igen" in response.content.decode()


def test_the_account_is_for_who_uploaded_the_file_and_still_writes_there(at_anna, client, anna, carla, bo, esbjerg):
    account = upload(at_anna, esbjerg).redirect_chain[-1][0]
    for other in (carla, bo):
        client.force_login(other)
        assert client.get(account).status_code == 404
    anna.assignments.update(municipality=bo.assignments.get().municipality)
    client.force_login(anna)
    assert client.get(account).status_code == 404


def test_no_file_is_said_at_the_field(at_anna, esbjerg):
    response = at_anna.post(ADDRESS, {"municipality": esbjerg.pk})
    assert error_at_file(response) == "Vælg en fil."
    page = text_of(response)
    assert 'href="#id_file"' in page and "<title>Fejl: " in page
    assert error_at_file(at_anna.post(ADDRESS, {"municipality": esbjerg.pk, "file": "ikke en fil"})) == "Vælg en fil."


def docx(**parts):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/"), content)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("tom.txt", b"", "Filen er tom"),
        ("blank.txt", b" \n\n ", "ingen tekst"),
        ("overskrift.md", b"# Strategi", "ingen tekst"),
        ("billede.txt", b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "et billede"),
        ("strategi.pdf", b"%PDF-1.7 ...", "PDF"),
        ("strategi.exe", b"MZ" + bytes(200), ".docx, .html, .md eller .txt"),
        ("strategi", b"Strategi", ".docx, .html, .md eller .txt"),
        ("word.docx", b"PK\x03\x04 ikke et arkiv", "Word"),
        ("andet.docx", docx(mimetype="x"), "Word"),
        ("gammel.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), ".docx"),
        ("itu.txt", "Målet er små boliger på øen, så ældre får råd.".encode() * 9 + b"\xe6\xf8\xff\xc3(", "æ, ø og å"),
        ("tal.txt", bytes(range(256)) * 40, "tekst"),
    ],
)
def test_a_file_that_cannot_be_read_is_said_at_the_field(at_anna, esbjerg, name, data, message):
    assert message in error_at_file(upload(at_anna, esbjerg, data, name))


def test_a_text_without_themes_becomes_a_draft_with_a_warning(at_anna, esbjerg):
    page = text_of(upload(at_anna, esbjerg, "Kære alle\n\nTak for en god dag på havnen.\n".encode()))
    assert "Er det den rigtige fil?" in page and "er læst ind" in page
    assert "god dag på havnen" in Section.objects.get().body


def test_fifty_megabytes_are_refused_unread(at_anna, esbjerg):
    message = error_at_file(upload(at_anna, esbjerg, b"a" * 50 * 2**20))
    assert message.startswith("Filen fylder 50 MB og må højst fylde 10 MB.")
    assert not DocumentImport.objects.exists()


def test_a_strategy_that_ends_before_it_begins_does_not_crash(at_anna, esbjerg):
    text = WITH_SECTIONS.decode().replace("2027", "2031", 1)
    assert upload(at_anna, esbjerg, text.encode()).status_code == 200


def test_esbjergs_secretary_cannot_import_into_vejle(at_anna, vejle):
    response = upload(at_anna, vejle)
    assert "I den kommune kan du ikke indlæse noget." in text_of(response)
    assert nothing_saved()
    for nonsense in ("", "x", "99999999999999999999999"):
        assert "municipality" in upload(at_anna, vejle, municipality=nonsense).context["form"].errors
        assert nothing_saved()


def test_one_who_writes_in_two_municipalities_chooses(client, esbjerg, vejle):
    client.force_login(factories.user("per", role=Role.EDITOR, of=[esbjerg, vejle]))
    page = text_of(client.get(ADDRESS))
    assert "Vælg kommune" in page and "Esbjerg Kommune" in page and "Vejle Kommune" in page
    upload(client, vejle)
    assert Strategy.objects.get().municipality == vejle


def test_only_where_one_writes_can_be_chosen(client, esbjerg, vejle):
    """Editor in Vejle and approver in Esbjerg."""
    person = factories.user("per", role=Role.EDITOR, of=vejle)
    person.assignments.create(municipality=esbjerg, role=Role.APPROVER)
    client.force_login(person)
    assert "Esbjerg" not in text_of(client.get(ADDRESS))
    upload(client, esbjerg)
    assert nothing_saved()
    upload(client, vejle)
    assert Strategy.objects.get().municipality == vejle


def test_the_operator_may_import_anywhere(client, operator, esbjerg, vejle):
    client.force_login(operator)
    upload(client, vejle)
    assert Strategy.objects.get().municipality == vejle


def test_an_approver_imports_nothing_and_sees_no_button(client, dan, esbjerg):
    client.force_login(dan)
    assert client.get(ADDRESS).status_code == 403
    assert upload(client, esbjerg).status_code == 403
    assert ADDRESS not in text_of(client.get("/admin/strategies/strategy/"))
    assert nothing_saved()


def test_without_log_in_there_is_only_the_log_in(client, esbjerg):
    for response in (client.get(ADDRESS), client.post(ADDRESS, {"file": io.BytesIO(WITH_SECTIONS)})):
        assert (response.status_code, response.url[:13]) == (302, "/admin/login/")
    assert nothing_saved()


def log_in(page, client, person):
    client.force_login(person)
    cookie = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": cookie, "domain": "localhost", "path": "/"}])


@pytest.mark.browser
def test_it_works_without_javascript(transactional_db, page_without_javascript, client, anna):
    page = page_without_javascript
    log_in(page, client, anna)
    page.goto("/admin/strategies/strategy/")
    page.get_by_role("link", name="Indlæs fra fil").click()
    page.get_by_role("button", name="Indlæs som kladde").click()
    page.get_by_role("link", name="Fil: Vælg en fil.").click()
    page.get_by_label("Fil", exact=True).set_input_files(FILES / "strategi_med_ledetraade.txt")
    page.get_by_role("button", name="Indlæs som kladde").click()
    page.get_by_role("link", name="Ret kladden").click()
    page.go_back()
    expect(page.get_by_role("heading", name="Det fandt vi")).to_be_visible()
    page.get_by_role("link", name="Se siden").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert Strategy.objects.count() == 1


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (360, "dark")])
def test_axe_finds_nothing(transactional_db, page, client, operator, esbjerg, vejle, width, scheme):
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    log_in(page, client, operator)
    complaints = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)

    def check():
        page.evaluate(AXE)
        audit = """axe.run({ preload: false }).then(
            ({ violations }) => violations.map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)]))"""
        assert page.evaluate(audit) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert complaints == []

    page.goto("/admin/strategies/strategy/")
    check()
    page.goto(ADDRESS)
    check()
    page.get_by_role("button", name="Indlæs som kladde").click()
    assert page.get_by_role("alert").is_visible()
    check()
    at = timezone.now() - datetime.timedelta(minutes=1)
    waits = DocumentImport.keep(operator, "lang.docx", b"x", page=ADDRESS, reader="strategi", at=at)
    page.goto(waits.get_absolute_url())
    assert page.get_by_role("heading", name="Vi læser »lang.docx«").is_visible()
    check()
    page.get_by_role("link", name="Vælg en anden fil").click()
    page.get_by_label("Kommune").select_option("Esbjerg Kommune")
    page.get_by_label("Fil", exact=True).set_input_files(FILES / "side_med_ramme.html")
    page.get_by_role("button", name="Indlæs som kladde").click()
    assert page.get_by_role("link", name="Ret kladden").is_visible()
    check()
