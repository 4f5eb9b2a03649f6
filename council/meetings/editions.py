"""Editions of public minutes: earlier public texts, and the changes of each correction."""

from dataclasses import dataclass

from django.http import Http404
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from council.models import AgendaItem, Agreement, Attendance, Edition, Minutes
from council.models.edition import HEAD, members_of
from udsat.lib import roles
from udsat.lib.forms import parse_pk
from udsat.lib.text_diff import rich_difference, word_difference

ITEM_TEXTS = ("presentation", "recommendation", "discussion", "answer", "decision", "dissent", "plain_text")


@dataclass
class MinutesChange:
    heading: str
    label: str
    difference: SafeString


@dataclass
class EditionText:
    label: str
    text: str
    is_rich: bool = False


@dataclass
class EditionSection:
    """The head of the minutes, or one item, whose id is `key`."""

    key: str
    heading: str
    texts: list[EditionText]


def attendance_line(row: Attendance) -> str:
    return f"{row.get_status_display()}: {row.public_text}"


def edition_sections(content: dict, members: dict) -> list[EditionSection]:
    head = [_field_text(Minutes, name, content["head"], is_rich=name == "plain_text") for name in HEAD]
    lines = []
    for row in content["attendance"]:
        member, represented = members.get(row["member"]), members.get(row["for"])
        if member:
            attendance = Attendance(
                member=member, status=row["status"], substitute_for=represented, remark=row["remark"]
            )
            lines.append(attendance_line(attendance))
    sections = [EditionSection("", "Referatet", [*head, EditionText("Fremmøde", "\n".join(lines))])]
    for item in content["items"]:
        agreements = []
        for row in item["agreements"]:
            agreement = Agreement(text=row["text"], responsible=row["responsible"])
            agreement.member = members.get(row["member"])
            agreements.append(", ".join(filter(None, [agreement.text, agreement.public_responsible, row["due_on"]])))
        texts = [
            EditionText("Titel", item["title"]),
            *(_field_text(AgendaItem, name, item, is_rich=name != "answer") for name in ITEM_TEXTS),
            EditionText("Aftaler", "\n".join(agreements)),
            EditionText("Bilag", "\n".join(item["attachments"])),
        ]
        sections.append(EditionSection(str(item["id"]), _item_heading(item), texts))
    return sections


def _field_text(model, name, content, *, is_rich) -> EditionText:
    return EditionText(capfirst(model._meta.get_field(name).verbose_name), content[name], is_rich)


def _item_heading(item: dict) -> str:
    return f"Punkt {item['number']}. {item['title']}"


def changes_between(old: dict, new: dict, members: dict) -> list[MinutesChange]:
    before = {(part.key, text.label): text.text for part in edition_sections(old, members) for text in part.texts}
    changes = []
    for section in edition_sections(new, members):
        for text in section.texts:
            if (old_text := before.pop((section.key, text.label), "")) != text.text:
                difference = rich_difference if text.is_rich else word_difference
                changes.append(MinutesChange(section.heading, text.label, difference(old_text, text.text)))
    # The remaining entries belonged to items that were removed.
    headings = {str(item["id"]): _item_heading(item) for item in old["items"]}
    for (key, label), text in before.items():
        if text:
            changes.append(MinutesChange(headings.get(key, ""), label, rich_difference(text, "")))
    return changes


def editions_page(admin, request, meeting):
    """List all editions, or show one with its changes by `?udgave=2`."""
    if (number := request.GET.get("udgave")) is not None:
        # At most nine digits, which fit the database column.
        return _edition_page(admin, request, meeting, parse_pk(number) if len(number) < 10 else None)
    minutes = Minutes.objects.filter(meeting=meeting).first()
    may_correct = all(request.user.may(ability, meeting.municipality) for ability in (roles.EDIT, roles.PUBLISH))
    return admin.page(
        request,
        meeting,
        "editions.html",
        title="Rettelser",
        minutes=minutes,
        editions=list(minutes.editions.all())[::-1] if minutes else [],
        may_correct=may_correct and minutes is not None and minutes.is_live and not minutes.is_scheduled,
    )


def _edition_page(admin, request, meeting, number):
    editions = Edition.objects.filter(minutes__meeting=meeting)
    edition = editions.filter(number=number).first()
    if edition is None:
        raise Http404("Referatet har ingen udgave med det nummer.")
    before = editions.filter(number=number - 1).first()
    members = members_of(*(it.content for it in (before, edition) if it))
    return admin.page(
        request,
        meeting,
        "edition.html",
        title=f"Udgave {number}",
        edition=edition,
        before=before,
        changes=changes_between(before.content, edition.content, members) if before else [],
        sections=edition_sections(edition.content, members),
        crumbs=[*admin.crumbs_to(meeting), (admin.url("editions", meeting), "Rettelser")],
    )
