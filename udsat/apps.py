from django.apps import AppConfig
from django.contrib.admin import apps


class UdsatConfig(AppConfig):
    name = "udsat"
    verbose_name = "Portalen"

    def ready(self):
        from . import mail_delivery  # noqa: F401  registers the check of the mail settings
        from .models import LETTER_COMPOSERS
        from .password_reset import COMPOSER, compose

        LETTER_COMPOSERS[COMPOSER] = compose


class BackOfficeConfig(apps.AdminConfig):
    default = False
    default_site = "udsat.admin_site.BackOffice"
