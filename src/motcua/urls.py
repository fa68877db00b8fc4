"""Every address of the system."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from motcua.platform import health
from motcua.web import receipts

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz),
    path("api/v1/", include("motcua.api.urls")),
    path("lanh-dao/", include("motcua.web.lead.urls")),
    path("bao-nhan/sms", receipts.sms),
    path("can-bo/quy-trinh/", include("motcua.web.kstt.urls")),
    path("can-bo/", include("motcua.web.kstt.campaign_urls")),
    path("can-bo/", include("motcua.web.desk.urls")),
    path("ki-ot/", include("motcua.web.kiosk.urls")),
    path("", include("motcua.web.portal.urls")),
]
