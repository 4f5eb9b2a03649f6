"""Cleaning of text pasted from office programs: lists, tables and headings are kept, other markup is removed."""

import pytest

from udsat.lib.richtext import clean_html, plain_text

from .pasted_html import PASTED


@pytest.mark.parametrize("program", PASTED)
def test_pasted_text_keeps_its_form_and_loses_the_programs_own(program):
    pasted, expected = PASTED[program]
    assert clean_html(pasted) == expected
    assert clean_html(expected) == expected


def test_deleted_words_and_comments_are_gone_for_search_and_cpr_check_too():
    text = plain_text(PASTED["Word"][0])
    assert "Ribe" not in text and "kommentar" not in text and "på rådhuset" in text
