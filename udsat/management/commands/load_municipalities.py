"""Load the 98 municipalities and their regions. Idempotent; keeps edited data."""

import csv
import datetime
from pathlib import Path

from django.core.management.base import BaseCommand
from django.db import transaction

from udsat.models import Municipality, Region, RegionPeriod

SOURCE = Path(__file__).resolve().parents[2] / "data" / "kommuner.csv"

# Kommunalreformen; lov om Region Østdanmark merges Hovedstaden and Sjælland on 1 January 2027.
REFORM = datetime.date(2007, 1, 1)
EAST = datetime.date(2027, 1, 1)
EASTERN = {"Region Hovedstaden", "Region Sjælland"}
REGIONS = [
    "Region Nordjylland",
    "Region Midtjylland",
    "Region Syddanmark",
    "Region Sjælland",
    "Region Hovedstaden",
    "Region Østdanmark",
]

OFFICIAL_NAMES = {"København": "Københavns Kommune", "Bornholm": "Bornholms Regionskommune"}


class Command(BaseCommand):
    help = "Indlæs de 98 kommuner og deres regioner. Kan gentages."

    @transaction.atomic
    def handle(self, **options):
        regions = {
            name: Region.objects.update_or_create(name=name, defaults={"position": position})[0]
            for position, name in enumerate(REGIONS)
        }
        with SOURCE.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        for row in rows:
            name = row["name"]
            municipality, _ = Municipality.objects.get_or_create(
                code=row["code"], defaults={"name": name, "official_name": OFFICIAL_NAMES.get(name, f"{name} Kommune")}
            )
            eastern = row["region"] in EASTERN
            self._period(
                municipality, regions[row["region"]], REFORM, EAST - datetime.timedelta(1) if eastern else None
            )
            if eastern:
                self._period(municipality, regions["Region Østdanmark"], EAST, None)
        self.stdout.write(f"{len(rows)} kommuner er på plads.")

    def _period(self, municipality, region, starts_on, ends_on):
        RegionPeriod.objects.update_or_create(
            municipality=municipality, starts_on=starts_on, defaults={"region": region, "ends_on": ends_on}
        )
