"""What the council puts on every page of its municipality, and on the pages of its strategies."""

from django import template
from django.db.models import Exists, OuterRef, Prefetch, Q

from council.models import AgendaItem, Agreement, Council, Hearing, Meeting, Minutes, News
from council.models.meeting import PublicItem
from strategies.models import Goal, Strategy, Theme
from udsat.models import Municipality

register = template.Library()


@register.simple_tag
def municipality_frame(municipality, user):
    """The municipality again, with what header and footer need: its council and which sections it has (2 queries).

    Follows `visible_to(user)`, so that a secretary's preview has the links that the public page will have.
    """
    here = OuterRef("pk")
    frame = Municipality.objects.annotate(
        has_strategies=Exists(Strategy.objects.visible_to(user).filter(municipality=here)),
        has_meetings=Exists(Meeting.objects.visible_to(user).filter(council__municipality=here)),
        has_hearings=Exists(Hearing.objects.visible_to(user).filter(council__municipality=here)),
        has_news=Exists(News.objects.visible_to(user).filter(municipality=here)),
    ).get(pk=municipality.pk)
    frame.visible_council = Council.objects.visible_to(user).filter(municipality=municipality).first()
    for field in ("phone", "phone_hours", "email", "address"):
        setattr(frame, f"shown_{field}", getattr(frame.visible_council, field, "") or getattr(municipality, field))
    return frame


@register.simple_tag
def council_talks(strategy):
    """Where the council has talked about the strategy, in public: by theme and by goal, the newest meeting first.

    A constant number of queries for the whole strategy. Closed items and unpublished papers are not there.
    """
    items = (
        AgendaItem.objects.published()
        .filter(Q(themes__strategy=strategy) | Q(goals__theme__strategy=strategy))
        .distinct()
        .with_numbers()
        .annotate(has_minutes=Exists(Minutes.objects.published().filter(meeting=OuterRef("meeting"))))
        .select_related("meeting__council__municipality")
        .prefetch_related(
            "attachments",
            Prefetch("agreements", Agreement.objects.select_related("member__person", "member__council")),
            Prefetch("themes", Theme.objects.filter(strategy=strategy)),
            Prefetch("goals", Goal.objects.filter(theme__strategy=strategy)),
        )
        .order_by("-meeting__date", "-meeting__ordinal", "position", "pk")
    )
    talks = {"themes": {}, "goals": {}}
    for item in items:
        public = PublicItem(item, item.meeting.first_number + item.place, with_minutes=item.has_minutes)
        public.meeting = item.meeting
        public.has_minutes = item.has_minutes
        public.url = item.get_absolute_url()
        for theme in public.themes:
            talks["themes"].setdefault(theme.pk, []).append(public)
        for goal in public.goals:
            talks["goals"].setdefault(goal.pk, []).append(public)
    return talks


@register.inclusion_tag("council/_talks.html")
def talks_about(talks, subject):
    """The trail from a theme or goal to the meetings where the council talked about it."""
    kind = "themes" if isinstance(subject, Theme) else "goals"
    return {"items": talks[kind].get(subject.pk, [])}
