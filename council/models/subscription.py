"""Who follows what by e-mail, without an account.

What is kept: the address, what it follows and how often, since when, and which things it has been told, so that none is
told twice. It is kept until the person stops. Then it is deleted at once, and nothing else is kept: the letters
themselves hold neither address nor text. An address that nobody confirms is deleted after `UNCONFIRMED_DAYS`, one whose
mail server has refused `MOST_REFUSALS` letters in a row by the job that finds it.
"""

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from strategies.models import Strategy, Topic
from udsat.models import Letter

from .council import Council

# As long as the link in the mail »Bekræft« is good.
UNCONFIRMED_DAYS = 7
MOST_REFUSALS = 3


class Follower(models.Model):
    """An e-mail address, in small letters. Nobody in the back office sees it."""

    email = models.EmailField("e-mail", unique=True)
    created_at = models.DateTimeField("oprettet", default=timezone.now)
    # When the mail »Bekræft« was written last.
    asked_at = models.DateTimeField("bekræftelse sendt", null=True, blank=True)
    # The first day of the month in which the monthly letter was thought of last.
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
        """With what it follows, and whether that is public now."""
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
    # From when on it is told as often as it says now: who changes to »med det samme« gets no heap of old letters.
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
        """What is followed, as its reader may know it; of one from `with_target()`."""
        if self.council:
            place = self.council.municipality
            return self.council.sender_name if self.council_is_public else f"Udsatterådet i {place.name}"
        if self.strategy:
            place = self.strategy.municipality
            return f"{self.strategy}, {place}" if self.strategy_is_public else f"En strategi i {place}"
        return f"Emnet »{self.topic}«"


class Notice(models.Model):
    """One thing told to one address. Written together with its letter, so that nothing is told twice."""

    follower = models.ForeignKey(Follower, models.CASCADE, related_name="notices", verbose_name="følger")
    # Kind and number of the thing, as `council.citizens.following.news_items` writes them.
    thing = models.CharField("ting", max_length=60)
    # None once the letter has been sent for so long that it is forgotten.
    letter = models.ForeignKey(
        Letter, models.SET_NULL, null=True, blank=True, related_name="notices", verbose_name="mail"
    )

    class Meta:
        ordering = ["pk"]
        verbose_name = "besked"
        verbose_name_plural = "beskeder"
        constraints = [models.UniqueConstraint(fields=["follower", "thing"], name="notice_once")]

    def __str__(self):
        return f"{self.thing} til {self.follower_id}"
