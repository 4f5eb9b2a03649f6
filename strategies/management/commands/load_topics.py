"""The national list of topics. Safe to repeat; a topic that is renamed here keeps its address."""

from django.core.management.base import BaseCommand

from strategies.models import Topic

TOPICS = [
    ("bolig", "Bolig", "Et sted at bo, hjemløshed, botilbud og skæve boliger."),
    ("sundhed", "Sundhed", "Læge, tandlæge, forebyggelse og et liv på lige vilkår."),
    ("afhaengighed", "Afhængighed", "Alkohol, stoffer og spil: behandling og skadesreduktion."),
    ("psykisk-sygdom", "Psykisk sygdom", "Støtte og behandling, når sindet er sygt."),
    ("arbejde", "Arbejde og uddannelse", "Vejen til job, skole og et fællesskab på en arbejdsplads."),
    ("faellesskab", "Fællesskab", "Ensomhed, væresteder, foreninger og frivillige."),
    ("boern-og-unge", "Børn og unge", "Opvækst, fritid og overgangen til voksenlivet."),
    ("familie", "Familie og pårørende", "Støtte til forældre, partnere og andre tæt på."),
    ("oekonomi", "Økonomi", "Fattigdom, gæld og ydelser."),
    ("vold-og-kriser", "Vold og kriser", "Krisecentre og hjælp, når livet falder sammen."),
    ("indflydelse", "Indflydelse og rettigheder", "At blive hørt, forstået og mødt med respekt."),
    ("byens-rum", "Byens rum", "Steder at være, mødesteder og opsøgende arbejde."),
]


class Command(BaseCommand):
    help = "Indlæs listen over emner. Kan gentages."

    def handle(self, **options):
        for position, (slug, name, description) in enumerate(TOPICS):
            Topic.objects.update_or_create(
                slug=slug, defaults={"name": name, "description": description, "position": position}
            )
        self.stdout.write(f"{len(TOPICS)} emner er på plads.")
