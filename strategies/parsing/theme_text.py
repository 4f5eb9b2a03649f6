"""Sort the text of one theme into guiding thread, goals and body."""

from udsat.lib.documents import ImportNote, Table

from . import wording
from .html_output import TABLE, goal_of, html, html_para, remarks
from .outline import Listing, Para, Segment
from .parsed_strategy import ParsedGoal, ParsedStrategy, ParsedTheme


class ThemeReader:
    """Sorts the text of one theme into guiding thread, goals and body."""

    def __init__(self, parsed: ParsedStrategy, theme: ParsedTheme, group: list[Segment]) -> None:
        self.parsed = parsed
        self.theme = theme
        self.group = group

    def read(self) -> None:
        lists = [each for segment in self.group for each in segment.lists]
        labelled = self.has_labelled_goals()
        self.goal_lists = {id(each) for each in self.choose(lists, labelled)}
        self.nests = self.nesting_heads()
        self.parent: ParsedGoal | None = None
        self.explains = False
        for segment in self.group:
            role = "" if segment is self.group[0] else segment.head.role
            pending_thread = role == "thread"
            if role == "thread":
                pass
            elif segment is not self.group[0]:
                self.subheading(segment)
            prose_goals = role == "goals" and not segment.lists and wording.is_about_goals(segment.head.title)
            for node in segment.nodes:
                if isinstance(node, Table):
                    self.parsed.not_understood += remarks(node, TABLE)
                elif pending_thread and isinstance(node, Para):
                    self.thread(node.text)
                elif isinstance(node, Para):
                    self.paragraph(node, prose_goals)
                else:
                    self.listing(node)
        if not self.theme.goals:
            self.goal_sentences()

    def has_labelled_goals(self) -> bool:
        return any(
            isinstance(node, Para) and wording.read_goal_label(node.text) for s in self.group for node in s.nodes
        ) or any(s.head.label in wording.GOAL_WORDS for s in self.group[1:])

    def choose(self, lists: list[Listing], labelled: bool) -> list[Listing]:
        """The lists that are goals: those with the clearest lead-in."""
        strong = [each for each in lists if each.kind == "strong"]
        if strong or labelled:
            return strong
        for kinds in (("", "unknown", "vision", "purpose"), ("weak",)):
            if found := [each for each in lists if each.kind in kinds]:
                return found
        return []

    def nesting_heads(self) -> set[int]:
        """Subheadings that are goals with goals of their own: two or more in the theme, each with its list."""
        own = [
            s for s in self.group[1:]
            if s.head.role == "sub" and any(id(each) in self.goal_lists for each in s.lists)
        ]  # fmt: skip
        outside = [each for s in self.group if s not in own for each in s.lists if id(each) in self.goal_lists]
        return {id(s.head) for s in own} if len(own) > 1 and not outside else set()

    def subheading(self, segment: Segment) -> None:
        head = segment.head
        self.explains = False
        if head.label in wording.GOAL_WORDS:
            self.parent = ParsedGoal(head.title or head.text, head.line, head.number)
            self.theme.goals.append(self.parent)
            self.explains = True
        elif id(head) in self.nests:
            self.parent = ParsedGoal(head.title, head.line, head.number)
            self.theme.goals.append(self.parent)
            self.explains = True
        else:
            self.parent = None
            leads = head.role == "goals" and any(
                id(each) in self.goal_lists and each.lead.rstrip(":?") == head.text.rstrip(":?")
                for each in segment.lists
            )
            prose = head.role == "goals" and not segment.lists and wording.is_about_goals(head.title)
            if not leads and not prose:
                self.theme.body += html_para(head.title, strong=True)

    def thread(self, text: str) -> None:
        self.theme.guiding_thread = f"{self.theme.guiding_thread} {text}".strip()

    def paragraph(self, node: Para, prose_goals: bool) -> None:
        if thread := wording.read_thread(node.text):
            self.thread(thread)
        elif label := wording.read_goal_label(node.text):
            goal = ParsedGoal(label[1], node.line, label[0])
            above = self.theme.goals[-1] if self.theme.goals else None
            is_partial = wording.is_partial_goal(node.text) and above and above.number != ""
            if above and (is_partial or above.number and label[0].startswith(f"{above.number}.")):
                above.children.append(goal)
            else:
                self.theme.goals.append(goal)
            self.parent, self.explains = goal, bool(label[0])
        elif prose_goals and len(node.text) <= 400:
            self.theme.goals.append(ParsedGoal(node.text, node.line))
        elif self.parent and self.explains:
            self.parent.explanation += html(node)
        else:
            self.theme.body += html(node)

    def listing(self, each: Listing) -> None:
        if self.parent and each.kind in ("strong", "", "unknown"):
            lead = f"{each.before} {'' if each.is_headed else each.lead}".strip()
            self.parent.explanation += html_para(lead) if lead else ""
            for item in each.items:
                self.parent.children.append(goal_of(item, 1))
        elif self.parent and self.explains and each.kind == "weak":
            self.parent.explanation += html(each)
        elif id(each) in self.goal_lists:
            if each.before:
                self.theme.body += html_para(each.before)
            goals = [goal_of(item) for item in each.items]
            if self.theme.goals and each.lead != self.theme.goal_lead_in:
                self.two_lead_ins(each, goals)
            else:
                self.theme.goal_lead_in = each.lead
            self.theme.goals += goals
        else:
            self.theme.body += html(each)

    def two_lead_ins(self, each: Listing, goals: list[ParsedGoal]) -> None:
        """A theme has one lead-in. With a second one, each goal gets its own words, so that it can stand alone."""
        for goal in self.theme.goals:
            goal.text = _with_lead_in(self.theme.goal_lead_in, goal.text)
        for goal in goals:
            goal.text = _with_lead_in(each.lead, goal.text)
        self.theme.goal_lead_in = ""
        reason = "Temaet har mere end én indledning til mål. Hvert mål har fået sin egen foran."
        self.parsed.not_understood.append(ImportNote(each.line, each.lead, reason))

    def goal_sentences(self) -> None:
        """»Vores mål er, at …« in a theme that has no other goal."""
        for segment in self.group:
            for node in segment.nodes:
                if isinstance(node, Para) and wording.is_goal_sentence(node.text) and html(node) in self.theme.body:
                    self.theme.body = self.theme.body.replace(html(node), "", 1)
                    self.theme.goals.append(ParsedGoal(node.text, node.line))


def _with_lead_in(lead: str, text: str) -> str:
    """»Vi vil:« and »skabe boliger« → »Vi vil skabe boliger«."""
    return f"{lead.rstrip(' :')} {text}" if lead and text[:1].islower() else text
