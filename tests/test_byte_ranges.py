"""Range requests for PDFs and attachments."""

import datetime
import email
import email.policy
import io

import pytest

from udsat.lib.byte_ranges import parse_ranges

from . import factories


@pytest.mark.parametrize(
    ("header", "ranges"),
    [
        ("bytes=0-9", [(0, 9)]),
        ("bytes=90-", [(90, 99)]),
        ("bytes=-10", [(90, 99)]),
        ("bytes=-500", [(0, 99)]),
        ("bytes=50-5000", [(50, 99)]),
        ("Bytes = 0-0 , 99-99", [(0, 0), (99, 99)]),
        ("bytes=50-59,0-9", [(50, 59), (0, 9)]),
        ("bytes=0-9,5-20", [(0, 20)]),
        ("bytes=0-9,200-300", [(0, 9)]),
        ("bytes=100-", []),
        ("bytes=-0", []),
        ("bytes=" + "9" * 5000 + "-", []),
        ("bytes=9-5", None),
        ("bytes=-", None),
        ("bytes=", None),
        ("bytes=a-b", None),
        ("bytes=1-2;3-4", None),
        ("lines=0-9", None),
        ("bytes=" + ",".join(f"{n}-{n}" for n in range(50)), None),
        ("bytes=٠-٩", None),
    ],
)
def test_a_range_header_of_a_file_of_100_bytes(header, ranges):
    assert parse_ranges(header, 100) == ranges


@pytest.fixture
def pdf_url(esbjerg):
    return factories.strategy(esbjerg).get_pdf_url()


@pytest.fixture
def attachment(esbjerg):
    meeting = factories.meeting(factories.council(esbjerg), datetime.date(2025, 3, 3))
    factories.agenda(meeting)
    return factories.attachment(meeting, "notat.txt", title="Notat")


def whole(client, url):
    response = client.get(url)
    assert response.status_code == 200
    assert response["Accept-Ranges"] == "bytes"
    return response.getvalue(), response["ETag"]


def get(client, url, value, **headers):
    return client.get(url, headers={"Range": value, **headers})


@pytest.mark.django_db
def test_a_part_of_a_pdf_answers_206(client, pdf_url):
    content, etag = whole(client, pdf_url)
    for value, part in (("bytes=0-99", content[:100]), ("bytes=1000-", content[1000:]), ("bytes=-5", content[-5:])):
        response = get(client, pdf_url, value)
        assert response.status_code == 206
        assert response.content == part
        assert response["Content-Type"] == "application/pdf"
        assert response["ETag"] == etag
        start = content.index(part) if len(part) > 5 else len(content) - 5
        assert response["Content-Range"] == f"bytes {start}-{start + len(part) - 1}/{len(content)}"
        assert int(response["Content-Length"]) == len(part)
        assert "inline" in response["Content-Disposition"]


@pytest.mark.django_db
def test_parts_of_a_file_put_together_are_the_file(client, attachment):
    url = attachment.get_absolute_url()
    content, _ = whole(client, url)
    assert b"".join(get(client, url, f"bytes={n}-{n + 2}").content for n in range(0, len(content), 3)) == content


@pytest.mark.django_db
def test_several_ranges_are_a_message_of_several_parts(client, pdf_url):
    content, _ = whole(client, pdf_url)
    response = get(client, pdf_url, "bytes=0-9, 20-29, -3")
    assert response.status_code == 206
    message = email.message_from_bytes(
        f"Content-Type: {response['Content-Type']}\r\n\r\n".encode() + response.content, policy=email.policy.HTTP
    )
    parts = [(part["Content-Range"], part["Content-Type"], part.get_payload(decode=True)) for part in message.walk()][
        1:
    ]
    size = len(content)
    assert [part[0] for part in parts] == [
        f"bytes 0-9/{size}", f"bytes 20-29/{size}", f"bytes {size - 3}-{size - 1}/{size}"
    ]  # fmt: skip
    assert {part[1] for part in parts} == {"application/pdf"}
    for data in (content[:10], content[20:30], content[-3:]):
        assert data in response.content


@pytest.mark.django_db
def test_a_range_beyond_the_end_answers_416_with_the_length(client, pdf_url, attachment):
    for url in (pdf_url, attachment.get_absolute_url()):
        content, _ = whole(client, url)
        response = get(client, url, "bytes=99999999-")
        assert response.status_code == 416
        assert response["Content-Range"] == f"bytes */{len(content)}"


@pytest.mark.django_db
def test_a_range_of_an_older_file_gets_the_whole_new_one(client, pdf_url):
    content, etag = whole(client, pdf_url)
    assert get(client, pdf_url, "bytes=0-9", **{"If-Range": etag}).status_code == 206
    modified = client.get(pdf_url)["Last-Modified"]
    for other in ('"other"', f"W/{etag}", modified, "nonsense"):
        response = get(client, pdf_url, "bytes=0-9", **{"If-Range": other})
        assert (response.status_code, response.content) == (200, content)


@pytest.mark.django_db
def test_what_cannot_be_understood_gets_the_whole_file(client, pdf_url):
    content, _ = whole(client, pdf_url)
    for value in ("bytes=9-5", "pages=1-2", "bytes=x", "0-9"):
        response = get(client, pdf_url, value)
        assert (response.status_code, response.content) == (200, content)


@pytest.mark.django_db
def test_the_client_who_has_the_file_gets_304_and_head_gets_no_part(client, pdf_url, attachment):
    for url in (pdf_url, attachment.get_absolute_url()):
        _, etag = whole(client, url)
        assert get(client, url, "bytes=0-9", **{"If-None-Match": etag}).status_code == 304
        assert get(client, url, "bytes=0-9", **{"If-Match": '"other"'}).status_code == 412
        assert client.head(url, headers={"Range": "bytes=0-9"}).status_code == 200


@pytest.mark.django_db
def test_a_part_is_not_compressed(client, attachment):
    attachment.file.save("lang.txt", io.BytesIO(b"Dagsorden. " * 1000))
    url = attachment.get_absolute_url()
    response = get(client, url, "bytes=0-999", **{"Accept-Encoding": "gzip"})
    assert (response.status_code, response.content) == (206, (b"Dagsorden. " * 1000)[:1000])
    assert "Content-Encoding" not in response
