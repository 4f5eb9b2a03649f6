"""Login of the back office."""

import pytest

from . import factories as make


@pytest.mark.parametrize(
    "asked", ["", "//fremmed.example", "https://fremmed.example/", "/\\fremmed.example", "javascript:alert(1)"]
)
def test_log_in_leads_to_the_back_office_and_never_to_strangers(client, anna, asked):
    answer = client.post("/admin/login/", {"username": "anna", "password": make.PASSWORD, "next": asked})
    assert (answer.status_code, answer["Location"]) == (302, "/admin/")


def test_log_in_leads_to_the_page_that_was_asked_for(client, anna):
    asked = client.get("/admin/council/meeting/")
    answer = client.post(asked["Location"], {"username": "anna", "password": make.PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, "/admin/council/meeting/")
