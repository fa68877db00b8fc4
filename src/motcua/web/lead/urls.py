"""Addresses of the leaders' pages."""

from __future__ import annotations

from django.urls import path

from motcua.web.lead import views

app_name = "lead"
urlpatterns = [
    path("", views.today, name="today"),
    path("lien-thong/", views.parts, name="parts"),
]
