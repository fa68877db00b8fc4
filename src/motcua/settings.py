"""One settings module; environments differ in values, never in modules."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from motcua.env import ENV

BASE = Path(__file__).resolve().parent


def database(url: str) -> dict[str, Any]:
    """Return Django's settings for a postgresql:// address."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "OPTIONS": query,
        "TEST": {"NAME": ENV.test_database},
    }


SECRET_KEY = ENV.secret_key
DEBUG = False
DEMO = ENV.demo
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "testserver"]
DATABASES = {"default": database(ENV.database_url)}
OWNER_DATABASE_URL = ENV.owner_database_url
OWNER_DATABASE = database(ENV.owner_database_url)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ROOMS = [
    "platform", "territory", "parties", "organisation", "catalogue", "documents", "forms", "workflow",
    "payments", "repository", "dossiers", "notifications", "evaluation", "setup",
]  # fmt: skip
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    *(f"motcua.{room}" for room in ROOMS if (BASE / room / "apps.py").exists()),
    "motcua.web",
]
AUTH_USER_MODEL = "parties.Account"
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
ROOT_URLCONF = "motcua.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE / "web" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]
LANGUAGE_CODE = "vi"
TIME_ZONE = "Asia/Ho_Chi_Minh"
USE_TZ = True
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE / "web" / "static"]
