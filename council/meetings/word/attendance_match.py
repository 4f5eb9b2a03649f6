"""Who is meant: names in minutes, matched to the seats of the council. Nobody is invented."""

import datetime
import re
from dataclasses import dataclass

from council.models import Council, Membership
from udsat.lib.danish import fold

from .parsed_meeting import Somebody
from .standard_labels import INSTEAD_OF, seat_name

_WORD = re.compile(r"[\w'’]+(?:[-.][\w'’]+)*")
_INSTEAD = re.compile(rf"[,\s(]*(?:{INSTEAD_OF}|(?:stedfortræder|suppleant|afløser|vikar) for)\s+", re.I)
_SEPARATOR = re.compile(r"[\s,;&•]*(?:\bog\b|\bsamt\b)?[\s,;&•]*")


@dataclass
class Seen:
    """One member at the meeting, as the document tells it."""

    member: Membership
    status: str
    substitute_for: Membership | None = None
    remark: str = ""
    line: int = 0


class Roll:
    """The seats of a council on the day of the meeting; those of other days only by their full names."""

    def __init__(self, council: Council, day: datetime.date | None) -> None:
        seats = list(council.memberships.select_related("person", "council"))
        there = [
            seat
            for seat in seats
            if not day or (not seat.starts_on or seat.starts_on <= day) and (not seat.ends_on or seat.ends_on >= day)
        ]
        self.names: dict[tuple[str, ...], list[Membership]] = {}
        for seat in [*there, *(seat for seat in seats if seat not in there)]:
            self._add(_words(seat_name(seat)), seat)
        short: dict[tuple[str, ...], list[Membership]] = {}
        for seat in there:
            if seat.person and seat.person.last_name:
                first = _words(seat.person.first_name)
                for key in (
                    first,
                    (*first, fold(seat.person.last_name[0])),
                    (*first, *_words(seat.person.last_name)[-1:]),
                ):
                    if seat not in short.setdefault(key, []):
                        short[key].append(seat)
        for key, found in short.items():
            # Two of the same first name are told apart by no guess.
            if key and key not in self.names and len({seat.person_id for seat in found}) == 1:
                self.names[key] = found

    def _add(self, key: tuple[str, ...], seat: Membership) -> None:
        if key:
            self.names.setdefault(key, []).append(seat)

    def take(self, text: str, used: frozenset | set = frozenset()) -> tuple[Membership | None, int]:
        """The seat that the text begins with the name of, and where the name ends."""
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

    def find(self, text: str) -> Membership | None:
        """The seat that the whole text is the name of."""
        seat, end = self.take(text.strip())
        return seat if seat and not text.strip()[end:].strip(" .") else None

    def attendance(self, people: list[Somebody]) -> tuple[list[Seen], list[tuple[int, str, str]]]:
        """Those who are known, each once, and remarks on what is not."""
        seen: list[Seen] = []
        remarks: list[tuple[int, str, str]] = []
        used: set[int] = set()
        for one in people:
            text = one.text
            while text := text[_SEPARATOR.match(text).end() :].strip():  # type: ignore[union-attr]
                member, end = self.take(text, used)
                if member is None:
                    unknown = re.match(r"[^,;(]*(?:\([^()]*\))?[^,;]*?(?=,|;|\s(?:og|samt)\s|$)", text)
                    part = text if one.alone else unknown[0] if unknown and unknown[0] else text
                    remarks.append((one.line, part.strip(" ."), "Er ikke et medlem, vi kender"))
                    text = text[len(part) :].lstrip(" .")
                    continue
                found = Seen(member, one.status, line=one.line)
                text = self._more(found, text[end:], one.alone, remarks)
                if member.pk in used:
                    remarks.append((one.line, seat_name(member), "Står to gange"))
                else:
                    used.add(member.pk)
                    seen.append(found)
        return seen, remarks

    def _more(self, found: Seen, text: str, alone: bool, remarks: list) -> str:
        """What stands after the name; the rest is about the next."""
        while True:
            if match := _INSTEAD.match(text):
                replaced, end = self.take(text[match.end() :])
                if replaced:
                    found.substitute_for = replaced
                    text = text[match.end() + end :].removeprefix(")")
                    continue
            if match := re.match(r"\s*\(([^()]*)\)", text):
                inside = match[1].strip()
                if not self._is_role(inside, found.member):
                    if re.match(r"[a-zæøå]|.*\d", inside):
                        found.remark = inside
                    else:
                        remarks.append(
                            (found.line, f"{seat_name(found.member)} ({inside})", "Parentesen er ikke taget med")
                        )
                text = text[match.end() :]
                continue
            break
        if match := re.match(r"\s+[–—-]\s+(\S.*)" if alone else r"\s+[–—-]\s+([^,;]+)", text):
            found.remark = match[1].strip()
            return text[match.end() :]
        part = re.match(r"\s*,\s*([^,;]+)", text)
        if part and not self.take(part[1].strip())[0]:
            words = part[1].strip(" .")
            if self._is_role(words, found.member):
                return self._more(found, text[part.end() :], alone, remarks)
            if re.match(r"(?!og\b)[a-zæøå]", words) and " og " not in words:
                found.remark = words
                return text[part.end() :]
        if alone and (left := text.strip(" .,")):
            if not self._is_role(left, found.member):
                remarks.append((found.line, f"{seat_name(found.member)}: {left}", "Er ikke taget med"))
            return ""
        return text.lstrip(" .")

    def _is_role(self, text: str, member: Membership) -> bool:
        known = {member.role_label, member.get_role_display(), member.area, member.appointed_by,
                 member.get_speaks_as_display(), "formand", "forperson", "talsperson", "næstformand", "medlem",
                 "suppleant", "stedfortræder", "sekretær", "referent", "ordstyrer"}  # fmt: skip
        return fold(text.strip(" .")) in {fold(word) for word in known if word}


def _words(text: str) -> tuple[str, ...]:
    return tuple(fold(word.rstrip(".")) for word in _WORD.findall(text))
