"""Compare two versions of a strategy: themes and goals that are new, gone, reworded or unchanged."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from django.utils.safestring import SafeString

from udsat.lib.danish import join_words
from udsat.lib.richtext import plain_text
from udsat.lib.text_diff import rich_difference, word_difference
from udsat.lib.text_similarity import SIMILAR, PreparedText, pair_up, similarity

from .models import Goal, Strategy, Theme

# Added to the likeness of two goals whose themes are paired.
_SAME_THEME_BONUS = 8.0


class ChangeKind(StrEnum):
    NEW = "ny"
    REWORDED = "aendret"
    SAME = "uaendret"
    GONE = "vaek"


@dataclass(frozen=True)
class TextChange:
    """A text that differs between the versions: its label and the difference marked word by word."""

    label: str
    difference: SafeString


@dataclass(frozen=True)
class GoalChange:
    change: ChangeKind
    old: Goal | None = None
    new: Goal | None = None
    text: SafeString | str = ""
    more: Sequence[TextChange] = ()
    moved_from: Theme | None = None

    @property
    def is_only_moved(self) -> bool:
        return bool(self.moved_from and not self.text and not self.more)


@dataclass
class ThemeChange:
    change: ChangeKind
    old: Theme | None = None
    new: Theme | None = None
    title: SafeString | str = ""
    is_by_topic: bool = False  # paired by topic, not by wording
    more: Sequence[TextChange] = ()
    goals: list[GoalChange] = field(default_factory=list)

    @property
    def is_the_same(self) -> bool:
        return {self.change, *(goal.change for goal in self.goals)} == {ChangeKind.SAME}

    @property
    def was_only_a_title(self) -> bool:
        old = self.old
        return bool(old) and not (old.guiding_thread or old.body or old.all_goals)


@dataclass(frozen=True)
class Versions:
    old: Strategy
    new: Strategy
    vision: SafeString | str
    themes: Sequence[ThemeChange]  # in the order of the new version
    gone: Sequence[ThemeChange]
    goals: Counter  # by ChangeKind
    theme_count: Counter

    @property
    def is_the_same(self) -> bool:
        return not self.vision and set(self.goals) | set(self.theme_count) <= {ChangeKind.SAME}

    @property
    def themes_news_first(self) -> list[ThemeChange]:
        """The themes with new ones first and unchanged ones last."""
        return sorted(self.themes, key=lambda theme: (theme.change != ChangeKind.NEW, theme.is_the_same))

    @property
    def summary(self) -> str:
        """»2 temaer er nye, og 1 er væk. 6 mål er nye, 3 er skrevet om, og 1 er uændret.«"""
        if self.is_the_same:
            return "Der er ingen forskel på vision, temaer og mål."
        return " ".join(
            filter(None, [_counted(self.theme_count, "tema", "temaer"), _counted(self.goals, "mål", "mål")])
        )


def compare(old: Strategy, new: Strategy) -> Versions:
    """Compare two strategies from `Strategy.objects.with_content()`."""
    old_themes, new_themes = list(old.themes.all()), list(new.themes.all())
    old_goals = [(theme, goal) for theme in old_themes for goal in theme.all_goals]
    new_goals = [(theme, goal) for theme in new_themes for goal in theme.all_goals]
    before = [PreparedText(goal.text) for _, goal in old_goals]
    after = [PreparedText(goal.text) for _, goal in new_goals]
    scores = [[similarity(a, b) for b in after] for a in before]

    alike = pair_up(len(before), len(after), lambda i, j: scores[i][j])
    themes, by_topic = _pair_themes(
        old_themes, new_themes, [(old_goals[i][0], new_goals[j][0]) for j, i in alike.items()]
    )

    def score(i, j):
        belongs = themes.get(new_goals[j][0].pk) == old_goals[i][0].pk
        return scores[i][j] + _SAME_THEME_BONUS if belongs and scores[i][j] >= SIMILAR else scores[i][j]

    pairs = pair_up(len(before), len(after), score)
    old_theme = {theme.pk: theme for theme in old_themes}
    changes = [_theme(old_theme.get(themes.get(theme.pk)), theme, theme.pk in by_topic) for theme in new_themes]
    gone = [ThemeChange(ChangeKind.GONE, old=theme) for theme in old_themes if theme.pk not in themes.values()]
    change_of_new = {change.new.pk: change for change in changes}
    change_of_old = {change.old.pk: change for change in [*changes, *gone] if change.old}

    for j, (theme, goal) in enumerate(new_goals):
        was_in, was = old_goals[pairs[j]] if j in pairs else (None, None)
        moved = was_in if was and themes.get(theme.pk) != was_in.pk else None
        change_of_new[theme.pk].goals.append(_goal(was, goal, moved))
    for i, (theme, goal) in enumerate(old_goals):
        if i not in pairs.values():
            change_of_old[theme.pk].goals.append(GoalChange(ChangeKind.GONE, old=goal))
    return Versions(
        old=old,
        new=new,
        vision=_rich(old.vision.body if old.vision else "", new.vision.body if new.vision else ""),
        themes=changes,
        gone=gone,
        goals=Counter(goal.change for change in [*changes, *gone] for goal in change.goals),
        theme_count=Counter(change.change for change in [*changes, *gone]),
    )


def _pair_themes(
    old: Sequence[Theme], new: Sequence[Theme], alike: Sequence[tuple[Theme, Theme]]
) -> tuple[dict[int, int], set[int]]:
    """Return new to old theme by pk, paired by title or shared goals, else by topic; and the pks paired by topic."""
    before, after = [PreparedText(theme.title) for theme in old], [PreparedText(theme.title) for theme in new]
    shared = Counter((was.pk, now.pk) for was, now in alike)

    def by_words(i, j):
        goals = len(old[i].all_goals) + len(new[j].all_goals)
        # 180 rather than 200, so that an unchanged title weighs more than shared goals.
        share = 180 * shared[old[i].pk, new[j].pk] / goals if goals else 0
        return max(similarity(before[i], after[j]), share)

    pairs = {new[j].pk: old[i].pk for j, i in pair_up(len(old), len(new), by_words).items()}
    old_left = [theme for theme in old if theme.pk not in pairs.values()]
    new_left = [theme for theme in new if theme.pk not in pairs]
    topics = {theme.pk: {topic.pk for topic in theme.topics.all()} for theme in (*old_left, *new_left)}

    def by_topic(i, j):
        a, b = topics[old_left[i].pk], topics[new_left[j].pk]
        return 100 * len(a & b) / len(a | b) if a & b else 0

    by_topic_pairs = pair_up(len(old_left), len(new_left), by_topic, at_least=1)
    same_topic = {new_left[j].pk: old_left[i].pk for j, i in by_topic_pairs.items()}
    return pairs | same_topic, set(same_topic)


def _theme(old: Theme | None, new: Theme, is_by_topic: bool) -> ThemeChange:
    if old is None:
        return ThemeChange(ChangeKind.NEW, new=new)
    title = _plain(old.title, new.title)
    texts = [
        ("Ledetråd", _plain(old.guiding_thread, new.guiding_thread)),
        ("Tekst", _rich(old.body, new.body)),
        ("Indledning til mål", _plain(old.goal_lead_in, new.goal_lead_in)),
    ]
    more = [TextChange(label, difference) for label, difference in texts if difference]
    change = ChangeKind.REWORDED if title or more else ChangeKind.SAME
    return ThemeChange(change, old=old, new=new, title=title, is_by_topic=is_by_topic, more=more)


def _goal(old: Goal | None, new: Goal, moved_from: Theme | None) -> GoalChange:
    if old is None:
        return GoalChange(ChangeKind.NEW, new=new)
    text = _plain(old.text, new.text)
    texts = [("Måltal", _plain(old.target, new.target)), ("Uddybning", _rich(old.explanation, new.explanation))]
    more = [TextChange(label, difference) for label, difference in texts if difference]
    change = ChangeKind.REWORDED if text or more or moved_from else ChangeKind.SAME
    return GoalChange(change, old=old, new=new, text=text, more=more, moved_from=moved_from)


_IN_WORDS = {
    ChangeKind.NEW: ("nyt", "nye"),
    ChangeKind.REWORDED: ("skrevet om eller flyttet", "skrevet om eller flyttet"),
    ChangeKind.SAME: ("uændret", "uændrede"),
    ChangeKind.GONE: ("væk", "væk"),
}


def _counted(count: Counter, one: str, many: str) -> str:
    present = [(count[change], words) for change, words in _IN_WORDS.items() if count[change]]
    parts = [f"{number} er {plural if number > 1 else singular}" for number, (singular, plural) in present]
    if parts:
        noun = one if present[0][0] == 1 else many
        parts[0] = parts[0].replace(" ", f" {noun} ", 1)
    return f"{join_words(parts)}." if parts else ""


def _plain(old: str, new: str) -> SafeString | str:
    """Return the difference between two plain texts; empty if only whitespace has changed."""
    return "" if old.split() == new.split() else _difference(word_difference, old, new)


def _rich(old: str, new: str) -> SafeString | str:
    return "" if old == new else _difference(rich_difference, old, new, to_plain=plain_text)


def _difference(compare, old, new, to_plain=str):
    """Return the difference word by word if the texts are similar, otherwise the old text followed by the new one."""
    is_similar = similarity(PreparedText(to_plain(old)), PreparedText(to_plain(new))) >= SIMILAR
    return compare(old, new) if is_similar else compare(old, "") + compare("", new)
