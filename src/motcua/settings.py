"""One settings module; environments differ in values, never in modules."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from motcua.env import Env, Mode
from motcua.platform.logging import log_config

BASE = Path(__file__).resolve().parent
ENV = Env.read(os.environ)


def database(url: str) -> dict[str, Any]:
    """Return Django's settings for a postgresql:// address."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "motcua.platform.database",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", parts.hostname or ""),
        "PORT": str(parts.port or query.pop("port", "")),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": query,
        "TEST": {"NAME": ENV.test_database},
    }


MODE = ENV.mode
DEMO = ENV.demo  # movable clock, sign-in page that lists the accounts
SECRET_KEY = ENV.secret_key
SEAL_KEY = ENV.seal_key
DEBUG = False
ALLOWED_HOSTS = list(ENV.hosts)
BASE_URL = ENV.base_url
STREAM_URL = ENV.stream_url
PROXIES = ENV.proxies  # so many at the end of X-Forwarded-For are ours; the one before them is the client
SECURE = BASE_URL.startswith("https://")

DATABASES = {"default": database(ENV.database_url)}
OWNER_DATABASE_URL = ENV.owner_database_url
OWNER_DATABASE = database(ENV.owner_database_url)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
BLOB_ROOT = ENV.var / "blobs"
DEMO_SIGNING = ENV.var / "demo-signing"  # keys of the demo's signing tool
SMS_URL, SMS_TOKEN, SMTP_URL = ENV.sms_url, ENV.sms_token, ENV.smtp_url
LOOKUP_URL, LOOKUP_TOKEN = ENV.lookup_url, ENV.lookup_token
PARTNER_TOKENS = dict(ENV.partner_tokens)  # what partners let us in with, by code; "*": any other
SIGNING_SECRETS = dict(
    ENV.signing_secrets
)  # what remote signing services know us by, by code; "*": any other
PARTNER_STANDIN_URL = ENV.partner_standin_url  # in a demo, messages to partners go there
PORTAL_STANDIN_URL = ENV.portal_standin_url  # in a demo, what goes by the national portal's own interfaces

ROOMS = [
    "platform", "territory", "parties", "organisation", "catalogue", "documents", "forms", "workflow",
    "payments", "repository", "dossiers", "notifications", "exchange", "evaluation", "steering", "setup",
]  # fmt: skip
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "procrastinate.contrib.django",
    *(f"motcua.{room}" for room in ROOMS),
    "motcua.web",
    "motcua.api",
]
AUTH_USER_MODEL = "parties.Account"
PASSWORD_HASHERS = [
    *(["motcua.parties.hashers.QuickHasher"] if ENV.demo else []),
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "motcua.platform.headers.SecurityHeaders",
    "motcua.edge.sessions.AudienceSessionMiddleware",
    "motcua.edge.kiosks.KioskSessions",
    "django.middleware.common.CommonMiddleware",
    "motcua.edge.cleaning.CleanInput",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "motcua.edge.errors.Refusals",
    "motcua.edge.readonly.ReadOnlyGets",
]
ROOT_URLCONF = "motcua.urls"
WSGI_APPLICATION = "motcua.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE / "web" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "motcua.web.context.site",
            ],
        },
    }
]

LANGUAGE_CODE = "vi"
LANGUAGES = [("vi", "Tiếng Việt"), ("en", "English")]
TIME_ZONE = "Asia/Ho_Chi_Minh"
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = ENV.var / "static"
STATICFILES_DIRS = [BASE / "web" / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if MODE is Mode.DEVELOPMENT
        else "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
    },
}

# Staff and citizens hold different sessions in the same browser (motcua.edge.sessions).
SESSION_ENGINE = "motcua.edge.session_store"
SESSION_COOKIE_NAME = "motcua_citizen"
STAFF_SESSION_COOKIE_NAME = "motcua_staff"
STAFF_PATHS = ("/can-bo", "/lanh-dao", "/quan-tri")
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = SECURE
KIOSK_COOKIE_AGE = 400 * 24 * 3600  # the longest that browsers keep a cookie
CSRF_COOKIE_NAME = "motcua_csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = SECURE
CSRF_TRUSTED_ORIGINS = [BASE_URL]
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE else None
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
RESPONSE_HEADERS = {
    "Content-Security-Policy": "; ".join(
        [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            "font-src 'self'",
            f"connect-src 'self' {STREAM_URL}",
            "form-action 'self'",
            "frame-src 'self'",
            "frame-ancestors 'self'",
            "manifest-src 'self'",
            "base-uri 'none'",
        ]
    ),
    "X-Frame-Options": "SAMEORIGIN",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=(self), payment=(), usb=()",
    "Cross-Origin-Resource-Policy": "same-origin",
}
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000

LOGGING_CONFIG = None
log_config(ENV.log_format, ENV.log_level)
