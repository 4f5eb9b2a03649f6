"""Public pages and PDFs of a municipality's strategies, filtered by `visible_to(user)`."""

from django.db.models import Q, prefetch_related_objects
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from udsat.lib.publishing import visible_rows
from udsat.lib.responses import find_or_404, pdf_response
from udsat.lib.richtext import plain_text
from udsat.models import Municipality, version_history

from . import jsonld, pdf, progress_chart
from .house_drawing import houses, rooms_of
from .models import Action, Strategy
from .progress import months_between, progress
from .version_text import version_text

MAX_ROOF_TEXT = 70


def find_municipality(slug):
    printable = "".join(filter(str.isprintable, slug[:60]))
    return find_or_404(Municipality.objects.all(), f"Vi kender ingen kommune med adressen »{printable}«.", slug=slug)


@visible_rows
def _strategies(user, kommune, slug):
    return Strategy.objects.visible_to(user).with_validity().filter(municipality__slug=kommune, slug=slug)


@visible_rows
def _relatives(user, strategy, parent, replaces):
    relatives = Strategy.objects.visible_to(user).filter(Q(parent=strategy) | Q(pk=parent) | Q(pk=replaces))
    return relatives.select_related("municipality")


def _strategy(request, kommune, slug, *parts):
    """Return the strategy at the address, if the reader may see it, with themes, goals, follow-ups and these parts."""
    found = _strategies(request.user, kommune=kommune, slug=slug)
    if not found:
        municipality = find_municipality(kommune)
        raise Http404(f"Vi kender ingen strategi med den adresse i {municipality}. Måske har den skiftet navn.")
    prefetch_related_objects(found, "themes__goals__follow_ups", *parts)
    [strategy] = found
    strategy.is_public = request.user.is_anonymous or strategy.is_published
    return strategy


@require_safe
def current_strategy(request, kommune):
    """Redirect to the strategy in force, or else to the newest one."""
    municipality = find_municipality(kommune)
    strategy = Strategy.objects.published().filter(municipality=municipality).in_force_first().first()
    if strategy is None:
        raise Http404(f"{municipality} har ingen strategi på portalen endnu.")
    return redirect(strategy.get_absolute_url() + ("?kort=1" if request.GET.get("kort") == "1" else ""))


@require_safe
def strategy_list(request, kommune):
    municipality = find_municipality(kommune)
    own = Strategy.objects.visible_to(request.user).filter(municipality=municipality)
    strategies = list(own.with_validity().newest_first())
    is_anonymous = request.user.is_anonymous
    public = {one.pk for one in strategies} if is_anonymous else set(own.published().values_list("pk", flat=True))
    now = {Strategy.Validity.IN_FORCE, Strategy.Validity.UNTIL_FURTHER}
    groups = [
        ("Gælder nu", [s for s in strategies if s.validity in now]),
        ("Træder i kraft senere", [s for s in strategies if s.validity == Strategy.Validity.COMING]),
        ("Gælder ikke længere", [s for s in strategies if s.validity not in now | {Strategy.Validity.COMING}]),
    ]
    context = {
        "municipality": municipality,
        "section": "strategi",
        "groups": [(heading, strategies) for heading, strategies in groups if strategies],
        "public": public,
        "updated": max((strategy.last_changed for strategy in strategies), default=None),
    }
    return render(request, "strategies/strategy_list.html", context)


@require_safe
def strategy(request, kommune, strategy):
    strategy = _strategy(request, kommune, strategy, "sections", "themes__actions")
    relatives = _relatives(request.user, strategy=strategy.pk, parent=strategy.parent_id, replaces=strategy.replaces_id)
    replaced = next((s for s in relatives if s.pk == strategy.replaces_id), None)
    themes = list(strategy.themes.all())
    for theme in themes:
        theme.is_only_a_title = _is_only_a_title(theme, theme.actions.all())
    rooms = rooms_of(strategy, lambda theme: f"#tema-{theme.number}")
    context = _context(request, strategy) | {
        "themes": themes,
        "sections": [section for section in strategy.sections.all() if section != strategy.vision],
        "only_titles": bool(themes) and all(theme.is_only_a_title for theme in themes),
        "houses": houses(roof_texts(strategy), rooms) if rooms else [],
        "parent": next((s for s in relatives if s.pk == strategy.parent_id), None),
        "replaced": replaced,
        "is_comparable": replaced and strategy.is_public and (request.user.is_anonymous or replaced.is_published),
        "children": [s for s in relatives if s.parent_id == strategy.pk],
        "data": [jsonld.strategy_data(strategy)],
    }
    return render(request, "strategies/strategy.html", context)


@require_safe
def theme(request, kommune, strategy, theme):
    strategy = _strategy(request, kommune, strategy)
    themes = list(strategy.themes.all())
    index = next((index for index, other in enumerate(themes) if other.slug == theme), None)
    if index is None:
        raise Http404(f"Vi kender ingen {strategy.theme_label_plural} med den adresse i »{strategy}«.")
    prefetch_related_objects(themes[index : index + 1], "topics")
    actions = Action.objects.filter(Q(theme=themes[index]) | Q(goal__theme=themes[index]))
    goal_actions = {goal.pk: [] for goal in themes[index].all_goals} | {None: []}
    for action in actions:
        goal_actions[action.goal_id].append(action)
    theme_actions = goal_actions.pop(None)
    themes[index].is_only_a_title = _is_only_a_title(themes[index], theme_actions)
    context = _context(request, strategy) | {
        "theme": themes[index],
        "theme_actions": theme_actions,
        "goal_actions": goal_actions,
        "themes": themes,
        "data": [jsonld.theme_data(themes[index])],
        "previous": themes[index - 1] if index else None,
        "next": themes[index + 1] if index + 1 < len(themes) else None,
    }
    return render(request, "strategies/theme.html", context)


@require_safe
def strategy_progress(request, kommune, strategy):
    strategy = _strategy(request, kommune, strategy)
    context = _context(request, strategy)
    stale = [goal for theme in strategy.themes.all() for goal in theme.all_goals if goal.stale_months]
    context |= {
        "drawings": progress_chart.drawings(context["progress"].rows),
        "stale_goals": sorted(stale, key=lambda goal: -goal.stale_months),
    }
    return render(request, "strategies/progress.html", context)


@require_safe
def strategy_version(request, kommune, strategy, number):
    """A version that is or was public, with its text. Drafts have none, even for a logged-in user."""
    public = Strategy.objects.published().select_related("municipality")
    found = public.filter(municipality__slug=kommune, slug=strategy).first()
    if found is None:
        find_municipality(kommune)
        raise Http404("Vi kender ingen strategi med den adresse. Måske har den skiftet navn.")
    strategy = found
    history = version_history(strategy, number)
    if history is None:
        raise Http404(f"»{strategy}« har ingen version {number}.")
    context = {
        "municipality": strategy.municipality,
        "section": "strategi",
        "document": strategy,
        "title": str(strategy),
        "history": history,
        "text": version_text(history.version.content),
    }
    return render(request, "version.html", context)


def _context(request, strategy):
    """Return the context of every page of the strategy. Also set `stale_months` of its goals."""
    today = timezone.localdate()
    for theme in strategy.themes.all():
        for goal in theme.all_goals:
            since = strategy.stale_since(goal, today) if strategy.is_public else None
            goal.stale_months = months_between(since, today) if since else 0
    return {
        "municipality": strategy.municipality,
        "section": "strategi",
        "strategy": strategy,
        "progress": progress(strategy),
        "preview": None if strategy.is_public else strategy,
        "updated": strategy.last_changed,
    }


def _is_only_a_title(theme, actions):
    return not (theme.guiding_thread or theme.body or theme.plain_text or theme.top_goals or actions)


def roof_texts(strategy):
    """Return texts for the roof of the house: the first sentence of the vision if it is short, and the title."""
    text = plain_text(strategy.vision.body) if strategy.vision else ""
    sentence = text.split("\n")[0].split(". ")[0].strip().rstrip(".")
    short = sentence and len(sentence) <= MAX_ROOF_TEXT and not sentence.endswith(":")
    return [f"{sentence}.", strategy.title] if short else [strategy.title]


@require_safe
def strategy_pdf(request, kommune, strategy):
    strategy = _strategy(request, kommune, strategy, "sections", "themes__actions", "themes__goals__actions")
    return _pdf_response(request, strategy, pdf.strategy_pdf, "")


@require_safe
def summary_pdf(request, kommune, strategy):
    return _pdf_response(request, _strategy(request, kommune, strategy, "sections"), pdf.summary_pdf, " resumé")


def _pdf_response(request, strategy, make, title):
    return pdf_response(request, make(strategy), strategy, f"{strategy}{title}", is_public=strategy.is_public)
