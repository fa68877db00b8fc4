from __future__ import annotations

from django.apps import AppConfig


class PlatformConfig(AppConfig):
    name = "motcua.platform"
    label = "platform"
