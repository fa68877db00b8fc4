"""Addresses of the procedure-control officer's pages, under /can-bo/quy-trinh/."""

from __future__ import annotations

from django.urls import path

from motcua.web.kstt import (
    areas,
    drafts,
    listing,
    moving,
    nonterritorial,
    process,
    restructuring,
    saving,
    ways,
)

app_name = "kstt"
urlpatterns = [
    path("", listing.listing, name="listing"),
    path("tiet-giam/", saving.page, name="saving"),
    path("tai-cau-truc/", restructuring.listing, name="restructurings"),
    path("tai-cau-truc/de-xuat/", restructuring.propose, name="restructuring_propose"),
    path("tai-cau-truc/<int:number>/", restructuring.page, name="restructuring"),
    path("tai-cau-truc/<int:number>/sua/", restructuring.amend, name="restructuring_amend"),
    path("luan-chuyen/", ways.circulation, name="circulation"),
    path("thuc-te/", ways.listing, name="ways"),
    path("thuc-te/<int:process_id>/", ways.page, name="way"),
    path("thuc-te/<int:process_id>/ho-so/", ways.behind, name="way_dossiers"),
    path("thuc-te/<int:process_id>/bang.csv", ways.table, name="way_table"),
    path("thuc-te/<int:process_id>.bpmn", ways.drawing, name="way_drawing"),
    path("phi-dia-gioi/", nonterritorial.listing, name="non_territorial"),
    path("phi-dia-gioi/<int:entry_id>/", nonterritorial.entry, name="non_territorial_entry"),
    path("phi-dia-gioi/them/<str:code>/", nonterritorial.enter, name="non_territorial_enter"),
    path("phi-dia-gioi/danh-gia/", nonterritorial.assessments, name="non_territorial_assessments"),
    path("phi-dia-gioi/danh-gia/<str:code>/", nonterritorial.assess, name="non_territorial_assess"),
    path("phi-dia-gioi/ket-qua/", nonterritorial.results, name="non_territorial_results"),
    path("pham-vi-phuc-vu/", areas.page, name="areas"),
    path("pham-vi-phuc-vu/<int:area_id>/ket-thuc/", areas.end, name="area_end"),
    path("<int:version_id>/<slug:variant>/", process.page, name="process"),
    path("<int:version_id>/<slug:variant>/soan/", drafts.begin, name="begin"),
    path("<int:version_id>/<slug:variant>/so-sanh/", process.compare, name="compare"),
    path("<int:version_id>/<slug:variant>/chuyen/", moving.page, name="moving"),
    path("ban/<int:process_id>.bpmn", process.drawing, name="drawing"),
    path("du-thao/<int:draft_id>/", drafts.editor, name="editor"),
    path("du-thao/<int:draft_id>/so-do.bpmn", drafts.drawing, name="draft_drawing"),
    path("du-thao/<int:draft_id>/kiem-tra/", drafts.try_out, name="try_out"),
    path("du-thao/<int:draft_id>/luu/", drafts.save, name="save"),
    path("du-thao/<int:draft_id>/bang/", drafts.table, name="table"),
    path("du-thao/<int:draft_id>/chay-thu/", drafts.dry_run, name="dry_run"),
    path("du-thao/<int:draft_id>/duyet/", drafts.approve, name="approve"),
    path("du-thao/<int:draft_id>/bo/", drafts.discard, name="discard"),
]
