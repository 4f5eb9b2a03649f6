"""Public pages of hearings and news."""

from django.db.models import Q
from django.shortcuts import render
from django.views.decorators.http import require_safe

from council.models import Hearing
from strategies.models import Strategy
from strategies.views import find_municipality
from udsat.lib.responses import find_or_404

from . import jsonld
from .trail import trails_of_hearings
from .visible import latest_update, visible_councils, visible_hearings, visible_meetings, visible_news


@require_safe
def hearing_list(request, kommune):
    municipality = find_municipality(kommune)
    hearings = list(visible_hearings(request.user, municipality))
    trails = trails_of_hearings(hearings)
    for hearing in hearings:
        hearing.trail = trails.get(hearing.pk)
    return render(
        request,
        "council/hearings.html",
        {
            "municipality": municipality,
            "section": "hoeringer",
            "council": visible_councils(request.user, municipality).first(),
            "waiting": [hearing for hearing in hearings if not hearing.answered_on],
            "answered": [hearing for hearing in hearings if hearing.answered_on],
            "heard": [h for h in hearings if h.outcome in (Hearing.Outcome.FOLLOWED, Hearing.Outcome.PARTLY)],
            "total": len(hearings),
            "updated": latest_update(hearings),
        },
    )


@require_safe
def news_list(request, kommune):
    municipality = find_municipality(kommune)
    stories = visible_news(request.user, municipality)
    return render(
        request,
        "council/news_list.html",
        {"municipality": municipality, "section": "nyt", "stories": stories, "updated": latest_update(stories)},
    )


@require_safe
def news_detail(request, kommune, slug):
    municipality = find_municipality(kommune)
    stories = visible_news(request.user, municipality)
    missing = f"Vi kan ikke finde nyheden. Den er måske taget ned. Se alt nyt fra {municipality}."
    story = find_or_404(stories, missing, slug=slug)
    newer = stories.filter(Q(date__gt=story.date) | Q(date=story.date, pk__gt=story.pk))
    return render(
        request,
        "council/news_story.html",
        {
            "municipality": municipality,
            "section": "nyt",
            "story": story,
            "data": [jsonld.news(story)],
            "preview": None if story.is_public else story,
            "updated": story.updated_at,
            "strategy": Strategy.objects.visible_to(request.user)
            .filter(pk=story.strategy_id)
            .select_related("municipality")
            .first(),
            "meeting": visible_meetings(request.user, municipality).filter(pk=story.meeting_id).first(),
            "older": stories.filter(Q(date__lt=story.date) | Q(date=story.date, pk__lt=story.pk)).first(),
            "newer": newer.order_by("date", "pk").first(),
        },
    )
