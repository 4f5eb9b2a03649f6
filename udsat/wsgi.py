"""WSGI application. Unlike manage.py, it defaults to production mode."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("UDSAT_MODE", "production")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "udsat.settings")

application = get_wsgi_application()
