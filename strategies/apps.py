from django.apps import AppConfig


class StrategiesConfig(AppConfig):
    name = "strategies"
    verbose_name = "Strategier"

    def ready(self):
        from udsat.models import SEARCH_TEXTS

        from .models import Strategy
        from .search_texts import strategy_texts

        SEARCH_TEXTS[Strategy] = strategy_texts
