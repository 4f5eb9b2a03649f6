"""The outbox: e-mails are created in the transaction they report on and sent afterwards."""

import datetime
import re
from collections.abc import Callable
from dataclasses import dataclass

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from udsat.lib.publishing import ScopedQuerySet

from .municipalities import Municipality
from .users import User

# After this time without a result, a claimed letter is available to other runs again.
CLAIM_LENGTH = datetime.timedelta(minutes=30)
# Counted from the first failure.
GIVE_UP_AFTER = datetime.timedelta(days=3)
FIRST_DELAY, LONGEST_DELAY = datetime.timedelta(minutes=5), datetime.timedelta(hours=1)
# A letter unsent for longer than this is reported.
OVERDUE_AFTER = datetime.timedelta(minutes=30)


@dataclass(frozen=True)
class LetterContent:
    """Content of a letter that is composed when it is sent."""

    to: str
    subject: str
    text: str
    sender: tuple[str, str]  # name and reply address (may be empty)
    unsubscribe_url: str = ""  # one-click unsubscribe (RFC 8058)


# By `Letter.composer`. A composer returns None to drop the letter.
LETTER_COMPOSERS: "dict[str, Callable[[Letter], LetterContent | None]]" = {}


def end_of_day(day: datetime.date | None) -> datetime.datetime | None:
    """Return the moment after the day, for `Letter.valid_until`; None for no day."""
    if day is None:
        return None
    return timezone.make_aware(datetime.datetime.combine(day + datetime.timedelta(1), datetime.time.min))


def one_line(text: str) -> str:
    """Replace line breaks and control characters, which could inject mail headers."""
    return " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", " ", text).split())


class LetterFile(models.Model):
    """A file attached to one or more letters, stored as it was when they were written."""

    municipality_lookup = "municipality"

    municipality = models.ForeignKey(Municipality, models.CASCADE, related_name="+")
    name = models.CharField("navn", max_length=200)
    media_type = models.CharField("slags", max_length=100, default="application/pdf")
    content = models.BinaryField("indhold")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = "vedhæftet fil"
        verbose_name_plural = "vedhæftede filer"

    def __str__(self):
        return self.name


class LetterQuerySet(ScopedQuerySet):
    def reach_q(self, user):
        """Exclude letters without a municipality from the back office."""
        return super().reach_q(user) & Q(municipality__isnull=False)

    def waiting(self):
        """Filter letters neither sent nor given up, in sending order."""
        return self.filter(sent_at=None, given_up_at=None).order_by("send_after", "pk")

    def due(self, now: datetime.datetime):
        """Filter letters that may be sent now and that no run has claimed."""
        return self.waiting().filter(send_after__lte=now).exclude(claimed_until__gt=now).exclude(valid_until__lte=now)

    def give_up_outdated(self, now: datetime.datetime) -> int:
        """Give up letters that could not be sent before the date that they ask for something by."""
        outdated = self.waiting().filter(valid_until__lte=now).exclude(claimed_until__gt=now)
        return outdated.order_by().update(
            given_up_at=now, last_error="Fristen i mailen var gået, før den kunne sendes."
        )

    def stuck(self, now: datetime.datetime | None = None):
        """Filter letters with an error or overdue, until they are sent or given up by a person."""
        now = now or timezone.now()
        overdue = Q(send_after__lte=now - OVERDUE_AFTER)
        return self.filter(Q(given_up_at=None) & overdue | ~Q(last_error=""), sent_at=None, given_up_by="").order_by(
            "send_after", "pk"
        )

    def claim(self, now: datetime.datetime) -> "Letter | None":
        """Claim the next due letter for this run.

        PostgreSQL skips rows locked by another run; SQLite locks the database meanwhile.
        """
        with transaction.atomic():
            letter = self.due(now).select_for_update(skip_locked=True, of=("self",)).first()
            if letter is not None:
                letter.claimed_until = now + CLAIM_LENGTH
                letter.tried_at = now
                letter.attempts += 1
                letter.save(update_fields=["claimed_until", "tried_at", "attempts"])
        return letter

    def write(
        self,
        *,
        municipality,
        key,
        to,
        subject,
        text,
        to_name="",
        calendar="",
        files=(),
        send_after=None,
        valid_until=None,
    ):
        """Return the letter with that key, created if missing. Call it in the transaction it reports on.

        `files` are LetterFile rows; `calendar` is an iCalendar text with its METHOD. The letter is not sent after
        `valid_until`.
        """
        letter, is_new = self.get_or_create(
            key=key,
            defaults={
                "municipality": municipality,
                "to": one_line(to),
                "to_name": one_line(to_name)[:160],
                "subject": one_line(subject)[:200],
                "text": text.replace("\x00", ""),
                "calendar": calendar,
                "send_after": send_after or timezone.now(),
                "valid_until": valid_until,
            },
        )
        if is_new:
            letter.files.set(files)
        return letter

    def erase_content_before(self, moment: datetime.datetime) -> int:
        """Erase the content of letters sent or given up before then; the fact that they were sent is kept.

        Letters with a composer store no content and are deleted.
        """
        self.exclude(composer="").filter(Q(sent_at__lt=moment) | Q(given_up_at__lt=moment)).delete()
        return self.filter(Q(sent_at__lt=moment) | Q(sent_at=None, given_up_at__lt=moment)).erase_content()

    def erase_content(self) -> int:
        """Erase text, calendar entry and files, and keep recipient, subject and times."""
        erased = list(self.exclude(text="").values_list("pk", flat=True))
        Letter.files.through.objects.filter(letter__in=erased).delete()
        LetterFile.objects.filter(letters=None).delete()
        return Letter.objects.filter(pk__in=erased).update(text="", calendar="")


class Letter(models.Model):
    """An e-mail to one person. `key` identifies message and recipient, so that nothing is sent twice."""

    municipality_lookup = "municipality"

    # None for followers, whom no municipality may see.
    municipality = models.ForeignKey(
        Municipality, models.CASCADE, null=True, related_name="letters", verbose_name="kommune"
    )
    key = models.CharField(max_length=200, unique=True)
    # Key in LETTER_COMPOSERS; such a letter stores neither address nor text before it is sent.
    composer = models.CharField(max_length=30, blank=True)
    to = models.EmailField("til", blank=True)
    to_name = models.CharField("modtager", max_length=160, blank=True)
    subject = models.CharField("emne", max_length=200)
    text = models.TextField("tekst")
    # An iCalendar text with its METHOD, with which mail programs add or remove an entry.
    calendar = models.TextField(blank=True)
    files = models.ManyToManyField(LetterFile, blank=True, related_name="letters", verbose_name="filer")
    created_at = models.DateTimeField("skrevet", default=timezone.now)
    send_after = models.DateTimeField("sendes tidligst", default=timezone.now)
    # The end of a deadline that the text names.
    valid_until = models.DateTimeField("sendes senest", null=True, blank=True)
    claimed_until = models.DateTimeField(null=True, blank=True, editable=False)
    attempts = models.PositiveSmallIntegerField("forsøg", default=0)
    tried_at = models.DateTimeField("sidst forsøgt", null=True, blank=True)
    failing_since = models.DateTimeField("første fejl", null=True, blank=True)
    last_error = models.CharField("fejl", max_length=300, blank=True)
    sent_at = models.DateTimeField("sendt", null=True, blank=True)
    given_up_at = models.DateTimeField("opgivet", null=True, blank=True)
    # Empty if given up automatically.
    given_up_by = models.CharField("opgivet af", max_length=200, blank=True)
    # Permanently refused by the recipient's mail server.
    is_refused = models.BooleanField("afvist", default=False)

    # Set while sending, never stored
    sender: tuple[str, str] | None = None
    unsubscribe_url = ""

    objects = LetterQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = "mail"
        verbose_name_plural = "mails"
        indexes = [
            models.Index(fields=["send_after"], name="letter_waiting", condition=Q(sent_at=None, given_up_at=None))
        ]

    def __str__(self):
        return f"{self.subject} til {self.to_name or self.to}"

    def set_content(self, content: LetterContent) -> None:
        """Set the composed content for sending, without saving it."""
        self.to, self.subject, self.text = one_line(content.to), content.subject, content.text
        self.sender, self.unsubscribe_url = content.sender, content.unsubscribe_url

    def mark_sent(self, now: datetime.datetime) -> None:
        self.sent_at, self.claimed_until, self.last_error = now, None, ""
        # A person may have given it up while it was being sent.
        self.given_up_at, self.given_up_by = None, ""
        self.save(update_fields=["sent_at", "claimed_until", "last_error", "given_up_at", "given_up_by"])

    def mark_failed(
        self, now: datetime.datetime, error: str, *, is_final: bool = False, is_refused: bool = False
    ) -> None:
        """Store the error, in words for the secretary and without addresses; retry later unless final."""
        self.claimed_until, self.last_error, self.is_refused = None, error, is_refused
        self.failing_since = self.failing_since or now
        self.send_after = now + min(FIRST_DELAY * 2 ** min(self.attempts - 1, 10), LONGEST_DELAY)
        if is_final or now - self.failing_since >= GIVE_UP_AFTER:
            self.given_up_at = now
        self.save(
            update_fields=["claimed_until", "last_error", "failing_since", "send_after", "given_up_at", "is_refused"]
        )

    @property
    def can_be_retried(self) -> bool:
        """Return whether it failed and its text has not been erased."""
        is_outdated = self.valid_until is not None and self.valid_until <= timezone.now()
        return (
            self.sent_at is None and bool(self.text) and bool(self.last_error or self.given_up_at) and not is_outdated
        )

    @property
    def can_be_given_up(self) -> bool:
        return self.sent_at is None and not self.given_up_by

    def retry(self, now: datetime.datetime) -> bool:
        """Schedule another attempt. Return False if the letter is being sent or has been sent."""
        return bool(
            self._unclaimed(now)
            .exclude(text="")
            .exclude(valid_until__lte=now)
            .update(send_after=now, attempts=0, failing_since=None, given_up_at=None, given_up_by="")
        )

    def give_up(self, now: datetime.datetime, by: User) -> bool:
        """Stop further attempts. Return False if the letter is being sent or has been sent."""
        return bool(self._unclaimed(now).update(given_up_at=now, given_up_by=str(by)[:200]))

    def _unclaimed(self, now):
        return Letter.objects.filter(pk=self.pk, sent_at=None).exclude(claimed_until__gt=now)

    @property
    def state(self) -> str:
        """Status text for the secretary."""
        if self.sent_at:
            return "Sendt"
        if self.given_up_at:
            return "Opgivet" if self.given_up_by else "Kom ikke af sted"
        if self.claimed_until and self.claimed_until > timezone.now():
            return "Sendes nu"
        if self.last_error:
            return "Ikke sendt, prøver igen"
        return "Venter" if self.send_after <= timezone.now() else "Sendes senere"
