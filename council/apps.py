from django.apps import AppConfig


class CouncilConfig(AppConfig):
    name = "council"
    verbose_name = "Udsatteråd"

    def ready(self):
        from udsat.models import COMPOSERS, KNOWN_BY

        from .following import telling
        from .known import known_people

        KNOWN_BY.append(known_people)
        COMPOSERS[telling.NOTICE] = telling.compose_notice
        COMPOSERS[telling.CONFIRM] = telling.compose_confirmation
