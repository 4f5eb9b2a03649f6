from django.apps import AppConfig
from django.contrib.admin import apps


class UdsatConfig(AppConfig):
    name = "udsat"
    verbose_name = "Portalen"

    def ready(self):
        from . import post  # noqa: F401  registers its check of the mail settings


class BackOfficeConfig(apps.AdminConfig):
    default = False
    default_site = "udsat.backoffice.BackOffice"
