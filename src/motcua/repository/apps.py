from __future__ import annotations

from django.apps import AppConfig


class RepositoryConfig(AppConfig):
    name = "motcua.repository"
    label = "repository"
