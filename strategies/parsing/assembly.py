"""Fill a ParsedStrategy from segments whose headings have roles."""

import re
from collections import Counter
from itertools import takewhile

from udsat.lib.documents import ImportNote, Table

from . import wording
from .document_type import is_news
from .heading_roles import is_same_heading
from .html_output import TABLE_REASON, html, html_paragraph, import_notes, to_goal
from .outline import OutlineHeading, OutlineList, OutlineParagraph, Segment
from .parsed_strategy import ParsedGoal, ParsedSection, ParsedStrategy, ParsedTheme
from .theme_text import ThemeReader

_NEWS_REASON = "Teksten ligner en nyhed om strategien, ikke strategiens egne ord."


class Assembler:
    """Adds the text of each segment to a ParsedStrategy as a section, as themes, or as an import note."""

    def __init__(self, parsed: ParsedStrategy, may_have_themes: bool) -> None:
        self.parsed = parsed
        self.may_have_themes = may_have_themes
        self.listed_theme_word = ""  # the theme word in the lead-in of the list that names the themes

    def assemble(self, segments: list[Segment]) -> None:
        self.theme_titles = [s.heading.title for s in segments if s.heading and s.heading.role == "theme"]
        self.makes_untitled_themes = self.may_have_themes and not self.theme_titles
        self.is_news = self.makes_untitled_themes and is_news(segments)
        index = 0
        while index < len(segments):
            segment = segments[index]
            role = segment.heading.role if segment.heading else "title"
            group = _group(segments[index:])
            index += len(group)
            if role == "theme":
                self.read_theme(group)
            elif role == "ignore":
                self.ignore(segment)
            elif role == "container":
                self.read_container(segment)
            elif role in ("goals", "thread"):
                self.read_ungrouped(segment, heading_is_lead_in=True)
            elif role in ("section", "sub"):
                segment.heading.role = "section"
                self.read_section(group)
            else:
                self.read_ungrouped(segment)
        self.split_off_trailing_prose(segments)

    def ignore(self, segment: Segment) -> None:
        self.parsed.ignored += import_notes(segment.heading, "indholdsliste, kontakt eller links")
        for node in segment.nodes:
            if isinstance(node, OutlineParagraph) and len(node.text) > 200:
                self.not_understood(node, f"Teksten står under »{segment.heading.text}«, så den er ikke læst ind.")
            else:
                self.parsed.ignored += import_notes(node, "hører til indholdsliste, kontakt eller links")

    def not_understood(self, node: OutlineParagraph | OutlineList | Table | OutlineHeading, reason: str) -> None:
        self.parsed.not_understood += import_notes(node, reason)

    def add_section(self, kind: str, heading: str, line: int, body: str, signed_by: str = "") -> None:
        self.parsed.sections.append(ParsedSection(kind, heading, line, body, signed_by))

    def read_section(self, group: list[Segment]) -> None:
        """Add a section, or themes without titles where the section's lists name themes or have goal lead-ins."""
        heading = group[0].heading
        lists = [listing for s in group for listing in s.lists]
        strong = [listing for listing in lists if listing.kind == "strong"]
        is_plain = not heading.kind or heading.kind in ("baggrund", "andet", "formaal")
        names_themes = any(listing.kind == "contents" for listing in lists)
        leads_on = names_themes or not self.is_news and (len(strong) > 1 or strong and not heading.kind)
        leads_on = leads_on and is_plain or not self.is_news and self.ends_in_goals(group)
        if self.makes_untitled_themes and leads_on:
            for segment in group:
                self.read_ungrouped(segment)
            return
        signed = self.take_signature(group[-1]) if heading.kind == "forord" else []
        body = ""
        for segment in group:
            if segment is not group[0]:
                body += html_paragraph(segment.heading.title, strong=True)
            for node in segment.nodes:
                if isinstance(node, Table):
                    self.not_understood(node, TABLE_REASON)
                elif isinstance(node, OutlineList) and self.is_contents(node):
                    self.ignore_contents(node)
                else:
                    body += html(node)
        if self.is_news:
            self.reject_news(group)
        elif not body and not signed:
            self.not_understood(heading, "Overskriften har ingen tekst under sig.")
        else:
            kind = heading.kind or self.section_kind(group[0])
            self.add_section(kind, heading.title, heading.line, body, ", ".join(signed))

    def ends_in_goals(self, group: list[Segment]) -> bool:
        """Return whether an introduction ends in a list with a goal lead-in of its own, as where no heading follows."""
        last = group[-1].nodes[-1] if group[-1].nodes else None
        is_introduction = group[0].heading.kind in ("forord", "baggrund", "formaal", "andet")
        return is_introduction and isinstance(last, OutlineList) and last.kind == "strong" and not last.before

    def take_signature(self, segment: Segment) -> list[str]:
        """Remove and return the names at the end of a foreword."""
        tail: list[OutlineParagraph] = []
        while segment.nodes and isinstance(last := segment.nodes[-1], OutlineParagraph):
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

    def section_kind(self, segment: Segment) -> str:
        """Return the Section kind of a section whose heading names none."""
        for paragraph in segment.paragraphs:
            if kind := wording.kind_of_prose(paragraph.text):
                return kind
            if re.match(r"vidste du", paragraph.text, re.IGNORECASE):
                return "fakta"
        if any(listing.kind == "definition" for listing in segment.lists):
            return "definition"
        return "andet"

    def reject_news(self, group: list[Segment]) -> None:
        for segment in group:
            if segment.heading and segment.heading.role != "title":
                self.not_understood(segment.heading, _NEWS_REASON)
            for node in segment.nodes:
                self.not_understood(node, _NEWS_REASON)

    def is_contents(self, listing: OutlineList) -> bool:
        """Return whether the list only repeats the headings of the themes."""
        hits = sum(any(is_same_heading(item.text, title) for title in self.theme_titles) for item in listing.items)
        if hits > 1 and hits * 10 >= len(listing.items) * 6:
            return True
        return listing.kind == "contents" and len(listing.items) == len(self.theme_titles)

    def ignore_contents(self, listing: OutlineList) -> None:
        self.parsed.ignored += import_notes(listing, "indholdsliste: gentager temaernes overskrifter")

    def read_container(self, segment: Segment) -> None:
        """Read the text below a heading such as »4 temaer«, whose list may hold the themes."""
        rest: list[OutlineParagraph | OutlineList | Table] = []
        for node in segment.nodes:
            if isinstance(node, OutlineList) and self.is_contents(node):
                self.ignore_contents(node)
            elif (
                isinstance(node, OutlineList)
                and self.makes_untitled_themes
                and node.kind in ("", "unknown", "contents")
                and self.announces_themes(f"{segment.heading.title} {node.lead}")
            ):
                rest += self.sentences_before(node)
                self.add_listed_themes(node)
            else:
                rest.append(node)
        if any(isinstance(node, OutlineList) and node.kind == "strong" for node in rest) and self.makes_untitled_themes:
            segment.nodes = rest
            self.read_ungrouped(segment)
        elif rest:
            self.read_section([Segment(segment.heading, rest)])
        else:
            self.parsed.ignored += import_notes(segment.heading, "overskrift over temaerne")

    def announces_themes(self, announcement: str) -> bool:
        """Return whether the lead-in has the theme word of the first list of themes, which is kept for comparison."""
        word = wording.theme_word_in(announcement)
        self.listed_theme_word = self.listed_theme_word or word
        return self.listed_theme_word == word

    def sentences_before(self, listing: OutlineList) -> list[OutlineParagraph | OutlineList | Table]:
        return [OutlineParagraph(listing.before, listing.line)] if listing.before else []

    def add_listed_themes(self, listing: OutlineList) -> None:
        """Add a theme for each item; text after the title becomes its body, items below become its goals."""
        if listing.lead:
            self.parsed.ignored.append(ImportNote(listing.line, listing.lead, "indledning til listen over temaer"))
        for item in listing.items:
            title, body = item.text, ""
            if match := re.match(r"(.{3,80}?)(?:\s[–—-]|[:.])\s+(\S.{15,})", title, re.DOTALL):
                title, body = match[1], html_paragraph(match[2])
            label = wording.read_label(title)
            number = label[1] if label else ""
            goals = [to_goal(child) for child in item.children]
            title = label[2] if label and label[2] else title.rstrip(".")
            self.parsed.themes.append(ParsedTheme(title, item.line, number, body=body, goals=goals))

    def read_ungrouped(self, segment: Segment, heading_is_lead_in: bool = False) -> None:
        """Read text under the title or under no heading: sections, and goals as themes without titles."""
        heading = segment.heading
        named = heading and (
            heading.role in ("section", "container") or heading.role == "title" and self.parsed.sections
        )
        section_heading = heading.title if heading and named else ""
        line = heading.line if heading else 0
        pending: list[OutlineParagraph | OutlineList] = []
        made_group = False

        def write_pending() -> None:
            nonlocal section_heading
            known = heading.kind if heading and section_heading else ""
            visions = [] if known else [n for n in pending if _prose_kind(n) == "vision"]
            rest = [node for node in pending if node not in visions]
            if rest:
                kind = known or next(filter(None, map(_prose_kind, rest)), "")
                kind = kind or ("andet" if section_heading or made_group else "baggrund")
                self.add_section(kind, section_heading, line or rest[0].line, "".join(map(html, rest)))
                section_heading = ""
            if visions:
                self.add_section("vision", section_heading, visions[0].line, "".join(map(html, visions)))
                section_heading = ""
            pending.clear()

        for node in segment.nodes:
            if isinstance(node, Table):
                self.not_understood(node, TABLE_REASON)
            elif isinstance(node, OutlineParagraph):
                label = wording.read_goal_label(node.text)
                if label and self.may_have_themes and not self.is_news and (label[0] or self.makes_untitled_themes):
                    if not made_group:
                        write_pending()
                        self.parsed.themes.append(ParsedTheme("", node.line))
                        made_group = True
                    self.parsed.themes[-1].goals.append(ParsedGoal(label[1], node.line, label[0]))
                else:
                    pending.append(node)
            elif self.is_contents(node):
                pending += self.sentences_before(node)  # type: ignore[arg-type]
                self.ignore_contents(node)
            elif node.kind == "contents" and self.makes_untitled_themes and self.announces_themes(node.lead):
                pending += self.sentences_before(node)  # type: ignore[arg-type]
                self.add_listed_themes(node)
            elif node.kind == "definition":
                write_pending()
                self.add_section("definition", "", node.line, html(node))
            elif self.is_goal_list(node, heading) and not self.is_news:
                if node.before:
                    pending.append(OutlineParagraph(node.before, node.line))
                if made_group and pending:
                    body = "".join(map(html, pending))
                    pending.clear()
                else:
                    body = ""
                    write_pending()
                title = heading.title if heading_is_lead_in and heading and self.theme_titles else ""
                lead = "" if title and node.lead.rstrip(":") == title else node.lead
                goals = [to_goal(item) for item in node.items]
                self.parsed.themes.append(ParsedTheme(title, node.line, body=body, goal_lead_in=lead, goals=goals))
                made_group = True
            elif self.makes_untitled_themes and self.is_theme_tree(node) and not self.is_news:
                write_pending()
                self.add_listed_themes(node)
            else:
                pending.append(node)
        if self.is_news:
            if section_heading and heading:
                self.not_understood(heading, _NEWS_REASON)
            for node in pending:
                self.not_understood(node, _NEWS_REASON)
        elif heading_is_lead_in and heading and pending and not made_group:
            self.add_prose_goals(heading, pending)
        else:
            write_pending()

    def add_prose_goals(self, heading: OutlineHeading, pending: list[OutlineParagraph | OutlineList]) -> None:
        """Read »Mål« followed by a sentence or two instead of a list."""
        goals = [ParsedGoal(node.text, node.line) for node in pending if isinstance(node, OutlineParagraph)]
        is_short = len(pending) == len(goals) <= 12 and all(len(goal.text) <= 400 for goal in goals)
        if is_short and self.may_have_themes and wording.is_about_goals(heading.title):
            self.parsed.themes.append(ParsedTheme("", heading.line, goals=goals))
        else:
            self.add_section("andet", heading.title, heading.line, "".join(map(html, pending)))

    def is_goal_list(self, listing: OutlineList, heading: OutlineHeading | None) -> bool:
        if listing.kind == "strong":
            return self.may_have_themes
        return listing.kind == "weak" and heading is not None and heading.role == "goals" and self.makes_untitled_themes

    def is_theme_tree(self, listing: OutlineList) -> bool:
        """Return whether the list holds themes with their goals: »1. Bolig« and »2. Sundhed« with bullets below."""
        with_children = sum(bool(item.children) for item in listing.items)
        is_short = all(len(item.text) <= 100 and not item.text.endswith(".") for item in listing.items)
        has_no_lead_in = listing.kind in ("", "unknown")
        return has_no_lead_in and is_short and len(listing.items) > 1 and with_children * 2 >= len(listing.items)

    def read_theme(self, group: list[Segment]) -> None:
        heading = group[0].heading
        theme = ParsedTheme(heading.title or heading.text, heading.line, heading.number)
        self.parsed.themes.append(theme)
        ThemeReader(self.parsed, theme, group).read()

    def split_off_trailing_prose(self, segments: list[Segment]) -> None:
        """Move prose after the last theme's goals to a section, unless other themes end in prose too (plain text)."""
        themes = [s for s in segments if s.heading and s.heading.role == "theme"]
        if len(themes) < 3 or themes[-1] is not segments[-1] or any(s.heading.level != 2 for s in themes):
            return
        if any(s.nodes and isinstance(s.nodes[-1], OutlineParagraph) for s in themes[:-1]):
            return
        tail: list[OutlineParagraph] = []
        nodes = themes[-1].nodes
        while nodes and isinstance(nodes[-1], OutlineParagraph):
            tail.insert(0, nodes.pop())
        theme = self.parsed.themes[-1]
        body = "".join(map(html, tail))
        if tail and theme.goals and nodes and theme.body.endswith(body):
            theme.body = theme.body.removesuffix(body)
            self.add_section("andet", "", tail[0].line, body)


def _group(segments: list[Segment]) -> list[Segment]:
    """Return the first segment and, if it begins a theme or section, the segments that are part of it."""
    first = segments[0].heading
    roles = {"theme": ("sub", "goals", "thread"), "section": ("sub",)}.get(first.role, ()) if first else ()

    def is_part(segment: Segment) -> bool:
        if segment.heading is None:
            return False
        is_goals_above = segment.heading.role == "goals" and segment.heading.level < first.level
        return segment.heading.role in roles and not is_goals_above

    return [segments[0], *takewhile(is_part, segments[1:])]


def _prose_kind(node: OutlineParagraph | OutlineList) -> str:
    return wording.kind_of_prose(node.text) if isinstance(node, OutlineParagraph) else ""


def set_theme_label(segments: list[Segment], parsed: ParsedStrategy, listed: str) -> None:
    """Set the document's own word for a theme, from labels, the list that names the themes (`listed`), or lead-ins."""
    labels = Counter(s.heading.label for s in segments if s.heading and s.heading.role == "theme" and s.heading.label)
    if labels:
        label = labels.most_common(1)[0][0]
    elif listed:
        label = listed
    else:
        announcements = [s.heading.title for s in segments if s.heading and s.heading.role == "container"]
        announcements += [listing.lead for s in segments for listing in s.lists if listing.kind == "contents"]
        last_lines = [s.nodes[-1].text for s in segments if s.nodes and isinstance(s.nodes[-1], OutlineParagraph)]
        announcements += [t for t in last_lines if t.endswith(":") and wording.lead_in_kind(t) == "contents"]
        label = next(filter(None, map(wording.theme_word_in, announcements)), "")
    if label and parsed.themes:
        parsed.theme_label, parsed.theme_label_plural = label, wording.plural_of(label)
