"""Read the uploaded documents that wait. An upload starts this command."""

from django.core.management.base import BaseCommand

from udsat.document_reading import read_next


class Command(BaseCommand):
    help = "Læs de uploadede filer, der venter på at blive læst."
    requires_system_checks = []

    def handle(self, **options):
        while read_next():
            pass
