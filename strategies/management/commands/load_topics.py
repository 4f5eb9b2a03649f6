"""Load the national lists of topics and situations. Can be repeated; entries are matched by slug."""

import tomllib
from pathlib import Path

from django.core.management.base import BaseCommand
from django.db import transaction

from strategies.models import Situation, Topic

SOURCE = Path(__file__).resolve().parents[2] / "data" / "topics.toml"


class Command(BaseCommand):
    help = "Indlæs listerne over emner og livssituationer. Kan gentages."

    @transaction.atomic
    def handle(self, **options):
        source = tomllib.loads(SOURCE.read_text(encoding="utf-8"))
        topics = {
            slug: Topic.objects.update_or_create(slug=slug, defaults={**fields, "position": position})[0]
            for position, (slug, fields) in enumerate(source["topics"].items())
        }
        for position, entry in enumerate(source["situations"]):
            fields = {"title": entry["title"], "advice": "\n".join(entry["advice"]), "position": position}
            situation, _ = Situation.objects.update_or_create(slug=entry["slug"], defaults=fields)
            situation.topics.set(topics[slug] for slug in entry["topics"])
        count = len(source["situations"])
        self.stdout.write(f"{len(topics)} emner og {count} livssituationer er på plads.")
