"""E-mails that ask a member to approve a paper."""

import datetime

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from council.models import Approval
from udsat.lib.signed_links import make_token
from udsat.models import Letter

from .paper import council_of, name_of

KIND = "godkend"
# A link expires with its round; this is for rounds that are never closed.
LINK_DAYS = 180


def link(approval: Approval) -> str:
    """Return the member's personal link. It is valid only while the same person holds the seat."""
    until = approval.asked_at + datetime.timedelta(days=LINK_DAYS)
    token = make_token(KIND, approval.pk, approval.member.person_id, until=until)
    return settings.SITE_URL + reverse("approve", args=[approval.member.municipality.slug, token])


SUBJECTS = {"approval": "Vil du godkende {}?", "approval_reminder": "Vi mangler dit svar om {}"}


def send_email(approval: Approval, template: str, *, key: str) -> bool:
    """E-mail the member. Return False without an address, or if an e-mail with the key was written before."""
    person = approval.member.person
    key = f"approval:{approval.pk}:{key}"
    if not (person and person.email) or Letter.objects.filter(key=key).exists():
        return False
    paper = approval.paper
    council = council_of(paper)
    context = {
        "approval": approval,
        "person": person,
        "council": council,
        "name": name_of(paper),
        "is_late": approval.due_on is not None and approval.due_on < timezone.localdate(),
        "link": link(approval),
    }
    Letter.objects.write(
        municipality=council.municipality,
        key=key,
        to=person.email,
        to_name=str(person),
        subject=SUBJECTS[template].format(name_of(paper))[:200],
        text=render_to_string(f"email/{template}.txt", context),
    )
    return True
