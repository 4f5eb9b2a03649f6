from django.apps import AppConfig


class StrategiesConfig(AppConfig):
    name = "strategies"
    verbose_name = "Strategier"

    def ready(self):
        from udsat.models import DOCUMENT_READERS, SEARCH_SOURCES, DocumentReader, SearchSource

        from . import importer
        from .models import Strategy
        from .search_texts import strategy_texts, with_strategy_texts

        SEARCH_SOURCES[Strategy] = SearchSource(strategy_texts, with_strategy_texts)
        DOCUMENT_READERS[importer.READER] = DocumentReader(
            importer.read_strategy, importer.save_draft_and_report, importer.is_long
        )
