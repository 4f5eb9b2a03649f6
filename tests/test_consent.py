"""Consent to show name and photo, mentions of hidden names, and anonymisation."""

import datetime
import io

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from PIL import Image
from pypdf import PdfReader

from council.members.consent import anonymise, anonymise_by_rule, mentions
from council.models import Attendance, Council, Membership, Person
from udsat.lib.actor import acting_as
from udsat.lib.publishing import Status
from udsat.models import Letter, Revision

from . import factories as make
from .test_change_gate import through_the_gate
from .test_public_table import ADDRESSES

YESTERDAY = timezone.localdate() - datetime.timedelta(1)
TOMORROW = timezone.localdate() + datetime.timedelta(1)


def picture(kind="JPEG", size=(900, 600), **options):
    out = io.BytesIO()
    Image.new("RGB", size, "teal").save(out, kind, **options)
    return out.getvalue()


def upload(data=None, name="karen.jpg"):
    return SimpleUploadedFile(name, picture() if data is None else data)


@pytest.fixture
def council(esbjerg):
    return make.council(esbjerg)


@pytest.fixture
def karen(esbjerg, council):
    """A current member with a photo that may be shown."""
    person = make.person(
        esbjerg,
        "Karen",
        "Holmstrup",
        consent_on="2025-01-01",
        email="karen@example.dk",
        phone="11223344",
        note="Ring.",
        photo=upload(),
        photo_alt="Karen foran værestedet",
    )
    make.membership(council, person, area="Hjemløshed", starts_on="2020-01-01")
    return person


@pytest.fixture
def annas(client, anna):
    client.force_login(anna)
    return client


def url(model, what, *args):
    return reverse(f"admin:council_{model._meta.model_name}_{what}", args=args)


def opened(client, person):
    form = client.get(url(Person, "change", person.pk)).context["adminform"].form
    values = {name: form[name].value() for name in form.fields if name not in ("photo", "remove_photo")}
    return {name: "" if value is None else value for name, value in values.items()}


def save(client, person, **changes):
    return through_the_gate(client, client.post(url(Person, "change", person.pk), opened(client, person) | changes))


def photo_of(person):
    return f"/esbjerg/udsatteraad/medlemmer/{person.pk}/foto.jpg"


# Names, everywhere


def whole_year(council, karen):
    """Add the person to all content that names people, new and old."""
    municipality = council.municipality
    seat = karen.memberships.get()
    make.group(council, cause=make.cause(council), name="Boliggruppen").members.add(seat)
    make.membership(council, make.person(municipality, "Ib", "Friis"), role="suppleant", substitute_for=seat)
    strategy = make.strategy(municipality, slug="plan")
    theme = make.theme(strategy, slug="bolig")
    for day in (datetime.date(2019, 3, 3), datetime.date(2025, 3, 3)):
        meeting = make.meeting(council, date=day)
        make.agenda(meeting), make.minutes(meeting)
        item = make.item(meeting)
        item.themes.add(theme)
        make.agreement(item, member=seat, due_on=day)
        make.attendance(meeting, seat)
        helper = make.membership(council, make.person(municipality, "Bo", "Lund"))
        make.attendance(meeting, helper, substitute_for=seat)
    make.attachment(meeting, item=item)
    make.hearing(council)
    make.news(municipality, slug="historie", meeting=meeting)


def public_text(client, council):
    """Return the text of every public page of the municipality, by address."""
    addresses = {address for address, _ in ADDRESSES.values() if "{" not in address}
    addresses |= {address.replace("2025-03-03", "2019-03-03") for address in addresses}
    addresses |= {"/soeg/?q=karen", "/soeg/?q=holmstrup"}
    texts = {}
    for address in sorted(addresses):
        response = client.get(address, follow=True)
        if response.status_code != 200:
            continue
        body = b"".join(response) if response.streaming else response.content
        if response["Content-Type"] == "application/pdf":
            texts[address] = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(body)).pages)
        else:
            # The search page repeats the query in its field.
            texts[address] = body.decode().replace(address, "").replace('value="', "")
    return texts


def test_a_change_of_consent_reaches_every_page_and_pdf_old_ones_too(client, council, karen):
    whole_year(council, karen)
    before = public_text(client, council)
    named = {address for address, text in before.items() if "Holmstrup" in text}
    assert {
        "/esbjerg/udsatteraad/medlemmer/",
        "/esbjerg/udsatteraad/maerkesager/",
        "/esbjerg/moeder/2019-03-03/",
        "/esbjerg/moeder/2019-03-03/referat.pdf",
        "/esbjerg/moeder/2025-03-03/referat.pdf",
    } <= named
    karen.shown = Person.Shown.FIRST
    karen.save()
    after = public_text(client, council)
    assert set(after) == set(before) and len(after) > 15
    assert [address for address, text in after.items() if "Holmstrup" in text] == []
    assert {address for address, text in after.items() if "Karen" in text} == named
    karen.shown = Person.Shown.ROLE
    karen.save()
    assert [address for address, text in public_text(client, council).items() if "Karen" in text] == []


def test_showing_a_name_takes_the_day_of_the_consent(annas, esbjerg):
    person = make.person(esbjerg, shown=Person.Shown.ROLE)
    response = save(annas, person, shown="fuldt")
    assert "hvornår personen har sagt ja" in response.content.decode()
    assert save(annas, person, shown="fuldt", consent_on="2026-01-02").status_code == 302
    person.refresh_from_db()
    assert (person.shown, person.consent_on) == ("fuldt", datetime.date(2026, 1, 2))


def test_a_name_that_was_taken_back_does_not_come_again_from_the_history(annas, anna, council, karen):
    with acting_as(anna):
        karen.shown, karen.consent_on = Person.Shown.FULL, timezone.localdate()
        karen.save()
        Revision.objects.of(karen).update(is_closed=True)
        karen.shown, karen.consent_on = Person.Shown.ROLE, None
        karen.save()
    last = Revision.objects.latest_of(karen)
    asked = {"what": "restore", "revision": last.pk, "seen": last.stamp, "field": ["shown"]}
    answer = annas.post(f"/admin/council/person/{karen.pk}/history/", asked, follow=True)
    assert "Skriv, hvornår personen har sagt ja" in answer.text
    assert Person.objects.get(pk=karen.pk).shown == Person.Shown.ROLE


def test_the_secretary_sees_where_a_hidden_name_is_mentioned(annas, council, karen):
    make.news(council.municipality, lead="Karen Holmstrup åbnede huset.")
    make.news(council.municipality, "Nyt", Status.DRAFT, body="<p>Holmstrups tale. Om <strong>Karen</strong>.</p>")
    make.news(council.municipality, "Andet", body="<p>Karense og Holmstrupvej.</p>")
    response = annas.get(url(Person, "change", karen.pk))
    assert response.context["mentions"] == []
    saved = save(annas, karen, shown="rolle")
    page = annas.get(saved.url).content.decode()
    assert "Navnet står stadig i 2 tekster" in page and "#naevnt" in page
    response = annas.get(url(Person, "change", karen.pk))
    names = {(one["name"], one["is_public"]) for one in response.context["mentions"]}
    assert names == {("Karen Holmstrup", True), ("Holmstrup", False)}
    assert all(annas.get(one["url"]).status_code == 200 for one in response.context["mentions"])


def test_names_in_other_municipalities_are_not_searched(karen, vejle):
    make.news(vejle, lead="Karen Holmstrup åbnede huset.")
    karen.shown = Person.Shown.ROLE
    assert mentions(karen) == []


# Photos


def test_the_photo_has_its_text_alternative_and_no_metadata(client, annas, anna, esbjerg, council):
    exif = Image.Exif()
    exif[0x010E] = "hemmeligt sted"
    exif[0x0112] = 6
    person = make.person(esbjerg, shown=Person.Shown.FIRST, consent_on="2025-01-01")
    make.membership(council, person)
    data = picture(exif=exif)
    assert b"hemmeligt" in data
    assert save(annas, person, photo=upload(data), photo_alt="Karen smiler").status_code == 302
    person.refresh_from_db()
    annas.logout()
    page = client.get("/esbjerg/udsatteraad/medlemmer/").content.decode()
    assert f'src="{photo_of(person)}"' in page and 'alt="Karen smiler"' in page
    response = client.get(photo_of(person))
    sent = b"".join(response)
    image = Image.open(io.BytesIO(sent))
    assert (response["Content-Type"], image.format, image.size) == ("image/jpeg", "JPEG", (480, 480))
    assert b"hemmeligt" not in sent and not image.getexif()
    assert "karen" not in person.photo.name and "noimageindex" in response["X-Robots-Tag"]


@pytest.mark.parametrize("change", [{"shown": "rolle"}, {"photo_until": YESTERDAY}, {"photo_alt": ""}, {"photo": ""}])
def test_the_photo_is_gone_when_the_consent_is(client, karen, change):
    assert client.get(photo_of(karen)).status_code == 200
    for name, value in change.items():
        setattr(karen, name, value)
    karen.save()
    assert client.get(photo_of(karen)).status_code == 404
    assert "foto.jpg" not in client.get("/esbjerg/udsatteraad/medlemmer/").content.decode()


def test_the_photo_is_shown_to_its_last_day(client, karen):
    karen.photo_until = timezone.localdate()
    karen.save()
    assert client.get(photo_of(karen)).status_code == 200


def test_the_photo_goes_with_the_seat_and_the_council(client, karen, council, anna, bo):
    seat = karen.memberships.get()
    seat.ends_on = YESTERDAY
    seat.save()
    assert client.get(photo_of(karen)).status_code == 404
    seat.ends_on = None
    seat.save()
    council.withdraw(by=anna)
    assert client.get(photo_of(karen)).status_code == 404
    client.force_login(bo)
    assert client.get(photo_of(karen)).status_code == 404
    assert client.get(url(Person, "photo", karen.pk)).status_code == 404
    client.force_login(anna)
    assert client.get(url(Person, "photo", karen.pk)).status_code == 200


def test_a_photo_has_its_address_in_its_own_municipality_only(client, karen, vejle):
    make.council(vejle)
    assert client.get(photo_of(karen).replace("esbjerg", "vejle")).status_code == 404
    assert client.get("/esbjerg/udsatteraad/medlemmer/99999999999999999999/foto.jpg").status_code == 404


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"Hej", "ikke et foto"),
        (b"%PDF-1.7 ...", "ikke et foto"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "ikke et foto"),
        (picture()[:300], "i stykker"),
        (b"\xff\xd8\xff\xe0" + b"\x00" * 200, "ikke et foto"),
        (picture("GIF"), "ikke et foto"),
        (b"", "er tom"),
    ],
)
def test_a_file_that_is_no_photo_is_refused_with_the_reason(annas, karen, data, reason):
    was = karen.photo.name
    response = save(annas, karen, photo=upload(data))
    assert response.status_code == 200
    assert reason in response.content.decode()
    karen.refresh_from_db()
    assert karen.photo.name == was


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_other_kinds_of_pictures_become_jpeg(annas, karen, kind):
    assert save(annas, karen, photo=upload(picture(kind), f"foto.{kind.lower()}")).status_code == 302
    karen.refresh_from_db()
    assert Image.open(karen.photo).format == "JPEG"


def test_a_photo_without_a_text_alternative_is_not_saved(annas, karen):
    response = save(annas, karen, photo_alt="")
    assert "Skriv, hvad fotoet viser" in response.content.decode()


def test_a_photo_that_is_replaced_or_removed_leaves_the_disk(annas, karen, django_capture_on_commit_callbacks):
    first = karen.photo.name
    with django_capture_on_commit_callbacks(execute=True):
        save(annas, karen, photo=upload())
    karen.refresh_from_db()
    second = karen.photo.name
    assert second != first and not default_storage.exists(first) and default_storage.exists(second)
    with django_capture_on_commit_callbacks(execute=True):
        assert save(annas, karen, remove_photo="on").status_code == 302
    karen.refresh_from_db()
    assert not karen.photo and not default_storage.exists(second)


# Anonymisation


@pytest.fixture
def former(karen, council):
    """A former member with traces in history, letters and texts."""
    seat = karen.memberships.get()
    seat.ends_on = datetime.date(2024, 12, 31)
    seat.save()
    make.attendance(make.meeting(council), seat)
    with acting_as(name="Karen Holmstrup, med link"):
        make.news(council.municipality, "Karen Holmstrup åbner huset", Status.DRAFT, lead="Af Karen Holmstrup")
    Revision.objects.update(since=noon(2025, 1, 1), at=noon(2025, 1, 1))
    karen.last_name = "Ærøskøbing"
    karen.save()
    Letter.objects.write(
        municipality=karen.municipality,
        key="a:1",
        to="karen@example.dk",
        to_name="Karen",
        subject="Til Karen",
        text="Kære Karen",
    )
    return karen


def everything_kept(person):
    rows = [*Person.objects.values_list(), *Revision.objects.values_list(), *Letter.objects.values_list()]
    return " ".join(str(row) for row in rows)


@pytest.mark.engine
def test_anonymising_takes_the_name_out_of_all_that_is_kept_but_the_seat(
    former, django_capture_on_commit_callbacks, settings
):
    pdf = settings.VAR_DIR / "pdf" / "gemt.pdf"
    pdf.parent.mkdir()
    pdf.write_bytes(b"%PDF")
    photo = former.photo.name
    kept = everything_kept(former)
    for trace in ("Holmstrup", "Ærøskøbing", "karen@example.dk", "11223344", "Ring.", "Kære Karen", photo):
        assert trace in kept, trace
    with django_capture_on_commit_callbacks(execute=True):
        anonymise(former)
    kept = everything_kept(former)
    for trace in ("Holmstrup", "Ærøskøbing", "Karen", "karen@example.dk", "11223344", "Ring.", photo):
        assert trace not in kept, trace
    assert not default_storage.exists(photo) and not pdf.exists()
    former.refresh_from_db()
    assert (str(former), former.public_name) == ("Tidligere medlem", "") and former.anonymised_at
    seat = former.memberships.get()
    assert (seat.area, seat.starts_on.year, seat.ends_on.year) == ("Hjemløshed", 2020, 2024)
    assert Attendance.objects.get().member == seat
    letter = Letter.objects.get()
    assert letter.key == "a:1" and letter.given_up_at and not Letter.objects.waiting().exists()


def test_the_confirmation_page_lists_what_is_deleted_and_kept(annas, former):
    page = annas.get(url(Person, "forget", former.pk)).content.decode()
    for words in ("Telefonnummeret", "Fotoet", "Noten til sekretæren", "kan ikke fortrydes", "hjemløshed, fra 2020"):
        assert words in page, words
    former.refresh_from_db()
    assert former.anonymised_at is None
    response = annas.post(url(Person, "forget", former.pk), follow=True)
    assert "Navnet er slettet" in response.content.decode()
    former.refresh_from_db()
    assert former.first_name == "Tidligere medlem"
    assert annas.post(url(Person, "forget", former.pk)).status_code == 403
    assert annas.get(url(Person, "change", former.pk)).status_code == 200
    assert save(annas, former, first_name="Karen").status_code == 403


def test_texts_that_hold_the_name_are_listed_when_it_goes(annas, former):
    make.news(former.municipality, "Tak", lead="Tak til Karen Ærøskøbing.")
    assert "Navnet står stadig i 1 tekst" in annas.get(url(Person, "forget", former.pk)).content.decode()
    response = annas.post(url(Person, "forget", former.pk), follow=True)
    assert "Navnet står stadig i 1 tekst" in response.content.decode()


def test_who_sits_in_the_council_is_not_forgotten(annas, karen):
    response = annas.post(url(Person, "forget", karen.pk), follow=True)
    assert "har en plads i rådet" in response.content.decode()
    karen.refresh_from_db()
    assert karen.first_name == "Karen"


def test_editors_approvers_and_outsiders_cannot_anonymise(client, former, carla, dan, bo):
    for person, status in ((carla, 403), (dan, 403), (bo, 404)):
        client.force_login(person)
        for method in (client.get, client.post):
            assert method(url(Person, "forget", former.pk)).status_code == status
    former.refresh_from_db()
    assert former.first_name == "Karen"


def noon(year, month, day):
    return timezone.make_aware(datetime.datetime(year, month, day, 12))


@pytest.mark.engine
def test_the_councils_rule_takes_names_out_in_its_own_time_and_once(former, council):
    assert anonymise_by_rule(noon(2090, 1, 1)) == 0
    Council.objects.update(keep_years=1)
    assert anonymise_by_rule(noon(2025, 12, 30)) == 0
    assert anonymise_by_rule(noon(2025, 12, 31)) == 1
    assert anonymise_by_rule(noon(2025, 12, 31)) == 0
    former.refresh_from_db()
    assert former.anonymised_at
    assert Revision.objects.of(former).get().by_name == "Portalen, efter rådets regel"


def test_the_desk_warns_before_a_name_goes(annas, former):
    Council.objects.update(keep_years=timezone.localdate().year - 2024)
    today = timezone.localdate()
    Membership.objects.filter(person=former).update(ends_on=today.replace(year=2024) + datetime.timedelta(7))
    page = annas.get("/admin/").content.decode()
    assert "Navnet Karen Ærøskøbing bliver slettet" in page and url(Person, "forget", former.pk) in page
    Membership.objects.filter(person=former).update(ends_on=today.replace(year=2024) + datetime.timedelta(90))
    assert "bliver slettet" not in annas.get("/admin/").content.decode()


def test_who_came_back_is_not_forgotten_by_rule(former, council):
    Council.objects.update(keep_years=1)
    make.membership(council, former)
    assert anonymise_by_rule(noon(2090, 1, 1)) == 0


def test_a_person_who_never_sat_is_deleted_with_history_and_photo(esbjerg, django_capture_on_commit_callbacks):
    person = make.person(esbjerg, photo=upload())
    photo = person.photo.name
    with django_capture_on_commit_callbacks(execute=True):
        person.delete()
    assert not Revision.objects.filter(label__contains="Karen").exists() and not default_storage.exists(photo)
    assert not Membership.objects.exists()
