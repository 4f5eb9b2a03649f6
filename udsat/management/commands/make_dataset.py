"""Fill the database with invented content at the size of the country, to measure speed; never in production."""

import time

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from udsat.demo.dataset import make_dataset
from udsat.models import Municipality


class Command(BaseCommand):
    help = "Fyld databasen med opdigtet indhold til målinger af fart. Kun i kommuner uden indhold og aldrig i drift."

    def add_arguments(self, parser):
        parser.add_argument("--kommuner", type=int, default=98, help="antal kommuner, 1 til 98 (98)")
        parser.add_argument("--aar", type=int, default=20, help="antal år med møder, 1 til 50 (20)")
        parser.add_argument("--seed", type=int, default=1, help="samme tal giver samme indhold (1)")

    def handle(self, *, kommuner, aar, seed, **options):
        if settings.PRODUCTION:
            raise CommandError("Opdigtet indhold kan ikke indlæses i drift (UDSAT_MODE=production).", returncode=2)
        if not (1 <= kommuner <= 98 and 1 <= aar <= 50):
            raise CommandError("Vælg 1 til 98 kommuner og 1 til 50 år.", returncode=2)
        for command in ("load_municipalities", "load_topics"):
            call_command(command, verbosity=0, stdout=self.stdout)
        empty = Municipality.objects.filter(council=None, strategies=None, news=None, people=None).order_by("code")
        chosen = list(empty[:kommuner])
        if len(chosen) < kommuner:
            raise CommandError(f"Kun {len(chosen)} kommuner er uden indhold. Der er ikke indlæst noget.", returncode=2)
        started = time.monotonic()
        with transaction.atomic():
            for number, municipality in enumerate(make_dataset(chosen, aar, seed), 1):
                self.stdout.write(
                    f"{number} af {kommuner}: {municipality.name} ({time.monotonic() - started:.0f} sekunder)"
                )
        self.stdout.write("Lav søgningens register med: manage.py rebuild_search")
