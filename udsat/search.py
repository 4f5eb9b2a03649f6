"""Search over what is public. Finds rows where every word occurs; spelling of æ, ø, å and case do not matter.

The database does the finding, with `fold` from `udsat.lib.danish` applied to its texts: in SQLite that very function,
in PostgreSQL the same steps in SQL. A test holds the two together.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import and_, or_

from django.db.models import Case, Exists, F, Func, OuterRef, Q, QuerySet, TextField, Value, When
from django.db.models.functions import Coalesce
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from council.models import AgendaItem, Cause, Council, Hearing, Meeting, News
from strategies.models import Goal, Strategy, Theme
from udsat.lib.danish import fold, long_date
from udsat.lib.richtext import plain_text
from udsat.models import Municipality

LIMIT = 20  # hits shown in a group
MAX_LENGTH, MAX_WORDS = 200, 8
SNIPPET = 220  # characters

_INLINE = r"</?(strong|em|a)( [^>]*)?>"  # may stand inside a word
_TAG = r"<[^>]*>"


def words_of(query: str) -> list[str]:
    """The folded words to look for; single letters only where there is nothing else."""
    words = list(dict.fromkeys(re.findall(r"\w+", fold(query[:MAX_LENGTH]))))
    return ([word for word in words if len(word) > 1 or word.isdigit()] or words)[:MAX_WORDS]


def named_by(words: Sequence[str], municipalities: Sequence[Municipality]) -> dict[str, list[Municipality]]:
    """Which municipalities each word is the name of, or a part of the name, as »taastrup« is."""
    names = [(set(re.findall(r"\w+", fold(place.name))), place) for place in municipalities]
    return {word: [place for name, place in names if word in name] for word in words}


def _without_tags(html: str | None) -> str:
    text = re.sub(_TAG, " ", re.sub(_INLINE, "", html or ""))
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


class _OneText(Func):
    """A function of all its expressions as one text with spaces between."""

    arg_joiner = " || ' ' || "
    output_field = TextField()
    python: Callable[[str], str]
    name: str

    def __init__(self, *expressions):
        super().__init__(*[Coalesce(expression, Value(""), output_field=TextField()) for expression in expressions])

    def as_sqlite(self, compiler, connection, **context):
        connection.ensure_connection()
        connection.connection.create_function(self.name, 1, type(self).python, deterministic=True)
        return self.as_sql(compiler, connection, template=f"{self.name}(%(expressions)s)", **context)


class Plain(_OneText):
    """Rich text without its markup."""

    name = "udsat_plain"
    python = staticmethod(_without_tags)

    def as_postgresql(self, compiler, connection, **context):
        stripped = f"regexp_replace(regexp_replace(%(expressions)s, '{_INLINE}', '', 'g'), '{_TAG}', ' ', 'g')"
        template = f"replace(replace(replace({stripped}, '&lt;', '<'), '&gt;', '>'), '&amp;', '&')"
        return self.as_sql(compiler, connection, template=template, **context)


class Folded(_OneText):
    """`danish.fold` in the database."""

    name = "udsat_fold"
    python = staticmethod(lambda text: fold(text or ""))

    def as_postgresql(self, compiler, connection, **context):
        # In some locales lower() knows only ASCII. So the letters that are more than a letter with an accent are
        # lowered by name, and what the removal of accents leaves is lowered again.
        lowered = "translate(lower(normalize(%(expressions)s, NFC)), 'ÆØÅŒŁĐÞÐ', 'æøåœłđþð')"
        spelled = f"replace(replace(replace({lowered}, 'æ', 'ae'), 'ø', 'oe'), 'å', 'aa')"
        template = f"lower(regexp_replace(normalize({spelled}, NFD), '[\u0300-\u036f]', '', 'g'))"
        return self.as_sql(compiler, connection, template=template, **context)


@dataclass(frozen=True)
class Hit:
    url: str
    title: SafeString
    place: str
    meta: str = ""
    snippet: SafeString = field(default_factory=SafeString)
    pdf_url: str = ""


@dataclass(frozen=True)
class Group:
    heading: str
    hits: list[Hit]
    has_more: bool


def search(query: str, municipalities: Sequence[Municipality], within: Municipality | None = None) -> list[Group]:
    """The groups that hold a hit, each bounded, in a constant number of queries.

    `municipalities` is all of them: a word that is the name of one also finds what belongs to it (»bolig vejle«).
    """
    words = words_of(query)
    if not words:
        return []
    belonging = named_by(words, municipalities)
    groups = []
    for heading, kind in KINDS.items():
        rows, title, texts, hit = kind()
        if within:
            rows = rows.filter(**{rows.model.municipality_lookup: within})
        found = list(_matching(rows, title, texts, words, belonging)[: LIMIT + 1])
        if found:
            groups.append(Group(heading, [hit(row, words) for row in found[:LIMIT]], len(found) > LIMIT))
    return groups


def _matching(rows: QuerySet, title, texts, words, belonging) -> QuerySet:
    place = f"{rows.model.municipality_lookup}__in"
    rows = rows.alias(hay=texts, folded_title=Folded(title))
    own = [Q(hay__contains=word) for word in words]
    every = [
        here | Q(**{place: belonging[word]}) if belonging[word] else here for here, word in zip(own, words, strict=True)
    ]
    in_title = reduce(and_, (Q(folded_title__contains=word) for word in words))
    return (
        rows.filter(reduce(and_, every), reduce(or_, own))
        .annotate(rank=Case(When(in_title, then=0), default=1))
        .order_by("rank", *rows.query.order_by)
    )


def _strategies():
    rows = Strategy.objects.published().with_validity().order_by(F("starts_on").desc(nulls_last=True), "-pk")
    texts = Folded("title", "summary", Plain("plain_text"), "adopted_by")

    def hit(row, words):
        return Hit(
            url=row.get_absolute_url(),
            title=marked(str(row), words),
            place=str(row.municipality),
            meta=f"{row.get_kind_display()}, {row.validity.label.lower()}",
            snippet=snippet([row.summary, plain_text(row.plain_text)], words),
            pdf_url=row.get_pdf_url(),
        )

    return rows, "title", texts, hit


def _themes():
    rows = (
        Theme.objects.published()
        .select_related("strategy__municipality")
        .prefetch_related("strategy__themes")
        .order_by(F("strategy__starts_on").desc(nulls_last=True), "strategy_id", "position", "pk")
    )
    texts = Folded("title", "guiding_thread", Plain("body"), "goal_lead_in", Plain("plain_text"))

    def hit(row, words):
        return Hit(
            url=row.get_absolute_url(),
            title=marked(row.display_title, words),
            place=str(row.strategy.municipality),
            meta=f"{row.strategy.theme_label.capitalize()} i {row.strategy}",
            snippet=snippet([row.guiding_thread, plain_text(row.body), plain_text(row.plain_text)], words),
            pdf_url=row.strategy.get_pdf_url(),
        )

    return rows, "title", texts, hit


def _goals():
    rows = (
        Goal.objects.published()
        .select_related("theme__strategy__municipality", "parent")
        .prefetch_related("theme__strategy__themes")
        .order_by(
            F("theme__strategy__starts_on").desc(nulls_last=True), "theme__strategy", "theme__position", "position"
        )
    )
    texts = Folded("parent__text", "theme__goal_lead_in", "text", Plain("explanation"), "target", "plain_text")

    def hit(row, words):
        return Hit(
            url=row.get_absolute_url(),
            title=marked(row.full_text, words),
            place=str(row.theme.strategy.municipality),
            meta=f"{row.theme.display_title} i {row.theme.strategy}",
            snippet=snippet([plain_text(row.explanation), row.plain_text], words, only_hits=True),
            pdf_url=row.theme.strategy.get_pdf_url(),
        )

    return rows, "text", texts, hit


def _items():
    """Before the minutes are public, nothing that was said or decided is searched or shown."""
    rows = (
        AgendaItem.objects.published()
        .annotate(is_decided=Exists(AgendaItem.objects.decided_in_public().filter(pk=OuterRef("pk"))))
        .with_numbers()
        .select_related("meeting__council__municipality")
        .order_by("-meeting__date", "position", "pk")
    )
    agenda = ("title", "case_number", Plain("presentation"), Plain("recommendation"))
    minutes = (Plain("discussion"), Plain("decision"), Plain("dissent"), Plain("plain_text"))
    texts = Case(When(is_decided=True, then=Folded(*agenda, *minutes)), default=Folded(*agenda))

    def hit(row, words):
        said = [row.decision, row.plain_text, row.discussion, row.dissent] if row.is_decided else []
        texts = [plain_text(text) for text in (*said, row.presentation, row.recommendation)]
        answer = f", {row.get_answer_display().lower()}" if row.is_decided and row.answer else ""
        return Hit(
            url=row.get_absolute_url(),
            title=marked(row.title, words),
            place=str(row.municipality),
            meta=f"Punkt {row.meeting.first_number + row.place} på mødet {long_date(row.meeting.date)}{answer}",
            snippet=snippet(texts, words),
        )

    return rows, "title", texts, hit


def _meetings():
    """The short version of the agenda counts until the minutes have one that tells what came of it."""
    rows = (
        Meeting.objects.published()
        .with_publication()
        .select_related("council__municipality", "agenda", "minutes")
        .order_by("-date", "-ordinal")
    )
    when_and_where = ("title", "kind_label", "place", "address", "how_to_attend")
    texts = Case(
        When(has_minutes=True, then=Folded(*when_and_where, Plain("minutes__plain_text"))),
        When(has_agenda=True, then=Folded(*when_and_where, Plain("agenda__plain_text"))),
        default=Folded(*when_and_where),
    )

    def hit(row, words):
        paper = row.minutes if row.has_minutes else row.agenda if row.has_agenda else None
        return Hit(
            url=row.get_absolute_url(),
            title=marked(row.long_title, words),
            place=str(row.municipality),
            meta=row.place,
            snippet=snippet([plain_text(paper.plain_text) if paper else "", row.how_to_attend], words),
        )

    return rows, "title", texts, hit


def _hearings():
    rows = Hearing.objects.published().select_related("council__municipality").order_by("-received_on", "-pk")
    # An answer that is not given yet is a draft, whatever the question is.
    answer = Case(When(answered_on__isnull=False, then=F("answer")), default=Value(""), output_field=TextField())
    texts = Folded("title", "sender", Plain("question"), Plain(answer), Plain("outcome_text"))

    def hit(row, words):
        return Hit(
            url=row.get_absolute_url(),
            title=marked(row.title, words),
            place=str(row.municipality),
            meta=f"Høring modtaget {long_date(row.received_on)}",
            snippet=snippet(
                [plain_text(row.public_answer), plain_text(row.outcome_text), plain_text(row.question)], words
            ),
        )

    return rows, "title", texts, hit


def _news():
    rows = News.objects.published().select_related("municipality").order_by("-date", "-pk")
    texts = Folded("title", "lead", Plain("body"))

    def hit(row, words):
        return Hit(
            url=row.get_absolute_url(),
            title=marked(row.title, words),
            place=str(row.municipality),
            meta=long_date(row.date),
            snippet=snippet([row.lead, plain_text(row.body)], words),
        )

    return rows, "title", texts, hit


def _councils():
    rows = Council.objects.published().select_related("municipality").order_by("municipality__sort_key")
    texts = Folded("name", "summary", Plain("about"), Plain("plain_text"), Plain("work"), "visits", "dialogue_text")

    def hit(row, words):
        return Hit(
            url=row.get_absolute_url(),
            title=marked(row.name, words),
            place=str(row.municipality),
            snippet=snippet([row.summary, plain_text(row.about), plain_text(row.work), row.visits], words),
        )

    return rows, "name", texts, hit


def _causes():
    rows = Cause.objects.published().select_related("council__municipality").order_by("council_id", "position", "pk")
    texts = Folded("title", Plain("body"))

    def hit(row, words):
        return Hit(
            url=row.get_absolute_url(),
            title=marked(row.title, words),
            place=str(row.municipality),
            snippet=snippet([plain_text(row.body)], words),
        )

    return rows, "title", texts, hit


KINDS = {
    "Temaer": _themes,
    "Mål": _goals,
    "Strategier": _strategies,
    "Dagsordener og beslutninger": _items,
    "Høringer": _hearings,
    "Møder": _meetings,
    "Nyt": _news,
    "Udsatteråd": _councils,
    "Mærkesager": _causes,
}


# What a hit shows


def _spans(text: str, words: Sequence[str]) -> list[tuple[int, int]]:
    """Where the folded words stand in the text as it is written."""
    folded, origin = "", []
    for position, character in enumerate(text):
        spelled = fold(character)
        folded += spelled
        origin += [position] * len(spelled)
    found = []
    for word in words:
        at = folded.find(word)
        while at >= 0:
            found.append((origin[at], origin[at + len(word) - 1] + 1))
            at = folded.find(word, at + len(word))
    merged: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def marked(text: str, words: Sequence[str]) -> SafeString:
    """The text with <mark> around what was searched for."""
    text = unicodedata.normalize("NFC", text)
    pieces, done = [], 0
    for start, end in _spans(text, words):
        pieces += [escape(text[done:start]), format_html("<mark>{}</mark>", text[start:end])]
        done = end
    # Safe: every piece is escaped above and here.
    return mark_safe("".join([*pieces, escape(text[done:])]))


def snippet(texts: Sequence[str], words: Sequence[str], only_hits: bool = False) -> SafeString:
    """The stretch of the texts that says most about the search: around the first hit, else the beginning."""
    texts = [" ".join(unicodedata.normalize("NFC", text).split()) for text in texts if text]
    hits = [(text, spans) for text in texts if (spans := _spans(text, words))]
    if not hits and (only_hits or not texts):
        return SafeString()
    text, spans = hits[0] if hits else (texts[0], [(0, 0)])
    start = max(0, spans[0][0] - SNIPPET // 3)
    if start:
        start = text.find(" ", start) + 1
    end = start + SNIPPET
    if end < len(text):
        end = text.rfind(" ", start, end)
    cut = f"{'… ' if start else ''}{text[start:end]}{' …' if end < len(text) else ''}"
    return marked(cut, words)
