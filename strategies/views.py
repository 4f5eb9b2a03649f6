"""The public pages and PDFs of a municipality's strategies. All of them ask `visible_to(user)` what may be seen."""

from django.db.models import Q
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from udsat.lib.responses import find_or_404, pdf_response
from udsat.lib.richtext import plain_text
from udsat.models import Municipality

from . import jsonld, pdf, progress_chart
from .house import houses, rooms_of
from .models import Goal, Strategy
from .progress import months_between, progress

ROOF_LENGTH = 70  # what can be read in the roof of a house at a glance


def find_municipality(slug):
    asked = "".join(filter(str.isprintable, slug[:60]))
    return find_or_404(Municipality.objects.all(), f"Vi kender ingen kommune med adressen »{asked}«.", slug=slug)


def _strategy(request, kommune, slug):
    municipality = find_municipality(kommune)
    return find_or_404(
        Strategy.objects.visible_to(request.user).with_content(),
        f"Vi kender ingen strategi med den adresse i {municipality}. Måske har den skiftet navn.",
        municipality=municipality,
        slug=slug,
    )


@require_safe
def current_strategy(request, kommune):
    """To the strategy in force; without one, to the newest there is."""
    municipality = find_municipality(kommune)
    own = Strategy.objects.filter(municipality=municipality).select_related("municipality")
    strategy = own.in_force().first() or own.published().newest_first().first()
    if strategy is None:
        raise Http404(f"{municipality} har ingen strategi på portalen endnu.")
    # Somebody who reads the easy texts gets the easy one here, too.
    return redirect(strategy.get_absolute_url() + ("?kort=1" if request.GET.get("kort") == "1" else ""))


@require_safe
def strategy_list(request, kommune):
    municipality = find_municipality(kommune)
    own = Strategy.objects.visible_to(request.user).filter(municipality=municipality)
    strategies = list(own.with_validity().newest_first())
    public = set(own.published().values_list("pk", flat=True))
    now = {Strategy.Validity.IN_FORCE, Strategy.Validity.UNTIL_FURTHER}
    groups = [
        ("Gælder nu", [s for s in strategies if s.validity in now]),
        ("Træder i kraft senere", [s for s in strategies if s.validity == Strategy.Validity.COMING]),
        ("Gælder ikke længere", [s for s in strategies if s.validity not in now | {Strategy.Validity.COMING}]),
    ]
    context = {
        "municipality": municipality,
        "section": "strategi",
        "groups": [(heading, found) for heading, found in groups if found],
        "public": public,
        "updated": max((strategy.updated_at for strategy in strategies), default=None),
    }
    return render(request, "strategies/strategy_list.html", context)


@require_safe
def strategy(request, kommune, strategy):
    strategy = _strategy(request, kommune, strategy)
    relatives = Strategy.objects.visible_to(request.user).filter(
        Q(parent=strategy) | Q(pk__in=[strategy.parent_id, strategy.replaces_id])
    )
    relatives = list(relatives.select_related("municipality"))
    themes = list(strategy.themes.all())
    rooms = rooms_of(strategy, lambda theme: f"#tema-{theme.number}")
    context = _context(request, strategy) | {
        "themes": themes,
        "sections": [section for section in strategy.sections.all() if section != strategy.vision],
        "only_titles": bool(themes) and all(theme.is_only_a_title for theme in themes),
        "houses": houses(promises(strategy), rooms) if rooms else [],
        "parent": next((s for s in relatives if s.pk == strategy.parent_id), None),
        "replaced": next((s for s in relatives if s.pk == strategy.replaces_id), None),
        "children": [s for s in relatives if s.parent_id == strategy.pk],
        "data": [jsonld.strategy(strategy)],
    }
    return render(request, "strategies/strategy.html", context)


@require_safe
def theme(request, kommune, strategy, theme):
    strategy = _strategy(request, kommune, strategy)
    themes = list(strategy.themes.all())
    found = next((one for one in themes if one.slug == theme), None)
    if found is None:
        raise Http404(f"Vi kender ingen {strategy.theme_label_plural} med den adresse i »{strategy}«.")
    place = themes.index(found)
    context = _context(request, strategy) | {
        "theme": found,
        "themes": themes,
        "data": [jsonld.theme(found)],
        "previous": themes[place - 1] if place else None,
        "next": themes[place + 1] if place + 1 < len(themes) else None,
    }
    return render(request, "strategies/theme.html", context)


@require_safe
def strategy_progress(request, kommune, strategy):
    strategy = _strategy(request, kommune, strategy)
    context = _context(request, strategy)
    quiet = [goal for theme in strategy.themes.all() for goal in theme.all_goals if goal.quiet_months]
    context |= {
        "drawings": progress_chart.drawings(context["progress"].rows),
        "quiet": sorted(quiet, key=lambda goal: -goal.quiet_months),
    }
    return render(request, "strategies/progress.html", context)


def _context(request, strategy):
    """What every page of the strategy needs; also gives its themes and goals what the templates ask of them."""
    today = timezone.localdate()
    quiet = Goal.objects.filter(theme__strategy=strategy).quiet(today).values_list("pk", "since")
    months = {pk: months_between(since, today) for pk, since in quiet}
    for theme in strategy.themes.all():
        theme.is_only_a_title = _is_only_a_title(theme)
        for goal in theme.all_goals:
            goal.theme = theme
            goal.quiet_months = months.get(goal.pk, 0)
        for n, goal in enumerate(theme.goals.all(), 1):
            goal.number = f"{theme.number}.{n}"
            for m, child in enumerate(goal.children.all(), 1):
                child.number = f"{goal.number}.{m}"
    return {
        "municipality": strategy.municipality,
        "section": "strategi",
        "strategy": strategy,
        "progress": progress(strategy),
        "preview": None if strategy.is_published else strategy,
        "updated": strategy.updated_at,
    }


def _is_only_a_title(theme):
    return not (theme.guiding_thread or theme.body or theme.plain_text or theme.goals.all() or theme.actions.all())


def promises(strategy):
    """What the roof may say: the first sentence of the vision where it is short enough, else the title."""
    text = plain_text(strategy.vision.body) if strategy.vision else ""
    sentence = text.split("\n")[0].split(". ")[0].strip().rstrip(".")
    short = sentence and len(sentence) <= ROOF_LENGTH and not sentence.endswith(":")
    return [f"{sentence}.", strategy.title] if short else [strategy.title]


@require_safe
def strategy_pdf(request, kommune, strategy):
    strategy = _strategy(request, kommune, strategy)
    return _pdf_response(request, strategy, lambda: pdf.strategy_pdf(strategy), f"{strategy.slug}.pdf")


@require_safe
def summary_pdf(request, kommune, strategy):
    strategy = _strategy(request, kommune, strategy)
    return _pdf_response(request, strategy, lambda: pdf.summary_pdf(strategy), f"{strategy.slug}-resume.pdf")


def _pdf_response(request, strategy, make, filename):
    return pdf_response(request, make, filename, changed=strategy.updated_at, is_public=strategy.is_published)
