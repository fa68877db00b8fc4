"""Addresses of the staff pages, under /can-bo/."""

from __future__ import annotations

from django.urls import path

from motcua.web.desk import (
    acts,
    correction,
    counter,
    day,
    dossier,
    home,
    lists,
    notices,
    people,
    prints,
    signin,
    work,
)

app_name = "desk"
urlpatterns = [
    path("", home.home, name="home"),
    path("dang-nhap/", signin.sign_in, name="sign_in"),
    path("dang-xuat/", signin.sign_out, name="sign_out"),
    path("cho/<slug:slug>/", home.waiting, name="waiting"),
    path("viec/", work.listing, name="work"),
    path("viec/nhan/", work.take, name="take"),
    path("loc/", work.keep_filter, name="keep_filter"),
    path("loc/<int:filter_id>/bo/", work.drop_filter, name="drop_filter"),
    path("ho-so/", lists.listing, name="dossiers"),
    path("chuyen/", lists.forward, name="forward"),
    path("tim/", lists.search, name="search"),
    path("tiep-nhan/", counter.take_in, name="take_in"),
    path("tiep-nhan/tam-giu/<int:parked_id>/bo/", counter.drop, name="drop_parked"),
    path("tiep-nhan/xong/<str:code>/", counter.taken_in, name="taken_in"),
    path("man-hinh-cong-dan/", counter.screen, name="screen"),
    path("nguoi/<int:party_id>/", people.person, name="person"),
    path("nguoi/<int:party_id>/hien/", people.reveal, name="reveal_person"),
    path("nguoi/<int:party_id>/gop/", people.merge, name="merge"),
    path("nguoi/<int:party_id>/gop/<int:merge_id>/hoan-tac/", people.undo, name="undo_merge"),
    path("tin-nhan/", notices.failed, name="notices"),
    path("tin-nhan/<int:message_id>/so/", notices.show_address, name="notice_address"),
    path("tin-nhan/<int:message_id>/gui-lai/", notices.resend, name="resend"),
    path("tin-nhan/<int:message_id>/da-goi/", notices.called, name="called"),
    path("cuoi-ngay/", day.end_of_day, name="end_of_day"),
    path("cuoi-ngay/bang-tong-hop.pdf", day.end_of_day_pdf, name="end_of_day_pdf"),
    path("so-theo-doi/", day.register, name="register"),
    path("so-theo-doi/so.pdf", day.register_pdf, name="register_pdf"),
    path("ho-so/<str:code>/", dossier.page, name="dossier"),
    path("ho-so/<str:code>/hien/", dossier.reveal, name="reveal"),
    path("ho-so/<str:code>/tep/<int:file_id>/", dossier.file, name="file"),
    path("ho-so/<str:code>/giay/<int:document_id>/", dossier.document, name="document"),
    path("ho-so/<str:code>/giay/<int:document_id>/in-lai/", dossier.reprint, name="reprint"),
    path("ho-so/<str:code>/phieu-kiem-soat.pdf", prints.control_slip, name="control_slip"),
    path("ho-so/<str:code>/bien-nhan-ban-goc.pdf", prints.borrowed, name="borrowed"),
    path("ho-so/<str:code>/dinh-chinh/", correction.correct, name="correct"),
    path("ho-so/<str:code>/<slug:slug>/", acts.act, name="act"),
]
