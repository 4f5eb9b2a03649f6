"""Benchmark of PDF rendering compared with WeasyPrint alone: `python -m tests.benchmarks.pdf [ROUNDS]`.

Both render the same text with the same stylesheet in a warm process and are measured in processor time. The bare side
parses the stylesheet each time and makes no tags, as `HTML(...).write_pdf(stylesheets=[...])` does.
"""

import io
import os
import statistics
import sys
import time

import django
from pypdf import PdfReader

PARAGRAPH = (
    "<p>Kommunen følger op på målene hvert år i september. Udsatterådet sidder med ved bordet, og rådets ord står ved "
    "siden af kommunens, så alle kan se, hvad der er lovet, og hvad der er sket siden sidste år.</p>"
)
CHAPTER = (
    '<section class="theme"><h2><span class="number">{number}</span> Et sted at bo</h2>'
    '<p class="thread">Et hjem er det første skridt.</p>'
    + PARAGRAPH * 3
    + '<p class="lead-in">Vi vil:</p><ul class="goals">'
    + '<li><p>bygge små boliger, som unge har råd til.</p><p class="status i-gang">I gang</p></li>' * 4
    + "</ul><table><thead><tr><th>Hvad</th><th>Hvem</th></tr></thead><tbody>"
    + "<tr><td>Ringe til boligforeningen</td><td>Formanden</td></tr>" * 4
    + "</tbody></table></section>"
)


def html(chapters):
    text = "".join(CHAPTER.format(number=number) for number in range(1, chapters + 1))
    return (
        '<!doctype html><html lang="da" data-accent="hav" class="strategy"><head><title>Prøve</title></head><body>'
        '<div class="running">Prøve</div><div class="dated">Version 1</div>'
        f'<header class="band"><h1>Plads til alle</h1></header>{text}</body></html>'
    )


def main(rounds):
    django.setup()
    import weasyprint

    from udsat.lib import pdf

    stylesheet, fetcher = str(pdf.static_path("static:css/print.css")), pdf._engine().fetcher

    def bare(text, **options):
        sheet = weasyprint.CSS(filename=stylesheet, url_fetcher=fetcher)
        return weasyprint.HTML(string=text, url_fetcher=fetcher).write_pdf(stylesheets=[sheet], **options)

    ways = {
        "bare": bare,
        "bare, PDF/UA-1": lambda text: bare(text, pdf_variant="pdf/ua-1", pdf_tags=True),
        "render_pdf": pdf.render_pdf,
    }
    print(f"{'pages':>5}  " + "".join(f"{name:>18}" for name in ways) + f"{'ratio':>9}")
    for chapters in (2, 4, 30):
        text = html(chapters)
        pages = len(PdfReader(io.BytesIO(pdf.render_pdf(text))).pages)
        times = {name: [] for name in ways}
        for turn in range(rounds + 1):
            for name, way in ways.items():
                start = time.process_time()
                way(text)
                if turn:  # the first round warms up
                    times[name].append(time.process_time() - start)
        medians = [statistics.median(values) * 1000 for values in times.values()]
        print(f"{pages:>5}  " + "".join(f"{m:>15.0f} ms" for m in medians) + f"{medians[-1] / medians[0]:>9.2f}")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "udsat.settings")
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 7)
