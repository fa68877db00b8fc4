"""Addresses of the portal."""

from __future__ import annotations

from django.urls import path

from motcua.web.portal import checking, correcting, filing, mine, passing, shelf, styleguide, views

app_name = "portal"
urlpatterns = [
    path("", views.home, name="home"),
    path("thu-tuc/", views.procedures, name="procedures"),
    path("thu-tuc/<str:code>/", views.procedure, name="procedure"),
    path("tra-cuu/", views.track, name="track"),
    path("tra-cuu/<str:code>", views.track, name="track_code"),
    path("kiem-tra/<int:document_id>/<str:check>/", checking.page, name="check"),
    path("dang-nhap/", views.sign_in, name="sign_in"),
    path("dang-xuat/", views.sign_out, name="sign_out"),
    path("nop-ho-so/<str:code>/", filing.start, name="file"),
    path("nop-ho-so/<str:code>/<int:draft>/<slug:step>/", filing.step, name="file_step"),
    path("ban-nhap/<int:draft>/bo/", filing.discard, name="discard_draft"),
    path("ho-so-cua-toi/", mine.dossiers, name="my_dossiers"),
    path("ho-so-cua-toi/<str:code>/", mine.dossier, name="my_dossier"),
    path("ho-so-cua-toi/<str:code>/da-nop/", mine.filed, name="filed"),
    path("ho-so-cua-toi/<str:code>/bo-sung/", mine.supplement, name="supplement"),
    path("ho-so-cua-toi/<str:code>/rut/", mine.withdraw, name="withdraw"),
    path("ho-so-cua-toi/<str:code>/dinh-chinh/", correcting.page, name="correction"),
    path("ho-so-cua-toi/<str:code>/de-nghi-bo-nganh/", passing.page, name="passing"),
    path("ho-so-cua-toi/<str:code>/tai-lieu/<int:document>/", mine.download, name="document"),
    path("ho-so-cua-toi/<str:code>/giay-to/<int:number>/", mine.component, name="component"),
    path("ho-so-cua-toi/<str:code>/ket-qua-phan/<int:number>/", mine.part_file, name="part_file"),
    path("tin-nhan/", shelf.messages, name="messages"),
    path("tin-nhan/da-doc/", shelf.read_all, name="read_all"),
    path("tin-nhan/<int:message>/", shelf.open_message, name="open_message"),
    path("kho-giay-to/", shelf.holdings, name="holdings"),
    path("kho-giay-to/<int:holding>/", shelf.download, name="holding"),
    path("kieu-dang/can-bo/", styleguide.desk, name="styleguide_desk"),
    path("kieu-dang/", styleguide.page, name="styleguide"),
]
