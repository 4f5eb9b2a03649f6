from django.apps import AppConfig
from django.contrib.admin import apps


class UdsatConfig(AppConfig):
    name = "udsat"
    verbose_name = "Portalen"


class BackOfficeConfig(apps.AdminConfig):
    default = False
    default_site = "udsat.backoffice.BackOffice"
