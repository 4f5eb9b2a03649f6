from django.apps import AppConfig


class CouncilConfig(AppConfig):
    name = "council"
    verbose_name = "Udsatteråd"

    def ready(self):
        from udsat.models import KNOWN_BY

        from .known import known_people

        KNOWN_BY.append(known_people)
