from django.apps import AppConfig


class CouncilConfig(AppConfig):
    name = "council"
    verbose_name = "Udsatteråd"

    def ready(self):
        from udsat.models import (
            ALLOWED_NAMES_PROVIDERS,
            DOCUMENT_READERS,
            LETTER_COMPOSERS,
            REMOVAL_HOOKS,
            SEARCH_SOURCES,
            DocumentReader,
            SearchSource,
        )

        from . import search_texts
        from .allowed_names import council_allowed_names
        from .citizens.following import notices
        from .meetings.word import document_parser
        from .models import Council, Hearing, Input, Meeting, News
        from .models.desk import erase_clashes
        from .models.meeting import erase_sent_letters

        SEARCH_SOURCES.update(
            {
                Council: SearchSource(search_texts.council_texts, search_texts.with_council_texts),
                Meeting: SearchSource(search_texts.meeting_texts, search_texts.with_meeting_texts),
                Hearing: SearchSource(search_texts.hearing_texts, search_texts.with_hearing_texts),
                News: SearchSource(search_texts.news_texts, search_texts.with_news_texts),
                Input: SearchSource(search_texts.input_texts, search_texts.with_input_texts),
            }
        )
        REMOVAL_HOOKS.extend([erase_sent_letters, erase_clashes])
        ALLOWED_NAMES_PROVIDERS.append(council_allowed_names)
        LETTER_COMPOSERS[notices.NOTICE] = notices.compose_notice
        LETTER_COMPOSERS[notices.CONFIRMATION] = notices.compose_confirmation
        DOCUMENT_READERS[document_parser.READER] = DocumentReader(
            document_parser.read_meeting, lambda _, parsed: parsed.to_json()
        )
