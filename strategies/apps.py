from django.apps import AppConfig


class StrategiesConfig(AppConfig):
    name = "strategies"
    verbose_name = "Strategier"

    def ready(self):
        from udsat.models import DOCUMENT_READERS, SEARCH_TEXTS, DocumentReader

        from . import importer
        from .models import Strategy
        from .search_texts import strategy_texts

        SEARCH_TEXTS[Strategy] = strategy_texts
        DOCUMENT_READERS[importer.READER] = DocumentReader(
            importer.read_strategy, importer.save_draft_and_report, importer.is_long
        )
