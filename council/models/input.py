"""Inputs from citizens to a council, and their public questions and answers."""

import datetime
import re
import secrets

from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone

from strategies.models import Topic
from udsat.lib.phones import PhoneField
from udsat.lib.publishing import ScopedQuerySet
from udsat.models import Letter, PublicationBlocker, Publishable, Revision

from .council import Council
from .item import AgendaItem

# Without characters that are easily confused on paper or by phone.
_REFERENCE_CHARACTERS = "ACDEFHJKLMNPRTUVXY34679"


def new_reference() -> str:
    """Return six characters to quote by phone, such as »KM4 7TP«. They give no access."""
    drawn = [secrets.choice(_REFERENCE_CHARACTERS) for _ in range(6)]
    return f"{''.join(drawn[:3])} {''.join(drawn[3:])}"


class InputQuerySet(ScopedQuerySet):
    def waiting(self):
        """Return the inputs to be answered or closed."""
        return self.filter(state__in=[Input.State.NEW, Input.State.UNDER_WAY])

    def with_public_item(self):
        """Annotate `item_is_public`: whether the public may read the agenda item of the input."""
        items = AgendaItem.objects.published().filter(pk=OuterRef("item"))
        return self.annotate(item_is_public=Exists(items))


class Input(Publishable):
    """An input from a citizen, or a request to meet the council.

    The citizen's own text is never public and is not recorded in the history. The secretary's short version
    of the question and the answer are public if the citizen consents.
    """

    class Kind(models.TextChoices):
        LETTER = "skriv", "Skrevet til rådet"
        DIALOGUE = "dialog", "Vil tale med rådet"
        SPOKEN = "sagt", "Sagt til rådet"

    class State(models.TextChoices):
        NEW = "ny", "Ny"
        UNDER_WAY = "i-gang", "I gang"
        ANSWERED = "besvaret", "Besvaret"
        CLOSED = "afsluttet", "Afsluttet"
        HELD = "maaske-spam", "Måske spam"
        SPAM = "spam", "Spam"

    municipality_lookup = "council__municipality"
    # The citizen's text and contact details.
    own_words = frozenset({"text", "name", "phone", "email", "group", "wished_times"})
    private_fields = own_words | {"reference", "form_key"}

    council = models.ForeignKey(Council, models.PROTECT, related_name="inputs", verbose_name="råd")
    kind = models.CharField("slags", max_length=10, choices=Kind.choices, default=Kind.LETTER)
    state = models.CharField("behandling", max_length=12, choices=State.choices, default=State.NEW)
    reference = models.CharField("kendeord", max_length=10, unique=True, default=new_reference, editable=False)
    topic = models.ForeignKey(Topic, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="emne")
    text = models.TextField("hvad borgeren skrev", blank=True, max_length=4000)
    name = models.CharField("navn", max_length=120, blank=True)
    phone = PhoneField("telefon", blank=True)
    email = models.EmailField("e-mail", blank=True)
    for_other = models.BooleanField("skriver for en anden", default=False)
    may_publish = models.BooleanField("må svaret vises?", default=False, help_text="Borgeren har sagt ja til det.")
    # Of a request to meet the council
    group = models.CharField("gruppe eller sted", max_length=160, blank=True)
    wished_times = models.CharField("hvornår passer det?", max_length=400, blank=True)
    people = models.PositiveSmallIntegerField("hvor mange", null=True, blank=True)
    # Written by the secretary
    title = models.CharField(
        "hvad handler det om?", max_length=200, blank=True, help_text="Få ord, uden navne. Det bliver overskriften."
    )
    question = models.TextField(
        "spørgsmålet med dine ord",
        blank=True,
        max_length=1500,
        help_text="Det, alle kan læse. Skriv kort, hvad borgeren spørger om, uden noget, man kan genkende en på.",
    )
    answer = models.TextField("svaret", blank=True, max_length=6000)
    answered_at = models.DateTimeField("besvaret", null=True, blank=True, editable=False)
    item = models.ForeignKey(
        AgendaItem, models.SET_NULL, null=True, blank=True, related_name="inputs", verbose_name="på dagsordenen som"
    )
    closed_at = models.DateTimeField("afsluttet", null=True, blank=True, editable=False)
    forgotten_at = models.DateTimeField("slettet", null=True, blank=True, editable=False)
    # Fingerprint of the submitted form, so that a repeated submission is ignored.
    form_key = models.CharField(max_length=64, blank=True, editable=False)

    objects = InputQuerySet.as_manager()

    class Meta(Publishable.Meta):
        ordering = ["-created_at", "-pk"]
        verbose_name = "henvendelse"
        verbose_name_plural = "henvendelser"
        constraints = [
            *Publishable.Meta.constraints,
            models.CheckConstraint(condition=Q(kind__in=["skriv", "dialog", "sagt"]), name="input_kind_known"),
            models.CheckConstraint(
                condition=Q(state__in=["ny", "i-gang", "besvaret", "afsluttet", "maaske-spam", "spam"]),
                name="input_state_known",
            ),
            models.UniqueConstraint(fields=["form_key"], name="input_sent_once", condition=~Q(form_key="")),
        ]

    def __str__(self):
        return self.title or f"Henvendelse {self.reference}"

    @classmethod
    def revisioned_fields(cls):
        """Exclude the citizen's text and contact details: the history must not keep them longer than the input."""
        return {name: field for name, field in super().revisioned_fields().items() if name not in cls.own_words}

    @classmethod
    def published_when(cls, prefix):
        """Public only while the citizen consents."""
        return super().published_when(prefix) & Q(**{f"{prefix}may_publish": True})

    def is_read(self, field):
        """Also on the agenda: the trail of the item names the input."""
        return self.item_id is not None or super().is_read(field)

    @property
    def municipality(self):
        return self.council.municipality

    @property
    def anchor(self) -> str:
        return f"svar-{self.pk}"

    def get_absolute_url(self):
        return f"{reverse('answers', args=[self.municipality.slug])}#{self.anchor}"

    @property
    def answered_on(self) -> datetime.date | None:
        return timezone.localdate(self.answered_at) if self.answered_at else None

    @property
    def is_open(self) -> bool:
        """Whether it is still to be answered or closed."""
        return self.state in (self.State.NEW, self.State.UNDER_WAY)

    @property
    def is_dialogue(self) -> bool:
        return self.kind == self.Kind.DIALOGUE

    @property
    def is_spoken(self) -> bool:
        """Whether it was spoken, and written down by the secretary."""
        return self.kind == self.Kind.SPOKEN

    @property
    def verb(self) -> str:
        """Return the Danish verb (said, wrote) for use in the middle of a sentence."""
        return "sagde" if self.is_spoken else "skrev"

    @property
    def has_own_page(self) -> bool:
        """Whether the citizen has a personal link to the page with the answer."""
        return not self.is_spoken or bool(self.email)

    @property
    def can_be_reached(self) -> bool:
        return bool(self.phone or self.email)

    def publication_blockers(self):
        blockers = []
        if not self.may_publish:
            blockers.append(
                PublicationBlocker("Borgeren har ikke sagt ja til, at svaret bliver vist.", self, "may_publish")
            )
        if not self.title:
            blockers.append(PublicationBlocker("Skriv, hvad det handler om.", self, "title"))
        if not self.question:
            blockers.append(
                PublicationBlocker(
                    "Skriv spørgsmålet med dine egne ord. Borgerens egen tekst vises aldrig.", self, "question"
                )
            )
        if not self.answer or not self.answered_at:
            blockers.append(
                PublicationBlocker("Svar borgeren først. Et spørgsmål uden svar hjælper ingen.", self, "answer")
            )
        public = {name: getattr(self, name) for name in ("title", "question", "answer")}
        for field, text in public.items():
            blockers += [
                PublicationBlocker(
                    f"Borgerens {word} står i »{self._meta.get_field(field).verbose_name}«. Tag det ud.", self, field
                )
                for word, value in (("navn", self.name), ("telefon", self.phone), ("e-mail", self.email))
                if _contains(value, text)
            ]
        return blockers

    # Deletion of personal data

    @property
    def letter_prefix(self) -> str:
        """Prefix of the keys of all letters about it."""
        return f"input:{self.pk}:"

    @transaction.atomic
    def forget(self) -> None:
        """Delete the citizen's text and contact details, and the answer unless it is public.

        Its kind, date and agenda item remain for the trail.
        """
        now = timezone.now()
        self._lock()
        for name in self.own_words:
            setattr(self, name, "")
        self.people, self.form_key = None, ""
        if not (self.is_live and self.may_publish):
            self.title = self.question = self.answer = ""
        if self.is_open or self.state == self.State.HELD:
            self.state = self.State.CLOSED
        self.closed_at, self.forgotten_at = self.closed_at or now, now
        self.save()
        own = Revision.objects.of(self)
        own.exclude(pk=own.order_by("-pk").values("pk")[:1].get()["pk"]).delete()
        self._forget_letters(now)

    def _forget_letters(self, now):
        """Erase recipient and text of its letters, and give up those that have not been sent."""
        letters = Letter.objects.filter(key__startswith=self.letter_prefix)
        letters.filter(sent_at=None, given_up_at=None).update(given_up_at=now, given_up_by="Portalen")
        letters.update(to="", to_name="", subject="Slettet", text="", last_error="")

    @transaction.atomic
    def erase(self) -> None:
        """Delete it with its history, as for spam."""
        self._forget_letters(timezone.now())
        own = list(Revision.objects.of(self).values_list("pk", flat=True))
        kind, pk = type(self), self.pk
        self.delete()
        Revision.objects.filter(pk__in=own).delete()
        Revision.objects.of(kind(pk=pk)).delete()


def _contains(value: str, text: str) -> bool:
    """Whether the text contains the value as whole words; a phone number in any spacing."""
    value = value.strip()
    if len(value) < 3:
        return False
    digits = re.sub(r"\D", "", value)
    if len(digits) >= 8 and len(digits) >= len(value.replace(" ", "")) - 1:
        return digits[-8:] in re.sub(r"[ .-]", "", text)
    return re.search(rf"(?<!\w){re.escape(value)}s?(?!\w)", text, re.IGNORECASE) is not None
