"""Match names in minutes to seats of the council. Names that match no seat become remarks."""

import datetime
import re
from dataclasses import dataclass

from council.models import Council, Membership
from udsat.lib.danish import fold

from .parsed_meeting import ParsedAttendance
from .standard_labels import INSTEAD_OF, seat_name

_WORD = re.compile(r"[\w'’]+(?:[-.][\w'’]+)*")
_INSTEAD = re.compile(rf"[,\s(]*(?:{INSTEAD_OF}|(?:stedfortræder|suppleant|afløser|vikar) for)\s+", re.I)
_ROLES = set(
    "formand forperson talsperson næstformand medlem suppleant stedfortræder sekretær referent ordstyrer".split()
)
_SEPARATOR = re.compile(r"[\s,;&•]*(?:\bog\b|\bsamt\b)?[\s,;&•]*")


@dataclass
class MatchedAttendance:
    """A seat of the council and its attendance according to the document."""

    member: Membership
    status: str
    substitute_for: Membership | None = None
    remark: str = ""
    line: int = 0


class SeatNames:
    """Names of a council's seats: short names too on the day of the meeting, only full names on other days."""

    def __init__(self, council: Council, day: datetime.date | None) -> None:
        seats = list(council.memberships.select_related("person", "council"))
        current_seats = [
            seat
            for seat in seats
            if not day or (not seat.starts_on or seat.starts_on <= day) and (not seat.ends_on or seat.ends_on >= day)
        ]
        self.names: dict[tuple[str, ...], list[Membership]] = {}
        for seat in [*current_seats, *(seat for seat in seats if seat not in current_seats)]:
            self._add(_words(seat_name(seat)), seat)
        short_names: dict[tuple[str, ...], list[Membership]] = {}
        for seat in current_seats:
            if seat.person and seat.person.last_name:
                first = _words(seat.person.first_name)
                for key in (
                    first,
                    (*first, fold(seat.person.last_name[0])),
                    (*first, *_words(seat.person.last_name)[-1:]),
                ):
                    if seat not in short_names.setdefault(key, []):
                        short_names[key].append(seat)
        for key, holders in short_names.items():
            # A short name that two people share matches neither.
            if key and key not in self.names and len({seat.person_id for seat in holders}) == 1:
                self.names[key] = holders

    def _add(self, key: tuple[str, ...], seat: Membership) -> None:
        if key:
            self.names.setdefault(key, []).append(seat)

    def match_start(self, text: str, used: frozenset | set = frozenset()) -> tuple[Membership | None, int]:
        """Return the seat whose name begins the text, and the index where the name ends."""
        words = []
        for match in _WORD.finditer(text):
            if len(words) > 12 or (words and not re.fullmatch(r"[\s.,/()-]*", text[words[-1].end() : match.start()])):
                break
            words.append(match)
        if not words or text[: words[0].start()].strip():
            return None, 0
        for count in range(len(words), 0, -1):
            key = tuple(fold(match[0].rstrip(".")) for match in words[:count])
            if seats := self.names.get(key):
                return next((seat for seat in seats if seat.pk not in used), seats[0]), words[count - 1].end()
        return None, 0

    def match_whole(self, text: str) -> Membership | None:
        """Return the seat whose name is the whole text."""
        seat, end = self.match_start(text.strip())
        return seat if seat and not text.strip()[end:].strip(" .") else None

    def match_attendance(
        self, people: list[ParsedAttendance]
    ) -> tuple[list[MatchedAttendance], list[tuple[int, str, str]]]:
        """Return each matched seat once, and remarks (line, text, reason) on the rest."""
        matched: list[MatchedAttendance] = []
        remarks: list[tuple[int, str, str]] = []
        used: set[int] = set()
        for line in people:
            text = line.text
            while text := text[_SEPARATOR.match(text).end() :].strip():  # type: ignore[union-attr]
                member, end = self.match_start(text, used)
                if member is None:
                    unknown = re.match(r"[^,;(]*(?:\([^()]*\))?[^,;]*?(?=,|;|\s(?:og|samt)\s|$)", text)
                    part = text if line.is_alone else unknown[0] if unknown and unknown[0] else text
                    remarks.append((line.line, part.strip(" ."), "Er ikke et medlem, vi kender"))
                    text = text[len(part) :].lstrip(" .")
                    continue
                attendance = MatchedAttendance(member, line.status, line=line.line)
                text = self._read_remark(attendance, text[end:], line.is_alone, remarks)
                if member.pk in used:
                    remarks.append((line.line, seat_name(member), "Står to gange"))
                else:
                    used.add(member.pk)
                    matched.append(attendance)
        return matched, remarks

    def _read_remark(self, attendance: MatchedAttendance, text: str, is_alone: bool, remarks: list) -> str:
        """Read role, substitute and remark after a name, and return the text after them."""
        while True:
            if match := _INSTEAD.match(text):
                replaced, end = self.match_start(text[match.end() :])
                if replaced:
                    attendance.substitute_for = replaced
                    text = text[match.end() + end :].removeprefix(")")
                    continue
            if match := re.match(r"\s*\(([^()]*)\)", text):
                inside = match[1].strip()
                if not self._is_role(inside, attendance.member):
                    if re.match(r"[a-zæøå]|.*\d", inside):
                        attendance.remark = inside
                    else:
                        remarks.append(
                            (
                                attendance.line,
                                f"{seat_name(attendance.member)} ({inside})",
                                "Parentesen er ikke taget med",
                            )
                        )
                text = text[match.end() :]
                continue
            break
        if match := re.match(r"\s+[–—-]\s+(\S.*)" if is_alone else r"\s+[–—-]\s+([^,;]+)", text):
            attendance.remark = match[1].strip()
            return text[match.end() :]
        part = re.match(r"\s*,\s*([^,;]+)", text)
        if part and not self.match_start(part[1].strip())[0]:
            words = part[1].strip(" .")
            if self._is_role(words, attendance.member):
                return self._read_remark(attendance, text[part.end() :], is_alone, remarks)
            if re.match(r"(?!og\b)[a-zæøå]", words) and " og " not in words:
                attendance.remark = words
                return text[part.end() :]
        if is_alone and (left := text.strip(" .,")):
            if not self._is_role(left, attendance.member):
                remarks.append((attendance.line, f"{seat_name(attendance.member)}: {left}", "Er ikke taget med"))
            return ""
        return text.lstrip(" .")

    def _is_role(self, text: str, member: Membership) -> bool:
        own = {member.role_label, member.get_role_display(), member.area, member.appointed_by}
        roles = own | {member.get_speaks_as_display()} | _ROLES
        return fold(text.strip(" .")) in {fold(role) for role in roles if role}


def _words(text: str) -> tuple[str, ...]:
    return tuple(fold(word.rstrip(".")) for word in _WORD.findall(text))
