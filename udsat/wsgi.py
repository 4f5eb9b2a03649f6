"""WSGI application, behind the page cache. Unlike manage.py, it defaults to production mode."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("UDSAT_MODE", "production")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "udsat.settings")

django_application = get_wsgi_application()

# The settings are read and the models loaded only now.
from .page_cache import with_page_cache  # noqa: E402

application = with_page_cache(django_application)
