"""Load the demo content and one log-in per role, atomically and never in production."""

import os

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils.crypto import get_random_string

from strategies.models import Situation, Topic
from udsat.demo.build import DemoBuilder, backdate_versions, read, read_all, years_since
from udsat.lib.roles import Role
from udsat.models import Assignment, Municipality, User, batch_reindexing

FICTIONAL = "0000"
REAL = ("esbjerg", "vejle", "kolding")

# Username, role in the fictional municipality, first and last name.
PEOPLE = [
    ("sekretaer", Role.SECRETARY, "Lise", "Overby"),
    ("redaktoer", Role.EDITOR, "Rasmus", "Winkel"),
    ("godkender", Role.APPROVER, "Grethe", "Askov"),
    ("administrator", Role.ADMINISTRATOR, "Adam", "Stender"),
]

# Without similar-looking characters; 20 of them have about 98 bits.
PASSWORD_CHARACTERS = "abcdefghjkmnpqrstuvwxyz23456789"


class Command(BaseCommand):
    help = "Indlæs demoen: fire kommuner med indhold og en bruger til hver rolle. Gør intet, hvis den er der."

    def handle(self, **options):
        if settings.PRODUCTION:
            raise CommandError(
                "Demoen er til øvelse. Den kan ikke indlæses i drift (UDSAT_MODE=production).", returncode=2
            )
        if Municipality.objects.filter(code=FICTIONAL).exists():
            self.stdout.write("Demoen er indlæst i forvejen. Intet er ændret.")
            return
        self.check_is_empty()
        files = []
        try:
            with batch_reindexing():
                logins = self.load(files)
                path = self.write_logins(logins)
            backdate_versions()
        except BaseException as error:
            for storage, name in files:
                storage.delete(name)
            if isinstance(error, OSError):
                raise CommandError(
                    f"Der kan ikke skrives i {settings.VAR_DIR}: {error.strerror}. Der er ikke indlæst noget.",
                    returncode=2,
                ) from error
            raise
        self.stdout.write(f"Demoen er indlæst. Log ind på {settings.SITE_URL}/admin/ med:\n\n{logins}\n\n")
        self.stdout.write(f"Adgangskoderne står også i {path}, som kun du kan læse.")

    def check_is_empty(self):
        """Raise CommandError if the demo would mix with existing content."""
        taken = User.objects.filter(username__in=[name for name, *_ in PEOPLE]).values_list("username", flat=True)
        if taken:
            raise CommandError(
                f"Der er allerede en bruger, der hedder {', '.join(taken)}. Demoen bruger selv det navn. "
                "Giv brugeren et andet navn, og prøv igen. Der er ikke indlæst noget.",
                returncode=2,
            )
        for municipality in Municipality.objects.filter(slug__in=REAL):
            if municipality.strategies.exists() or municipality.news.exists() or hasattr(municipality, "council"):
                raise CommandError(
                    f"{municipality} har allerede indhold. Demoen indlæses kun, hvor der er tomt. "
                    "Der er ikke indlæst noget.",
                    returncode=2,
                )

    def load(self, files: list) -> str:
        if Municipality.objects.filter(slug__in=REAL).count() < len(REAL):
            call_command("load_municipalities", stdout=self.stdout)
        if not (Topic.objects.exists() and Situation.objects.exists()):
            call_command("load_topics", stdout=self.stdout)
        fictional = Municipality.objects.create(**read("eksempelkoebing/kommune.toml"))
        logins, users = [], {}
        for username, role, first, last in PEOPLE:
            password = get_random_string(20, PASSWORD_CHARACTERS)
            users[role] = User.objects.create_user(
                username,
                f"{username}@eksempelkoebing.example",
                password,
                first_name=first,
                last_name=last,
                is_staff=True,
                is_superuser=role == Role.ADMINISTRATOR,
            )
            Assignment.objects.create(user=users[role], municipality=fictional, role=role)
            logins.append((username, password, role.label))
        for slug in REAL:
            self.load_real(Municipality.objects.get(slug=slug), users[Role.ADMINISTRATOR])
        self.load_fictional(fictional, users[Role.SECRETARY], files)
        return table([("Bruger", "Adgangskode", "Rolle"), *logins])

    def load_real(self, municipality: Municipality, by: User):
        data = read(f"{municipality.slug}.toml")
        for name, value in data["municipality"].items():
            setattr(municipality, name, value)
        municipality.save()
        builder = DemoBuilder(municipality, by=by)
        for strategy in data["strategies"]:
            builder.strategy(strategy)
        if "council" in data:
            builder.council(data["council"])
        for story in data.get("news", []):
            builder.news(story)

    def load_fictional(self, municipality: Municipality, by: User, files: list):
        builder = DemoBuilder(municipality, by=by)
        builder.files = files
        builder.years = years_since(builder.today)
        meetings = builder.plan(read_all("eksempelkoebing/moeder"))
        for strategy in read("eksempelkoebing/strategier.toml")["strategies"]:
            builder.strategy(strategy)
        council = builder.council(read("eksempelkoebing/raad.toml"))
        for meeting in meetings:
            builder.meeting(council, meeting)
        for hearing in read("eksempelkoebing/hoeringer.toml")["hearings"]:
            builder.hearing(council, hearing)
        for data in read("eksempelkoebing/henvendelser.toml")["inputs"]:
            builder.input(council, data)
        for story in read("eksempelkoebing/nyheder.toml")["news"]:
            builder.news(story)

    def write_logins(self, logins: str):
        path = settings.VAR_DIR / "logins.txt"
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(f"Login til demoen på {settings.SITE_URL}/admin/\n\n{logins}\n")
        return path


def table(rows: list[tuple[str, ...]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
