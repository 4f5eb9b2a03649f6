from django.apps import AppConfig


class CouncilConfig(AppConfig):
    name = "council"
    verbose_name = "Udsatteråd"

    def ready(self):
        from udsat.models import COMPOSERS, KNOWN_BY, SEARCH_TEXTS

        from . import search_texts
        from .allowed_names import known_people
        from .citizens.following import notices
        from .models import Council, Hearing, Input, Meeting, News

        SEARCH_TEXTS.update(
            {
                Council: search_texts.council_texts,
                Meeting: search_texts.meeting_texts,
                Hearing: search_texts.hearing_texts,
                News: search_texts.news_texts,
                Input: search_texts.input_texts,
            }
        )
        KNOWN_BY.append(known_people)
        COMPOSERS[notices.NOTICE] = notices.compose_notice
        COMPOSERS[notices.CONFIRM] = notices.compose_confirmation
