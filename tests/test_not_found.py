"""The 404 page: links in Danish, and no disclosure of hidden content."""

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.db import OperationalError, connection
from django.http import Http404
from django.template.loader import get_template

from udsat.lib.publishing import Status
from udsat.models import Municipality
from udsat.portal.views import no_access, not_found

from . import factories as make


def missing(client, address):
    response = client.get(address)
    assert response.status_code == 404
    assert response["Content-Type"].startswith("text/html")
    return response.content.decode()


def main_of(text):
    return text.split("<main")[1].split("</main>")[0]


@pytest.mark.parametrize("address", ["/esbjreg/", "/ESBJERGG/strategi/", "/esbjærg/", "/esbjerb/moeder/2020-01-01/"])
def test_a_municipality_spelled_wrong_gets_a_suggestion(client, esbjerg, vejle, address):
    text = missing(client, address)
    assert "Vi kan ikke finde siden" in text
    assert '<a href="/esbjerg/">Esbjerg Kommune</a>' in text
    assert '<a href="/vejle/">' not in text


@pytest.mark.parametrize("name", ["Høje-Taastrup", "høje-tåstrup", "hoeje taastrup", "HOEJE-TAASTRUP"])
def test_another_spelling_of_a_municipality_is_redirected_with_the_rest_of_the_address(client, db, name):
    make.municipality("Høje-Taastrup")
    assert client.get(f"/{name}/").headers["Location"] == "/hoeje-taastrup/"
    response = client.get(f"/{name}/moeder/", {"side": "2"})
    assert response.status_code == 301 and response.headers["Location"] == "/hoeje-taastrup/moeder/?side=2"
    assert client.post(f"/{name}/").status_code in (404, 405)


def test_every_municipality_is_reached_by_its_name_in_any_case(client, db):
    call_command("load_municipalities", verbosity=0)
    for one in Municipality.objects.all():
        for name in (one.name, one.name.lower(), one.name.upper()):
            assert name == one.slug or client.get(f"/{name}/").headers["Location"] == f"/{one.slug}/", name
    for name in ("kobenhavn", "arhus", "frederikshvn"):
        assert "Mente du en af dem?" in missing(client, f"/{name}/")


def test_an_unknown_municipality_is_named_in_the_answer(client, esbjerg):
    assert "Vi kender ingen kommune med adressen »atlantis«." in missing(client, "/atlantis/")
    main = main_of(missing(client, "/atlantis/"))
    assert all(f'<a href="{address}">' in main for address in ("/kommuner/", "/emner/", "/soeg/", "/"))


def test_inside_a_municipality_the_way_on_is_its_own_pages(client, esbjerg):
    make.strategy(esbjerg)
    make.meeting(make.council(esbjerg, phone="76 16 16 16"))
    text = missing(client, "/esbjerg/findes-ikke/")
    for address in ("/esbjerg/strategier/", "/esbjerg/moeder/", "/esbjerg/", "/soeg/?kommune=esbjerg"):
        assert f'<a href="{address}">' in main_of(text)
    assert "76 16 16 16" in text


@pytest.mark.parametrize(
    "address",
    [
        "/esbjerg/strategier/findes-ikke/",
        "/esbjerg/strategier/findes-ikke/strategi.pdf",
        "/esbjerg/moeder/1999-13-45/",
        "/esbjerg/moeder/i-morgen/",
        "/esbjerg/moeder/2020-01-01/referat.pdf",
        "/esbjerg/nyt/findes-ikke/",
    ],
)
def test_every_unknown_thing_in_a_municipality_is_answered_in_danish(client, esbjerg, address):
    text = missing(client, address)
    assert "Esbjerg" in text
    assert "matches the given query" not in text and "No " not in text


def test_a_message_of_django_is_not_shown(rf, esbjerg):
    request = rf.get("/esbjerg/nyt/x/")
    request.user = AnonymousUser()
    text = not_found(request, Http404("No News matches the given query.")).content.decode()
    assert "No News" not in text and "Adressen findes ikke." in text


@pytest.mark.parametrize(
    "address",
    [
        "/%00/",
        "/esbjerg/%00/",
        "/esbjerg/strategier/a%00b/",
        "/%ff%fe/",
        "/..%2f..%2fetc/passwd",
        "/<script>alert(1)</script>/",
        "/" + "x" * 3000 + "/",
        "/\U0001f600/",
        "/soeg",
        "/.env",
    ],
)
def test_a_strange_address_is_only_not_found(client, esbjerg, address):
    response = client.get(address)
    assert response.status_code in {301, 404}
    assert b"<script>alert" not in response.content


def test_the_404_page_discloses_nothing_hidden(client, esbjerg):
    make.strategy(esbjerg, "Hemmelig plan", Status.DRAFT, slug="hemmelig-plan")
    make.council(esbjerg, Status.DRAFT, name="Hemmeligt råd", phone="99 99 99 99")
    make.news(esbjerg, "Hemmelig nyhed", Status.WITHDRAWN, slug="nyhed")
    for address in ("/esbjerg/strategier/hemmelig-plan/", "/esbjerg/udsatteraad/", "/esbjerg/nyt/nyhed/"):
        text = missing(client, address)
        assert "Hemmelig" not in text and "99 99 99 99" not in text
        assert 'href="/esbjerg/strategier/"' not in text


def test_a_hidden_thing_and_one_that_never_was_get_the_same_answer(client, esbjerg):
    make.strategy(esbjerg, "Hemmelig plan", Status.DRAFT, slug="plan")
    assert missing(client, "/esbjerg/strategier/plan/") == missing(client, "/esbjerg/strategier/plan-b/")


def test_the_404_page_sets_no_cookie_and_is_not_indexed(client, esbjerg):
    response = client.get("/esbjerg/findes-ikke/")
    assert not response.cookies
    assert "noindex" in response.content.decode()


def test_a_secretary_gets_the_answer_too(client, esbjerg, anna):
    client.force_login(anna)
    assert "Vi kan ikke finde siden" in missing(client, "/esbjerg/findes-ikke/")


def test_a_database_that_fails_does_not_make_it_worse(client, esbjerg, settings):
    def fail(execute, sql, *rest):
        raise OperationalError("the database is gone")

    with connection.execute_wrapper(fail):
        response = client.get("/findes-ikke.html")
    assert response.status_code == 404
    assert "Noget gik galt hos os" in response.content.decode()


def test_the_page_for_our_own_errors_needs_nothing_but_its_file():
    text = get_template("500.html").render()
    assert text == (settings.BASE_DIR / "templates/500.html").read_text()
    assert '<html lang="da">' in text and "Det er ikke din skyld." in text
    assert "{%" not in text and "{{" not in text


def test_an_error_of_ours_is_answered_in_danish_without_details(client, esbjerg):
    client.raise_request_exception = False

    def fail(execute, sql, *rest):
        raise RuntimeError("Hemmelig fejl")

    with connection.execute_wrapper(fail):
        response = client.get("/esbjerg/")
    assert response.status_code == 500
    assert "Noget gik galt hos os" in response.content.decode()
    assert "Hemmelig" not in response.content.decode()


def test_the_403_page_is_in_danish(rf, esbjerg):
    request = rf.get("/esbjerg/")
    request.user = AnonymousUser()
    response = no_access(request, PermissionDenied("Du har ikke ret til at offentliggøre i denne kommune."))
    assert response.status_code == 403
    text = response.content.decode()
    assert "Du har ikke adgang" in text and "ret til at offentliggøre i denne kommune" in text
