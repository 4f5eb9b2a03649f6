from django.apps import AppConfig


class CouncilConfig(AppConfig):
    name = "council"
    verbose_name = "Udsatteråd"

    def ready(self):
        from udsat.models import COMPOSERS, KNOWN_BY

        from .allowed_names import known_people
        from .citizens.following import notices

        KNOWN_BY.append(known_people)
        COMPOSERS[notices.NOTICE] = notices.compose_notice
        COMPOSERS[notices.CONFIRM] = notices.compose_confirmation
