"""The stylesheet: tokens of the palette, contrast of text, and size of a first visit."""

import gzip
import re

import pytest
from django.conf import settings

from udsat.lib.publishing import Status

from . import factories as make
from .colours import COLOURS, DARK_INK, DARK_PAPER, INK, PAPER, TEXT_AA, TEXT_AAA, contrast

CSS = (settings.BASE_DIR / "static/css/udsat.css").read_text()
LIGHT, DARK = re.fullmatch(
    r"(.*?)@media \(prefers-color-scheme: dark\) \{\n(.*?)\n\}\n.*", CSS, re.DOTALL
).groups()  # the rest uses the tokens


def tokens(part):
    return dict(re.findall(r"--([\w-]+): (#\w{6});", part.split("[data-accent")[0]))


def accents(part):
    return {
        name: (accent, soft)
        for name, accent, soft in re.findall(
            r'\[data-accent="(\w+)"\] \{ --accent: (#\w{6}); --accent-soft: (#\w{6}); \}', part
        )
    }


def test_every_accent_has_the_values_of_the_palette_in_light_and_dark():
    assert accents(LIGHT) == {name: (c.light, c.light_soft) for name, c in COLOURS.items()}
    assert accents(DARK) == {name: (c.dark, c.dark_soft) for name, c in COLOURS.items()}


def test_paper_and_ink_are_those_of_the_palette():
    light, dark = tokens(LIGHT), tokens(DARK)
    assert (light["paper"], light["ink"]) == (PAPER, INK)
    assert (dark["paper"], dark["ink"]) == (DARK_PAPER, DARK_INK)


@pytest.mark.parametrize("part", [LIGHT, DARK], ids=["light", "dark"])
def test_text_can_be_read_on_every_surface(part):
    colours = tokens(part)
    for surface in ("paper", "card", "sunk"):
        for text in ("ink", "ink-soft", "ok", "wait", "none"):
            wanted = (
                TEXT_AA if (text, surface) in {(t, "sunk") for t in ("ok", "wait", "none", "ink-soft")} else TEXT_AAA
            )
            assert contrast(colours[text], colours[surface]) >= wanted, f"{text} on {surface}"
        for accent, _ in accents(part).values():
            assert contrast(accent, colours[surface]) >= TEXT_AA, f"{accent} on {surface}"
    for accent, soft in accents(part).values():
        assert contrast(colours["on-accent"], accent) >= TEXT_AA
        assert contrast(colours["ink"], soft) >= TEXT_AAA
        assert contrast(colours["ink-soft"], soft) >= TEXT_AA
    assert contrast(colours["ink"], colours["mark"]) >= TEXT_AAA
    assert contrast(colours["edge"], colours["card"]) >= 3  # WCAG 2.2, 1.4.11: the border of a field


def test_colours_stand_only_among_the_tokens():
    rules = CSS.split("/* Base */")[1].split("@media print")[0]
    assert not re.findall(r"#[0-9a-f]{3,6}\b|rgba?\(", rules)


def test_public_templates_carry_no_style_or_script_of_their_own():
    folder = settings.BASE_DIR / "templates"
    templates = [p for p in folder.rglob("*.html") if p.relative_to(folder).parts[0] not in {"admin", "pdf", "desk"}]
    assert len(templates) > 20
    for template in templates:
        assert not re.search(r'<style|<script(?! type="module" src=")|\sstyle="|\son\w+="', template.read_text()), (
            template
        )


def test_the_first_visit_of_a_long_strategy_stays_under_30_kilobytes(client, esbjerg):
    strategy = make.strategy(esbjerg, summary="Kommunen vil skabe lige muligheder for alle, der bor her. " * 5)
    make.section(strategy, kind="vision", body="<p>Ingen skal stå alene med det, der er svært.</p>")
    for title in ("Et sted at bo", "Sundhed på lige fod", "Arbejde og penge", "Børn og unge", "Byen er også din"):
        theme = make.theme(strategy, title, guiding_thread="Et hjem er det første skridt, ikke belønningen.")
        for number in range(5):
            goal = make.goal(theme, f"gøre noget ved sag nummer {number}, så flere får et bedre liv i {title.lower()}.")
            make.follow_up(goal, text=f"Der er åbnet {number + 3} nye pladser, og {number * 7} er flyttet ind.")
    page = client.get(strategy.get_absolute_url())
    files = [(settings.BASE_DIR / "static" / name).read_bytes() for name in ("css/udsat.css", "icon.svg")]
    assert page.status_code == 200
    assert strategy.status == Status.PUBLISHED
    assert sum(len(gzip.compress(content, 6)) for content in (page.content, *files)) < 30_000


def test_the_back_office_stands_on_the_same_paper_and_shows_the_same_colours():
    css = (settings.BASE_DIR / "static/css/admin.css").read_text()
    light, dark = css.split("@media (prefers-color-scheme: dark)", 1)
    assert dict(re.findall(r'data-accent="(\w+)"\]\) \{ --sample: (#\w{6})', css)) == {
        name: colours.light for name, colours in COLOURS.items()
    }
    for part, paper, ink in ((light, PAPER, INK), (dark, DARK_PAPER, DARK_INK)):
        assert f"--paper: {paper};" in part and f"--ink: {ink};" in part


# Old phones (Safari 12)


def declarations(css):
    """Yield selector and declarations of each rule, outside conditions on what the browser supports."""
    without_conditions = re.sub(r"@supports[^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}", "", css)
    yield from re.findall(r"([^{}@/;]+)\{([^{}]*)\}", re.sub(r"/\*.*?\*/", "", without_conditions, flags=re.DOTALL))


def test_old_phones_know_every_selector_and_every_size():
    for selector, body in declarations(CSS):
        assert not re.search(r":(?:is|where)\(", selector), selector
        assert "clamp(" not in body, selector
        assert not re.search(r"(?:margin|padding)-(?:inline|block)|(?<![-\w])inset:", body), selector


def test_old_phones_get_a_plain_value_before_a_new_one():
    for selector, body in declarations(CSS):
        names_and_values = [part.split(":", 1) for part in body.split(";") if ":" in part]
        plain = {name.strip() for name, value in names_and_values if not re.search(r'" / "|\) / "|anywhere', value)}
        new = {name.strip() for name, value in names_and_values if re.search(r'" / "|\) / "|anywhere', value)}
        assert new <= plain, selector


def test_flex_containers_have_spaces_on_old_phones_too():
    fallback = re.search(r"@supports not \(inset: 0\) \{\n(.*?)\n\}", CSS, re.DOTALL)[1]
    grids = {selector.strip() for selector, body in declarations(CSS) if "display: grid" in body}
    for selectors, body in declarations(CSS):
        if re.search(r"display:\s*(?:inline-)?flex", body) and re.search(r"(?<![-\w])gap:", body):
            for selector in selectors.strip().split(","):
                assert f"{selector.strip()} > *" in fallback or selector.strip() in grids, selector


def test_a_wide_table_shows_a_shadow_where_it_goes_on():
    frame = re.search(r"\n\.scroll, \.rich table \{(.*?)\n\}", CSS, re.DOTALL)[1]
    assert "overflow-x: auto" in frame and re.search(r"\n\.scroll \{[^}]* border: 1px solid", CSS)
    assert frame.count("1.1rem 100% scroll") == frame.count("3rem 100% local") == 2
