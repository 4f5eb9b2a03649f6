"""Differences of two texts: marked visually and in words for screen readers, with both texts complete."""

import html
import re

import pytest

from udsat.lib.text_diff import rich_difference, word_difference


def read(difference, without):
    """The text without one kind of element, line by line."""
    left = re.sub(rf"<{without}>.*?</{without}> ?", "", difference)
    left = re.sub(r'<span class="visually-hidden">.*?</span>', "", left)
    lines = [html.unescape(re.sub(r"<[^>]+>", "", line)).strip() for line in left.split("</p>")]
    return [line for line in lines if line]


def marked(difference, element):
    spans = re.findall(rf"<{element}>.*?</span>(.*?)<span[^>]*> \(slut\) </span></{element}>", difference)
    return [html.unescape(re.sub(r"<[^>]+>", "", span)).strip() for span in spans]


@pytest.mark.parametrize(
    ("old", "new", "gone", "come"),
    [
        ("Rådet godkender planen.", "Rådet godkendte planen.", ["godkender"], ["godkendte"]),
        ("Mødet er kl. 14.", "Mødet er kl. 14.30.", ["14"], ["14.30"]),
        ("Vi ses", "Vi ses på Havnen", [], ["på Havnen"]),
        ("Vi ses på Havnen", "Vi ses", ["på Havnen"], []),
        ("En.\nTo.\nTre.", "En.\nTre.", ["To."], []),
        ("En.\nTre.", "En.\nTo.\nTre.", [], ["To."]),
        ("to  mellemrum", "to mellemrum", [], []),
        ("", "nyt", [], ["nyt"]),
        ("gammelt", "", ["gammelt"], []),
        ("", "", [], []),
        ("<b>Ib & Bo</b>", "<b>Ib & Ea</b>", ["Bo"], ["Ea"]),
    ],
)
def test_what_differs_is_marked_and_nothing_else(old, new, gone, come):
    difference = word_difference(old, new)
    assert marked(difference, "del") == gone
    assert marked(difference, "ins") == come


def test_both_texts_can_be_read_from_it():
    old = "Rådet drøfter boliger til unge. Ib spørger om huslejen.\n\nDer er stemning for et brev.\nEventuelt: intet."
    new = "Rådet drøftede boliger til unge.\nDer er ikke stemning for et brev til byrådet.\nEventuelt: intet."
    difference = word_difference(old, new)
    assert read(difference, without="ins") == [line for line in old.split("\n") if line]
    assert read(difference, without="del") == new.split("\n")


def test_screen_readers_get_the_difference_in_words():
    difference = word_difference("Vi ses", "Vi går")
    assert "fjernet: </span>ses" in difference and "tilføjet: </span>går" in difference


def test_text_is_escaped():
    assert "<script" not in word_difference("<script>alert(1)</script>", "<img src=x onerror=alert(1)>")
    assert "<img" not in rich_difference("<p>a</p>", "<p>&lt;img src=x&gt; <img src=x onerror=alert(1)></p>")


@pytest.mark.parametrize(
    ("old", "new", "gone", "come"),
    [
        ("<p>Et hus</p>", "<p>Et <strong>hus</strong></p>", ["hus"], ["hus"]),
        ("<p>a</p><p>b</p>", "<ul><li>a</li><li>b</li></ul>", [], ["•", "•"]),
        (
            '<p>Læs planen <a href="https://a.dk/1">her</a></p>',
            '<p>Læs planen <a href="https://a.dk/2">her</a></p>',
            ["(https://a.dk/1)"],
            ["(https://a.dk/2)"],
        ),
        ("<ul><li>en</li><li>to</li></ul>", "<ul><li>en</li><li>halvanden</li><li>to</li></ul>", [], ["• halvanden"]),
        (
            "<table><tbody><tr><td>leje</td><td>4.000</td></tr></tbody></table>",
            "<table><tbody><tr><td>leje</td><td>4.500</td></tr></tbody></table>",
            ["4.000"],
            ["4.500"],
        ),
        ("<p>ens</p>", "<p>ens</p>", [], []),
        ("", "<p>nyt</p>", [], ["nyt"]),
    ],
)
def test_of_rich_text_form_and_addresses_count_as_well(old, new, gone, come):
    difference = rich_difference(old, new)
    assert (marked(difference, "del"), marked(difference, "ins")) == (gone, come)


def test_a_word_is_found_in_the_longest_minutes():
    old = "\n".join(f"Linje {n} om boliger og hvad der ellers blev sagt i rådet." for n in range(5_000))
    new = old.replace("Linje 2500 om", "Linje 2500 ikke om")
    assert marked(word_difference(old, new), "ins") == ["ikke"]
    word_difference("og " * 20_000, "en " * 20_000)
