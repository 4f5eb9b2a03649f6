"""Requests refused before they reach a view: an explanation in Danish, and no effect."""

import pytest
from django.test import Client

from . import factories as make


@pytest.mark.parametrize("address", ["/", "/esbjerg/", "/admin/", "/soeg/?q=bolig"])
def test_a_host_that_is_not_ours_is_refused_in_danish(client, esbjerg, address):
    answer = client.get(address, headers={"host": "fremmed.example"})
    text = answer.content.decode()
    assert answer.status_code == 400
    assert '<html lang="da">' in text
    assert "Vi kan ikke læse det, browseren sendte" in text
    assert "fremmed" not in text


def test_a_form_with_too_many_fields_is_refused_in_danish(client, anna):
    client.force_login(anna)
    answer = client.post("/admin/council/news/add/", {f"felt{n}": "" for n in range(10_001)})
    assert answer.status_code == 400
    assert "gem den i mindre bidder" in answer.content.decode()


def test_a_form_from_another_log_in_is_refused_in_danish_and_does_nothing(anna, esbjerg):
    client = Client(enforce_csrf_checks=True)
    client.force_login(anna)
    story = make.news(esbjerg)
    answer = client.post(f"/admin/council/news/{story.pk}/traek-tilbage/")
    text = answer.content.decode()
    assert answer.status_code == 403
    assert '<html lang="da"' in text
    assert "Det blev ikke sendt" in text
    assert "CSRF" not in text
    story.refresh_from_db()
    assert story.is_published


def test_a_post_request_to_a_read_only_page_sets_no_cookie(esbjerg):
    answer = Client(enforce_csrf_checks=True).post("/esbjerg/")
    assert answer.status_code == 403
    assert "Det blev ikke sendt" in answer.content.decode()
    assert not answer.cookies
