"""Invitations, proposals and approvals, which members answer by personal link."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from udsat.lib.publishing import ScopedQuerySet
from udsat.models import User

from .hearing import Hearing
from .item import AgendaItem
from .meeting import Meeting
from .papers import Minutes
from .people import Membership, Person


class InvitationQuerySet(ScopedQuerySet):
    def called(self):
        """Return the invitations of people who hold the seat on the day of the meeting."""
        return self.filter(
            Q(member__starts_on=None) | Q(member__starts_on__lte=F("meeting__date")),
            Q(member__ends_on=None) | Q(member__ends_on__gte=F("meeting__date")),
            member__person=F("person"),
            member__council=F("meeting__council"),
            person__anonymised_at=None,
        )

    def former(self):
        """Return the invitations of people who do not hold the seat on the day of the meeting."""
        return self.exclude(pk__in=Invitation.objects.called().values("pk"))


class Invitation(models.Model):
    """An invitation of a member to a meeting, and the reply."""

    class Reply(models.TextChoices):
        COMING = "kommer", "Kommer"
        EXCUSED = "afbud", "Afbud"

    # Value of `announced` when the last letter was deleted unsent.
    ANNOUNCED_UNKNOWN = "?"

    municipality_lookup = "meeting__council__municipality"

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="invitations", verbose_name="møde")
    member = models.ForeignKey(Membership, models.PROTECT, related_name="invitations", verbose_name="medlem")
    # Who was invited. The seat may have another person by now.
    person = models.ForeignKey(
        Person, models.SET_NULL, null=True, related_name="+", editable=False, verbose_name="person"
    )
    called_for = models.ForeignKey(
        Membership, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="indkaldt for"
    )
    sent_at = models.DateTimeField("sendt", null=True, blank=True)
    # Time and place as last announced to the member, by letter or by phone.
    announced = models.CharField(max_length=600, blank=True)
    reply = models.CharField("svar", max_length=10, choices=Reply.choices, blank=True)
    replied_at = models.DateTimeField("svaret", null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ["member__position", "pk"]
        verbose_name = "indkaldelse"
        verbose_name_plural = "indkaldelser"
        constraints = [
            models.UniqueConstraint(fields=["meeting", "member"], name="invitation_once"),
            models.CheckConstraint(condition=Q(reply__in=["", "kommer", "afbud"]), name="invitation_reply_known"),
        ]

    def __str__(self):
        return f"{self.member}: {self.get_reply_display() or 'ikke svaret'}"

    def save(self, **kwargs):
        if self._state.adding and self.person_id is None:
            self.person_id = self.member.person_id
        super().save(**kwargs)


class Proposal(models.Model):
    """An agenda item proposed by a member. The secretary accepts or declines it."""

    class State(models.TextChoices):
        NEW = "ny", "Venter på dig"
        TAKEN = "med", "På dagsordenen"
        DECLINED = "ikke-med", "Ikke med"

    municipality_lookup = "meeting__council__municipality"

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="proposals", verbose_name="møde")
    member = models.ForeignKey(Membership, models.PROTECT, related_name="proposals", verbose_name="medlem")
    title = models.CharField("titel", max_length=200)
    text = models.TextField("hvad handler det om?", blank=True, max_length=4000)
    created_at = models.DateTimeField("foreslået", default=timezone.now)
    state = models.CharField("status", max_length=10, choices=State.choices, default=State.NEW)
    item = models.ForeignKey(
        AgendaItem, models.SET_NULL, null=True, blank=True, related_name="proposals", verbose_name="punkt"
    )
    answer = models.TextField("svar til medlemmet", blank=True, max_length=1000)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "pk"]
        verbose_name = "forslag til punkt"
        verbose_name_plural = "forslag til punkter"
        constraints = [
            models.CheckConstraint(condition=Q(state__in=["ny", "med", "ikke-med"]), name="proposal_state_known")
        ]

    def __str__(self):
        return self.title


class Approval(models.Model):
    """A member asked to approve minutes or the answer to a hearing, and the answer."""

    class Answer(models.TextChoices):
        APPROVED = "godkendt", "Godkendt"
        REMARKS = "bemaerkninger", "Har bemærkninger"

    municipality_lookup = "member__council__municipality"

    minutes = models.ForeignKey(
        Minutes, models.CASCADE, null=True, blank=True, related_name="approvals", verbose_name="referat"
    )
    hearing = models.ForeignKey(
        Hearing, models.CASCADE, null=True, blank=True, related_name="approvals", verbose_name="høring"
    )
    member = models.ForeignKey(Membership, models.PROTECT, related_name="approvals", verbose_name="medlem")
    # Who was asked. The seat may have another person by now.
    person = models.ForeignKey(
        Person, models.SET_NULL, null=True, related_name="+", editable=False, verbose_name="person"
    )
    # After changes, the members are asked again in a new round.
    round = models.PositiveSmallIntegerField("runde", default=1)
    asked_at = models.DateTimeField("spurgt", default=timezone.now)
    due_on = models.DateField("svar senest", null=True, blank=True)
    answer = models.CharField("svar", max_length=15, choices=Answer.choices, blank=True)
    answered_at = models.DateTimeField("svaret", null=True, blank=True)
    # Version of the text that the member answered.
    text_version = models.CharField(max_length=64, blank=True)
    # The user who recorded an answer given by phone; None for an answer by link.
    registered_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="skrevet ind af"
    )
    # When the round ended, and the member's link with it.
    closed_at = models.DateTimeField("runden lukket", null=True, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-round", "member__position", "pk"]
        verbose_name = "godkendelse"
        verbose_name_plural = "godkendelser"
        constraints = [
            models.CheckConstraint(
                condition=Q(minutes=None, hearing__isnull=False) | Q(minutes__isnull=False, hearing=None),
                name="approval_of_one_thing",
            ),
            models.UniqueConstraint(
                fields=["minutes", "member", "round"], name="approval_once_minutes", condition=Q(hearing=None)
            ),
            models.UniqueConstraint(
                fields=["hearing", "member", "round"], name="approval_once_hearing", condition=Q(minutes=None)
            ),
            models.CheckConstraint(
                condition=Q(answer__in=["", "godkendt", "bemaerkninger"]), name="approval_answer_known"
            ),
        ]

    def __str__(self):
        return f"{self.name}: {self.get_answer_display() or 'ikke svaret'}"

    def save(self, **kwargs):
        if self._state.adding and self.person_id is None:
            self.person_id = self.member.person_id
        super().save(**kwargs)

    @property
    def name(self) -> str:
        """The name of the person who was asked, and the role of the seat."""
        return f"{self.person or 'Tidligere medlem'} ({self.member.role_label.lower()})"

    @property
    def paper(self) -> Minutes | Hearing:
        """Return the minutes or the hearing to approve."""
        return self.minutes or self.hearing


class Remark(models.Model):
    """A remark of a member on the paper, or on one item of it."""

    municipality_lookup = "approval__member__council__municipality"

    approval = models.ForeignKey(Approval, models.CASCADE, related_name="remarks", verbose_name="godkendelse")
    item = models.ForeignKey(
        AgendaItem, models.SET_NULL, null=True, blank=True, related_name="remarks", verbose_name="punkt"
    )
    text = models.TextField("bemærkning", max_length=4000)
    created_at = models.DateTimeField("skrevet", default=timezone.now)
    handled_at = models.DateTimeField("set på", null=True, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "pk"]
        verbose_name = "bemærkning"
        verbose_name_plural = "bemærkninger"

    def __str__(self):
        return self.text[:60]
