"""Server-sent events, and nothing else: `granian --interface asgi motcua.asgi:application`."""

from __future__ import annotations

import os

import django

from motcua.platform.supervise import die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "motcua.settings")
django.setup()
die_with_parent()

from motcua.web.lead.stream import application  # noqa: E402

__all__ = ["application"]
