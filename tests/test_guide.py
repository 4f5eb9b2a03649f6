"""User guide: linked from every back-office page at the relevant section."""

import re

import pytest
from django.conf import settings
from django.contrib import admin
from django.urls import reverse
from PIL import Image

from udsat.lib.publishing import Status

from . import factories as make

TEMPLATES = settings.BASE_DIR / "templates" / "admin"


@pytest.fixture
def guide(client, anna):
    client.force_login(anna)
    return client.get(reverse("admin:guide")).content.decode()


def sections(html):
    return re.findall(r'<section id="([^"]+)"', html)


def led_to():
    """Return every anchor that back-office pages link to."""
    blocks = [
        block
        for path in TEMPLATES.rglob("*.html")
        for block in re.findall(r"{% block guide_anchor %}(.*?){% endblock %}", path.read_text())
        if block != "{% guide_anchor %}"
    ]
    # One page serves two models and sets the anchor in a block.
    words = [word for block in blocks for word in re.sub(r"{%.*?%}", " ", block).replace("#", " ").split()]
    return {*words, *(one.guide for one in admin.site._registry.values() if one.guide)}


def test_every_page_leads_to_a_section_that_is_there_and_every_section_is_led_to(guide):
    assert led_to() == set(sections(guide))


def test_the_contents_name_every_section_once_and_in_its_order(guide):
    contents = guide.partition('<nav class="contents"')[2].partition("</nav>")[0]
    assert re.findall(r'href="#([^"]+)"', contents) == sections(guide)


def test_every_shelf_of_the_front_page_leads_somewhere_in_the_guide():
    assert [type(one).__name__ for one in admin.site._registry.values() if one.index_section and not one.guide] == []


def test_guide_images_are_small_sized_and_described(guide):
    pictures = re.findall(r"<img [^>]*>", guide)
    assert len(pictures) == 9
    for tag in pictures:
        said = dict(re.findall(r'([a-z]+)="([^"]*)"', tag))
        path = settings.BASE_DIR / said["src"].lstrip("/")
        assert path.stat().st_size <= 60_000
        assert Image.open(path).size == (int(said["width"]), int(said["height"])), said["src"]
        assert said["loading"] == "lazy" and len(said["alt"]) > 60


def test_the_link_in_the_header_leads_from_a_page_to_its_section(client, esbjerg, anna):
    client.force_login(anna)
    council = make.council(esbjerg)
    meeting = make.meeting(council, status=Status.DRAFT)
    make.person(esbjerg)
    hearing = make.hearing(council, status=Status.DRAFT)
    start = reverse("admin:guide")
    for name, args, section in (
        ("index", [], "mit-bord"),
        ("council_meeting_year_plan", [], "aaret"),
        ("council_meeting_changelist", [], "aaret"),
        ("council_meeting_agenda", [meeting.pk], "dagsorden"),
        ("council_meeting_invitations", [meeting.pk], "indkald"),
        ("council_meeting_desk", [meeting.pk], "moedebord"),
        ("council_meeting_approval", [meeting.pk], "godkend"),
        ("council_meeting_publish", [meeting.pk], "offentliggoer"),
        ("council_meeting_history", [meeting.pk], "historik"),
        ("council_hearing_approval", [hearing.pk], "hoeringer"),
        ("council_person_add", [], "personer"),
    ):
        html = client.get(reverse(f"admin:{name}", args=args)).content.decode()
        assert f'<a href="{start}#{section}">Vejledning</a>' in html, name
