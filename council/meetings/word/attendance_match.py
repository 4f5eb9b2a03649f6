"""Match names in minutes to seats of the council. Names that match no seat become remarks."""

import datetime
import re
from dataclasses import dataclass, field

from council.models import Council, Membership
from udsat.lib.danish import fold
from udsat.lib.name_words import GIVEN_NAMES, INSTITUTION_WORDS

from .parsed_meeting import ParsedAttendance
from .standard_labels import INSTEAD_OF, seat_name

_WORD = re.compile(r"[\w'’]+(?:[-.][\w'’]+)*")
_INSTEAD = re.compile(rf"[,\s(]*(?:{INSTEAD_OF}|(?:stedfortræder|suppleant|afløser|vikar) for)\s+", re.I)
_ROLES = set(
    "formand forperson talsperson næstformand medlem suppleant stedfortræder sekretær referent ordstyrer".split()
)
_SEPARATOR = re.compile(r"[\s,;&•·*/–—-]*+(?:(?:og|samt)\b[\s,;&]*)?")
_NAME_START = re.compile(r"[,;&/(]\s*|\b(?:og|samt)\s+")
_TITLE = re.compile(
    r"^[a-zæøå]|^(?i:dr|hr|fru|fr)\b|(?i:formand|forperson|leder|chef|konsulent|rådgiver|sekretær|medarbejder|mester"
    r"|læge|direktør|koordinator|vejleder|repræsentant|medlem|suppleant|pædagog|præst|psykolog|plejerske|betjent"
    r"|assistent|ordfører|person|frivillig)$"
)
_INSTITUTION = re.compile(
    r"(?:kommunen?|stuen?|huset|hjemmet|centere?t?|centret|herberge?t?|stedet?|foreninge?n?|forbunde?t?|gruppen?|rådet"
    r"|afdelinge?n?|forvaltninge?n?|caféen?|cafeen?|kirken?|hæren?|projektet?|netværke?t?|gade|vej|indsatsen?)$",
    re.I,
)
_ORGANISATION = "organisation efter navnet"


@dataclass
class MatchedAttendance:
    """A seat of the council and its attendance according to the document."""

    member: Membership
    status: str
    substitute_for: Membership | None = None
    remark: str = ""
    line: int = 0
    organisations: list[str] = field(default_factory=list)


@dataclass
class AttendanceMatch:
    """The seats, and (line, text, reason) of what is no seat: `remarks` is not understood, `ignored` is.

    `guests` are the names of staff that are no members.
    """

    matched: list[MatchedAttendance] = field(default_factory=list)
    remarks: list[tuple[int, str, str]] = field(default_factory=list)
    ignored: list[tuple[int, str, str]] = field(default_factory=list)
    guests: list[str] = field(default_factory=list)


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
                    (*first, *(last := _words(seat.person.last_name))[-1:]),
                    (*first[:1], *last[-1:]),
                    (*last, *first),
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

    def match_attendance(self, people: list[ParsedAttendance]) -> AttendanceMatch:
        """Match the names of each line; a seat that stands twice counts once."""
        result = AttendanceMatch()
        for line in people:
            for text in line.text.split(";"):
                if line.is_staff and not any(self.match_start(part)[0] for part in _NAME_START.split(text)):
                    result.guests += [text.strip(" .")] if text.strip(" .") else []
                else:
                    self._match_line(line, text, result)
        return result

    def _match_line(self, line: ParsedAttendance, text: str, result: AttendanceMatch) -> None:
        # Several members on a line are separated by commas, which one person's remark may hold too.
        is_alone = line.is_alone and not any(self.match_start(part)[0] for part in _NAME_START.split(text)[1:])
        last, last_is_seat = "", False
        while text := text[_SEPARATOR.match(text).end() :].strip():  # type: ignore[union-attr]
            text = self._skip_title(line, text, result)
            if not text:
                return
            member, end = self.match_start(text, {one.member.pk for one in result.matched})
            if member:
                attendance = MatchedAttendance(member, line.status, line=line.line)
                last, last_is_seat = seat_name(member), True
                text = self._read_remark(attendance, text[end:], is_alone)
                if any(one.member.pk == member.pk for one in result.matched):
                    result.remarks.append((line.line, last, "Står to gange"))
                else:
                    result.matched.append(attendance)
                result.ignored += [(line.line, f"{last}: {name}", _ORGANISATION) for name in attendance.organisations]
                continue
            part = text if is_alone else self._next_part(text)
            name = part.strip(" .")
            text = text[len(part) :].lstrip(" .")
            if last and _is_organisation(name):
                result.ignored.append((line.line, f"{last}: {name}", _ORGANISATION))
            elif line.is_staff:
                result.guests.append(name)
            elif is_alone and last_is_seat:
                if not self._is_role(name, result.matched[-1].member):
                    result.remarks.append((line.line, f"{last}: {name}", "Er ikke taget med"))
            else:
                result.remarks.append((line.line, name, "Er ikke et medlem, vi kender"))
                last, last_is_seat = name, False

    def _next_part(self, text: str) -> str:
        """Return the text until the next comma, or until »og« before the name of a person."""
        part = re.match(r"[^,;(]*(?:\([^()]*\))?[^,;]*", text)[0] or text  # type: ignore[index]
        for match in re.finditer(r"\s(?:og|samt|&)\s", part):
            if self.match_start(part[match.end() :])[0] or _is_person(part[match.end() :]):
                return part[: match.start()]
        return part

    def _skip_title(self, line: ParsedAttendance, text: str, result: AttendanceMatch) -> str:
        """Return the text without a title or a label before a name: »Centerchef Ida Munk«, »Fra brugerne: Ida«."""
        if self.match_start(text)[0]:
            return text
        if label := re.match(r"([^:,;()]{2,60}):\s*(?=\S|$)", text):
            result.ignored.append((line.line, label[1].strip(), "overskrift over navne"))
            return text[label.end() :]
        words = list(re.finditer(r"\S+", self._next_part(text)))[:6]
        if words and _TITLE.search(words[0][0]):
            for word in words[1:]:
                if self.match_start(text[word.start() :])[0]:
                    name = text[word.start() : words[-1].end()]
                    result.ignored.append((line.line, f"{name}: {text[: word.start()].strip()}", "titel før navnet"))
                    return text[word.start() :]
        return text

    def _read_remark(self, attendance: MatchedAttendance, text: str, is_alone: bool) -> str:
        """Read role, organisation, substitute and remark after a name, and return the text after them."""
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
                        attendance.organisations.append(inside)
                text = text[match.end() :]
                continue
            if match := re.match(r"\s+[–—-]\s+(?=\S)", text):
                remark = text[match.end() :] if is_alone else self._next_part(text[match.end() :])
                text = text[match.end() + len(remark) :]
                if self._is_role(remark, attendance.member) or _is_organisation(remark, is_certain=True):
                    attendance.organisations += [] if self._is_role(remark, attendance.member) else [remark.strip()]
                    continue
                attendance.remark = remark.strip()
                return text
            if match := re.match(r"\s+(?!(?:og|samt)\b)(?=[a-zæøå])", text):
                part = self._next_part(text[match.end() :])
                if not self._is_role(part, attendance.member):
                    attendance.remark = part.strip(" .")
                text = text[match.end() + len(part) :]
                continue
            match = re.match(r"\s*,\s*", text)
            if match and not self.match_start(text[match.end() :])[0]:
                part = self._next_part(text[match.end() :])
                words = part.strip(" .")
                if self._is_role(words, attendance.member):
                    text = text[match.end() + len(part) :]
                    continue
                if re.match(r"(?!og\b)[a-zæøå]", words) and " og " not in words:
                    attendance.remark = words
                    return text[match.end() + len(part) :]
            return text.lstrip(" .")

    def _is_role(self, text: str, member: Membership) -> bool:
        own = {member.role_label, member.get_role_display(), member.area, member.appointed_by}
        roles = own | {member.get_speaks_as_display()} | _ROLES
        return fold(text.strip(" .")) in {fold(role) for role in roles if role}


def _is_person(text: str) -> bool:
    """Return whether the text is a given name and a last name."""
    words = re.findall(r"[^\s,;(]+", text)
    is_name = len(words) > 1 and words[0].partition("-")[0] in GIVEN_NAMES
    return is_name and words[1][:1].isupper() and not INSTITUTION_WORDS & set(words)


def _is_organisation(text: str, *, is_certain: bool = False) -> bool:
    """Return whether each part of the text is the name of an organisation or a place rather than of a person.

    `is_certain`: a word that is only no given name is no organisation, and neither is a sentence.
    """

    def fits(part: str) -> bool:
        words = part.split()
        if not words or len(words) > 7 or _is_person(part):
            return False
        known = any(
            w.strip("().") in INSTITUTION_WORDS or _INSTITUTION.search(w) or len(w) > 1 and w.isupper() for w in words
        )
        if is_certain:
            return known and all(word[0].isupper() or word in ("af", "for", "i", "og", "på") for word in words)
        return known or len(words) == 1 and words[0][0].isupper() and words[0] not in GIVEN_NAMES

    return all(fits(part.strip(" .()")) for part in text.split(","))


def _words(text: str) -> tuple[str, ...]:
    return tuple(fold(word.rstrip(".")) for word in _WORD.findall(text))
