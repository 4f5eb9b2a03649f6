"""manage.py rebuild_search: make the index anew from what is public, as after a new name of a municipality."""

from django.apps import apps
from django.core.management.base import BaseCommand
from django.db import connection, transaction

from udsat.models import Publishable, SearchEntry, SearchWord


class Command(BaseCommand):
    help = "Laver søgningens register forfra af det, der er offentligt."

    @transaction.atomic
    def handle(self, **options):
        SearchEntry.objects.all().delete()
        SearchWord.objects.all().delete()
        for model in apps.get_models():
            if issubclass(model, Publishable):
                for one in model._base_manager.all():
                    if one.search_root == one:
                        one.reindex()
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA optimize" if connection.vendor == "sqlite" else "ANALYZE udsat_searchentry")
        self.stdout.write(f"{SearchEntry.objects.count()} tekster kan nu findes.")
