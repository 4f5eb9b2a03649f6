from django.apps import AppConfig
from django.contrib.admin import apps
from django.core.validators import MaxLengthValidator


class UdsatConfig(AppConfig):
    name = "udsat"
    verbose_name = "Portalen"

    def ready(self):
        # Of every text field. Django's text speaks of »denne værdi«.
        MaxLengthValidator.message = (
            "Skriv det kortere. Der er plads til %(limit_value)d tegn, og du har skrevet %(show_value)d."
        )
        from . import mail_delivery  # noqa: F401  registers the check of the mail settings
        from .models import LETTER_COMPOSERS
        from .password_reset import COMPOSER, compose

        LETTER_COMPOSERS[COMPOSER] = compose


class BackOfficeConfig(apps.AdminConfig):
    default = False
    default_site = "udsat.admin_site.BackOffice"
