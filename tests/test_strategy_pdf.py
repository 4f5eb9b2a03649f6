"""PDFs of a strategy: the full text and the summary."""

import datetime
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from strategies.models import FollowUp, Section, Strategy
from strategies.pdf import Detail, _columns, _entries, strategy_pdf, summary_pdf
from udsat.lib.pdf_making import make_pdf
from udsat.lib.publishing import Status

from . import factories
from .pdf_reader import bookmarks, failures, links, qr_code_on_page, read, words
from .selection import dealt

pytestmark = pytest.mark.once

FORTY_WORDS = "at hjælpen kommer, før det går galt, og at den, der hjælper, bliver ved, " * 3


def full_of(strategy):
    return make_pdf(strategy_pdf(Strategy.objects.with_content().get(pk=strategy.pk)))


def summary_of(strategy):
    return make_pdf(summary_pdf(Strategy.objects.with_content().get(pk=strategy.pk)))


@pytest.fixture
def strategy(esbjerg):
    made = factories.strategy(
        esbjerg, "Plads til alle", starts_on=datetime.date(2025, 1, 1), ends_on=datetime.date(2028, 12, 31),
        adopted_on=datetime.date(2025, 3, 3), adopted_by="byrådet", plain_text="<p>Vi hjælper dig.</p>",
    )  # fmt: skip
    factories.section(made, Section.Kind.VISION, "<p>Ingen skal stå alene.</p>")
    factories.section(made, Section.Kind.FOREWORD, "<p>Kære læser.</p>", signed_by="Karen Holm, borgmester")
    housing = factories.theme(made, "Et sted at bo", guiding_thread="Et hjem er det første skridt.")
    goal = factories.goal(housing, "bygge 20 små boliger:", target="20 boliger i 2028")
    factories.follow_up(
        factories.goal(housing, "10 ved havnen", parent=goal), FollowUp.Status.REACHED, date=datetime.date(2026, 9, 1)
    )
    factories.follow_up(goal, FollowUp.Status.UNDER_WAY, measure="12 af 20", text="Havnen er klar.")
    factories.action("Rækkehuse i Nordbyen", goal=goal, responsible="Teknik og Miljø")
    factories.theme(made, "", goal_lead_in="", body="<p>Et tema uden titel og mål.</p>")
    return made


def test_both_pass_pdf_ua(strategy):
    for data in (full_of(strategy), summary_of(strategy)):
        assert failures(data) == []


def test_everything_that_is_public_is_in_the_full_words(strategy):
    text = words(full_of(strategy))
    for part in [
        "Plads til alle", "2025–2028", "Vedtaget af byrådet den 3. marts 2025", "2 temaer · 2 mål", "Vi hjælper dig.",
        "Ingen skal stå alene.", "Kære læser.", "Karen Holm, borgmester", "Et hjem er det første skridt.", "Vi vil:",
        "bygge 20 små boliger:", "I gang", "12 af 20. Havnen er klar.", "Måltal: 20 boliger i 2028", "10 ved havnen",
        "Nået", "Fulgt op 1. september 2026", "Rækkehuse i Nordbyen", "Teknik og Miljø", "Et tema uden titel og mål.",
        f"/esbjerg/strategier/{strategy.slug}/",
    ]:  # fmt: skip
        assert part in text, part
    # What a goal has is said before its sub-goals begin.
    assert text.index("Rækkehuse i Nordbyen") < text.index("10 ved havnen")


def test_the_summary_holds_vision_themes_goals_and_how_they_go(strategy):
    text = words(summary_of(strategy))
    for part in ["Ingen skal stå alene.", "Vi hjælper dig.", "Et sted at bo", "Vi vil:", "bygge 20 små boliger:",
                 "I gang, 12 af 20", "10 ved havnen", "Nået"]:  # fmt: skip
        assert part in text, part
    assert "Kære læser" not in text


def test_title_language_author_and_chapters_are_in_the_file(strategy):
    data = full_of(strategy)
    reader = read(data)
    assert reader.trailer["/Root"]["/Lang"] == "da"
    assert reader.metadata.title == "Plads til alle 2025–2028 – Esbjerg Kommune"
    assert reader.metadata.author == "Esbjerg Kommune"
    assert bookmarks(data) == [
        "Plads til alle", "Vision", "Kort fortalt", "Forord", "1 Et sted at bo", "2 Gruppe 2", "Hvordan går det?",
        "Den nyeste udgave",
    ]  # fmt: skip


def test_the_code_leads_to_the_strategy_on_the_portal(strategy, settings):
    address = settings.SITE_URL + strategy.get_absolute_url()
    for data in (full_of(strategy), summary_of(strategy)):
        assert qr_code_on_page(data) == address
        assert address in links(data)


def test_a_short_strategy_has_no_table_of_contents_and_a_long_one_has(strategy):
    assert "Indhold" not in words(full_of(strategy))
    for number in range(12):
        theme = factories.theme(strategy, f"Tema nummer {number}", guiding_thread="En ledetråd.")
        for _ in range(5):
            factories.goal(theme, FORTY_WORDS)
    data = full_of(strategy)
    pages = read(data).pages
    contents = "\n".join(page.extract_text() for page in pages[:3])
    assert "Indhold" in contents
    [number] = re.findall(r"14\. Tema nummer 11\s*(\d+)", contents)
    assert "Tema nummer 11" in pages[int(number) - 1].extract_text()


def test_the_summary_is_one_page_with_16_goals_of_40_words(esbjerg):
    strategy = factories.strategy(esbjerg, "En strategi med et langt navn, der handler om det hele i kommunen")
    factories.section(strategy, Section.Kind.VISION, f"<p>{FORTY_WORDS}</p>")
    goals = []
    for number in range(4):
        theme = factories.theme(strategy, f"Et tema med et navn på flere ord {number}", guiding_thread=FORTY_WORDS[:90])
        goals += [factories.goal(theme, f"{FORTY_WORDS} sted {number}{letter}.") for letter in "abcd"]
    data = summary_of(strategy)
    assert len(read(data).pages) == 1
    text = words(data)
    assert all(goal.text[-9:] in text for goal in goals)


@pytest.mark.parametrize(("themes", "goals"), [(1, 60), (6, 12), pytest.param(60, 1, marks=pytest.mark.soak), (14, 3)])
def test_a_far_too_long_summary_is_one_page_that_says_so_and_shows_goals_of_each_theme_alike(esbjerg, themes, goals):
    strategy = factories.strategy(esbjerg)
    factories.section(strategy, Section.Kind.VISION, f"<p>{FORTY_WORDS * 8}</p>")
    for number in range(themes):
        theme = factories.theme(strategy, f"Tema {number}", guiding_thread=FORTY_WORDS)
        for letter in range(goals):
            factories.goal(theme, f"Mål {letter}: {FORTY_WORDS}")
    data = summary_of(strategy)
    assert len(read(data).pages) == 1
    text = words(data)
    assert "Der er ikke plads til det hele på én side." in text
    shown = [len(re.findall(rf"\b{number}\.\d+ Mål", text)) for number in range(1, themes + 1)]
    shown_themes = [count for count in shown if count]
    assert shown_themes == shown[: len(shown_themes)]
    assert len(set(shown_themes)) == 1
    assert len(shown_themes) == themes or (themes > 20 and len(shown_themes) >= 8)
    missing = themes * goals - sum(shown)
    assert (f"{missing} af {themes * goals} mål" in text) == (missing > 0)


def test_a_vision_that_would_fill_the_page_leaves_room_for_the_goals(esbjerg):
    strategy = factories.strategy(esbjerg, plain_text=f"<p>{FORTY_WORDS * 10}</p>")
    factories.section(strategy, Section.Kind.VISION, f"<p>{FORTY_WORDS * 30}</p>")
    factories.goal(factories.theme(strategy, "Et sted at bo"), "bygge 20 boliger.")
    data = summary_of(strategy)
    assert len(read(data).pages) == 1
    assert "bygge 20 boliger." in words(data)
    assert "Der er ikke plads til det hele på én side. Læs det hele" in words(data)


def test_a_page_is_not_left_half_empty_by_goals_without_explanation(esbjerg):
    strategy = factories.strategy(esbjerg)
    for number in range(5):
        theme = factories.theme(strategy, f"Tema {number}", guiding_thread=FORTY_WORDS[:80], plain_text="<p>Kort.</p>")
        for _ in range(12):
            factories.goal(theme, FORTY_WORDS[:90])
    assert all(share > 0.75 for share in filled(full_of(strategy))[1:-1])


def filled(data):
    """Return for each page how far down its text goes, from 0 to 1, not counting the foot."""
    shares = []
    for page in read(data).pages:
        lows = []
        page.extract_text(
            visitor_text=lambda t, cm, tm, f, s, lows=lows: t.strip() and lows.append(tm[5] * cm[3] + cm[5])
        )
        lows = [low for low in lows if low > 72]  # 25 mm
        shares.append((842 - min(lows, default=842)) / (842 - 72))
    return shares


def test_a_goal_and_its_explanation_are_set_in_different_type_and_the_goal_has_its_number(esbjerg):
    goal = factories.goal(factories.theme(factories.strategy(esbjerg)), "BYGGE BOLIGER", explanation="<p>FORDI</p>")
    fonts = {}
    read(full_of(goal.theme.strategy)).pages[0].extract_text(
        visitor_text=lambda text, cm, tm, font, size: fonts.setdefault(text.strip(), (font or {}).get("/BaseFont"))
    )
    assert "Charis" in fonts["BYGGE BOLIGER"]
    assert "Lato" in fonts["FORDI"]
    assert "1.1 BYGGE BOLIGER" in words(full_of(goal.theme.strategy))


def test_a_strategy_with_nothing_in_it_still_gives_two_valid_pdfs(esbjerg):
    strategy = factories.strategy(esbjerg)
    for data in (full_of(strategy), summary_of(strategy)):
        assert len(read(data).pages) == 1
        assert failures(data) == []


def test_the_columns_of_the_summary_are_of_about_the_same_length(esbjerg):
    strategy = factories.strategy(esbjerg)
    long, *_ = [factories.theme(strategy, title) for title in ("Lang", "Kort", "Kortere")]
    goals = [factories.goal(long, FORTY_WORDS) for _ in range(8)]
    left, right = _columns(_entries(Strategy.objects.with_content().get(), Detail()))
    assert [part.title for part in left] == ["Lang"]
    assert [(part.title, part.is_first) for part in right] == [("Lang", False), ("Kort", True), ("Kortere", True)]
    assert [entry.goal for part in (left[0], right[0]) for entry in part.goals] == goals


def test_a_draft_says_on_paper_that_it_is_one(esbjerg):
    draft = factories.strategy(esbjerg, status=Status.DRAFT)
    public = factories.strategy(esbjerg, "Plads til flere")
    for make in (full_of, summary_of):
        assert "KLADDE, IKKE OFFENTLIG" in words(make(draft)).upper()
        assert "KLADDE" not in words(make(public)).upper()


def test_a_replaced_strategy_says_by_which(esbjerg):
    old = factories.strategy(esbjerg, "Ingen udenfor")
    factories.strategy(esbjerg, "Plads til alle", replaces=old)
    assert "Erstattet af Plads til alle" in words(full_of(old))


def test_a_short_restatement_says_so_and_links_to_the_municipality(esbjerg):
    strategy = factories.strategy(esbjerg, is_restatement=True, source_url="https://www.esbjerg.dk/strategi")
    for make in (full_of, summary_of):
        assert "gengiver kommunens eget dokument kort og med andre ord" in words(make(strategy))
    assert "https://www.esbjerg.dk/strategi" in words(full_of(strategy))


def test_markup_in_a_title_is_words(esbjerg):
    strategy = factories.strategy(esbjerg, 'Plads <img src="x"> & "alle"')
    assert 'Plads <img src="x"> & "alle"' in words(full_of(strategy))


def test_a_change_is_in_the_next_pdf_and_the_same_text_gives_the_same_bytes(strategy):
    before = full_of(strategy)
    assert full_of(strategy) == before
    theme = strategy.themes.first()
    theme.title = "Et hjem til alle"
    theme.save()
    assert "Et hjem til alle" in words(full_of(strategy))


def test_a_longer_strategy_costs_no_more_queries(strategy):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            full_of(strategy)
        return len(captured)

    before = queries()
    for _ in range(5):
        theme = factories.theme(strategy)
        goal = factories.goal(theme)
        factories.follow_up(goal)
        factories.action(goal=goal)
        factories.goal(theme, parent=goal)
    assert queries() == before


@pytest.mark.parametrize("hand", [0, pytest.param(1, marks=pytest.mark.soak)])
def test_every_strategy_of_the_demo_fits_one_page_and_passes_pdf_ua(demo_to_read, db, settings, hand):
    settings.MEDIA_ROOT = demo_to_read / "uploads"
    strategies = Strategy.objects.with_content()
    assert len(strategies) >= 4
    for strategy in dealt(strategies, 2)[hand]:
        summary = make_pdf(summary_pdf(strategy))
        assert len(read(summary).pages) == 1, strategy
        assert "ikke plads" not in words(summary)
        for data in (summary, make_pdf(strategy_pdf(strategy))):
            assert failures(data) == [], strategy
