"""User administration, limited to the administrator's municipalities."""

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from udsat.lib.roles import Role
from udsat.models import Assignment, Municipality, User
from udsat.models.municipalities import Accent

from . import factories as make
from .test_back_office_conflict import log_in, opened, save
from .test_back_office_scope import empty_inlines, text, url

NEW = {"first_name": "Ny", "last_name": "Person", "email": "ny@esbjerg.dk", "username": "ny",
       "password1": "Et helt nyt løsen 7", "password2": "Et helt nyt løsen 7", "role": Role.SECRETARY}  # fmt: skip


def add(client, **fields):
    return client.post(url(User, "add"), NEW | fields)


def with_roles(client, user, *rows):
    """Return the form data of the user's page with rows of (assignment, municipality, role)."""
    data = opened(client, user) | {"assignments-TOTAL_FORMS": len(rows)}
    data["assignments-INITIAL_FORMS"] = sum(row is not None for row, _, _ in rows)
    for n, (row, municipality, role) in enumerate(rows):
        data |= {f"assignments-{n}-user": user.pk, f"assignments-{n}-role": role}
        data |= {f"assignments-{n}-id": row.pk} if row else {}
        data |= {f"assignments-{n}-municipality": municipality.pk}
    return data


@pytest.fixture
def evas(eva):
    return log_in(eva)


@pytest.fixture
def hans(esbjerg, vejle):
    """Secretary in Esbjerg and in Vejle."""
    return make.user("hans", role=Role.SECRETARY, of=[esbjerg, vejle], first_name="Hans")


def test_an_administrator_creates_a_user_in_the_own_municipality(evas, esbjerg):
    assert add(evas, municipality=esbjerg.pk).status_code == 302
    made = User.objects.get(username="ny")
    assert made.is_staff and not made.is_superuser and made.check_password("Et helt nyt løsen 7")
    assert made.role_of == {esbjerg.pk: Role.SECRETARY}
    client = Client()
    assert client.login(username="ny", password="Et helt nyt løsen 7")
    assert client.get("/admin/").status_code == 200


def test_the_form_hides_the_only_municipality(evas, esbjerg, vejle):
    page = text(evas.get(url(User, "add")))
    assert f'type="hidden" name="municipality" value="{esbjerg.pk}"' in page and "Vejle " not in page


def test_an_administrator_creates_no_user_in_another_municipality(evas, vejle):
    assert add(evas, municipality=vejle.pk).status_code == 200
    assert not User.objects.filter(username="ny").exists()


@pytest.mark.parametrize(
    "more", [{"is_superuser": "on"}, {"is_staff": "on"}, {"groups": "1"}, {"user_permissions": "1"}]
)
def test_no_form_makes_an_administrator_a_superuser(evas, esbjerg, carla, more):
    add(evas, municipality=esbjerg.pk, **more)
    save(evas, carla, opened(evas, carla) | more)
    assert not User.objects.filter(is_superuser=True).exists()
    assert 'name="is_superuser"' not in text(evas.get(url(User, "change", carla.pk)))


def test_an_administrator_changes_roles_in_the_own_municipality(evas, esbjerg, carla):
    row = carla.assignments.get()
    assert save(evas, carla, with_roles(evas, carla, (row, esbjerg, Role.SECRETARY))).status_code == 302
    row.refresh_from_db()
    assert row.role == Role.SECRETARY


def test_an_administrator_gives_no_role_elsewhere(evas, esbjerg, vejle, carla):
    row = carla.assignments.get()
    data = with_roles(evas, carla, (row, esbjerg, Role.EDITOR), (None, vejle, Role.ADMINISTRATOR))
    assert save(evas, carla, data).status_code == 200
    assert Assignment.objects.get(user=carla) == row


def test_an_administrator_moves_no_role_elsewhere(evas, vejle, carla, esbjerg):
    row = carla.assignments.get()
    save(evas, carla, with_roles(evas, carla, (row, vejle, Role.EDITOR)))
    row.refresh_from_db()
    assert row.municipality == esbjerg


def test_roles_elsewhere_are_neither_seen_nor_touched(evas, hans, esbjerg, vejle):
    page = text(evas.get(url(User, "change", hans.pk)))
    assert "Vejle " not in page and "arbejder også et andet sted" in page
    here, there = hans.assignments.get(municipality=esbjerg), hans.assignments.get(municipality=vejle)
    data = with_roles(evas, hans, (here, esbjerg, Role.EDITOR), (there, vejle, Role.EDITOR))
    data["assignments-INITIAL_FORMS"] = 2
    save(evas, hans, data)
    there.refresh_from_db()
    assert there.role == Role.SECRETARY
    assert save(evas, hans, with_roles(evas, hans, (here, esbjerg, Role.EDITOR))).status_code == 302
    here.refresh_from_db()
    assert here.role == Role.EDITOR


def test_name_and_password_of_one_who_works_elsewhere_too_are_left_alone(evas, hans, esbjerg):
    here = hans.assignments.get(municipality=esbjerg)
    data = with_roles(evas, hans, (here, esbjerg, Role.SECRETARY)) | {"first_name": "Snydt", "username": "snydt"}
    save(evas, hans, data)
    hans.refresh_from_db()
    assert (hans.first_name, hans.username, hans.is_active) == ("Hans", "hans", True)
    address = reverse("admin:udsat_user_password", args=[hans.pk])
    assert address not in text(evas.get(url(User, "change", hans.pk)))
    assert evas.get(address).status_code == 403
    assert evas.post(address, {"new_password1": "Nyt løsen 123", "new_password2": "Nyt løsen 123"}).status_code == 403


def test_a_superuser_with_a_role_here_is_not_touched(evas, operator, esbjerg):
    Assignment.objects.create(user=operator, municipality=esbjerg, role=Role.EDITOR)
    assert evas.post(url(User, "change", operator.pk), {"username": "snydt"}).status_code == 403
    assert evas.get(reverse("admin:udsat_user_password", args=[operator.pk])).status_code == 403


def test_a_user_who_can_be_taken_out_of_the_municipality_is_gone_from_its_list(evas, carla, esbjerg):
    row = carla.assignments.get()
    data = with_roles(evas, carla, (row, esbjerg, Role.EDITOR)) | {"assignments-0-DELETE": "on"}
    assert save(evas, carla, data).status_code == 302
    assert evas.get(url(User, "change", carla.pk)).status_code == 404
    evas.get("/admin/")  # consumes the message
    assert "Carla" not in text(evas.get(url(User, "changelist")))


def test_users_cannot_change_their_own_role(evas, eva, esbjerg):
    row = eva.assignments.get()
    data = with_roles(evas, eva, (row, esbjerg, Role.EDITOR)) | {"assignments-0-DELETE": "on"}
    save(evas, eva, data)
    row.refresh_from_db()
    assert row.role == Role.ADMINISTRATOR
    data = opened(evas, eva)
    data.pop("is_active", None)
    save(evas, eva, data)
    eva.refresh_from_db()
    assert eva.is_active


def test_passwords_are_never_shown_not_even_hashed(evas, client, operator, carla):
    client.force_login(operator)
    for browser in (evas, client):
        for address in (url(User, "change", carla.pk), url(User, "history", carla.pk), url(User, "changelist")):
            page = text(browser.get(address))
            assert carla.password not in page and carla.password.split("$")[-1] not in page and "md5" not in page


@pytest.mark.parametrize("field", ["password", "assignments__user__password", "is_superuser", "email", "last_login"])
def test_the_list_cannot_be_asked_about_hidden_fields(evas, carla, field):
    response = evas.get(url(User, "changelist") + f"?{field}__startswith=a")
    assert response.status_code == 302 and response.url.endswith("?e=1")


def test_a_new_password_is_given_and_the_old_one_ends(evas, carla, client):
    address = reverse("admin:udsat_user_password", args=[carla.pk])
    assert "mundtligt" in text(evas.get(address))
    response = evas.post(address, {"new_password1": "Et helt nyt løsen 7", "new_password2": "noget andet"})
    assert response.status_code == 200 and 'aria-invalid="true"' in text(response)
    assert evas.post(address, {"new_password1": "12345", "new_password2": "12345"}).status_code == 200
    client.force_login(carla)
    new = {"new_password1": "Et helt nyt løsen 7", "new_password2": "Et helt nyt løsen 7"}
    assert evas.post(address, new).status_code == 302
    carla.refresh_from_db()
    assert carla.check_password("Et helt nyt løsen 7")
    assert client.get("/admin/").status_code == 302
    assert "Et helt nyt" not in " ".join(LogEntry.objects.values_list("change_message", flat=True))


def test_a_person_who_stops_can_no_longer_log_in_but_stays_in_the_history(evas, carla, client):
    client.force_login(carla)
    data = opened(evas, carla)
    data.pop("is_active")
    assert save(evas, carla, data).status_code == 302
    assert client.get("/admin/").status_code == 302
    assert not Client().login(username="carla", password=make.PASSWORD)
    assert evas.post(url(User, "delete", carla.pk), {"post": "yes"}).status_code == 403


def test_secretaries_cannot_administer_users(client, anna, carla, bo):
    client.force_login(anna)
    assert client.get(url(User, "changelist")).status_code == 403
    assert client.get(url(User, "add")).status_code == 403
    assert client.get(url(User, "change", carla.pk)).status_code == 403
    assert client.get(url(User, "change", bo.pk)).status_code == 404
    assert client.get(reverse("admin:udsat_user_password", args=[bo.pk])).status_code == 404


def test_an_administrator_sees_only_users_of_the_own_municipality(evas, bo, carla, operator):
    page = text(evas.get(url(User, "changelist")))
    assert "Carla" in page and ">Bo<" not in page and "Drift" not in page
    assert evas.get(url(User, "change", bo.pk)).status_code == 404
    assert evas.get(url(User, "change", operator.pk)).status_code == 404


def test_a_taken_username_is_explained(evas, bo, esbjerg):
    response = add(evas, municipality=esbjerg.pk, username="BO")
    assert "bed driften om at give rollen" in text(response)


def test_who_runs_the_portal_sees_and_does_all(client, operator, bo, hans, vejle, esbjerg):
    client.force_login(operator)
    page = text(client.get(url(User, "changelist")))
    assert ">Bo<" in page and "Sekretær i Vejle" in page
    row = bo.assignments.get()
    assert (
        save(client, bo, with_roles(client, bo, (row, vejle, Role.EDITOR), (None, esbjerg, Role.EDITOR))).status_code
        == 302
    )
    bo = User.objects.get(pk=bo.pk)
    assert bo.role_of == {vejle.pk: Role.EDITOR, esbjerg.pk: Role.EDITOR}
    assert 'name="is_superuser"' in text(client.get(url(User, "change", bo.pk)))


def test_an_administrator_edits_contact_and_colour_of_the_municipality(evas, esbjerg):
    address = url(Municipality, "change", esbjerg.pk)
    page = text(evas.get(address))
    assert "Hyben" in page and 'name="code"' not in page and 'name="slug"' not in page
    data = opened(evas, esbjerg) | {"phone": "76 16 16 16", "accent": Accent.HYBEN, "slug": "snydt", "code": "9999"}
    assert evas.post(address, data).status_code == 302
    esbjerg.refresh_from_db()
    assert (esbjerg.phone, esbjerg.accent, esbjerg.slug, esbjerg.code) == ("76 16 16 16", "hyben", "esbjerg", "0561")


def test_a_secretary_reads_the_municipality_and_the_operator_renames_it(client, anna, operator, esbjerg):
    client.force_login(anna)
    page = text(client.get(url(Municipality, "change", esbjerg.pk)))
    assert "<textarea" not in page and 'name="_save"' not in page
    client.force_login(operator)
    address = url(Municipality, "change", esbjerg.pk)
    data = opened(client, esbjerg) | empty_inlines(client, address)
    assert client.post(address, data | {"slug": "om"}).status_code == 200
    assert client.post(address, data | {"official_name": "Esbjerg by"}).status_code == 302


def test_one_changes_ones_own_password(client, anna):
    client.force_login(anna)
    address = reverse("admin:password_change")
    data = {
        "old_password": make.PASSWORD,
        "new_password1": "Et helt nyt løsen 7",
        "new_password2": "Et helt nyt løsen 7",
    }
    assert "Skift adgangskode" in text(client.get(address))
    assert "aria-invalid" in text(client.post(address, data | {"old_password": "forkert"}))
    assert "Adgangskoden er skiftet" in text(client.post(address, data, follow=True))


def test_login_errors_are_in_plain_danish(client, anna):
    page = text(client.post("/admin/login/", {"username": "anna", "password": "forkert"}))
    assert "Brugernavn eller adgangskode er forkert." in page and "Udsatteportalen" in page
    response = client.post("/admin/login/?next=/admin/council/meeting/", {
        "username": "anna", "password": make.PASSWORD, "next": "/admin/council/meeting/",
    })  # fmt: skip
    assert response.url == "/admin/council/meeting/"
    response = client.post("/admin/logout/")
    assert "Du er logget ud" in text(response)
