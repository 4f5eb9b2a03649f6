import re

import pytest
from django.conf import settings

from udsat.models.municipalities import Accent

from .colours import COLOURS, DARK_INK, DARK_PAPER, INK, PAPER, TEXT_AA, TEXT_AAA, WHITE, contrast


@pytest.mark.parametrize("name", Accent.values)
def test_an_accent_can_be_read_wherever_it_is_used(name):
    accent = COLOURS[name]
    for text, surface in [
        (accent.light, PAPER),
        (accent.light, WHITE),
        (accent.dark, DARK_PAPER),
        (INK, accent.light_soft),
        (DARK_INK, accent.dark_soft),
    ]:
        assert contrast(text, surface) >= TEXT_AAA, f"{text} on {surface}"
    for text, surface in [
        (WHITE, accent.light),
        (DARK_PAPER, accent.dark),
        (accent.light, accent.light_soft),
        (accent.dark, accent.dark_soft),
    ]:
        assert contrast(text, surface) >= TEXT_AA, f"{text} on {surface}"


def test_contrast_agrees_with_wcag():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=0.001)
    assert contrast("#ffffff", "#777777") == contrast("#777777", "#ffffff")


@pytest.mark.parametrize("wrong", ["#fff", "red", "", "#gggggg", "1234567"])
def test_a_colour_in_another_notation_is_refused(wrong):
    with pytest.raises(ValueError):
        contrast(wrong, "#ffffff")


def test_the_print_stylesheet_knows_every_accent_with_these_values():
    css = (settings.BASE_DIR / "static/css/print.css").read_text()
    found = re.findall(r'html\[data-accent="(\w+)"\]\s*\{\s*--accent:\s*(#\w{6});\s*--accent-soft:\s*(#\w{6});', css)
    assert {name: (light, soft) for name, light, soft in found} == {
        name: (accent.light, accent.light_soft) for name, accent in COLOURS.items()
    }
