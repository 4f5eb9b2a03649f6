"""/emner/: promises, decisions and contacts on a topic or situation, in one or all municipalities."""

import datetime
import re
import tomllib
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from strategies.management.commands.load_topics import SOURCE
from strategies.models import Helpline, Situation, Topic
from udsat.lib.publishing import Status
from udsat.models import Municipality
from udsat.portal import topics

from . import factories as make
from .page_input import Keyboard

HIDDEN = [Status.DRAFT, Status.WITHDRAWN, "planlagt", "udløbet"]


def html(response):
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def words(response):
    return " ".join(re.sub("<[^>]+>", " ", html(response).split("<main")[1].split("</main>")[0]).split())


def queries(client, address):
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


@pytest.fixture
def housing(db):
    return make.topic("Bolig")


def promise(of, topic, text="bygge 20 små boliger.", status=Status.PUBLISHED, **fields):
    """Create a goal about the topic in a strategy of its own."""
    theme = make.theme(make.strategy(of, status=status, **fields))
    theme.topics.add(topic)
    return make.goal(theme, text)


def decide(goal, title="Boliger til unge", date=datetime.date(2025, 3, 3), status=Status.PUBLISHED, **fields):
    """Create an item about the goal in a meeting with minutes."""
    place = goal.theme.strategy.municipality
    council = getattr(place, "council", None) or make.council(place)
    meeting = make.meeting(council, date=date)
    make.minutes(meeting, status)
    item = make.item(meeting, title, **{"answer": "godkendt", "decision": "<p>Der bygges.</p>"} | fields)
    item.goals.add(goal)
    return item


# Lists


def test_somebody_in_trouble_meets_the_situations_before_the_topics(client, db):
    call_command("load_topics", verbosity=0)
    text = html(client.get("/emner/"))
    assert text.index("Jeg mangler et sted at bo") < text.index("Kommunen hører ikke på mig") < text.index(">Bolig<")
    assert text.index(">Bolig<") < text.index(">Sundhed<") < text.index(">Byens rum<")  # by position
    assert 'href="tel:112"' in text


def test_every_situation_has_steps_and_topics(client, db):
    call_command("load_topics", verbosity=0)
    for situation in Situation.objects.all():
        assert situation.topics.exists() and len(situation.steps) >= 3, situation
        text = words(client.get(situation.get_absolute_url()))
        assert text.startswith(("indhold", '" >', situation.title)) or situation.title in text
        assert all(step in text for step in situation.steps), situation


def test_the_advice_names_no_phone_number_but_the_one_for_emergencies():
    situations = tomllib.loads(SOURCE.read_text())["situations"]
    advice = "\n".join(step for situation in situations for step in situation["advice"])
    numbers = set(re.findall(r"\d[\d ]+\d", advice))
    assert "112" in numbers
    assert numbers <= {"112", "14", "18"}


def test_the_lists_can_be_loaded_again_without_changing_an_address(db):
    call_command("load_topics", verbosity=0)
    before = {model: set(model.objects.values_list("pk", "slug")) for model in (Topic, Situation)}
    Situation.objects.filter(slug="gaeld").update(title="Noget andet")
    call_command("load_topics", verbosity=0)
    assert before == {model: set(model.objects.values_list("pk", "slug")) for model in (Topic, Situation)}
    assert Situation.objects.get(slug="gaeld").title == "Jeg har gæld, jeg ikke kan betale"


def test_a_topic_and_a_situation_never_share_an_address(housing):
    with pytest.raises(ValidationError):
        make.situation(slug="bolig")
    make.situation(slug="uden-bolig")
    with pytest.raises(ValidationError):
        Topic.objects.create(name="Uden bolig", slug="uden-bolig")


def test_the_operator_reads_beside_the_field_that_the_address_is_taken(client, operator, housing):
    client.force_login(operator)
    data = {"title": "Jeg mangler en bolig", "advice": "Ring.", "topics": [housing.pk], "position": 1, "slug": "bolig"}
    response = client.post("/admin/strategies/situation/add/", data)
    assert response.status_code == 200 and "har allerede den adresse" in html(response)
    assert not Situation.objects.exists()
    assert client.post("/admin/strategies/situation/add/", data | {"slug": "uden-bolig"}).status_code == 302
    assert list(Situation.objects.get().topics.all()) == [housing]


def test_the_list_counts_municipalities_per_topic(client, esbjerg, vejle, housing):
    promise(esbjerg, housing)
    promise(esbjerg, housing, title="En til")
    promise(vejle, housing, status=Status.DRAFT)
    make.topic("Gæld")
    make.situation("Jeg er ude", housing, slug="ude")
    assert "1 kommune har skrevet om det" in words(client.get("/emner/"))
    assert "Ingen kommune på portalen har skrevet om det endnu" in words(client.get("/emner/"))
    text = html(client.get("/emner/?kommune=esbjerg"))
    assert "2 temaer i Esbjerg Kommune" in text and 'href="/emner/bolig/?kommune=esbjerg"' in text
    assert 'href="/emner/ude/?kommune=esbjerg"' in text
    assert "Vejle Kommune har ikke skrevet om det her endnu" in html(client.get("/emner/?kommune=vejle"))


# Topic page


def test_a_topic_gathers_promises_by_municipality_in_danish_order(client, housing):
    for name in ("Aabenraa", "Ærø", "Esbjerg", "Faaborg"):
        goal = promise(make.municipality(name), housing, f"bygge i {name}.")
        make.follow_up(goal, "naaet", measure="4 af 4")
    text = words(client.get("/emner/bolig/"))
    at = [text.index(f"bygge i {name}.") for name in ("Esbjerg", "Faaborg", "Ærø", "Aabenraa")]
    assert at == sorted(at)
    assert text.count("Vi vil:") == 4 and text.count("Nået, 4 af 4") == 4


def test_a_topic_says_once_who_has_not_followed_up_and_shows_the_causes_of_the_councils(client, housing):
    for name in ("Esbjerg", "Faaborg", "Kolding"):
        municipality = make.municipality(name)
        council = make.council(municipality)
        for position, title in enumerate(("Varme hænder", "Flere senge")):
            make.cause(council, f"{title} i {name}", position=-position + 2)
        goal = promise(municipality, housing)
    text = words(client.get("/emner/bolig/"))
    assert text.count("hvordan det går med målene") == 1
    assert "Ingen af kommunerne har skrevet her, hvordan det går med målene." in text
    assert "Rådets mærkesager: Flere senge i Kolding · Varme hænder i Kolding" in text
    make.follow_up(goal, "naaet")
    text = words(client.get("/emner/bolig/"))
    assert "Esbjerg Kommune og Faaborg Kommune har ikke skrevet her, hvordan det går med målene." in text
    assert "Varme hænder i Esbjerg" in words(client.get("/emner/bolig/?kommune=esbjerg"))


def test_a_goal_below_another_a_target_and_a_theme_in_prose_are_there_too(client, esbjerg, housing):
    goal = promise(esbjerg, housing, "bygge små boliger:")
    make.goal(goal.theme, "på havnen.", parent=goal, target="20 i 2028")
    prose = make.theme(goal.theme.strategy, "Et hjem", body="<p>Alle skal bo <strong>godt</strong>.</p>")
    prose.topics.add(housing)
    text = words(client.get("/emner/bolig/"))
    assert "bygge små boliger:" in text and "på havnen. Måltal: 20 i 2028" in text
    assert "Alle skal bo godt." in text
    assert "Esbjerg Kommune har ikke skrevet her, hvordan det går med målene." in text


@pytest.mark.parametrize("status", HIDDEN)
def test_nothing_hidden_is_promised_or_decided(client, esbjerg, housing, status):
    goal = promise(esbjerg, housing, "Zebra", status)
    decide(goal, "Giraf")
    decide(promise(esbjerg, housing, title="Åben"), "Flodhest", datetime.date(2025, 4, 4), status)
    text = html(client.get("/emner/bolig/"))
    # An item linked only to drafts has no public links.
    assert not [word for word in ("Zebra", "Giraf", "Flodhest") if word in text]
    assert "Zebra" not in html(client.get("/emner/bolig/?kommune=esbjerg"))


def test_replaced_strategies_are_left_out_and_expired_ones_marked(client, esbjerg, vejle, housing):
    today = timezone.localdate()
    old = promise(esbjerg, housing, "gammelt løfte").theme.strategy
    promise(esbjerg, housing, "nyt løfte", title="Ny", replaces=old)
    promise(vejle, housing, "udløbet løfte", title="Udløbet", ends_on=today - datetime.timedelta(days=1))
    promise(vejle, housing, "kommende løfte", title="Kommer", starts_on=today + datetime.timedelta(days=9))
    text = words(client.get("/emner/bolig/"))
    assert "gammelt løfte" not in text and "nyt løfte" in text
    assert "Strategier, som er erstattet af en nyere, er ikke med." in text
    assert "Perioden er udløbet . Den sluttede" in text and "udløbet løfte" in text
    assert "Træder i kraft senere" in text and "kommende løfte" in text


def test_what_is_in_force_comes_before_what_is_over(client, esbjerg, housing):
    today = timezone.localdate()
    over = {"starts_on": today - datetime.timedelta(days=9), "ends_on": today - datetime.timedelta(days=1)}
    promise(esbjerg, housing, "det udløbne", title="Udløbet", **over)
    promise(esbjerg, housing, "det gældende", title="Gælder", starts_on=today - datetime.timedelta(days=99))
    text = html(client.get("/emner/bolig/"))
    assert text.index("det gældende") < text.index("det udløbne")


def test_a_citizen_chooses_a_municipality_and_sees_its_contacts(client, esbjerg, vejle, housing):
    esbjerg.phone, esbjerg.phone_hours, esbjerg.website = "76 16 16 16", "hverdage kl. 9–14", "https://esbjerg.example/"
    esbjerg.save()
    make.council(esbjerg, phone="11 11 11 11")
    make.council(vejle, Status.DRAFT, phone="22 22 22 22")
    promise(esbjerg, housing, "bygge i Esbjerg.")
    promise(vejle, housing, "bygge i Vejle.")
    text = html(client.get("/emner/bolig/?kommune=esbjerg"))
    assert "bygge i Esbjerg." in text and "bygge i Vejle." not in text
    for part in ("tel:+4576161616", "hverdage kl. 9–14", "https://esbjerg.example/", "tel:+4511111111"):
        assert part in text
    assert text.index("tel:+4576161616") < text.index(
        "tel:+4511111111"
    )  # the municipality first, since a council handles no individual cases
    assert '<option value="esbjerg" selected>' in text
    everywhere = html(client.get("/emner/bolig/"))
    assert "tel:+4576161616" in everywhere and "22 22 22 22" not in everywhere


def test_a_municipality_without_promises_still_shows_contacts(client, esbjerg, vejle, housing):
    assert "Ingen kommune på portalen har skrevet om det endnu." in words(client.get("/emner/bolig/"))
    promise(esbjerg, housing)
    vejle.phone = "76 81 00 00"
    vejle.save()
    text = html(client.get("/emner/bolig/?kommune=vejle"))
    assert "Vejle Kommune har ikke skrevet om det på portalen endnu." in text and "tel:+4576810000" in text


def test_an_unknown_municipality_is_reported_and_the_whole_country_shown(client, esbjerg, housing):
    promise(esbjerg, housing)
    text = html(client.get("/emner/bolig/", {"kommune": "<b>Andeby\0"}))
    assert "Vi kender ingen kommune, der hedder »&lt;b&gt;Andeby" in text and "bygge 20 små boliger." in text
    for nonsense in ("?side=0", "?side=99", "?side=x", "?side=-1", "?kommune=" + "x" * 3000):
        assert client.get(f"/emner/bolig/{nonsense}").status_code == 200


def test_an_address_that_is_nearly_a_topic_leads_there(client, housing):
    make.situation("Jeg drikker for meget", slug="drikker-for-meget")
    for wrong, right in (("bolik", "/emner/bolig/"), ("drikker", "/emner/drikker-for-meget/")):
        response = client.get(f"/emner/{wrong}/")
        text = response.content.decode()
        assert response.status_code == 404 and f"Vi kender intet emne med adressen »{wrong}«." in text
        assert f'href="{right}"' in text and 'href="/emner/"' in text


def test_many_municipalities_are_cut_into_pages(client, housing):
    for number in range(topics.PER_PAGE + 1):
        promise(make.municipality(f"By {number:02}"), housing, f"mål {number:02}")
    first, second = html(client.get("/emner/bolig/")), html(client.get("/emner/bolig/?side=2"))
    assert "mål 00" in first and f"mål {topics.PER_PAGE:02}" not in first and 'href="?side=2"' in first
    assert f"mål {topics.PER_PAGE:02}" in second and "mål 00" not in second


# Situation page


def test_a_situation_gathers_all_its_topics_each_theme_once(client, esbjerg, housing):
    debt = make.topic("Gæld")
    make.situation("Jeg er ude", housing, debt, slug="ude", advice="Ring 112.\n\nGå i borgerservice.")
    goal = promise(esbjerg, housing, "bygge boliger.")
    goal.theme.topics.add(debt)
    promise(esbjerg, debt, "slette gæld.", title="En til")
    text = html(client.get("/emner/ude/"))
    assert text.count("bygge boliger.") == 1 and "slette gæld." in text
    assert "<li>Ring 112.</li><li>Gå i borgerservice.</li>" in text
    assert 'href="/emner/gaeld/"' in text
    assert 'href="/emner/ude/"' in html(client.get("/emner/gaeld/"))


def test_a_situation_page_begins_with_numbers_that_help(client, esbjerg):
    call_command("load_topics", verbosity=0)
    Municipality.objects.filter(pk=esbjerg.pk).update(phone="76 16 16 16")
    text = html(client.get("/emner/bliver-slaaet/?kommune=esbjerg"))
    assert (
        '<li><strong>Ring <a href="tel:1888">1888</a></strong>, Lev Uden Vold, den nationale hotline. '
        "For voldsudsatte, pårørende, fagfolk, og den, der selv slår. Åbent døgnet rundt. Du kan være anonym. "
        'Det er gratis. <span class="meta">Nummeret er tjekket i 2022 (levudenvold.dk).</span></li>'
    ) in text
    assert text.index("tel:1888") < text.index("tel:+4576161616") < text.index("Det kan du gøre nu")
    text = html(client.get("/emner/har-det-psykisk-daarligt/"))
    assert text.index("Livslinien") < text.index("Lev Uden Vold"), "the line for the situation above all comes first"
    for situation in Situation.objects.all():
        text = html(client.get(situation.get_absolute_url()))
        assert text.index('href="tel:112"') < text.index("Det kan du gøre nu")
        assert all(f">{line.number}</a>" in text for line in situation.helplines.all())


def test_every_helpline_helps_in_a_situation_and_a_newer_check_is_kept(db):
    call_command("load_topics", verbosity=0)
    assert Helpline.objects.count() == 6 and not Helpline.objects.filter(situations=None).exists()
    Helpline.objects.filter(number="1888").update(checked_in=2030, hours="kl. 9–16")
    Helpline.objects.exclude(number="1888").update(hours="aldrig")
    call_command("load_topics", verbosity=0)
    assert Helpline.objects.get(number="1888").hours == "kl. 9–16"
    assert not Helpline.objects.filter(hours="aldrig").exists()


def test_the_operator_sees_which_numbers_were_checked_years_ago(client, operator, db):
    this_year = timezone.localdate().year
    make.helpline("1888", name="Den gamle", checked_in=this_year - 2)
    make.helpline("116 111", name="Den nye", checked_in=this_year - 1)
    client.force_login(operator)
    text = words(client.get("/admin/strategies/helpline/"))
    assert text.count(f"Ja, det er fra {this_year - 2}") == 1 and text.count("Ja, det er fra") == 1


def test_no_page_sends_a_citizen_to_the_switchboard():
    """Nobody knows that number either: every page names a number, a website or a place."""
    templates = Path(settings.BASE_DIR / "templates").rglob("*.html")
    assert not [path for path in templates if "omstilling" in path.read_text()]


# Decisions


def test_decisions_come_newest_first_with_what_they_are_about(client, esbjerg, housing):
    goal = promise(esbjerg, housing)
    council = make.council(esbjerg)
    for day in (3, 9, 5):
        decide(goal, f"Punkt den {day}.", datetime.date(2025, 3, day))
    tied_to_theme = decide(goal, "Om temaet", datetime.date(2025, 2, 1), decision="", answer="")
    tied_to_theme.goals.clear()
    tied_to_theme.themes.add(goal.theme)
    make.agreement(tied_to_theme, "Ringe til boligforeningen")
    text = words(client.get("/emner/bolig/"))
    at = [text.index(f"Punkt den {day}.") for day in (9, 5, 3)]
    assert at == sorted(at) and council
    assert "Der bygges." in text and "mål 1.1 »bygge 20 små boliger.«" in text
    assert "Aftalt: Ringe til boligforeningen" in text


def test_talk_without_decision_a_closed_item_and_other_topics_are_not_decisions_about_it(client, esbjerg, housing):
    goal = promise(esbjerg, housing)
    decide(goal, "Kun snak", answer="", decision="")
    decide(goal, "Kakadue", datetime.date(2025, 4, 4), is_closed=True, public_title="Personsag")
    decide(promise(esbjerg, make.topic("Gæld"), title="En til"), "Om gæld", datetime.date(2025, 5, 5))
    text = html(client.get("/emner/bolig/"))
    assert not [word for word in ("Kun snak", "Kakadue", "Personsag", "Om gæld") if word in text]
    assert "Der er ingen offentlige beslutninger om det endnu." in text


def test_a_decision_names_only_the_themes_and_goals_about_the_topic(client, esbjerg, housing):
    debt = promise(esbjerg, make.topic("Gæld"), "slette gæld.", title="En til")
    goal = promise(esbjerg, housing, "bygge boliger.")
    decide(goal).goals.add(debt)
    without_goals = decide(goal, date=datetime.date(2025, 4, 3))
    without_goals.goals.clear()
    without_goals.themes.add(goal.theme, debt.theme)
    text = html(client.get("/emner/bolig/"))
    for one in (goal, goal.theme):
        assert f'<a href="{one.get_absolute_url()}">' in text.split('class="meta ties">Handler om')[1 + (one == goal)]
    assert "slette gæld." not in text and debt.theme.get_absolute_url() not in text


def test_the_decisions_of_a_chosen_municipality_are_its_own(client, esbjerg, vejle, housing):
    for place in (esbjerg, vejle):
        decide(promise(place, housing), f"Boliger i {place.name}")
    text = html(client.get("/emner/bolig/?kommune=vejle"))
    assert "Boliger i Vejle" in text and "Boliger i Esbjerg" not in text


def test_only_the_newest_decisions_are_listed_with_a_note(client, esbjerg, housing):
    goal = promise(esbjerg, housing)
    for number in range(topics.DECISIONS + 1):
        decide(goal, f"Sag {number:02}.", datetime.date(2025, 1, 1) + datetime.timedelta(days=number))
    text = html(client.get("/emner/bolig/"))
    assert "Sag 00." not in text and "Sag 01." in text and "Det er de nyeste." in text
    assert 'href="/esbjerg/moeder/"' in html(client.get("/emner/bolig/?kommune=esbjerg"))


# Links and queries


def test_front_municipality_theme_and_search_lead_to_the_topic(client, esbjerg, vejle, housing):
    make.situation("Jeg mangler et sted at bo", housing, slug="uden-bolig")
    promise(vejle, make.topic("Gæld"))
    theme = promise(esbjerg, housing).theme
    assert 'href="/emner/uden-bolig/"' in html(client.get("/"))
    page = html(client.get("/esbjerg/"))
    assert 'href="/emner/bolig/?kommune=esbjerg"' in page and "/emner/gaeld/" not in page
    assert 'href="/emner/bolig/?kommune=esbjerg"' in html(client.get(theme.get_absolute_url()))
    assert 'href="/emner/bolig/"' in html(client.get("/soeg/?q=boliger&emne=bolig"))
    for address in ("/", "/esbjerg/", "/andeby/"):
        assert 'href="/emner/"' in client.get(address).content.decode(), address


def test_a_topic_costs_the_same_with_little_and_with_much(client, esbjerg, vejle, housing):
    addresses = ["/emner/", "/emner/bolig/", "/emner/bolig/?kommune=esbjerg"]

    def fill(of, texts):
        for number, text in enumerate(texts, of.strategies.count()):
            goal = promise(of, housing, text, title=f"{text} {number}")
            make.follow_up(make.goal(goal.theme, "under", parent=goal))
            make.theme(goal.theme.strategy, "").topics.add(housing)
            item = decide(goal, text, datetime.date(2025, 3, 1 + number))
            item.themes.add(goal.theme)
            make.agreement(item)

    fill(esbjerg, ["et"])
    fill(vejle, ["et"])
    few = {address: queries(client, address) for address in addresses}
    fill(make.municipality("Kolding"), ["to", "tre", "fire"])
    esbjerg.refresh_from_db()
    fill(esbjerg, ["fem", "seks"])
    assert {address: queries(client, address) for address in addresses} == few


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_somebody_without_a_home_finds_whom_to_ring_and_compares_two_places_by_the_keys(page_without_javascript):
    page, main = page_without_javascript, page_without_javascript.get_by_role("main")
    housing = make.topic("Bolig")
    make.situation("Jeg mangler et sted at bo", housing, slug="uden-bolig", advice="Du kan selv gå på et herberg.")
    for name in ("Esbjerg", "Vejle"):
        promise(make.municipality(name, phone="76 16 16 16"), housing, f"bygge i {name}.")
    keyboard = Keyboard(page)
    page.goto("/")
    keyboard.follow(main.get_by_role("link", name="Jeg mangler et sted at bo"))
    assert main.get_by_text("Du kan selv gå på et herberg.").is_visible()
    keyboard.choose(main.get_by_label("Hvor bor du?"), "Esbjerg")
    keyboard.follow(main.get_by_role("button", name="Vis"))
    assert main.get_by_role("link", name="76 16 16 16").first.is_visible()
    assert main.get_by_text("bygge i Vejle.").count() == 0
    keyboard.follow(main.get_by_role("link", name="Alt om emnet Bolig"))
    keyboard.follow(main.get_by_role("link", name="Sammenlign kommuner om Bolig"))
    keyboard.press(main.get_by_text("Vælg andre kommuner eller et andet emne"))
    keyboard.choose(main.get_by_label("Kommune 2"), "Vejle")
    keyboard.follow(main.get_by_role("button", name="Sammenlign"))
    columns = [main.get_by_text(f"bygge i {name}.").bounding_box() for name in ("Esbjerg", "Vejle")]
    assert columns[0]["y"] == columns[1]["y"] and columns[0]["x"] < columns[1]["x"]
    page.set_viewport_size({"width": 360, "height": 800})
    columns = [main.get_by_text(f"bygge i {name}.").bounding_box() for name in ("Esbjerg", "Vejle")]
    assert columns[0]["x"] == columns[1]["x"] and columns[0]["y"] < columns[1]["y"]


# What the operator writes


def test_a_number_that_looks_like_a_cpr_number_is_refused_in_the_national_lists(client, operator, db):
    client.force_login(operator)
    line, bolig = make.helpline(), make.topic("Bolig")
    make.situation("Jeg mangler et sted at bo", bolig)
    for obj, field in ((bolig, "description"), (Situation.objects.get(), "advice"), (line, "audience")):
        address = f"/admin/strategies/{obj._meta.model_name}/{obj.pk}/change/"
        form = client.get(address).context["adminform"].form
        typed = {name: form[name].value() for name in form.fields}
        typed = {name: value for name, value in typed.items() if value not in (None, False)}
        response = client.post(address, typed | {field: "Spørg 010190-1234."})
        assert response.status_code == 200 and "ligner et CPR-nummer" in response.content.decode(), obj
        setattr(obj, field, "Spørg 010190-1234.")
        with pytest.raises(ValidationError):
            obj.save()
