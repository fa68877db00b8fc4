"""The leader's pages alone."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [path("lanh-dao/", include("motcua.web.lead.urls"))]
