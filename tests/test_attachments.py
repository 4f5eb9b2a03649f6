"""Attachments: served by a view that checks whether the reader may see them."""

import pytest

from udsat.lib.publishing import Status

from . import factories as make


@pytest.fixture
def meeting(esbjerg):
    return make.meeting(make.council(esbjerg))


def content(response):
    return b"".join(response.streaming_content)


def test_a_public_attachment_is_handed_out(meeting, client):
    make.agenda(meeting)
    file = make.attachment(meeting, "notat.txt", "Et notat på dansk: æøå.".encode(), item=make.item(meeting))
    response = client.get(file.get_absolute_url())
    assert response.status_code == 200
    assert content(response).decode() == "Et notat på dansk: æøå."
    assert response["X-Content-Type-Options"] == "nosniff"
    assert not response.cookies


@pytest.mark.parametrize(
    ("name", "content_type", "disposition"),
    [
        ("kort.pdf", "application/pdf", "inline"),
        ("kort.PNG", "image/png", "inline"),
        ("kort.jpg", "image/jpeg", "inline"),
        ("kort.txt", "text/plain", "attachment"),
        ("kort.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "attachment"),
        ("kort.html", "application/octet-stream", "attachment"),
        ("kort.svg", "application/octet-stream", "attachment"),
        ("kort.js", "application/octet-stream", "attachment"),
        ("kort", "application/octet-stream", "attachment"),
    ],
)
def test_only_what_is_harmless_opens_in_the_browser(meeting, client, name, content_type, disposition):
    make.agenda(meeting, Status.DRAFT)
    file = make.attachment(meeting, name)
    type(meeting.agenda).objects.update(**make.state(Status.PUBLISHED))
    response = client.get(file.get_absolute_url())
    assert response["Content-Type"] == content_type
    assert response["Content-Disposition"].startswith(f"{disposition}; filename=")


def test_a_danish_name_survives_the_trip(meeting, client):
    make.agenda(meeting)
    file = make.attachment(meeting, "Råd og idéer (2).txt")
    response = client.get(file.get_absolute_url())
    assert response.status_code == 200
    assert "filename*=utf-8''R%C3%A5d_og_id%C3%A9er_2" in response["Content-Disposition"]


@pytest.mark.parametrize("status", [Status.DRAFT, Status.WITHDRAWN, "planlagt", "udløbet"])
def test_nobody_outside_gets_what_is_not_public(meeting, client, bo, anna, status):
    make.agenda(meeting, status)
    file = make.attachment(meeting)
    assert client.get(file.get_absolute_url()).status_code == 404
    client.force_login(bo)
    assert client.get(file.get_absolute_url()).status_code == 404
    client.force_login(anna)
    response = client.get(file.get_absolute_url())
    assert response.status_code == 200
    assert response["Cache-Control"] == "private, no-store"


def test_an_attachment_of_the_minutes_waits_for_them(meeting, client):
    make.agenda(meeting)
    minutes = make.minutes(meeting, Status.DRAFT)
    file = make.attachment(meeting, paper="referat")
    assert client.get(file.get_absolute_url()).status_code == 404
    type(minutes).objects.update(**make.state(Status.PUBLISHED))
    assert client.get(file.get_absolute_url()).status_code == 200


def test_it_goes_when_the_meeting_is_withdrawn(meeting, client):
    make.agenda(meeting)
    file = make.attachment(meeting)
    assert client.get(file.get_absolute_url()).status_code == 200
    type(meeting).objects.update(status=Status.WITHDRAWN)
    assert client.get(file.get_absolute_url()).status_code == 404


@pytest.mark.parametrize("reader", [None, "anna", "eva", "operator"])
def test_a_closed_items_attachment_leaves_by_this_address_for_nobody(meeting, client, request, reader):
    make.agenda(meeting)
    make.minutes(meeting)
    closed = make.item(meeting, is_closed=True, public_title="Personsag")
    files = [make.attachment(meeting, "sag.txt", item=closed, paper=paper) for paper in ("dagsorden", "referat")]
    if reader:
        client.force_login(request.getfixturevalue(reader))
    for file in files:
        assert client.get(file.get_absolute_url()).status_code == 404


def test_every_part_of_the_address_must_fit(esbjerg, vejle, meeting, client):
    make.agenda(meeting)
    other = make.meeting(make.council(vejle))
    make.agenda(other)
    file = make.attachment(meeting)
    right = file.get_absolute_url()
    assert client.get(right).status_code == 200
    for wrong in (
        right.replace(file.filename, "andet.txt"),
        right.replace("esbjerg", "vejle"),
        right.replace("2025-03-03", "2025-03-04"),
        right.replace(f"/{file.pk}/", f"/{file.pk + 1}/"),
    ):
        response = client.get(wrong)
        assert response.status_code == 404
        assert "Vi kan ikke finde bilaget" in response.content.decode()


def test_a_file_that_is_gone_from_the_disk_is_no_error_of_ours(meeting, client):
    make.agenda(meeting)
    item = make.item(meeting)
    file = make.attachment(meeting, item=item)
    file.file.storage.delete(file.file.name)
    response = client.get(file.get_absolute_url())
    assert response.status_code == 404
    assert "Filen mangler" in response.content.decode()
    assert "filen mangler lige nu" in client.get(meeting.get_absolute_url()).content.decode()


@pytest.mark.parametrize("name", [".txt", "😀.txt", "?!.txt"])
def test_a_name_that_is_no_name_keeps_its_kind(meeting, client, name):
    make.agenda(meeting)
    for _ in range(2):  # the second file needs another name
        file = make.attachment(meeting, name)
        assert file.filename.startswith("bilag")
        assert client.get(file.get_absolute_url())["Content-Type"] == "text/plain"


def test_an_attachment_is_removed_on_the_page_of_the_meeting(meeting, client, anna, dan):
    file = make.attachment(meeting)
    client.force_login(anna)
    page = f"/admin/council/meeting/{meeting.pk}/change/"
    assert f'name="attachment" value="{file.pk}"' in client.get(page).content.decode()
    remove = {"attachment": file.pk}
    assert client.post(f"/admin/council/meeting/{meeting.pk}/bilag/fjern/", remove)["Location"] == f"{page}#bilag"
    assert not meeting.attachments.exists()
    other = make.attachment(meeting)
    client.force_login(dan)
    answer = client.post(f"/admin/council/meeting/{meeting.pk}/bilag/fjern/", {"attachment": other.pk})
    assert answer.status_code == 403 and meeting.attachments.exists()


def test_only_attachments_of_the_meeting_are_removed_there(meeting, client, anna):
    elsewhere = make.attachment(make.meeting(meeting.council, date="2031-01-01"))
    client.force_login(anna)
    for pk in (elsewhere.pk, "", "²", "9" * 40):
        assert client.post(f"/admin/council/meeting/{meeting.pk}/bilag/fjern/", {"attachment": pk}).status_code == 302
    assert type(elsewhere).objects.filter(pk=elsewhere.pk).exists()
