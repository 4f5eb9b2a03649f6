"""Fill a ParsedStrategy from an outline whose headings have their roles."""

import re

from udsat.lib.documents import ImportNote, Table

from . import wording
from .checks import is_news
from .heading_roles import is_same_heading
from .html_output import TABLE, goal_of, html, html_para, remarks
from .outline import Head, Listing, Para, Segment
from .parsed_strategy import ParsedGoal, ParsedSection, ParsedStrategy, ParsedTheme
from .theme_text import ThemeReader

_NEWS_REASON = "Teksten ligner en nyhed om strategien, ikke strategiens egne ord."


class Assembler:
    """Fills a ParsedStrategy from segments that have their roles."""

    def __init__(self, parsed: ParsedStrategy, may_have_themes: bool) -> None:
        self.parsed = parsed
        self.may_have_themes = may_have_themes
        self.listed = ""  # the word for the themes that a list names

    def assemble(self, segments: list[Segment]) -> None:
        self.has_titled = any(s.head and s.head.role == "theme" for s in segments)
        self.is_news = not self.has_titled and self.may_have_themes and is_news(segments)
        self.makes_groups = not self.has_titled and self.may_have_themes
        self.contents = [s.head.title for s in segments if s.head and s.head.role == "theme"]
        at = 0
        while at < len(segments):
            segment = segments[at]
            role = segment.head.role if segment.head else "title"
            group = [segment]
            while role in ("theme", "section") and at + len(group) < len(segments):
                follower = segments[at + len(group)]
                inner = ("sub", "goals", "thread") if role == "theme" else ("sub",)
                if not follower.head or follower.head.role not in inner or not self.belongs(segment, follower):
                    break
                group.append(follower)
            at += len(group)
            if role == "theme":
                self.theme(group)
            elif role == "ignore":
                self.ignore(segment)
            elif role == "container":
                self.container(segment)
            elif role in ("goals", "thread"):
                self.loose(segment, heading_is_lead_in=True)
            elif role in ("section", "sub"):
                segment.head.role = "section"
                self.section(group)
            else:
                self.loose(segment)
        self.trailing_prose(segments)

    def belongs(self, segment: Segment, follower: Segment) -> bool:
        return segment.head is not None and (follower.head.role != "goals" or follower.head.level >= segment.head.level)

    # Places where text goes

    def ignore(self, segment: Segment) -> None:
        self.parsed.ignored.append(
            ImportNote(segment.head.line, segment.head.text, "indholdsliste, kontakt eller links")
        )
        for node in segment.nodes:
            if isinstance(node, Para) and len(node.text) > 200:
                self.not_understood(node, f"Teksten står under »{segment.head.text}«, så den er ikke læst ind.")
            else:
                self.parsed.ignored += remarks(node, "hører til indholdsliste, kontakt eller links")

    def not_understood(self, node: Para | Listing | Table | Head, reason: str) -> None:
        self.parsed.not_understood += remarks(node, reason)

    def add_section(self, kind: str, heading: str, line: int, body: str, signed_by: str = "") -> None:
        if kind == "vision" and any(section.kind == "vision" for section in self.parsed.sections):
            kind = "andet"
        self.parsed.sections.append(ParsedSection(kind, heading, line, body, signed_by))

    # Text outside any theme

    def section(self, group: list[Segment]) -> None:
        """A heading with its text. Its lists are its own, unless several of them lead into goals."""
        head = group[0].head
        lists = [each for s in group for each in s.lists]
        strong = [each for each in lists if each.kind == "strong"]
        is_plain = not head.kind or head.kind in ("baggrund", "andet", "formaal")
        names_themes = any(each.kind == "contents" for each in lists)
        leads_on = names_themes or not self.is_news and (len(strong) > 1 or strong and not head.kind)
        if self.makes_groups and leads_on and is_plain:
            self.loose(group[0])
            for segment in group[1:]:
                self.loose(segment)
            return
        signed = self.signature(group[-1]) if head.kind == "forord" else []
        body = ""
        for segment in group:
            if segment is not group[0]:
                body += html_para(segment.head.title, strong=True)
            for node in segment.nodes:
                if isinstance(node, Table):
                    self.not_understood(node, TABLE)
                elif isinstance(node, Listing) and self.is_contents(node):
                    self.list_of_contents(node)
                else:
                    body += html(node)
        if self.is_news:
            self.news(group)
        elif not body and not signed:
            self.not_understood(head, "Overskriften har ingen tekst under sig.")
        else:
            kind = head.kind or self.kind_of(group[0])
            self.add_section(kind, head.title, head.line, body, ", ".join(signed))

    def signature(self, segment: Segment) -> list[str]:
        """Take the names at the end of a foreword out of it."""
        tail: list[Para] = []
        while segment.nodes and isinstance(last := segment.nodes[-1], Para):
            if len(last.text) > 120 or last.text.endswith((".", ":", "?")) and not wording.is_signature(last.text):
                break
            tail.insert(0, last)
            segment.nodes.pop()
        if not any(wording.is_signature(node.text) for node in tail):
            segment.nodes += tail
            return []
        greetings = [node for node in tail if wording.is_greeting(node.text)]
        for node in greetings:
            self.parsed.ignored.append(ImportNote(node.line, node.text, "hilsen"))
        return [node.text for node in tail if node not in greetings]

    def kind_of(self, segment: Segment) -> str:
        """The kind that the first paragraph gives away."""
        for node in segment.nodes:
            if isinstance(node, Para):
                if kind := wording.kind_of_prose(node.text):
                    return kind
                if re.match(r"vidste du", node.text, re.IGNORECASE):
                    return "fakta"
        if any(each.kind == "definition" for each in segment.lists):
            return "definition"
        return "andet"

    def news(self, group: list[Segment]) -> None:
        for segment in group:
            if segment.head and segment.head.role != "title":
                self.not_understood(segment.head, _NEWS_REASON)
            for node in segment.nodes:
                self.not_understood(node, _NEWS_REASON)

    def is_contents(self, each: Listing) -> bool:
        """Does the list only repeat the headings of the themes?"""
        hits = sum(any(is_same_heading(item.text, title) for title in self.contents) for item in each.items)
        if hits > 1 and hits * 10 >= len(each.items) * 6:
            return True
        return each.kind == "contents" and len(each.items) == len(self.contents)

    def list_of_contents(self, each: Listing) -> None:
        self.parsed.ignored += remarks(each, "indholdsliste: gentager temaernes overskrifter")

    def container(self, segment: Segment) -> None:
        """»4 temaer«: the themes follow, or stand in its list."""
        rest: list[Para | Listing | Table] = []
        for node in segment.nodes:
            if isinstance(node, Listing) and self.is_contents(node):
                self.list_of_contents(node)
            elif (
                isinstance(node, Listing) and self.makes_groups and node.kind in ("", "unknown", "contents")
                and self.names_same(f"{segment.head.title} {node.lead}")
            ):  # fmt: skip
                rest += self.before_list(node)
                self.themes_of_list(node)
            else:
                rest.append(node)
        if any(isinstance(node, Listing) and node.kind == "strong" for node in rest) and self.makes_groups:
            segment.nodes = rest
            self.loose(segment)
        elif rest:
            self.section([Segment(segment.head, rest)])
        else:
            self.parsed.ignored.append(ImportNote(segment.head.line, segment.head.text, "overskrift over temaerne"))

    def names_same(self, announcement: str) -> bool:
        """A second list of another kind (»Fire principper«) does not name themes."""
        word = wording.theme_word_in(announcement)
        if not self.listed:
            self.listed = word
        return self.listed == word

    def before_list(self, each: Listing) -> list[Para | Listing | Table]:
        return [Para(each.before, each.line)] if each.before else []

    def themes_of_list(self, each: Listing) -> None:
        """A list that names the themes, each perhaps with a few words or a list of goals."""
        if each.lead:
            self.parsed.ignored.append(ImportNote(each.line, each.lead, "indledning til listen over temaer"))
        for item in each.items:
            title, body = item.text, ""
            if match := re.match(r"(.{3,80}?)(?:\s[–—-]|[:.])\s+(\S.{15,})", title, re.DOTALL):
                title, body = match[1], html_para(match[2])
            label = wording.read_label(title)
            number = label[1] if label else ""
            goals = [goal_of(child) for child in item.children]
            self.parsed.themes.append(
                ParsedTheme(
                    label[2] if label and label[2] else title.rstrip("."), item.line, number, "", body, "", goals
                )
            )

    def loose(self, segment: Segment, heading_is_lead_in: bool = False) -> None:
        """Text under the title or under no heading: sections that announce themselves, and groups without a heading."""
        head = segment.head
        named = head and (head.role in ("section", "container") or head.role == "title" and self.parsed.sections)
        heading = head.title if head and named else ""
        line = head.line if head else 0
        pending: list[Para | Listing] = []
        made_group = False

        def write_pending() -> None:
            nonlocal heading
            known = head.kind if head and heading else ""
            visions = (
                []
                if known
                else [n for n in pending if isinstance(n, Para) and wording.kind_of_prose(n.text) == "vision"]
            )
            rest = [node for node in pending if node not in visions]
            if rest:
                kinds = [wording.kind_of_prose(node.text) for node in rest if isinstance(node, Para)]
                kind = known or next(filter(None, kinds), "") or ("andet" if heading or made_group else "baggrund")
                self.add_section(kind, heading, line or rest[0].line, "".join(map(html, rest)))
                heading = ""
            if visions:
                self.add_section("vision", heading, visions[0].line, "".join(map(html, visions)))
                heading = ""
            pending.clear()

        for node in segment.nodes:
            if isinstance(node, Table):
                self.not_understood(node, TABLE)
            elif isinstance(node, Para):
                label = wording.read_goal_label(node.text)
                if label and self.may_have_themes and not self.is_news and (label[0] or self.makes_groups):
                    if not made_group:
                        write_pending()
                        self.parsed.themes.append(ParsedTheme("", node.line))
                        made_group = True
                    self.parsed.themes[-1].goals.append(ParsedGoal(label[1], node.line, label[0]))
                else:
                    pending.append(node)
            elif self.is_contents(node):
                pending += self.before_list(node)  # type: ignore[arg-type]
                self.list_of_contents(node)
            elif node.kind == "contents" and self.makes_groups and self.names_same(node.lead):
                pending += self.before_list(node)  # type: ignore[arg-type]
                self.themes_of_list(node)
            elif node.kind == "definition":
                write_pending()
                self.add_section("definition", "", node.line, html(node))
            elif self.is_goal_list(node, head) and not self.is_news:
                if node.before:
                    pending.append(Para(node.before, node.line))
                if made_group and pending:
                    body = "".join(map(html, pending))
                    pending.clear()
                else:
                    body = ""
                    write_pending()
                title = head.title if heading_is_lead_in and head and self.has_titled else ""
                lead = "" if title and node.lead.rstrip(":") == title else node.lead
                self.parsed.themes.append(
                    ParsedTheme(title, node.line, "", "", body, lead, [goal_of(item) for item in node.items])
                )
                made_group = True
            elif self.makes_groups and self.is_tree(node) and not self.is_news:
                write_pending()
                self.themes_of_list(node)
            else:
                pending.append(node)
        if self.is_news:
            if heading and head:
                self.not_understood(head, _NEWS_REASON)
            for node in pending:
                self.not_understood(node, _NEWS_REASON)
        elif heading_is_lead_in and head and pending and not made_group:
            self.goals_of_prose(head, pending)
        else:
            write_pending()

    def goals_of_prose(self, head: Head, pending: list[Para | Listing]) -> None:
        """»Mål« followed by a sentence or two instead of a list."""
        paras = [node for node in pending if isinstance(node, Para)]
        about_goals = wording.is_about_goals(head.title) and self.may_have_themes
        if (
            about_goals
            and len(paras) == len(pending)
            and len(paras) <= 12
            and all(len(node.text) <= 400 for node in paras)
        ):
            goals = [ParsedGoal(node.text, node.line) for node in paras]
            self.parsed.themes.append(ParsedTheme("", head.line, goals=goals))
        else:
            self.add_section("andet", head.title, head.line, "".join(map(html, pending)))

    def is_goal_list(self, each: Listing, head: Head | None) -> bool:
        if each.kind == "strong":
            return self.may_have_themes
        return each.kind == "weak" and head is not None and head.role == "goals" and self.makes_groups

    def is_tree(self, each: Listing) -> bool:
        """»1. Bolig« with bullets below, »2. Sundhed« with bullets below: themes with their goals."""
        with_children = sum(bool(item.children) for item in each.items)
        short = all(len(item.text) <= 100 and not item.text.endswith(".") for item in each.items)
        return len(each.items) > 1 and with_children * 2 >= len(each.items) and short and each.kind in ("", "unknown")

    # A theme

    def theme(self, group: list[Segment]) -> None:
        head = group[0].head
        theme = ParsedTheme(head.title or head.text, head.line, head.number)
        self.parsed.themes.append(theme)
        ThemeReader(self.parsed, theme, group).read()

    def trailing_prose(self, segments: list[Segment]) -> None:
        """In plain text, prose after the last theme's goals is the document's end, if no other theme has any."""
        themes = [s for s in segments if s.head and s.head.role == "theme"]
        if len(themes) < 3 or themes[-1] is not segments[-1] or any(s.head.level != 2 for s in themes):
            return
        if any(s.nodes and isinstance(s.nodes[-1], Para) for s in themes[:-1]):
            return
        tail: list[Para] = []
        nodes = themes[-1].nodes
        while nodes and isinstance(nodes[-1], Para):
            tail.insert(0, nodes.pop())
        theme = self.parsed.themes[-1]
        body = "".join(map(html, tail))
        if tail and theme.goals and nodes and theme.body.endswith(body):
            theme.body = theme.body.removesuffix(body)
            self.add_section("andet", "", tail[0].line, body)
