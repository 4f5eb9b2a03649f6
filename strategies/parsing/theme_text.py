"""Sort the text of one theme into guiding thread, goals and body."""

import re

from udsat.lib.documents import ImportNote, Table

from . import wording
from .html_output import TABLE_REASON, html, html_paragraph, import_notes, to_goal
from .outline import OutlineList, OutlineParagraph, Segment
from .parsed_strategy import ParsedGoal, ParsedStrategy, ParsedTheme


class ThemeReader:
    def __init__(self, parsed: ParsedStrategy, theme: ParsedTheme, group: list[Segment]) -> None:
        self.parsed = parsed
        self.theme = theme
        self.group = group

    def read(self) -> None:
        lists = [listing for segment in self.group for listing in segment.lists]
        labelled = self.has_labelled_goals()
        self.goal_lists = {id(listing) for listing in self.choose_goal_lists(lists, labelled)}
        self.goal_headings = self.find_goal_headings()
        self.parent: ParsedGoal | None = None  # the goal that lists below belong to
        self.explains = False  # whether paragraphs explain the parent goal
        for segment in self.group:
            role = "" if segment is self.group[0] else segment.heading.role
            if role != "thread" and segment is not self.group[0]:
                self.read_subheading(segment)
            prose_goals = role == "goals" and not segment.lists and wording.is_about_goals(segment.heading.title)
            for node in segment.nodes:
                if isinstance(node, Table):
                    self.parsed.not_understood += import_notes(node, TABLE_REASON)
                elif role == "thread" and isinstance(node, OutlineParagraph):
                    self.add_thread(node.text)
                elif isinstance(node, OutlineParagraph):
                    self.read_paragraph(node, prose_goals)
                else:
                    self.read_list(node)
        if not self.theme.goals:
            self.move_goal_sentences()

    def has_labelled_goals(self) -> bool:
        has_labelled_text = any(wording.read_goal_label(node.text) for s in self.group for node in s.paragraphs)
        return has_labelled_text or any(s.heading.label in wording.GOAL_WORDS for s in self.group[1:])

    def choose_goal_lists(self, lists: list[OutlineList], labelled: bool) -> list[OutlineList]:
        """Return the lists that are goals: those with the clearest lead-in."""
        strong = [listing for listing in lists if listing.kind == "strong"]
        if strong or labelled:
            return strong
        for kinds in (("", "unknown", "vision", "purpose"), ("weak",)):
            if candidates := [listing for listing in lists if listing.kind in kinds]:
                return candidates
        return []

    def find_goal_headings(self) -> set[int]:
        """Return the ids of subheadings that are goals: two or more in the theme, each with its list of subgoals."""

        def has_goal_list(segment: Segment) -> bool:
            return any(id(listing) in self.goal_lists for listing in segment.lists)

        own = [s for s in self.group[1:] if s.heading.role == "sub" and has_goal_list(s)]
        others = any(has_goal_list(s) for s in self.group if s not in own)
        return {id(s.heading) for s in own} if len(own) > 1 and not others else set()

    def read_subheading(self, segment: Segment) -> None:
        heading = segment.heading
        self.explains = False
        if heading.label in wording.GOAL_WORDS or id(heading) in self.goal_headings:
            self.parent = ParsedGoal(heading.title or heading.text, heading.line, heading.number)
            self.theme.goals.append(self.parent)
            self.explains = True
        else:
            self.parent = None
            leads = heading.role == "goals" and any(
                id(listing) in self.goal_lists and listing.lead.rstrip(":?") == heading.text.rstrip(":?")
                for listing in segment.lists
            )
            prose = heading.role == "goals" and not segment.lists and wording.is_about_goals(heading.title)
            if not leads and not prose:
                self.theme.body += html_paragraph(heading.title, strong=True)

    def add_thread(self, text: str) -> None:
        self.theme.guiding_thread = f"{self.theme.guiding_thread} {text}".strip()

    def read_paragraph(self, node: OutlineParagraph, prose_goals: bool) -> None:
        if thread := wording.read_thread(node.text):
            self.add_thread(thread)
        elif label := wording.read_goal_label(node.text):
            goal = ParsedGoal(label[1], node.line, label[0])
            above = self.theme.goals[-1] if self.theme.goals else None
            is_partial = re.match(r"delmål\b", node.text, re.IGNORECASE) and above and above.number != ""
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

    def read_list(self, listing: OutlineList) -> None:
        if self.parent and listing.kind in ("strong", "", "unknown"):
            lead = f"{listing.before} {'' if listing.lead_is_heading else listing.lead}".strip()
            self.parent.explanation += html_paragraph(lead) if lead else ""
            for item in listing.items:
                self.parent.children.append(to_goal(item, 1))
        elif self.parent and self.explains and listing.kind == "weak":
            self.parent.explanation += html(listing)
        elif id(listing) in self.goal_lists:
            if listing.before:
                self.theme.body += html_paragraph(listing.before)
            goals = [to_goal(item) for item in listing.items]
            if self.theme.goals and listing.lead != self.theme.goal_lead_in:
                self.merge_lead_ins(listing, goals)
            else:
                self.theme.goal_lead_in = listing.lead
            self.theme.goals += goals
        else:
            self.theme.body += html(listing)

    def merge_lead_ins(self, listing: OutlineList, goals: list[ParsedGoal]) -> None:
        """Put each lead-in in front of its goals, as a theme can have only one."""
        for goal in self.theme.goals:
            goal.text = _with_lead_in(self.theme.goal_lead_in, goal.text)
        for goal in goals:
            goal.text = _with_lead_in(listing.lead, goal.text)
        self.theme.goal_lead_in = ""
        reason = "Temaet har mere end én indledning til mål. Hvert mål har fået sin egen foran."
        self.parsed.not_understood.append(ImportNote(listing.line, listing.lead, reason))

    def move_goal_sentences(self) -> None:
        """Make sentences such as »Vores mål er, at …« goals, in a theme without other goals."""
        for segment in self.group:
            for paragraph in segment.paragraphs:
                if wording.GOAL_SENTENCE.fullmatch(paragraph.text) and html(paragraph) in self.theme.body:
                    self.theme.body = self.theme.body.replace(html(paragraph), "", 1)
                    self.theme.goals.append(ParsedGoal(paragraph.text, paragraph.line))


def _with_lead_in(lead: str, text: str) -> str:
    """Join »Vi vil:« and »skabe boliger« to »Vi vil skabe boliger«."""
    return f"{lead.rstrip(' :')} {text}" if lead and text[:1].islower() else text
