"""Addresses of kiosks."""

from __future__ import annotations

from django.urls import path

from motcua.web.kiosk import views

app_name = "kiosk"
urlpatterns = [
    path("", views.welcome, name="welcome"),
    path("ghep/", views.pair, name="pair"),
    path("ket-thuc/", views.end, name="end"),
]
