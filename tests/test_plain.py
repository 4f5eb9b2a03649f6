"""Plain text first on request, and reading aloud."""

import datetime
import json

import pytest
from playwright.sync_api import expect

from council.models import Agenda, AgendaItem, Council, Minutes
from strategies.models import Goal, Strategy, Theme
from udsat.lib.readability import lix
from udsat.lib.richtext import plain_text

from . import factories as make
from .page_input import Keyboard

EASY = "<p>Du får et sted at bo.</p>"


@pytest.fixture
def plan(esbjerg):
    strategy = make.strategy(esbjerg, "Plads til alle", plain_text="<p>Vi vil hjælpe dig.</p>", summary="Tung prosa.")
    theme = make.theme(strategy, "Et sted at bo", body="<p>Boligsocial helhedsindsats.</p>", plain_text=EASY)
    make.goal(theme, "Etablere 20 boliger", plain_text="Vi bygger små huse.", explanation="<p>Lovhjemmel.</p>")
    make.goal(theme, "Holde husene ved lige")
    return strategy


def main_of(client, address):
    return client.get(address).content.decode().partition("<main")[2].partition("</main>")[0]


def test_the_easy_text_comes_first_and_the_full_one_is_folded_but_there(client, plan):
    address = plan.get_absolute_url()
    full, short = main_of(client, address), main_of(client, f"{address}?kort=1")
    assert '<details class="whole">' not in full
    assert short.index("Vi vil hjælpe dig.") < short.index('<details class="whole">') < short.index("Tung prosa.")
    assert short.index("Du får et sted at bo.") < short.index("Boligsocial helhedsindsats.")
    for page in (full, short):
        assert page.count("<h1") == 1 and page.count("Boligsocial helhedsindsats.") == 1
        assert page.count("Vi vil hjælpe dig.") == page.count("Du får et sted at bo.") == 1
        assert f'href="{address}?kort=1" data-short="1"' in page and f'href="{address}" data-short=""' in page


def test_a_theme_shows_plain_text_of_goals_that_have_one(client, plan):
    page = main_of(client, plan.themes.get().get_absolute_url() + "?kort=1")
    assert page.index("Vi bygger små huse.") < page.index("Etablere 20 boliger") < page.index("Lovhjemmel.")
    assert page.index("<details", page.index("Vi bygger")) < page.index("Etablere 20 boliger")
    assert '<p class="goal-text">Holde husene ved lige</p>' in page


def test_a_meeting_and_its_decisions_have_plain_text(client, esbjerg):
    meeting = make.meeting(make.council(esbjerg), datetime.date(2026, 3, 3))
    make.agenda(meeting, plain_text="<p>Vi skal tale om huse.</p>")
    make.item(meeting, "Huse", decision="<p>Rådet indstiller etablering.</p>", plain_text="<p>Rådet vil have huse.</p>")
    make.item(meeting, "Penge", decision="<p>Taget til efterretning.</p>")
    make.minutes(meeting)
    page = main_of(client, meeting.get_absolute_url() + "?kort=1")
    assert page.index("Rådet vil have huse.") < page.index("Rådet indstiller") < page.index("Taget til efterretning.")
    assert '<details class="whole">' not in page  # Beside plain texts and decisions there is nothing to fold.


def folded(page):
    return "".join(part.partition("</details>")[0] for part in page.split('<details class="whole">')[1:])


@pytest.mark.parametrize("plain", ["", "<p>Vi talte om huse.</p>"])
def test_minutes_told_shortly_show_every_decision_and_fold_the_rest(client, esbjerg, plain):
    meeting = make.meeting(make.council(esbjerg), datetime.date(2026, 3, 3))
    make.agenda(meeting, intro="<p>Velkommen til.</p>")
    texts = {"presentation": "<p>Sagen i fuld længde.</p>", "discussion": "<p>Alle sagde noget.</p>"}
    make.item(meeting, "Huse", **texts, decision="<p>Rådet bygger.</p>", plain_text="<p>Der kommer huse.</p>")
    make.item(meeting, "Penge", **texts, decision="<p>Rådet søger tilskud.</p>")
    make.item(meeting, "Orientering", **texts)
    make.minutes(meeting, plain_text=plain, guests="Byens præst")
    full, short = (main_of(client, meeting.get_absolute_url() + choice) for choice in ("", "?kort=1"))
    assert "Kort fortalt</a>" in full and not folded(full)
    hidden = folded(short)
    for text in ("Sagen i fuld længde.", "Alle sagde noget."):
        assert hidden.count(text) == short.count(text) == full.count(text) == 3
    assert "Velkommen til." in hidden and "Byens præst" in hidden
    for text in ("Rådet bygger.", "Rådet søger tilskud."):
        assert short.count(text) == full.count(text) == 1 and text not in hidden
    assert full.index("Alle sagde noget.") < full.index("Rådet bygger.")


def test_a_page_without_plain_text_shows_the_full_text_with_a_note(client, esbjerg):
    council = make.council(esbjerg, about="<p>Rådet rådgiver.</p>")
    page = main_of(client, council.get_absolute_url() + "?kort=1")
    assert "Ingen har skrevet »Kort fortalt« til denne side endnu." in page
    assert "Rådet rådgiver." in page and '<details class="whole">' not in page
    assert "versions" not in main_of(client, council.get_absolute_url())
    council.plain_text = "<p>Rådet hjælper.</p>"
    council.save()
    page = main_of(client, council.get_absolute_url() + "?kort=1")
    assert page.index("Rådet hjælper.") < page.index('<details class="whole">') < page.index("Rådet rådgiver.")


def test_the_choice_is_kept_in_the_url_without_cookies(client, plan):
    theme = plan.themes.get()
    response = client.get(plan.get_absolute_url() + "?kort=1")
    page = response.content.decode()
    assert f'href="{theme.get_absolute_url()}?kort=1"' in page
    assert 'href="/esbjerg/?kort=1"' in page and 'href="/?kort=1"' in page
    # One canonical URL, and one text in PDFs.
    assert f'{plan.get_absolute_url()}">' in page.partition('rel="canonical"')[2].partition("\n")[0]
    assert f'href="{plan.get_pdf_url()}"' in page and f'href="{plan.get_absolute_url()}" data-short=""' in page
    assert not response.cookies
    assert "?kort=1" not in client.get(theme.get_absolute_url()).content.decode().replace('?kort=1" data-short', "")
    assert client.get("/esbjerg/strategi/?kort=1").url == plan.get_absolute_url() + "?kort=1"


def test_the_choice_goes_along_through_the_search_and_the_forms(client, plan):
    page = client.get(plan.get_absolute_url() + "?kort=1").content.decode()
    assert 'href="/soeg/?kommune=esbjerg&amp;kort=1"' in page
    theme = plan.themes.get()
    results = client.get("/soeg/", {"q": theme.title, "kort": "1"}).content.decode()
    assert f'href="{theme.get_absolute_url()}?kort=1"' in results
    for address in ("/soeg/", "/sammenlign/", "/emner/"):
        form = client.get(address, {"kort": "1"}).content.decode().partition("<form")[2].partition("</form>")[0]
        assert '<input type="hidden" name="kort" value="1">' in form
        assert 'name="kort"' not in client.get(address).content.decode()


@pytest.mark.parametrize("value", ["0", "2", "<b>", "\0", "1" * 5000])
def test_any_other_choice_is_the_full_text(client, plan, value):
    response = client.get(plan.get_absolute_url(), {"kort": value})
    assert response.status_code == 200 and '<details class="whole">' not in response.content.decode()


def test_plain_texts_of_the_demo_are_readable(demo):
    hard = []
    for model in (Strategy, Theme, Goal, Council, Agenda, Minutes, AgendaItem):
        for one in model.objects.exclude(plain_text=""):
            text = one.plain_text if model is Goal else plain_text(one.plain_text)
            if (lix(text) or 0) > 35:
                hard.append(f"{one!r} LIX {lix(text)}: {text}")
    assert hard == []


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_device_remembers_the_choice(page, live_server, plan):
    theme = plan.themes.get()
    keyboard = Keyboard(page)
    page.goto(plan.get_absolute_url())
    keyboard.follow(page.get_by_role("link", name="Kort fortalt", exact=True))
    expect(page.locator(".versions [aria-current]")).to_have_text("Kort fortalt")
    expect(page.get_by_text("Boligsocial helhedsindsats.")).to_be_hidden()
    # A link from elsewhere does not contain the choice. Its target is unfolded, and the full text is not painted first.
    page.context.expose_binding("painted", lambda source, query: painted.append(query))
    page.add_init_script(
        "new PerformanceObserver((list) => list.getEntries().forEach((paint) => paint.name === 'first-contentful-paint'"
        " && painted(location.search))).observe({ type: 'paint', buffered: true })"
    )
    goal, painted = theme.goals.first(), []
    page.goto(goal.get_absolute_url())
    page.wait_for_url(f"**{theme.get_absolute_url()}?kort=1#*")
    expect(page.get_by_text("Vi bygger små huse.")).to_be_visible()
    page.wait_for_function("performance.getEntriesByName('first-contentful-paint').length")
    assert set(painted) <= {"?kort=1"}
    assert page.context.cookies() == []
    keyboard.follow(page.get_by_role("link", name="Hele teksten", exact=True))
    expect(page.get_by_text("Boligsocial helhedsindsats.")).to_be_visible()
    page.goto(plan.get_absolute_url())
    expect(page.locator(".versions [aria-current]")).to_have_text("Hele teksten")


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_on_paper_no_decision_is_left_out_and_no_text_touches_a_frame(page, live_server, esbjerg):
    meeting = make.meeting(make.council(esbjerg), datetime.date(2026, 3, 3))
    make.agenda(meeting)
    make.item(meeting, "Huse", presentation="<p>Sagen om huse.</p>", plain_text="<p>Rådet vil have huse.</p>")
    make.item(meeting, "Penge", decision="<p>Der søges tilskud.</p>")
    make.item(meeting, "Naboer", presentation="<p>Sagen om naboerne.</p>")
    make.minutes(meeting, plain_text="<p>Vi talte om huse.</p>")
    page.goto(meeting.get_absolute_url() + "?kort=1")
    expect(page.get_by_text("Sagen om naboerne.")).to_be_hidden()
    page.emulate_media(media="print")
    # Print shows the full text where there is neither a plain version nor a decision.
    expect(page.get_by_text("Rådet vil have huse.")).to_be_visible()
    expect(page.get_by_text("Sagen om huse.")).to_be_hidden()
    expect(page.get_by_text("Der søges tilskud.")).to_be_visible()
    expect(page.get_by_text("Sagen om naboerne.")).to_be_visible()
    expect(page.get_by_text("Læs hele teksten")).to_have_count(2)
    assert not any(one.is_visible() for one in page.get_by_text("Læs hele teksten").all())
    easy = page.locator(".easy").first
    for media in ({"media": "print"}, {"media": "screen", "forced_colors": "active"}):
        page.emulate_media(**media)
        frame, inner = easy.evaluate("(e) => [getComputedStyle(e).borderLeftWidth, getComputedStyle(e).paddingLeft]")
        assert (frame == "0px") or (inner != "0px")


# Fake speech synthesis, controlled by the test.
DEVICE = """(() => {
    const device = new EventTarget();
    Object.assign(device, {
        voices: [], said: [], utterance: null, cancelled: 0,
        getVoices() { return this.voices },
        speak(utterance) { this.utterance = utterance; this.said.push(utterance.text) },
        cancel() { this.cancelled += 1 },
        done() { this.utterance.onend() },
        install(...langs) {
            this.voices = langs.map((lang) => ({ lang, localService: true, name: lang }));
            this.dispatchEvent(new Event("voiceschanged"));
        },
    });
    Object.defineProperty(window, "speechSynthesis", { value: device });
    window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text } };
})()"""
MARKED = "[...(CSS.highlights.get('laest') || [])].map((range) => range.toString().replace(/\\s+/g, ' '))"


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_device_with_a_danish_voice_reads_the_page_aloud(page, live_server, plan):
    page.add_init_script(DEVICE)
    page.goto(plan.themes.get().get_absolute_url() + "?kort=1")
    read = page.get_by_role("button", name="Læs højt")
    page.evaluate("speechSynthesis.install('en-GB', 'dag-GH')")
    expect(read).to_have_count(0)
    page.evaluate("speechSynthesis.install('en-GB', 'da_DK')")
    expect(read).to_be_visible()

    read.focus()
    page.keyboard.press("Enter")
    assert page.evaluate("speechSynthesis.utterance.lang") == "da_DK"
    said = []
    for _ in range(60):
        sentence = page.evaluate("speechSynthesis.utterance.text")
        assert page.evaluate(MARKED) == [sentence]
        said.append(sentence)
        if sentence == "Du får et sted at bo.":
            break
        page.evaluate("speechSynthesis.done()")
    assert said[1] == "Et sted at bo" and "Kort fortalt" in said
    assert "Hele teksten" not in said  # a control, not content

    # Resuming repeats the current sentence.
    page.get_by_role("button", name="Pause").press("Enter")
    assert page.evaluate("speechSynthesis.cancelled") == 1
    page.get_by_role("button", name="Læs videre").press("Enter")
    assert page.evaluate("speechSynthesis.said.slice(-2)") == ["Du får et sted at bo."] * 2
    while page.get_by_role("button", name="Pause").count():
        page.evaluate("speechSynthesis.done()")
    said = page.evaluate("speechSynthesis.said")
    assert "Vi bygger små huse." in said and "Boligsocial helhedsindsats." not in said
    assert page.evaluate(MARKED) == []

    read.press("Enter")
    page.get_by_role("button", name="Stop").press("Enter")
    expect(read).to_be_focused()
    expect(page.get_by_role("button", name="Stop")).to_be_hidden()
    assert page.evaluate(MARKED) == []
    # Leaving the page stops the voice.
    read.press("Enter")
    page.evaluate("addEventListener('pagehide', () => localStorage.setItem('cancelled', speechSynthesis.cancelled))")
    before = page.evaluate("speechSynthesis.cancelled")
    page.goto(plan.get_absolute_url())
    assert json.loads(page.evaluate("localStorage.getItem('cancelled')")) == before + 1
