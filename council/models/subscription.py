"""Subscriptions by e-mail, without an account.

Stored are the address, its subscriptions, and a notice for each news item sent to it, so that none is sent twice. All
of it is deleted when the person unsubscribes; letters hold neither address nor text. An unconfirmed address is deleted
after `UNCONFIRMED_DAYS`, and one whose mail server has refused `MAX_REFUSALS` letters in a row by a job.
"""

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from strategies.models import Strategy, Topic
from udsat.models import Letter

from .council import Council

# Also the life of the link in the confirmation e-mail.
UNCONFIRMED_DAYS = 7
MAX_REFUSALS = 3


class Follower(models.Model):
    """An e-mail address, in lower case. It is not shown in the back office."""

    email = models.EmailField("e-mail", unique=True)
    created_at = models.DateTimeField("oprettet", default=timezone.now)
    # When the latest confirmation e-mail was written.
    asked_at = models.DateTimeField("bekræftelse sendt", null=True, blank=True)
    # The first day of the month in which the latest digest was considered.
    digest_month = models.DateField("samlet mail skrevet", null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = "følger"
        verbose_name_plural = "følgere"

    def __str__(self):
        return f"Følger {self.pk}"


class SubscriptionQuerySet(models.QuerySet):
    def confirmed(self):
        return self.exclude(confirmed_at=None)

    def pending(self):
        return self.filter(confirmed_at=None)

    def with_target(self):
        """Annotate with the target and whether it is public now."""
        return self.select_related("council__municipality", "strategy__municipality", "topic").annotate(
            council_is_public=Exists(Council.objects.published().filter(pk=OuterRef("council"))),
            strategy_is_public=Exists(Strategy.objects.published().filter(pk=OuterRef("strategy"))),
        )


class Subscription(models.Model):
    class HowOften(models.TextChoices):
        AT_ONCE = "straks", "Med det samme"
        MONTHLY = "maaned", "Én gang om måneden"

    follower = models.ForeignKey(Follower, models.CASCADE, related_name="subscriptions", verbose_name="følger")
    council = models.ForeignKey(
        Council, models.CASCADE, null=True, blank=True, related_name="subscriptions", verbose_name="råd"
    )
    strategy = models.ForeignKey(
        Strategy, models.CASCADE, null=True, blank=True, related_name="subscriptions", verbose_name="strategi"
    )
    topic = models.ForeignKey(
        Topic, models.CASCADE, null=True, blank=True, related_name="subscriptions", verbose_name="emne"
    )
    how_often = models.CharField("hvor tit", max_length=10, choices=HowOften.choices, default=HowOften.AT_ONCE)
    created_at = models.DateTimeField("oprettet", default=timezone.now)
    confirmed_at = models.DateTimeField("bekræftet", null=True, blank=True)
    # Start of the present frequency: a change to »med det samme« sends no notices of older news items.
    since = models.DateTimeField("så tit siden", default=timezone.now)

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        verbose_name = "abonnement"
        verbose_name_plural = "abonnementer"
        constraints = [
            models.CheckConstraint(
                condition=Q(council__isnull=False, strategy=None, topic=None)
                | Q(council=None, strategy__isnull=False, topic=None)
                | Q(council=None, strategy=None, topic__isnull=False),
                name="subscription_of_one_thing",
            ),
            models.CheckConstraint(
                condition=Q(how_often__in=["straks", "maaned"]), name="subscription_how_often_known"
            ),
            *(
                models.UniqueConstraint(
                    fields=["follower", target],
                    condition=Q(**{f"{target}__isnull": False}),
                    name=f"follows_{target}_once",
                )
                for target in ("council", "strategy", "topic")
            ),
        ]

    def __str__(self):
        return f"{self.target}, {self.get_how_often_display().lower()}"

    @property
    def target(self) -> Council | Strategy | Topic:
        return self.council or self.strategy or self.topic

    @property
    def name(self) -> str:
        """Return the target's name, or a neutral one if it is not public. Requires `with_target()`."""
        if self.council:
            municipality = self.council.municipality
            return self.council.sender_name if self.council_is_public else f"Udsatterådet i {municipality.name}"
        if self.strategy:
            municipality = self.strategy.municipality
            return f"{self.strategy}, {municipality}" if self.strategy_is_public else f"En strategi i {municipality}"
        return f"Emnet »{self.topic}«"


class Notice(models.Model):
    """A news item sent to a follower. Saved together with its letter, so that it is sent once."""

    follower = models.ForeignKey(Follower, models.CASCADE, related_name="notices", verbose_name="følger")
    # The key of `council.citizens.following.news_items.NewsItem`.
    news_item = models.CharField("nyhed", max_length=60)
    # None when the letter has been deleted.
    letter = models.ForeignKey(
        Letter, models.SET_NULL, null=True, blank=True, related_name="notices", verbose_name="mail"
    )

    class Meta:
        ordering = ["pk"]
        verbose_name = "besked"
        verbose_name_plural = "beskeder"
        constraints = [models.UniqueConstraint(fields=["follower", "news_item"], name="notice_once")]

    def __str__(self):
        return f"{self.news_item} til {self.follower_id}"
