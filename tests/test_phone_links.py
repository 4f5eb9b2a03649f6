"""Phone numbers in public texts are links to call."""

import pytest

from udsat.lib.phone_links import link_phones
from udsat.templatetags.rich_text import paragraphs


@pytest.mark.parametrize(
    ("text", "linked"),
    [
        ("Ring 79 79 79 79.", 'Ring <a href="tel:+4579797979">79\u00a079\u00a079\u00a079</a>.'),
        ("Ring 75123456", 'Ring <a href="tel:+4575123456">75123456</a>'),
        ("+45 75 12 34 56", '<a href="tel:+4575123456">+45\u00a075\u00a012\u00a034\u00a056</a>'),
        ("0045 75 12 34 56", '<a href="tel:+4575123456">0045\u00a075\u00a012\u00a034\u00a056</a>'),
        ("Ring 112", 'Ring <a href="tel:112">112</a>'),
        ("Ring til 116 111 i nat", 'Ring til <a href="tel:116111">116\u00a0111</a> i nat'),
    ],
)
def test_a_number_can_be_called(text, linked):
    assert link_phones(f"<p>{text}</p>") == f"<p>{linked}</p>"


@pytest.mark.parametrize(
    "html",
    [
        '<p><a href="tel:+4579797979">79 79 79 79</a></p>',
        '<p><a href="https://a.dk"><strong>Ring 79 79 79 79</strong></a></p>',
        "<p>Det koster 25 000 000 kr. og CVR 29 18 98 03.</p>",
        "<p>Kl. 20.00-22.30 den 24.12.2026</p>",
        "<p>Der kom 112 borgere</p>",
        "<p>a &lt; b</p>",
    ],
)
def test_links_and_other_numbers_stay(html):
    assert link_phones(html) == html


def test_plain_text_is_escaped_before_its_numbers_are_linked():
    assert paragraphs('<a href="x">Ring 75123456') == (
        '<p>&lt;a href=&quot;x&quot;&gt;Ring <a href="tel:+4575123456">75123456</a></p>'
    )
