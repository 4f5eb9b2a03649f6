"""Imported by the fork server of `pdf_making`, so that each process forked from it starts with everything loaded."""

import importlib
from contextlib import suppress

from django.conf import settings

from . import pdf_making

__all__ = ["pdf_making"]

BASE_DIR = settings.BASE_DIR  # reads the settings
with suppress(OSError):  # of a missing library, which `render_pdf` reports
    importlib.import_module("weasyprint")
