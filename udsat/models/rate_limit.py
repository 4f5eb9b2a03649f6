"""Rate limiting of forms per network."""

import datetime

from django.db import models
from django.utils import timezone

RETENTION = datetime.timedelta(days=1)


class FormSubmissionQuerySet(models.QuerySet):
    def record_if_allowed(self, purpose: str, network: str, *, at_most: int, within: datetime.timedelta) -> bool:
        """Record a submission and return True, unless the limit is reached. The unknown network "" has no limit."""
        if not network:
            return True
        now = timezone.now()
        if self.filter(purpose=purpose, network=network, at__gt=now - within).count() >= at_most:
            return False
        self.create(purpose=purpose, network=network, at=now)
        return True


class FormSubmission(models.Model):
    """One form sent. `network` is the day's fingerprint from `udsat.lib.spam_protection.network_of`, not an address."""

    purpose = models.CharField(max_length=30)
    network = models.CharField(max_length=32)
    at = models.DateTimeField(default=timezone.now)

    objects = FormSubmissionQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["purpose", "network", "at"])]
        verbose_name = "indsendelse"
        verbose_name_plural = "indsendelser"

    def __str__(self):
        return f"{self.purpose} {self.at:%d.%m.%Y}"


def delete_old_submissions(now: datetime.datetime) -> int:
    return FormSubmission.objects.filter(at__lt=now - RETENTION).delete()[0]
