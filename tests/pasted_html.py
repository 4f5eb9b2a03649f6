"""Clipboard HTML of Word, Outlook, Google Docs and Word on the web, with the expected result of cleaning."""

# ruff: noqa: E501  Verbatim output of the programs.

WORD = """<html xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:st1="urn:schemas-microsoft-com:office:smarttags"><head>
<meta name=Generator content="Microsoft Word 15"><!--[if gte mso 9]><xml><w:WordDocument></w:WordDocument></xml><![endif]-->
<style><!-- p.MsoNormal {margin:0cm;} @list l0 {mso-list-id:1;} --></style></head><body lang=DA>
<!--StartFragment--><h2 style='mso-list:l1 level1 lfo2'><a name="_Toc1"></a><a name="_Hlk2">Beslutning<o:p></o:p></a></h2>
<p class=MsoNormal><span style='font-size:12.0pt;font-family:"Arial",sans-serif'>Mødet er i <st1:place w:st="on">Esbjerg</st1:place><del cite="mailto:Karen" datetime="2025-03-03T14:00"><span lang=DA>, tidligere Ribe</span></del><ins cite="mailto:Karen" datetime="2025-03-03T14:00">, på rådhuset</ins>.<span class=MsoCommentReference><span style='font-size:8.0pt'><![if !supportAnnotations]><a class=msocomanchor id="_anchor_1" href="#_msocom_1" name="_msoanchor_1">[KH1]</a><![endif]><span style='mso-special-character:comment'>&nbsp;</span></span></span><a href="#_ftn1" name="_ftnref1"><span class=MsoFootnoteReference><![if !supportFootnotes]>[1]<![endif]></span></a><o:p></o:p></span></p>
<p class=MsoListParagraphCxSpFirst style='text-indent:-18.0pt;mso-list:l0 level1 lfo1'><![if !supportLists]><span style='font-family:Symbol'><span style='mso-list:Ignore'>·<span style='font:7.0pt "Times New Roman"'>&nbsp;&nbsp;&nbsp;&nbsp; </span></span></span><![endif]><b>Første</b><o:p></o:p></p>
<p class=MsoListParagraphCxSpMiddle style='margin-left:72.0pt;mso-list:l0 level2 lfo1'><![if !supportLists]><span><span style='mso-list:Ignore'>1.<span style='font:7.0pt "Times New Roman"'>&nbsp;&nbsp; </span></span></span><![endif]>Under<o:p></o:p></p>
<p class=MsoListParagraphCxSpLast style='mso-list:l0 level1 lfo1'><![if !supportLists]><span><span style='mso-list:Ignore'>·<span>&nbsp; </span></span></span><![endif]>Anden<o:p></o:p></p>
<table class=MsoTableGrid border=1><tr><td><p class=MsoNormal><b>Kvartal<o:p></o:p></b></p></td><td colspan=2><p class=MsoNormal>Tal</p></td></tr><tr><td><p class=MsoNormal>1<o:p></o:p></p></td><td><p>2</p></td><td>3</td></tr></table>
<!--EndFragment-->
<div style='mso-element:footnote-list'><![if !supportFootnotes]><hr><![endif]><div style='mso-element:footnote' id=ftn1><p class=MsoFootnoteText><a href="#_ftnref1" name="_ftn1"><span class=MsoFootnoteReference>[1]</span></a> En note.</p></div></div>
<div style='mso-element:comment-list'><hr class=msocomoff><div style='mso-element:comment'><div id="_com_1" class=msocomtxt><p class=MsoCommentText><a class=msocomanchor href="#_msoanchor_1">[KH1]</a>Hemmelig kommentar</p></div></div></div>
</body></html>"""
OUTLOOK = """<div class=WordSection1><p class=MsoNormal><span style='color:#1F497D'>Kære alle<o:p></o:p></span></p><ul style='margin-top:0cm' type=disc><li class=MsoListParagraph style='margin-left:0cm;mso-list:l0 level1 lfo1'>Et<o:p></o:p></li><ul type=circle><li class=MsoListParagraph style='mso-list:l0 level2 lfo1'>To<o:p></o:p></li></ul></ul></div>"""
GDOCS = """<meta charset='utf-8'><b style="font-weight:normal;" id="docs-internal-guid-1"><h2 dir="ltr"><span style="font-size:16pt;font-weight:400">Aftaler</span></h2><ul style="margin-top:0"><li dir="ltr" style="list-style-type:disc" aria-level="1"><p dir="ltr" role="presentation"><span style="font-weight:700">Fed</span><span style="font-weight:400"> ring</span></p></li><ul><li dir="ltr" aria-level="2"><p dir="ltr" role="presentation"><span style="font-style:italic">under</span></p></li></ul></ul><br /><p dir="ltr"><a href="https://www.google.com/url?q=https://a.dk" style="text-decoration:none"><span style="text-decoration:underline">link</span></a></p><div dir="ltr" align="left"><table><colgroup><col width="100"/></colgroup><tbody><tr><td><p dir="ltr"><span>A</span></p></td></tr></tbody></table></div></b>"""
ONLINE = """<div class="OutlineElement Ltr SCXW1"><p class="Paragraph SCXW1" role="heading" aria-level="2"><span data-contrast="auto" class="TextRun SCXW1"><span class="NormalTextRun SCXW1">Overskrift</span></span><span class="EOP SCXW1" data-ccp-props="{}">&nbsp;</span></p></div><div class="ListContainerWrapper SCXW1"><ul class="BulletListStyle1 SCXW1" role="list"><li data-leveltext="" data-aria-level="1" aria-level="1" class="OutlineElement Ltr SCXW1"><p class="Paragraph SCXW1"><span class="TextRun">Et</span><span class="EOP">&nbsp;</span></p></li></ul></div><div class="ListContainerWrapper SCXW1"><ul class="BulletListStyle2 SCXW1" role="list" style="margin-left:24px"><li data-aria-level="2" aria-level="2" class="OutlineElement"><p class="Paragraph"><span>To</span></p></li></ul></div><div class="ListContainerWrapper SCXW1"><ul role="list"><li aria-level="1" data-aria-level="1"><p>Tre</p></li></ul></div>"""

PASTED = {
    "Word": (
        WORD,
        "<p><strong>Beslutning</strong></p><p>Mødet er i Esbjerg, på rådhuset.[1]</p>"
        "<ul><li><strong>Første</strong><ol><li>Under</li></ol></li><li>Anden</li></ul>"
        '<table><tbody><tr><td><strong>Kvartal</strong></td><td colspan="2">Tal</td></tr>'
        "<tr><td>1</td><td>2</td><td>3</td></tr></tbody></table><p>[1] En note.</p>",
    ),
    "Struck and hidden text": (
        "<p>Taksten er <s>400</s> <strike>450</strike> 500 kr.</p>"
        '<p>Rådet <span style="text-decoration:line-through">afviser</span> støtter det.'
        ' <span style="mso-hide:all;display:none">INTERN</span></p>',
        "<p>Taksten er 500 kr.</p><p>Rådet støtter det.</p>",
    ),
    "Hidden rows, items and blocks, and a struck cell": (
        '<table><tr style="display:none"><td>INTERN</td></tr>'
        '<tr><td>1</td><td style="text-decoration:line-through">400</td></tr></table>'
        "<ul><li style='visibility:hidden'>INTERN</li><li>B</li></ul><div hidden>INTERN</div>",
        "<table><tbody><tr><td>1</td><td></td></tr></tbody></table><ul><li>B</li></ul>",
    ),
    "Raised and lowered text": (
        "<p>20 m<sup>2</sup>, kl. 14<sup>30</sup>, 10<sup>5</sup>, CO<sub>2</sub>, 10<sup>-3,5</sup>, 1<sup>st</sup></p>"
        '<p>30 m<span style="vertical-align:super">3</span>, H<span style="vertical-align:sub">2</span>O,'
        ' 10<span style="position:relative;top:-4.0pt;mso-text-raise:4.0pt">6</span></p>',
        "<p>20 m², kl. 14³⁰, 10⁵, CO₂, 10^(-3,5), 1st</p><p>30 m³, H₂O, 10⁶</p>",
    ),
    "Lists that do not begin at 1": (
        '<ol start="4"><li>fire</li><li>fem</li></ol><ol type="a"><li>bolig</li><li>sundhed</li></ol>',
        '<ol start="4"><li>fire</li><li>fem</li></ol><ol type="a"><li>bolig</li><li>sundhed</li></ol>',
    ),
    "Lists of Word that continue": (
        "<p class=MsoListParagraph style='mso-list:l0 level1 lfo1'><span style='mso-list:Ignore'>3.</span>tre</p>"
        "<p class=MsoListParagraph style='mso-list:l0 level1 lfo1'><span style='mso-list:Ignore'>4.</span>fire</p>"
        "<p class=MsoNormal>Pause</p>"
        "<p class=MsoListParagraph style='mso-list:l0 level1 lfo1'><span style='mso-list:Ignore'>5.</span>fem</p>"
        "<p class=MsoListParagraph style='mso-list:l1 level1 lfo2'><span style='mso-list:Ignore'>h)</span>h</p>"
        "<p class=MsoListParagraph style='mso-list:l1 level1 lfo2'><span style='mso-list:Ignore'>i)</span>i</p>",
        '<ol start="3"><li>tre</li><li>fire</li></ol><p>Pause</p><ol start="5"><li>fem</li></ol>'
        '<ol start="8" type="a"><li>h</li><li>i</li></ol>',
    ),
    "Outlook": (OUTLOOK, "<p>Kære alle</p><ul><li>Et<ul><li>To</li></ul></li></ul>"),
    "Google Docs": (
        GDOCS,
        "<p><strong>Aftaler</strong></p><ul><li><strong>Fed</strong> ring<ul><li><em>under</em></li></ul></li></ul>"
        '<p><a href="https://www.google.com/url?q=https://a.dk">link</a></p><table><tbody><tr><td>A</td></tr></tbody></table>',
    ),
    "Word on the web": (
        ONLINE,
        "<p><strong>Overskrift</strong></p><ul><li>Et<ul><li>To</li></ul></li><li>Tre</li></ul>",
    ),
}
