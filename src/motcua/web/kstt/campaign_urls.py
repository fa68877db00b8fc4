"""Addresses of the campaigns of the procedure-control officer: reorganisations and changes of the working calendar."""

from __future__ import annotations

from django.urls import path

from motcua.web.kstt import calendar, reorganise

app_name = "campaigns"
urlpatterns = [
    path("sap-xep/", reorganise.listing, name="reorganisations"),
    path("sap-xep/<int:number>/", reorganise.page, name="reorganisation"),
    path("sap-xep/<int:number>/tien-do/", reorganise.progress, name="reorganisation_progress"),
    path("sap-xep/<int:number>/chon/", reorganise.choose, name="reorganisation_choose"),
    path("sap-xep/<int:number>/viec/", reorganise.act, name="reorganisation_act"),
    path("lich-lam-viec/", calendar.listing, name="calendars"),
    path("lich-lam-viec/<int:number>/", calendar.page, name="calendar"),
    path("lich-lam-viec/<int:number>/tien-do/", calendar.progress, name="calendar_progress"),
    path("lich-lam-viec/<int:number>/viec/", calendar.act, name="calendar_act"),
]
