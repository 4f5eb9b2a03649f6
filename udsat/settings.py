"""Settings, read from environment variables. A test compares them with the table in the README.

Mode `local` serves this machine only and creates its own keys. Mode `production` requires keys, host names and
an https address.
"""

import os
from pathlib import Path
from urllib.parse import urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key

BASE_DIR = Path(__file__).resolve().parent.parent


def env(name, default=""):
    return os.environ.get(name, default).strip()


def env_list(name):
    return [part.strip() for part in env(name).split(",") if part.strip()]


def env_int(name, default):
    value = env(name, str(default))
    try:
        return int(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.") from error


def env_bool(name, default="0"):
    value = env(name, default).lower()
    if value not in {"0", "1", "false", "true", "no", "yes", ""}:
        raise ImproperlyConfigured(f"{name} must be 0 or 1, not {value!r}.")
    return value in {"1", "true", "yes"}


MODE = env("UDSAT_MODE", "local")
if MODE not in {"local", "production"}:
    raise ImproperlyConfigured(f"UDSAT_MODE must be local or production, not {MODE!r}.")
PRODUCTION = MODE == "production"

VAR_DIR = Path(env("VAR_DIR") or BASE_DIR / "var")
VAR_DIR.mkdir(parents=True, exist_ok=True)


def local_key(name):
    """Return the key in VAR_DIR under this name; create it, readable by its owner only, on first use."""
    path = VAR_DIR / name
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text()
    key = get_random_secret_key()
    with os.fdopen(descriptor, "w") as file:
        file.write(key)
    return key


SECRET_KEY = env("SECRET_KEY")
SECRET_KEY_FALLBACKS = env_list("SECRET_KEY_FALLBACKS")
# Stored fingerprints are compared for years, so their key stays when SECRET_KEY changes.
FINGERPRINT_KEY = env("FINGERPRINT_KEY")
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS")
SITE_URL = env("SITE_URL").rstrip("/")
DEBUG = False

if PRODUCTION:
    missing = [
        name
        for name, present in {
            "SECRET_KEY (at least 50 random characters)": len(SECRET_KEY) >= 50,
            "FINGERPRINT_KEY (at least 50 other random characters)": (
                len(FINGERPRINT_KEY) >= 50 and FINGERPRINT_KEY not in {SECRET_KEY, *SECRET_KEY_FALLBACKS}
            ),
            "ALLOWED_HOSTS (host names, separated by commas, without *)": ALLOWED_HOSTS and "*" not in ALLOWED_HOSTS,
            "SITE_URL (the portal's own address, starting with https://)": SITE_URL.startswith("https://"),
        }.items()
        if not present
    ]
    if missing:
        raise ImproperlyConfigured("Production needs these environment variables: " + "; ".join(missing))
else:
    DEBUG = env_bool("DEBUG")
    SECRET_KEY = SECRET_KEY or local_key("secret_key")
    FINGERPRINT_KEY = FINGERPRINT_KEY or local_key("fingerprint_key")
    ALLOWED_HOSTS = ALLOWED_HOSTS or ["127.0.0.1", "localhost", "[::1]"]
    SITE_URL = SITE_URL or f"http://127.0.0.1:{env_int('PORT', 8000)}"

# HTTPS. PROXY_HTTPS_HEADER names the header with which a TLS-terminating proxy reports HTTPS.
SECURE_SSL_REDIRECT = PRODUCTION
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
SECURE_HSTS_SECONDS = env_int("HSTS_SECONDS", 31_536_000) if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = PRODUCTION
if header := env("PROXY_HTTPS_HEADER"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_" + header.upper().replace("-", "_"), "https")
# Header with the client's address, for rate limiting.
PROXY_ADDRESS_HEADER = f"HTTP_{header.upper().replace('-', '_')}" if (header := env("PROXY_ADDRESS_HEADER")) else ""
CSRF_FAILURE_VIEW = "udsat.kept_forms.csrf_failure"
CSRF_TRUSTED_ORIGINS = [SITE_URL] if urlsplit(SITE_URL).scheme == "https" else []
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 60 * 60 * 12
SESSION_EXPIRE_AT_BROWSER_CLOSE = True  # computers may be shared
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"

INSTALLED_APPS = [
    "udsat",
    "strategies",
    "council",
    "crispy_forms",
    "django_prose_editor",  # for its static files: the library that static/js/richtext.js builds on
    "udsat.apps.BackOfficeConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",  # its widget templates, which FORM_RENDERER looks for among ours
]

MIDDLEWARE = [
    "udsat.lib.health.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "udsat.lib.responses.CompressionMiddleware",
    "udsat.lib.responses.ContentSecurityPolicyMiddleware",
    "udsat.lib.responses.FreshnessMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "udsat.lib.actor.ActorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "udsat.lib.bidi.TypedTextMiddleware",
    "udsat.admin.change_gate.ChangeGateMiddleware",
]

ROOT_URLCONF = "udsat.urls"
WSGI_APPLICATION = "udsat.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "builtins": ["udsat.templatetags.form_tokens"],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

DATABASES = {
    "default": dj_database_url.parse(
        env("DATABASE_URL") or f"sqlite:///{VAR_DIR / 'udsat.sqlite3'}", conn_max_age=600, conn_health_checks=True
    )
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # WAL lets readers proceed during a write; IMMEDIATE locks at the start of a transaction. Searches read
    # more of the file than the page cache holds, so it is memory-mapped.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON; PRAGMA mmap_size=1073741824;"
        ),
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "udsat.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
PASSWORD_RESET_TIMEOUT = 24 * 60 * 60
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"

LANGUAGE_CODE = "da"
FORMAT_MODULE_PATH = "udsat.lib.formats"
TIME_ZONE = "Europe/Copenhagen"
USE_I18N = True
USE_TZ = True
USE_THOUSAND_SEPARATOR = False

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Uploads are served by views that check permissions.
MEDIA_ROOT = VAR_DIR / "uploads"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
FILE_UPLOAD_PERMISSIONS = 0o640
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000  # a strategy with all its goals is one form

# Letters are sent by SMTP, or written to VAR_DIR/mails in local mode without a mail server.
EMAIL_HOST = env("EMAIL_HOST")
EMAIL_SECURITY = env("EMAIL_SECURITY", "starttls")
if EMAIL_SECURITY not in {"starttls", "tls", "none"}:
    raise ImproperlyConfigured(f"EMAIL_SECURITY must be starttls, tls or none, not {EMAIL_SECURITY!r}.")
EMAIL_USE_TLS, EMAIL_USE_SSL = EMAIL_SECURITY == "starttls", EMAIL_SECURITY == "tls"
EMAIL_PORT = env_int("EMAIL_PORT", {"starttls": 587, "tls": 465, "none": 25}[EMAIL_SECURITY])
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = env("EMAIL_HOST_USER"), env("EMAIL_HOST_PASSWORD")
EMAIL_TIMEOUT = 20
EMAIL_USE_LOCALTIME = True
EMAIL_BACKEND = (
    "django.core.mail.backends.smtp.EmailBackend" if EMAIL_HOST or PRODUCTION else "udsat.lib.mail_folder.MailFolder"
)
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL") or f"udsat@{urlsplit(SITE_URL).hostname if PRODUCTION else 'localhost'}"
LETTER_DAYS = env_int("LETTER_DAYS", 90)

# PDFs rendered at a time, each in a process of its own; 0 renders in the process that asks, and none ahead.
PDF_PROCESSES = max(0, env_int("PDF_PROCESSES", 2))

# Days in which a deleted object and a replaced file can be brought back.
DELETED_DAYS = env_int("DELETED_DAYS", 30)

CRISPY_TEMPLATE_PACK = "udsat"
CRISPY_ALLOWED_TEMPLATE_PACKS = ["udsat"]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}
