"""Rebuild the search index, for instance after a municipality has been renamed."""

from django.core.management.base import BaseCommand
from django.db import connection, transaction

from udsat.models import SearchEntry

# Maintenance of the indexes: FTS5 searches twice as fast afterwards, and PostgreSQL empties its pending list.
MAINTENANCE = {
    "sqlite": [
        f"INSERT INTO {index} ({index}) VALUES ('optimize')"
        for index in ("udsat_searchindex", "udsat_searchtitleindex")
    ],
    "postgresql": [
        "SELECT gin_clean_pending_list('udsat_searchentry_vector')",
        "SELECT gin_clean_pending_list('udsat_searchentry_title_vector')",
        "ANALYZE udsat_searchentry",
    ],
}


class Command(BaseCommand):
    help = "Laver søgningens register forfra af det, der er offentligt."

    @transaction.atomic
    def handle(self, **options):
        for written in SearchEntry.objects.rebuild():
            if written % 5_000 == 0:
                self.stdout.write(f"{written} tekster …")
        with connection.cursor() as cursor:
            for statement in MAINTENANCE[connection.vendor]:
                cursor.execute(statement)
        self.stdout.write(f"{SearchEntry.objects.count()} tekster kan nu findes.")
