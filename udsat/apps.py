from django.apps import AppConfig


class UdsatConfig(AppConfig):
    name = "udsat"
    verbose_name = "Portalen"
