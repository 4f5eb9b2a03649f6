"""Import a strategy from a file as a draft. Exit with code 2, without saving, if that is impossible."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from strategies.importer import import_strategy
from udsat.lib.danish import slugify
from udsat.lib.documents import MAX_DOCUMENT_BYTES, UnreadableDocument
from udsat.models import Municipality


class Command(BaseCommand):
    help = "Indlæs en strategi fra en fil (.docx, .html, .md eller .txt) som kladde."

    def add_arguments(self, parser):
        parser.add_argument("file", metavar="FIL", nargs="?")
        parser.add_argument("--kommune", metavar="ADRESSE", help="for eksempel esbjerg")

    def handle(self, file, kommune, **options):
        if not file or not kommune:
            raise CommandError("Skriv både fil og kommune: import_strategy FIL --kommune esbjerg", returncode=2)
        municipality = Municipality.objects.filter(slug=slugify(kommune)).first()
        if municipality is None:
            raise CommandError(
                f"Der er ingen kommune med adressen »{kommune}«. Skriv den som i portalens adresser, for eksempel "
                "esbjerg eller hoeje-taastrup. Er listen over kommuner tom, så kør load_municipalities først.",
                returncode=2,
            )
        path = Path(file)
        try:
            if path.stat().st_size > MAX_DOCUMENT_BYTES:
                raise UnreadableDocument(
                    f"Filen fylder mere end {MAX_DOCUMENT_BYTES // 2**20} MB. Fjern billederne, eller gem som .txt."
                )
            strategy, parsed = import_strategy(path.read_bytes(), path.name, municipality)
        except FileNotFoundError as error:
            raise CommandError(f"Filen {file} findes ikke. Se, om stien er skrevet rigtigt.", returncode=2) from error
        except (OSError, ValueError) as error:
            message = error if isinstance(error, UnreadableDocument) else f"Filen {file} kan ikke læses."
            raise CommandError(str(message), returncode=2) from error

        line = self.stdout.write
        line(f"Kladde gemt i {municipality}: {strategy.title}{f', {strategy.period}' if strategy.period else ''}")
        line(f"Adresse, når du er logget ind: {strategy.get_absolute_url()}")
        if parsed.doubt:
            line(self.style.WARNING(parsed.doubt))
        line(f"\n{len(parsed.sections)} afsnit")
        for section in strategy.sections.all():
            line(f"  {section.get_kind_display()}{f': {section.heading}' if section.heading else ''}")
        label = parsed.theme_label if len(parsed.themes) == 1 else parsed.theme_label_plural
        line(f"\n{len(parsed.themes)} {label}, {parsed.goal_count} mål")
        for position, theme in enumerate(parsed.themes, 1):
            extra = " · ledetråd" if theme.guiding_thread else ""
            line(f"  {position}. {theme.title or '(uden overskrift)'}: {len(theme.goals)} mål{extra}")
            if theme.goal_lead_in:
                line(f"     {theme.goal_lead_in}")
        for heading, remarks in (("Ikke forstået", parsed.not_understood), ("Sprunget over", parsed.ignored)):
            line(f"\n{heading}: {len(remarks)}")
            for remark in remarks:
                line(f"  {parsed.unit} {remark.line}: {shortened(remark.text)} — {remark.reason}")


def shortened(text: str) -> str:
    return text if len(text) <= 90 else f"{text[:88]} …"
