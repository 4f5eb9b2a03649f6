"""Load the national lists of topics, situations and helplines. Can be repeated.

Topics and situations are matched by slug, helplines by number. A helpline that was checked since is kept.
"""

import csv
import tomllib
from pathlib import Path

from django.core.management.base import BaseCommand
from django.db import transaction

from strategies.models import Helpline, Situation, Topic

DATA = Path(__file__).resolve().parents[2] / "data"
SOURCE = DATA / "topics.toml"


class Command(BaseCommand):
    help = "Indlæs listerne over emner, livssituationer og hjælpelinjer. Kan gentages."

    @transaction.atomic
    def handle(self, **options):
        source = tomllib.loads(SOURCE.read_text(encoding="utf-8"))
        topics = {
            slug: Topic.objects.update_or_create(slug=slug, defaults={**fields, "position": position})[0]
            for position, (slug, fields) in enumerate(source["topics"].items())
        }
        for position, entry in enumerate(source["situations"]):
            fields = {
                "title": entry["title"],
                "advice": "\n".join(entry["advice"]),
                "search_words": "\n".join(entry["search_words"]),
                "position": position,
            }
            situation, _ = Situation.objects.update_or_create(slug=entry["slug"], defaults=fields)
            # Its save has raised the stamp of the country.
            situation.topics.set(topics[slug] for slug in entry["topics"])
        helplines = self.load_helplines()
        count = len(source["situations"])
        self.stdout.write(f"{len(topics)} emner, {count} livssituationer og {helplines} hjælpelinjer er på plads.")

    def load_helplines(self) -> int:
        with open(DATA / "helplines.csv", encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, delimiter=";"))
        checked_in = dict(Helpline.objects.values_list("number", "checked_in"))
        for position, row in enumerate(rows):
            year = int(row["source year"])
            if checked_in.get(row["number"], 0) > year:
                continue
            fields = {
                "name": row["name"],
                "audience": row["for whom"],
                "hours": row["hours"],
                "is_anonymous": row["anonymous"] == "ja",
                "is_free": row["free"] == "ja",
                "source": row["source"],
                "checked_in": year,
                "position": position,
            }
            situations = row["situations"].split(",")
            fields["first_for"] = Situation.objects.get(slug=situations[0])
            helpline, _ = Helpline.objects.update_or_create(number=row["number"], defaults=fields)
            helpline.situations.set(Situation.objects.filter(slug__in=situations))
        return len(rows)
