"""A new password by e-mail."""

import re

import pytest
from django.core.management import call_command
from django.urls import reverse

from udsat.models import Letter, User

from . import factories as make

ASK, LOG_IN = "/admin/glemt-adgangskode/", "/admin/login/"
NEW = "en lang sætning om havren"


@pytest.fixture
def anna(anna):
    anna.email = "anna@esbjerg.dk"
    anna.save()
    return anna


def ask(client, email, **headers):
    return client.post(ASK, {"email": email}, **headers)


def sent_link(mailbox):
    call_command("run_due")
    [mail] = mailbox.to("anna@esbjerg.dk")
    return re.search(r"https?://[^/]+(/admin/ny-adgangskode/\S+)", mail.text)[1]


def test_who_has_forgotten_the_password_gets_a_link_that_works_once(client, anna, mailbox):
    assert ASK in client.get(LOG_IN).content.decode()
    page = client.post(ASK, {"email": "Anna@Esbjerg.dk"}, follow=True).content.decode()
    assert "får du en mail om lidt" in page
    link = sent_link(mailbox)
    form = client.get(link, follow=True)
    assert "Vælg en ny adgangskode" in form.content.decode()
    answer = client.post(form.request["PATH_INFO"], {"new_password1": NEW, "new_password2": NEW}, follow=True)
    assert "Adgangskoden er gemt" in answer.content.decode()
    assert client.post(LOG_IN, {"username": "anna", "password": make.PASSWORD}).status_code == 200
    assert client.post(LOG_IN, {"username": "anna", "password": NEW})["Location"] == "/admin/"
    client.logout()
    assert "Linket virker ikke mere" in client.get(link, follow=True).content.decode()


def test_the_answer_does_not_tell_whether_there_is_an_account(client, anna):
    known, unknown = (client.post(ASK, {"email": email}, follow=True) for email in (anna.email, "fremmed@esbjerg.dk"))
    assert known.content == unknown.content and known.redirect_chain == unknown.redirect_chain
    assert Letter.objects.get().key.startswith(f"adgangskode:{anna.pk}:")


def test_no_table_holds_the_link_and_no_secretary_sees_the_letter(client, anna):
    ask(client, anna.email)
    letter = Letter.objects.get()
    assert (letter.to, letter.text) == ("", "") and not Letter.objects.in_reach_of(anna).exists()


@pytest.mark.parametrize("fields", [{"is_active": False}, {"password": "!"}])
def test_who_may_no_longer_log_in_gets_no_mail(client, anna, mailbox, fields):
    ask(client, anna.email)
    User.objects.update(**fields)
    call_command("run_due")
    assert mailbox.to(anna.email) == []
    ask(client, anna.email)
    assert not Letter.objects.filter(sent_at=None).exists()


def test_one_account_gets_three_mails_in_an_hour_and_the_page_says_the_same(client, anna):
    pages = {client.post(ASK, {"email": anna.email}, follow=True).content for _ in range(5)}
    assert len(pages) == 1 and Letter.objects.count() == 3


def test_one_network_asks_ten_times_in_an_hour(client, anna):
    answers = [ask(client, f"person{n}@esbjerg.dk", REMOTE_ADDR="198.51.100.7").status_code for n in range(11)]
    assert answers == [302] * 10 + [429]
    assert ask(client, anna.email, REMOTE_ADDR="203.0.113.7").status_code == 302


@pytest.mark.parametrize("email", ["", "ikke en adresse", "anna@esbjerg.dk\nBcc: x@y.dk"])
def test_what_is_not_an_address_is_an_error_beside_the_field(client, anna, email):
    answer = ask(client, email)
    assert answer.status_code == 200 and answer.context["form"].errors["email"]
    assert not Letter.objects.exists()


@pytest.mark.parametrize("path", ["x/y", "MQ/abc-def", "%00/%00", "9" * 50 + "/set-password"])
def test_a_guessed_link_leads_to_a_page_that_says_so(client, anna, path):
    assert "Linket virker ikke mere" in client.get(f"/admin/ny-adgangskode/{path}/").content.decode()


def test_the_pages_outside_do_not_show_the_menu(client, anna):
    for page in (reverse("admin:password_reset"), reverse("admin:password_reset_done")):
        assert "main-nav" not in client.get(page).content.decode()
