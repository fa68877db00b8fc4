"""
What every address answers to whom: route -> (reading, a write with an empty body).

A new address: run `pytest tests/permissions`; the failing test prints the entry to add, as the address answers now.

A status, then who gets it; `in` is a redirect to the sign-in page. 404 hides what one may not see, 403 refuses an act
on what one sees, 409 and 422 answer people who got as far as the act itself, 405 a method the address does not have.
"""

from __future__ import annotations

from collections.abc import Mapping

PEOPLE = (
    "nobody", "owner", "citizen", "counter", "elsewhere", "processing", "head", "clerk", "kstt", "leader", "ward",
    "admin",
)  # fmt: skip
GROUPS = {
    "everybody": frozenset(PEOPLE),
    "outsiders": frozenset({"nobody", "owner", "citizen"}),
    "citizens": frozenset({"owner", "citizen"}),
    "staff": frozenset(PEOPLE[3:]),
    "counters": frozenset({"counter", "elsewhere"}),
    # who sees the dossier of the scene, and who does not: another unit's counter, a clerk it has not reached, who
    # looks after the machines
    "sighted": frozenset({"counter", "processing", "head", "kstt", "leader", "ward"}),
    "blind": frozenset({"elsewhere", "clerk", "admin"}),
}

EXPECTED: dict[str, tuple[str, str]] = {
    "": (
        "200 everybody",
        "405 everybody",
    ),
    "api/v1/": (
        "404 everybody",
        "404 everybody",
    ),
    "api/v1/^": (
        "404 everybody",
        "404 everybody",
    ),
    "api/v1/bulk": (
        "405 everybody",
        "401 outsiders | 422 staff",
    ),
    "api/v1/bulk/<number>": (
        "401 outsiders | 200 counter | 404 blind processing head kstt leader ward",
        "405 everybody",
    ),
    "api/v1/bulk/<number>/repeat": (
        "405 everybody",
        "401 outsiders | 422 staff",
    ),
    "api/v1/bulk/<number>/stop": (
        "405 everybody",
        "401 outsiders | 422 staff",
    ),
    "api/v1/demo/citizens": (
        "404 everybody",
        "405 everybody",
    ),
    "api/v1/demo/deliveries": (
        "404 everybody",
        "405 everybody",
    ),
    "api/v1/demo/holders": (
        "422 everybody",
        "405 everybody",
    ),
    "api/v1/documents/<document_id>/pdf": (
        "200 sighted owner | 404 blind citizen | 401 nobody",
        "405 everybody",
    ),
    "api/v1/dossiers": (
        "200 staff citizens | 401 nobody",
        "422 staff citizens | 401 nobody",
    ),
    "api/v1/dossiers/<code>": (
        "200 sighted owner | 404 blind citizen | 401 nobody",
        "405 everybody",
    ),
    "api/v1/dossiers/<code>/accept": (
        "405 everybody",
        "422 staff | 401 outsiders",
    ),
    "api/v1/dossiers/<code>/assign": (
        "405 everybody",
        "422 staff | 401 outsiders",
    ),
    "api/v1/dossiers/<code>/complete-step": (
        "405 everybody",
        "422 staff | 401 outsiders",
    ),
    "api/v1/dossiers/<code>/confirm-receipt": (
        "405 everybody",
        "401 outsiders | 422 staff",
    ),
    "api/v1/dossiers/<code>/correct-intake": (
        "405 everybody",
        "422 staff | 401 outsiders",
    ),
    "api/v1/dossiers/<code>/forward": (
        "405 everybody",
        "422 staff | 401 outsiders",
    ),
    "api/v1/dossiers/<code>/hand-back": (
        "405 everybody",
        "422 staff | 401 outsiders",
    ),
    "api/v1/dossiers/<code>/mirror": (
        "405 everybody",
        "422 staff | 401 outsiders",
    ),
    "api/v1/dossiers/<code>/system-refused": (
        "405 everybody",
        "422 staff | 401 outsiders",
    ),
    "api/v1/dossiers/<code>/ask-system": (
        "405 everybody",
        "422 staff citizens | 401 nobody",
    ),
    "can-bo/ho-so/<str:code>/de-nghi-bo-nganh/": (
        "in outsiders | 404 staff",
        "401 outsiders | 404 staff",
    ),
    "ho-so-cua-toi/<str:code>/de-nghi-bo-nganh/": (
        "in staff nobody | 404 owner citizen",
        "401 staff nobody | 404 owner citizen",
    ),
    "api/v1/dossiers/<code>/refuse": (
        "405 everybody",
        "422 staff | 401 outsiders",
    ),
    "api/v1/dossiers/<code>/request-supplement": (
        "405 everybody",
        "422 staff | 401 outsiders",
    ),
    "api/v1/dossiers/<code>/resume": (
        "405 everybody",
        "422 staff | 401 outsiders",
    ),
    "api/v1/dossiers/<code>/return-result": (
        "405 everybody",
        "422 staff | 401 outsiders",
    ),
    "api/v1/dossiers/<code>/return-step": (
        "405 everybody",
        "422 staff | 401 outsiders",
    ),
    "api/v1/dossiers/<code>/send-back": (
        "405 everybody",
        "401 outsiders | 422 staff",
    ),
    "api/v1/dossiers/<code>/supplement": (
        "405 everybody",
        "422 staff citizens | 401 nobody",
    ),
    "api/v1/dossiers/<code>/void-and-refile": (
        "405 everybody",
        "422 staff | 401 outsiders",
    ),
    "api/v1/dossiers/<code>/withdraw": (
        "405 everybody",
        "422 staff citizens | 401 nobody",
    ),
    "api/v1/dossiers/search": (
        "422 staff citizens | 401 nobody",
        "405 everybody",
    ),
    "api/v1/dossiers/take-in": (
        "405 everybody",
        "422 staff | 401 outsiders",
    ),
    "api/v1/files": (
        "405 everybody",
        "422 staff citizens | 401 nobody",
    ),
    "api/v1/known": (
        "401 staff nobody | 200 citizens",
        "405 everybody",
    ),
    "api/v1/openapi.json": (
        "200 everybody",
        "200 everybody",
    ),
    "api/v1/parties": (
        "422 staff | 401 outsiders",
        "405 everybody",
    ),
    "api/v1/parties/<party_id>/known": (
        "200 staff | 401 outsiders",
        "405 everybody",
    ),
    "api/v1/partner/files": (
        "405 everybody",
        "401 everybody",
    ),
    "api/v1/partner/files/<file_id>": (
        "401 everybody",
        "405 everybody",
    ),
    "api/v1/partner/handed/<token>": (
        "404 everybody",
        "405 everybody",
    ),
    "api/v1/partner/messages": (
        "405 everybody",
        "401 everybody",
    ),
    "api/v1/partner/parts/<code>": (
        "401 everybody",
        "405 everybody",
    ),
    "api/v1/partner/token": (
        "405 everybody",
        "400 everybody",
    ),
    "api/v1/procedures": (
        "200 everybody",
        "405 everybody",
    ),
    "api/v1/procedures/<code>": (
        "200 everybody",
        "405 everybody",
    ),
    "api/v1/procedures/<code>/receivers": (
        "200 everybody",
        "405 everybody",
    ),
    "api/v1/procedures/<code>/units": (
        "200 everybody",
        "405 everybody",
    ),
    "api/v1/session": (
        "200 everybody",
        "422 everybody",
    ),
    "api/v1/tasks": (
        "200 staff | 401 outsiders",
        "405 everybody",
    ),
    "api/v1/unmanned": (
        "200 staff | 401 outsiders",
        "405 everybody",
    ),
    "api/v1/track": (
        "422 everybody",
        "405 everybody",
    ),
    "api/v1/units/<code>": (
        "200 everybody",
        "405 everybody",
    ),
    "ban-nhap/<int:draft>/bo/": (
        "405 everybody",
        "401 staff nobody | 302 owner | 404 citizen",
    ),
    "bao-nhan/sms": (
        "405 everybody",
        "403 everybody",
    ),
    "can-bo/": (
        "200 staff | in outsiders",
        "405 staff | 401 outsiders",
    ),
    "can-bo/ban-giao/": (
        "in outsiders | 200 staff",
        "401 outsiders | 405 staff",
    ),
    "can-bo/ban-giao/<int:number>/": (
        "in outsiders | 404 counters clerk kstt leader ward admin | 200 processing head",
        "401 outsiders | 405 staff",
    ),
    "can-bo/ban-giao/<int:number>/tra-loi/": (
        "in outsiders | 405 staff",
        "401 outsiders | 404 counters clerk kstt leader ward admin | 422 processing head",
    ),
    "can-bo/ban-giao/lap/": (
        "in outsiders | 200 staff",
        "401 outsiders | 422 staff",
    ),
    "can-bo/cho/<slug:slug>/": (
        "200 staff | in outsiders",
        "405 staff | 401 outsiders",
    ),
    "can-bo/chuyen/": (
        "405 staff | in outsiders",
        "302 staff | 401 outsiders",
    ),
    "can-bo/cuoi-ngay/": (
        "404 processing head clerk kstt leader ward admin | in outsiders | 200 counters",
        "405 staff | 401 outsiders",
    ),
    "can-bo/cuoi-ngay/bang-tong-hop.pdf": (
        "404 processing head clerk kstt leader ward admin | in outsiders | 200 counters",
        "405 staff | 401 outsiders",
    ),
    "can-bo/dang-nhap/": (
        "200 everybody",
        "422 everybody",
    ),
    "can-bo/dang-xuat/": (
        "405 everybody",
        "in everybody",
    ),
    "can-bo/don-vi/": (
        "in outsiders | 404 counters kstt leader ward admin | 200 processing head clerk",
        "401 outsiders | 405 staff",
    ),
    "can-bo/don-vi/chuyen/": (
        "in outsiders | 405 staff",
        "401 outsiders | 302 staff",
    ),
    "can-bo/hang-loat/": (
        "in outsiders | 200 staff",
        "401 outsiders | 405 staff",
    ),
    "can-bo/hang-loat/<int:number>/": (
        "in outsiders | 200 counter | 404 blind processing head kstt leader ward",
        "401 outsiders | 405 staff",
    ),
    "can-bo/hang-loat/<int:number>/dung/": (
        "in outsiders | 405 staff",
        "401 outsiders | 422 staff",
    ),
    "can-bo/hang-loat/<int:number>/lam-lai/": (
        "in outsiders | 405 staff",
        "401 outsiders | 422 staff",
    ),
    "can-bo/hang-loat/<int:number>/tien-do/": (
        "in outsiders | 200 counter | 404 blind processing head kstt leader ward",
        "401 outsiders | 405 staff",
    ),
    "can-bo/hang-loat/bat-dau/": (
        "in outsiders | 405 staff",
        "401 outsiders | 422 staff",
    ),
    "can-bo/hang-loat/chon/": (
        "in outsiders | 405 staff",
        "401 outsiders | 302 staff",
    ),
    "can-bo/hang-loat/chuyen-het/": (
        "in outsiders | 405 staff",
        "401 outsiders | 302 staff",
    ),
    "can-bo/ho-so/": (
        "200 staff | in outsiders",
        "405 staff | 401 outsiders",
    ),
    "can-bo/ho-so/<str:code>/": (
        "200 sighted | in outsiders | 404 blind",
        "405 staff | 401 outsiders",
    ),
    "can-bo/ho-so/<str:code>/<slug:slug>/": (
        "409 sighted | in outsiders | 404 blind",
        "422 sighted | 401 outsiders | 404 blind",
    ),
    "can-bo/ho-so/<str:code>/bien-nhan-ban-goc.pdf": (
        "404 staff | in outsiders",
        "405 staff | 401 outsiders",
    ),
    "can-bo/ho-so/<str:code>/dinh-chinh/": (
        "403 processing head kstt leader ward | in outsiders | 404 blind | 200 counter",
        "422 sighted | 401 outsiders | 404 blind",
    ),
    "can-bo/ho-so/<str:code>/giay/<int:document_id>/": (
        "200 sighted | in outsiders | 404 blind",
        "405 staff | 401 outsiders",
    ),
    "can-bo/ho-so/<str:code>/giay/<int:document_id>/in-lai/": (
        "405 staff | in outsiders",
        "302 sighted | 401 outsiders | 404 blind",
    ),
    "can-bo/ho-so/<str:code>/hien/": (
        "405 staff | in outsiders",
        "200 sighted | 401 outsiders | 404 blind",
    ),
    "can-bo/ho-so/<str:code>/phieu-kiem-soat.pdf": (
        "200 sighted | in outsiders | 404 blind",
        "405 staff | 401 outsiders",
    ),
    "can-bo/ho-so/<str:code>/tep/<int:file_id>/": (
        "200 sighted | in outsiders | 404 blind",
        "405 staff | 401 outsiders",
    ),
    "can-bo/loc/": (
        "405 staff | in outsiders",
        "302 staff | 401 outsiders",
    ),
    "can-bo/loc/<int:filter_id>/bo/": (
        "405 staff | in outsiders",
        "404 staff | 401 outsiders",
    ),
    "can-bo/man-hinh-cong-dan/": (
        "200 staff | in outsiders",
        "405 everybody",
    ),
    "can-bo/nguoi/<int:party_id>/": (
        "200 staff | in outsiders",
        "405 staff | 401 outsiders",
    ),
    "can-bo/nguoi/<int:party_id>/gop/": (
        "405 staff | in outsiders",
        "404 staff | 401 outsiders",
    ),
    "can-bo/nguoi/<int:party_id>/gop/<int:merge_id>/hoan-tac/": (
        "405 staff | in outsiders",
        "404 staff | 401 outsiders",
    ),
    "can-bo/nguoi/<int:party_id>/hien/": (
        "405 staff | in outsiders",
        "200 staff | 401 outsiders",
    ),
    "can-bo/phieu-ban-giao/": (
        "in outsiders | 200 sighted elsewhere clerk | 404 admin",
        "401 outsiders | 405 staff",
    ),
    "can-bo/phieu-ban-giao/<int:number>/": (
        "in outsiders | 200 sighted | 404 blind",
        "401 outsiders | 200 sighted | 404 blind",
    ),
    "can-bo/phieu-ban-giao/<int:number>/huy/": (
        "in outsiders | 405 staff",
        "401 outsiders | 422 sighted | 404 blind",
    ),
    "can-bo/phieu-ban-giao/<int:number>/nhan/": (
        "in outsiders | 405 staff",
        "401 outsiders | 422 sighted | 404 blind",
    ),
    "can-bo/phieu-ban-giao/<int:number>/phieu.pdf": (
        "in outsiders | 200 sighted | 404 blind",
        "401 outsiders | 405 staff",
    ),
    "can-bo/phieu-ban-giao/lap/": (
        "in outsiders | 200 sighted elsewhere clerk | 404 admin",
        "401 outsiders | 422 sighted elsewhere clerk | 404 admin",
    ),
    "can-bo/ky-cuong/": (
        "in outsiders | 403 blind counter processing ward | 200 head kstt leader",
        "401 outsiders | 405 staff",
    ),
    "can-bo/ky-cuong/goi-y/": (
        "in outsiders | 404 staff",
        "401 outsiders | 404 staff",
    ),
    "can-bo/ky-cuong/nhac-nho/<int:number>/": (
        "in outsiders | 200 counter head kstt leader | 404 blind processing ward",
        "401 outsiders | 405 staff",
    ),
    "can-bo/ky-cuong/nhac-nho/<int:number>/da-xem/": (
        "in outsiders | 405 staff",
        "401 outsiders | 422 counter head kstt leader | 404 blind processing ward",
    ),
    "can-bo/ky-cuong/nhac-nho/<int:number>/tra-loi/": (
        "in outsiders | 405 staff",
        "401 outsiders | 422 counter head kstt leader | 404 blind processing ward",
    ),
    "can-bo/ky-cuong/nhac-nho/<int:number>/van-ban.pdf": (
        "in outsiders | 200 counter head kstt leader | 404 blind processing ward",
        "401 outsiders | 405 staff",
    ),
    "can-bo/ky-cuong/nhac-nho/moi/": (
        "in outsiders | 404 staff",
        "401 outsiders | 404 staff",
    ),
    "can-bo/ky-cuong/vu-viec/<int:number>/": (
        "in outsiders | 404 blind counter processing ward | 200 head kstt leader",
        "401 outsiders | 405 staff",
    ),
    "can-bo/ky-cuong/vu-viec/<int:number>/ket-thuc/": (
        "in outsiders | 405 staff",
        "401 outsiders | 404 blind counter processing ward | 422 head kstt leader",
    ),
    "can-bo/ky-cuong/vu-viec/<int:number>/quyet-dinh/": (
        "in outsiders | 405 staff",
        "401 outsiders | 404 blind counter processing ward | 422 head kstt leader",
    ),
    "can-bo/ky-cuong/vu-viec/<int:number>/theo-doi/": (
        "in outsiders | 405 staff",
        "401 outsiders | 404 blind counter processing ward | 422 head kstt leader",
    ),
    "can-bo/ky-cuong/vu-viec/<int:number>/to-trinh.pdf": (
        "in outsiders | 404 blind counter processing ward | 200 head kstt leader",
        "401 outsiders | 405 staff",
    ),
    "can-bo/ky-cuong/vu-viec/moi/": (
        "in outsiders | 404 staff",
        "401 outsiders | 404 staff",
    ),
    "can-bo/ngoai-phan-mem/": (
        "in outsiders | 403 blind counter processing ward | 200 head kstt leader",
        "401 outsiders | 405 staff",
    ),
    "can-bo/ngoai-phan-mem/<int:number>/": (
        "in outsiders | 200 counter head kstt leader | 404 blind processing ward",
        "401 outsiders | 405 staff",
    ),
    "can-bo/ngoai-phan-mem/<int:number>/hoi/": (
        "in outsiders | 405 staff",
        "401 outsiders | 422 counter head kstt leader | 404 blind processing ward",
    ),
    "can-bo/ngoai-phan-mem/<int:number>/ket-luan/": (
        "in outsiders | 405 staff",
        "401 outsiders | 422 counter head kstt leader | 404 blind processing ward",
    ),
    "can-bo/ngoai-phan-mem/<int:number>/tra-loi/": (
        "in outsiders | 405 staff",
        "401 outsiders | 422 counter head kstt leader | 404 blind processing ward",
    ),
    "can-bo/ngoai-phan-mem/doi-chieu/": (
        "in outsiders | 403 blind counter processing ward | 200 head kstt leader",
        "401 outsiders | 403 blind counter processing ward | 422 head kstt leader",
    ),
    "can-bo/quy-trinh/luan-chuyen/": (
        "in outsiders | 403 blind counter processing ward | 200 head kstt leader",
        "401 outsiders | 405 staff",
    ),
    "can-bo/phi-dia-gioi/": (
        "in outsiders | 200 staff",
        "401 outsiders | 405 staff",
    ),
    "can-bo/phi-dia-gioi/<slug:slug>/": (
        "in outsiders | 200 staff",
        "401 outsiders | 405 staff",
    ),
    "can-bo/quy-trinh/pham-vi-phuc-vu/": (
        "in outsiders | 403 blind counter processing head leader ward | 200 kstt",
        "401 outsiders | 403 blind counter processing head leader ward | 422 kstt",
    ),
    "can-bo/quy-trinh/pham-vi-phuc-vu/<int:area_id>/ket-thuc/": (
        "in outsiders | 405 staff",
        "401 outsiders | 403 blind counter processing head leader ward | 422 kstt",
    ),
    "can-bo/quy-trinh/phi-dia-gioi/": (
        "in outsiders | 403 blind counter processing head leader ward | 200 kstt",
        "401 outsiders | 405 staff",
    ),
    "can-bo/quy-trinh/phi-dia-gioi/<int:entry_id>/": (
        "in outsiders | 403 blind counter processing head leader ward | 200 kstt",
        "401 outsiders | 403 blind counter processing head leader ward | 422 kstt",
    ),
    "can-bo/quy-trinh/phi-dia-gioi/danh-gia/": (
        "in outsiders | 403 blind counter processing head leader ward | 200 kstt",
        "401 outsiders | 405 staff",
    ),
    "can-bo/quy-trinh/phi-dia-gioi/danh-gia/<str:code>/": (
        "in outsiders | 403 blind counter processing head leader ward | 200 kstt",
        "401 outsiders | 403 blind counter processing head leader ward | 422 kstt",
    ),
    "can-bo/quy-trinh/phi-dia-gioi/ket-qua/": (
        "in outsiders | 403 blind counter processing head leader ward | 200 kstt",
        "401 outsiders | 405 staff",
    ),
    "can-bo/quy-trinh/phi-dia-gioi/them/<str:code>/": (
        "in outsiders | 403 blind counter processing head leader ward | 200 kstt",
        "401 outsiders | 403 blind counter processing head leader ward | 422 kstt",
    ),
    "can-bo/quy-trinh/tai-cau-truc/": (
        "in outsiders | 403 blind counter processing ward | 200 head kstt leader",
        "401 outsiders | 405 staff",
    ),
    "can-bo/quy-trinh/tai-cau-truc/de-xuat/": (
        "in outsiders | 403 blind counter processing head leader ward | 200 kstt",
        "401 outsiders | 403 blind counter processing head leader ward | 200 kstt",
    ),
    "can-bo/quy-trinh/tai-cau-truc/<int:number>/": (
        "in outsiders | 403 blind counter processing ward | 200 head kstt leader",
        "401 outsiders | 403 blind counter processing ward | 422 head kstt leader",
    ),
    "can-bo/quy-trinh/tai-cau-truc/<int:number>/sua/": (
        "in outsiders | 403 blind counter processing head leader ward | 200 kstt",
        "401 outsiders | 403 blind counter processing head leader ward | 422 kstt",
    ),
    "can-bo/quy-trinh/thuc-te/": (
        "in outsiders | 403 blind counter processing ward | 200 head kstt leader",
        "401 outsiders | 405 staff",
    ),
    "can-bo/quy-trinh/thuc-te/<int:process_id>.bpmn": (
        "in outsiders | 403 blind counter processing ward | 200 head kstt leader",
        "401 outsiders | 405 staff",
    ),
    "can-bo/quy-trinh/thuc-te/<int:process_id>/": (
        "in outsiders | 403 blind counter processing ward | 200 head kstt leader",
        "401 outsiders | 405 staff",
    ),
    "can-bo/quy-trinh/thuc-te/<int:process_id>/bang.csv": (
        "in outsiders | 403 blind counter processing ward | 200 head kstt leader",
        "401 outsiders | 405 staff",
    ),
    "can-bo/quy-trinh/thuc-te/<int:process_id>/ho-so/": (
        "in outsiders | 403 blind counter processing ward | 200 head kstt leader",
        "401 outsiders | 405 staff",
    ),
    "can-bo/so-theo-doi/": (
        "404 processing head clerk kstt leader ward admin | in outsiders | 200 counters",
        "405 staff | 401 outsiders",
    ),
    "can-bo/so-theo-doi/so.csv": (
        "in outsiders | 200 counters | 404 processing head clerk kstt leader ward admin",
        "401 outsiders | 405 staff",
    ),
    "can-bo/so-theo-doi/so.pdf": (
        "404 processing head clerk kstt leader ward admin | in outsiders | 200 counters",
        "405 staff | 401 outsiders",
    ),
    "can-bo/lich-lam-viec/": (
        "in outsiders | 404 counters processing head clerk leader ward admin | 200 kstt",
        "401 outsiders | 404 counters processing head clerk leader ward admin | 422 kstt",
    ),
    "can-bo/lich-lam-viec/<int:number>/": (
        "in outsiders | 404 counters processing head clerk leader ward admin | 200 kstt",
        "401 outsiders | 405 staff",
    ),
    "can-bo/lich-lam-viec/<int:number>/tien-do/": (
        "in outsiders | 404 counters processing head clerk leader ward admin | 200 kstt",
        "401 outsiders | 405 staff",
    ),
    "can-bo/lich-lam-viec/<int:number>/viec/": (
        "in outsiders | 405 staff",
        "401 outsiders | 404 counters processing head clerk leader ward admin | 302 kstt",
    ),
    "can-bo/sap-xep/": (
        "in outsiders | 404 counters processing head clerk leader ward admin | 200 kstt",
        "401 outsiders | 404 counters processing head clerk leader ward admin | 422 kstt",
    ),
    "can-bo/sap-xep/<int:number>/": (
        "in outsiders | 404 counters processing head clerk leader ward admin | 200 kstt",
        "401 outsiders | 405 staff",
    ),
    "can-bo/sap-xep/<int:number>/tien-do/": (
        "in outsiders | 404 counters processing head clerk leader ward admin | 200 kstt",
        "401 outsiders | 405 staff",
    ),
    "can-bo/sap-xep/<int:number>/viec/": (
        "in outsiders | 405 staff",
        "401 outsiders | 404 counters processing head clerk leader ward admin | 302 kstt",
    ),
    "can-bo/sap-xep/<int:number>/chon/": (
        "in outsiders | 405 staff",
        "401 outsiders | 404 counters processing head clerk leader ward admin | 422 kstt",
    ),
    "can-bo/thu-truoc/": (
        "in outsiders | 404 counters processing head clerk leader ward admin | 200 kstt",
        "401 outsiders | 404 counters processing head clerk leader ward admin | 422 kstt",
    ),
    "can-bo/thu-truoc/lan/": (
        "in outsiders | 404 blind counter processing head leader ward | 200 kstt",
        "401 outsiders | 405 staff",
    ),
    "can-bo/thu-truoc/lan/<int:number>/": (
        "in outsiders | 404 blind counter processing head leader ward | 200 kstt",
        "401 outsiders | 405 staff",
    ),
    "can-bo/thu-truoc/lan/<int:number>/bang/": (
        "in outsiders | 404 blind counter processing head leader ward | 200 kstt",
        "401 outsiders | 405 staff",
    ),
    "can-bo/thu-truoc/lan/<int:number>/tien-do/": (
        "in outsiders | 404 blind counter processing head leader ward | 200 kstt",
        "401 outsiders | 405 staff",
    ),
    "can-bo/thu-truoc/lan/<int:number>/dung/": (
        "in outsiders | 405 staff",
        "401 outsiders | 404 blind counter processing head leader ward | 422 kstt",
    ),
    "can-bo/thu-truoc/lan/<int:number>/so-sanh/": (
        "in outsiders | 404 staff",
        "401 outsiders | 405 staff",
    ),
    "can-bo/tiep-nhan/": (
        "404 processing head clerk kstt leader ward admin | in outsiders | 200 counters",
        "404 processing head clerk kstt leader ward admin | 401 outsiders | 200 counters",
    ),
    "can-bo/tiep-nhan/tam-giu/<int:parked_id>/bo/": (
        "405 staff | in outsiders",
        "404 blind processing head kstt leader ward | 401 outsiders | 302 counter",
    ),
    "can-bo/tiep-nhan/xong/<str:code>/": (
        "200 sighted | in outsiders | 404 blind",
        "405 staff | 401 outsiders",
    ),
    "can-bo/tim/": (
        "200 staff | in outsiders",
        "405 staff | 401 outsiders",
    ),
    "can-bo/tin-nhan/": (
        "200 staff | in outsiders",
        "405 staff | 401 outsiders",
    ),
    "can-bo/tin-nhan/<int:message_id>/da-goi/": (
        "405 staff | in outsiders",
        "422 staff | 401 outsiders",
    ),
    "can-bo/tin-nhan/<int:message_id>/gui-lai/": (
        "405 staff | in outsiders",
        "422 staff | 401 outsiders",
    ),
    "can-bo/tin-nhan/<int:message_id>/so/": (
        "405 staff | in outsiders",
        "200 sighted | 401 outsiders | 404 blind",
    ),
    "can-bo/tra-ket-qua/": (
        "in outsiders | 200 counters | 404 processing head clerk kstt leader ward admin",
        "401 outsiders | 422 counters | 404 processing head clerk kstt leader ward admin",
    ),
    "can-bo/uy-quyen/": (
        "in outsiders | 200 staff",
        "401 outsiders | 422 staff",
    ),
    "can-bo/uy-quyen/<int:duty_id>/ket-thuc/": (
        "in outsiders | 405 staff",
        "401 outsiders | 422 staff",
    ),
    "can-bo/viec/": (
        "200 staff | in outsiders",
        "405 staff | 401 outsiders",
    ),
    "can-bo/viec/nhan/": (
        "405 staff | in outsiders",
        "422 staff | 401 outsiders",
    ),
    "dang-nhap/": (
        "200 everybody",
        "404 everybody",
    ),
    "dang-xuat/": (
        "405 everybody",
        "302 everybody",
    ),
    "healthz": (
        "200 everybody",
        "200 everybody",
    ),
    "ho-so-cua-toi/": (
        "in staff nobody | 200 citizens",
        "405 everybody",
    ),
    "ho-so-cua-toi/<str:code>/": (
        "in staff nobody | 200 owner | 404 citizen",
        "405 everybody",
    ),
    "ho-so-cua-toi/<str:code>/bo-sung/": (
        "in staff nobody | 302 owner | 404 citizen",
        "401 staff nobody | 302 owner | 404 citizen",
    ),
    "ho-so-cua-toi/<str:code>/da-nop/": (
        "in staff nobody | 200 owner | 404 citizen",
        "405 everybody",
    ),
    "ho-so-cua-toi/<str:code>/giay-to/<int:number>/": (
        "in staff nobody | 200 owner | 404 citizen",
        "405 everybody",
    ),
    "ho-so-cua-toi/<str:code>/ket-qua-phan/<int:number>/": (
        "in staff nobody | 404 citizens",
        "405 everybody",
    ),
    "ho-so-cua-toi/<str:code>/rut/": (
        "in staff nobody | 200 owner | 404 citizen",
        "401 staff nobody | 200 owner | 404 citizen",
    ),
    "ho-so-cua-toi/<str:code>/tai-lieu/<int:document>/": (
        "in staff nobody | 200 owner | 404 citizen",
        "405 everybody",
    ),
    "kho-giay-to/": (
        "in staff nobody | 200 citizens",
        "405 everybody",
    ),
    "kho-giay-to/<int:holding>/": (
        "in staff nobody | 200 owner | 404 citizen",
        "405 everybody",
    ),
    "kieu-dang/": (
        "404 everybody",
        "404 everybody",
    ),
    "kieu-dang/can-bo/": (
        "404 everybody",
        "404 everybody",
    ),
    "lanh-dao/": (
        "200 processing head clerk kstt leader ward | in outsiders | 404 counters admin",
        "405 staff | 401 outsiders",
    ),
    "lanh-dao/lien-thong/": (
        "200 processing head clerk kstt leader ward | in outsiders | 404 counters admin",
        "405 staff | 401 outsiders",
    ),
    "nop-ho-so/<str:code>/": (
        "in staff nobody | 200 citizens",
        "401 staff nobody | 302 citizens",
    ),
    "nop-ho-so/<str:code>/<int:draft>/<slug:step>/": (
        "in staff nobody | 200 owner | 404 citizen",
        "401 staff nobody | 422 owner | 404 citizen",
    ),
    "thu-tuc/": (
        "200 everybody",
        "405 everybody",
    ),
    "thu-tuc/<str:code>/": (
        "200 everybody",
        "405 everybody",
    ),
    "tin-nhan/": (
        "in staff nobody | 200 citizens",
        "405 everybody",
    ),
    "tin-nhan/<int:message>/": (
        "405 everybody",
        "401 staff nobody | 302 owner | 404 citizen",
    ),
    "tin-nhan/da-doc/": (
        "405 everybody",
        "401 staff nobody | 302 citizens",
    ),
    "tra-cuu/": (
        "200 everybody",
        "200 everybody",
    ),
    "tra-cuu/<str:code>": (
        "200 everybody",
        "200 everybody",
    ),
    "api/v1/dossiers/<code>/allow-supplement": (
        "405 everybody",
        "401 outsiders | 422 staff",
    ),
    "api/v1/dossiers/<code>/close-control-slip": (
        "405 everybody",
        "401 outsiders | 422 staff",
    ),
    "api/v1/dossiers/<code>/extend": (
        "405 everybody",
        "401 outsiders | 422 staff",
    ),
    "api/v1/dossiers/<code>/propose-extension": (
        "405 everybody",
        "401 outsiders | 422 staff",
    ),
    "api/v1/dossiers/<code>/messages": (
        "405 everybody",
        "401 outsiders | 422 staff",
    ),
    "api/v1/dossiers/<code>/take-over-step": (
        "405 everybody",
        "401 outsiders | 422 staff",
    ),
    "api/v1/dossiers/<code>/release": (
        "405 everybody",
        "401 outsiders | 422 staff",
    ),
    "api/v1/dossiers/<code>/stop": (
        "405 everybody",
        "401 outsiders | 422 staff",
    ),
    "api/v1/dossiers/<code>/suspend": (
        "405 everybody",
        "401 outsiders | 422 staff",
    ),
    "can-bo/buoc-tu-dong/": (
        "in outsiders | 200 staff",
        "401 outsiders | 405 staff",
    ),
    "can-bo/buoc-tu-dong/<int:awaited_id>/chay-lai/": (
        "in outsiders | 405 staff",
        "401 outsiders | 404 staff",
    ),
    "can-bo/buoc-tu-dong/<int:awaited_id>/lam-thay/": (
        "in outsiders | 404 staff",
        "401 outsiders | 404 staff",
    ),
    "can-bo/buoc-tu-dong/<int:awaited_id>/thong-diep/": (
        "in outsiders | 404 staff",
        "401 outsiders | 404 staff",
    ),
    "can-bo/canh-bao/": (
        "in outsiders | 200 staff",
        "401 outsiders | 405 staff",
    ),
    "can-bo/canh-bao/<slug:slug>/": (
        "in outsiders | 404 staff",
        "401 outsiders | 405 staff",
    ),
    "can-bo/canh-bao/nguy-co/": (
        "in outsiders | 200 staff",
        "401 outsiders | 405 staff",
    ),
    "can-bo/canh-bao/chua-co-nguoi/giao/": (
        "in outsiders | 404 counters processing head clerk kstt leader ward | 302 admin",
        "401 outsiders | 404 counters processing head clerk kstt leader ward | 302 admin",
    ),
    "can-bo/canh-bao/chua-co-nguoi/": (
        "in outsiders | 200 staff",
        "401 outsiders | 405 staff",
    ),
    "can-bo/canh-bao/xin-loi/": (
        "in outsiders | 200 staff",
        "401 outsiders | 405 staff",
    ),
    "can-bo/hen-gio/": (
        "in outsiders | 403 counters processing head clerk leader ward | 200 kstt admin",
        "401 outsiders | 405 staff",
    ),
    "can-bo/hen-gio/<int:timer_id>/chay-lai/": (
        "in outsiders | 405 staff",
        "401 outsiders | 403 counters processing head clerk leader ward | 302 kstt admin",
    ),
    "can-bo/quy-trinh/": (
        "in outsiders | 403 blind counter processing head leader ward | 200 kstt",
        "401 outsiders | 405 staff",
    ),
    "can-bo/quy-trinh/tiet-giam/": (
        "in outsiders | 403 blind counter processing head leader ward | 200 kstt",
        "401 outsiders | 405 staff",
    ),
    "can-bo/quy-trinh/<int:version_id>/<slug:variant>/": (
        "in outsiders | 403 blind counter processing head leader ward | 200 kstt",
        "401 outsiders | 405 staff",
    ),
    "can-bo/quy-trinh/<int:version_id>/<slug:variant>/so-sanh/": (
        "in outsiders | 403 blind counter processing head leader ward | 200 kstt",
        "401 outsiders | 405 staff",
    ),
    "can-bo/quy-trinh/<int:version_id>/<slug:variant>/soan/": (
        "in outsiders | 405 staff",
        "401 outsiders | 403 blind counter processing head leader ward | 422 kstt",
    ),
    "can-bo/quy-trinh/ban/<int:process_id>.bpmn": (
        "in outsiders | 403 blind counter processing head leader ward | 200 kstt",
        "401 outsiders | 405 staff",
    ),
    "can-bo/quy-trinh/du-thao/<int:draft_id>/": (
        "in outsiders | 403 blind counter processing head leader ward | 200 kstt",
        "401 outsiders | 405 staff",
    ),
    "can-bo/quy-trinh/du-thao/<int:draft_id>/bang/": (
        "in outsiders | 403 blind counter processing head leader ward | 200 kstt",
        "401 outsiders | 403 blind counter processing head leader ward | 422 kstt",
    ),
    "can-bo/quy-trinh/du-thao/<int:draft_id>/bo/": (
        "in outsiders | 405 staff",
        "401 outsiders | 403 blind counter processing head leader ward | 422 kstt",
    ),
    "can-bo/quy-trinh/du-thao/<int:draft_id>/chay-thu/": (
        "in outsiders | 403 blind counter processing head leader ward | 200 kstt",
        "401 outsiders | 405 staff",
    ),
    "can-bo/quy-trinh/du-thao/<int:draft_id>/duyet/": (
        "in outsiders | 403 blind counter processing head leader ward | 200 kstt",
        "401 outsiders | 403 blind counter processing head leader ward | 422 kstt",
    ),
    "can-bo/quy-trinh/du-thao/<int:draft_id>/kiem-tra/": (
        "in outsiders | 405 staff",
        "401 outsiders | 403 blind counter processing head leader ward | 200 kstt",
    ),
    "can-bo/quy-trinh/du-thao/<int:draft_id>/luu/": (
        "in outsiders | 405 staff",
        "401 outsiders | 403 blind counter processing head leader ward | 302 kstt",
    ),
    "can-bo/quy-trinh/du-thao/<int:draft_id>/so-do.bpmn": (
        "in outsiders | 403 blind counter processing head leader ward | 200 kstt",
        "401 outsiders | 405 staff",
    ),
    "api/v1/dossiers/<code>/accept-explanation": (
        "405 everybody",
        "401 outsiders | 422 staff",
    ),
    "api/v1/dossiers/<code>/explain": (
        "405 everybody",
        "401 outsiders | 422 staff",
    ),
    "api/v1/dossiers/<code>/return-explanation": (
        "405 everybody",
        "401 outsiders | 422 staff",
    ),
    "can-bo/giai-trinh/": (
        "in outsiders | 200 staff",
        "401 outsiders | 405 staff",
    ),
    "can-bo/tam-dung/": (
        "in outsiders | 404 counters processing clerk ward admin | 200 head kstt leader",
        "401 outsiders | 405 staff",
    ),
    "can-bo/ngoai-danh-muc/": (
        "in outsiders | 404 counters processing clerk ward admin | 200 head kstt leader",
        "401 outsiders | 405 staff",
    ),
    "api/v1/dossiers/<code>/ask-opinion": (
        "405 everybody",
        "401 outsiders | 422 staff",
    ),
    "api/v1/dossiers/<code>/give-opinion": (
        "405 everybody",
        "401 outsiders | 422 staff",
    ),
    "api/v1/dossiers/<code>/recall-opinion": (
        "405 everybody",
        "401 outsiders | 422 staff",
    ),
    "api/v1/dossiers/<code>/refuse-correction": (
        "405 everybody",
        "401 outsiders | 422 staff",
    ),
    "api/v1/dossiers/<code>/order-correction": (
        "405 everybody",
        "401 outsiders | 422 staff",
    ),
    "api/v1/dossiers/<code>/draft-correction": (
        "405 everybody",
        "401 outsiders | 422 staff",
    ),
    "api/v1/dossiers/<code>/sign-correction": (
        "405 everybody",
        "401 outsiders | 422 staff",
    ),
    "api/v1/dossiers/<code>/return-correction": (
        "405 everybody",
        "401 outsiders | 422 staff",
    ),
    "api/v1/dossiers/<code>/ask-correction": (
        "405 everybody",
        "422 staff citizens | 401 nobody",
    ),
    "ho-so-cua-toi/<str:code>/dinh-chinh/": (
        "in staff nobody | 302 owner | 404 citizen",
        "401 staff nobody | 302 owner | 404 citizen",
    ),
    "api/v1/dossiers/<code>/remind-collection": (
        "405 everybody",
        "401 outsiders | 422 staff",
    ),
    "api/v1/dossiers/<code>/archive-result": (
        "405 everybody",
        "401 outsiders | 422 staff",
    ),
    "api/v1/dossiers/<code>/issue-slip": (
        "405 everybody",
        "401 outsiders | 422 staff",
    ),
    "can-bo/ki-ot/": (
        "in outsiders | 403 sighted elsewhere clerk | 200 admin",
        "401 outsiders | 403 sighted elsewhere clerk | 422 admin",
    ),
    "can-bo/ki-ot/<int:number>/ma/": (
        "in outsiders | 405 staff",
        "401 outsiders | 403 sighted elsewhere clerk | 422 admin",
    ),
    "can-bo/ki-ot/<int:number>/ngung/": (
        "in outsiders | 405 staff",
        "401 outsiders | 403 sighted elsewhere clerk | 422 admin",
    ),
    "ki-ot/": (
        "200 everybody",
        "405 everybody",
    ),
    "ki-ot/ghep/": (
        "405 everybody",
        "422 everybody",
    ),
    "ki-ot/ket-thuc/": (
        "405 everybody",
        "302 everybody",
    ),
    "api/v1/dossiers/<code>/documents/<document_id>/signatures": (
        "405 everybody",
        "401 outsiders | 422 staff",
    ),
    "api/v1/documents/<document_id>/signatures": (
        "200 sighted owner | 404 blind citizen | 401 nobody",
        "401 outsiders | 422 staff",
    ),
    "can-bo/giay/<int:document_id>/": (
        "in outsiders | 200 sighted | 404 blind",
        "401 outsiders | 405 staff",
    ),
    "can-bo/giay/<int:document_id>/ky-so/": (
        "in outsiders | 200 sighted | 404 blind",
        "401 outsiders | 422 sighted | 404 blind",
    ),
    "can-bo/so-da-chot/": (
        "in outsiders | 200 staff",
        "401 outsiders | 405 staff",
    ),
    "can-bo/so-da-chot/<int:number>/": (
        "in outsiders | 200 counter head kstt leader ward | 404 blind processing",
        "401 outsiders | 405 staff",
    ),
    "can-bo/so-da-chot/<int:number>/nhan/": (
        "in outsiders | 405 staff",
        "401 outsiders | 302 counter head kstt leader ward | 404 blind processing",
    ),
    "can-bo/so-da-chot/chot/": (
        "in outsiders | 200 counters | 404 processing head clerk kstt leader ward admin",
        "401 outsiders | 422 counters | 404 processing head clerk kstt leader ward admin",
    ),
    "kiem-tra/<int:document_id>/<str:check>/": (
        "200 everybody",
        "405 everybody",
    ),
    "can-bo/ho-so/<str:code>/giay/<int:document_id>/ky-so/": (
        "200 sighted | in outsiders | 404 blind",
        "401 outsiders | 404 blind | 422 sighted",
    ),
    "can-bo/cho-ky-so/": (
        "in outsiders | 200 staff",
        "401 outsiders | 405 staff",
    ),
    "can-bo/ky-so-tu-xa/ve/": (
        "in outsiders | 404 staff",
        "401 outsiders | 405 staff",
    ),
    "can-bo/ky-so-tu-xa/<int:number>/": (
        "in outsiders | 404 staff",
        "401 outsiders | 405 staff",
    ),
    "can-bo/chung-thu-so/": (
        "in outsiders | 403 sighted elsewhere clerk | 200 admin",
        "401 outsiders | 403 sighted elsewhere clerk | 404 admin",
    ),
    "can-bo/ket-noi/": (
        "in outsiders | 403 counters processing head clerk leader ward | 200 kstt admin",
        "401 outsiders | 405 staff",
    ),
    "can-bo/ket-noi/<int:number>/": (
        "in outsiders | 403 counters processing head clerk leader ward | 200 kstt admin",
        "401 outsiders | 405 staff",
    ),
    "can-bo/ket-noi/<int:number>/doi-soat/": (
        "in outsiders | 403 counters processing head clerk leader ward | 200 kstt admin",
        "401 outsiders | 405 staff",
    ),
    "can-bo/ket-noi/<int:number>/doi-soat/dong-bo-lan-dau/": (
        "in outsiders | 405 staff",
        "401 outsiders | 403 counters processing head clerk leader ward | 422 kstt admin",
    ),
    "can-bo/ket-noi/doi-soat/<int:number>/gui-lai/": (
        "in outsiders | 405 staff",
        "401 outsiders | 403 counters processing head clerk leader ward | 422 kstt admin",
    ),
    "can-bo/ket-noi/<int:number>/khoa/": (
        "in outsiders | 405 staff",
        "401 outsiders | 403 counters processing head clerk leader ward | 422 kstt admin",
    ),
    "can-bo/ket-noi/<int:number>/ngung/": (
        "in outsiders | 405 staff",
        "401 outsiders | 403 counters processing head clerk leader ward | 422 kstt admin",
    ),
    "can-bo/ket-noi/<int:number>/sua/": (
        "in outsiders | 405 staff",
        "401 outsiders | 403 counters processing head clerk leader ward | 422 kstt admin",
    ),
    "can-bo/ket-noi/them/": (
        "in outsiders | 403 sighted elsewhere clerk | 200 admin",
        "401 outsiders | 403 sighted elsewhere clerk | 422 admin",
    ),
    "can-bo/ket-noi/tin/": (
        "in outsiders | 403 counters processing head clerk leader ward | 200 kstt admin",
        "401 outsiders | 405 staff",
    ),
    "can-bo/ket-noi/tin/<int:number>/": (
        "in outsiders | 403 counters processing head clerk leader ward | 200 kstt admin",
        "401 outsiders | 405 staff",
    ),
    "can-bo/ket-noi/tin/<int:number>/gui-lai/": (
        "in outsiders | 405 staff",
        "401 outsiders | 403 counters processing head clerk leader ward | 422 kstt admin",
    ),
    "can-bo/ket-qua-chua-nhan/": (
        "in outsiders | 200 staff",
        "401 outsiders | 422 staff",
    ),
    "can-bo/ket-qua-chua-nhan/bang.csv": (
        "in outsiders | 200 staff",
        "401 outsiders | 405 staff",
    ),
    "can-bo/dinh-chinh-ket-qua/": (
        "in outsiders | 200 staff",
        "401 outsiders | 405 staff",
    ),
    "can-bo/ho-so/<str:code>/dinh-chinh-ket-qua/": (
        "in outsiders | 200 sighted | 404 blind",
        "401 outsiders | 200 sighted | 404 blind",
    ),
    "can-bo/y-kien/": (
        "in outsiders | 200 staff",
        "401 outsiders | 405 staff",
    ),
    "can-bo/ho-so/<str:code>/y-kien/": (
        "in outsiders | 200 sighted | 404 blind",
        "401 outsiders | 200 sighted | 404 blind",
    ),
    "api/v1/dossiers/<code>/plan-verification": (
        "405 everybody",
        "401 outsiders | 422 staff",
    ),
    "api/v1/dossiers/<code>/move-verification": (
        "405 everybody",
        "401 outsiders | 422 staff",
    ),
    "api/v1/dossiers/<code>/call-off-verification": (
        "405 everybody",
        "401 outsiders | 422 staff",
    ),
    "api/v1/dossiers/<code>/record-verification": (
        "405 everybody",
        "401 outsiders | 422 staff",
    ),
    "api/v1/dossiers/<code>/decide-refund": (
        "405 everybody",
        "401 outsiders | 422 staff",
    ),
    "api/v1/dossiers/<code>/pay-refund": (
        "405 everybody",
        "401 outsiders | 422 staff",
    ),
    "can-bo/hoan-phi/": (
        "in outsiders | 200 staff",
        "401 outsiders | 405 staff",
    ),
    "can-bo/su-co/": (
        "in outsiders | 200 staff",
        "401 outsiders | 200 staff",
    ),
    "can-bo/nhap-sau-su-co/": (
        "in outsiders | 200 staff",
        "401 outsiders | 405 staff",
    ),
    "can-bo/nhap-sau-su-co/danh-sach.csv": (
        "in outsiders | 200 staff",
        "401 outsiders | 405 staff",
    ),
    "can-bo/xac-minh/": (
        "in outsiders | 200 staff",
        "401 outsiders | 405 staff",
    ),
    "can-bo/ho-so/<str:code>/xac-minh/": (
        "in outsiders | 200 sighted | 404 blind",
        "401 outsiders | 200 sighted | 404 blind",
    ),
    "api/v1/dossiers/<code>/move-version": (
        "405 everybody",
        "401 outsiders | 422 staff",
    ),
    "can-bo/bao-loi/": (
        "in outsiders | 200 staff",
        "401 outsiders | 405 staff",
    ),
    "can-bo/bao-loi/<int:number>/": (
        "in outsiders | 200 counter kstt leader admin | 404 elsewhere processing head clerk ward",
        "401 outsiders | 405 staff",
    ),
    "can-bo/bao-loi/<int:number>/giao/": (
        "in outsiders | 405 staff",
        "401 outsiders | 422 counter kstt leader admin | 404 elsewhere processing head clerk ward",
    ),
    "can-bo/bao-loi/<int:number>/mo-lai/": (
        "in outsiders | 405 staff",
        "401 outsiders | 422 counter kstt leader admin | 404 elsewhere processing head clerk ward",
    ),
    "can-bo/bao-loi/<int:number>/tep/<int:file_id>/": (
        "in outsiders | 200 counter kstt leader admin | 404 elsewhere processing head clerk ward",
        "401 outsiders | 405 staff",
    ),
    "can-bo/bao-loi/<int:number>/tra-loi/": (
        "in outsiders | 405 staff",
        "401 outsiders | 422 counter kstt leader admin | 404 elsewhere processing head clerk ward",
    ),
    "can-bo/bao-loi/<int:number>/xong/": (
        "in outsiders | 405 staff",
        "401 outsiders | 422 counter kstt leader admin | 404 elsewhere processing head clerk ward",
    ),
    "can-bo/bao-loi/gui/": (
        "in outsiders | 200 staff",
        "401 outsiders | 422 staff",
    ),
    "can-bo/bao-loi/thong-ke/": (
        "in outsiders | 403 counters processing head clerk ward | 200 kstt leader admin",
        "401 outsiders | 405 staff",
    ),
    "can-bo/bao-tin/": (
        "in outsiders | 200 staff",
        "401 outsiders | 405 staff",
    ),
    "can-bo/bao-tin/<int:told_id>/da-xem/": (
        "in outsiders | 405 staff",
        "401 outsiders | 404 staff",
    ),
    "can-bo/quy-trinh/<int:version_id>/<slug:variant>/chuyen/": (
        "in outsiders | 403 blind counter processing head leader ward | 200 kstt",
        "401 outsiders | 403 blind counter processing head leader ward | 200 kstt",
    ),
    "api/v1/dossiers/<code>/cancel-payment": (
        "405 everybody",
        "401 outsiders | 422 staff",
    ),
    "api/v1/dossiers/<code>/confirm-payment": (
        "405 everybody",
        "401 outsiders | 422 staff",
    ),
    "api/v1/dossiers/<code>/request-payment": (
        "405 everybody",
        "401 outsiders | 422 staff",
    ),
    "can-bo/huong-dan/": (
        "404 processing head clerk kstt leader ward admin | in outsiders | 200 counters",
        "404 processing head clerk kstt leader ward admin | 401 outsiders | 200 counters",
    ),
    "can-bo/huong-dan/<int:number>/phieu.pdf": (
        "in outsiders | 404 staff",
        "401 outsiders | 405 staff",
    ),
}


def answers(row: str) -> dict[str, str]:
    """Return the expected status by person."""
    found: dict[str, str] = {}
    for part in row.split(" | "):
        status, *names = part.split()
        for name in names:
            for person in GROUPS.get(name, frozenset({name})):
                assert person not in found, f"{person} twice in {row!r}"
                found[person] = status
    assert set(found) == set(PEOPLE), f"{row!r} leaves somebody out"
    return found


def row_of(found: Mapping[str, str]) -> str:
    """Return the row that says it in the fewest words: whole groups first."""
    parts = []
    for status in dict.fromkeys(found[person] for person in PEOPLE):
        left, names = {person for person in PEOPLE if found[person] == status}, []
        for name, group in sorted(GROUPS.items(), key=lambda item: -len(item[1])):
            if group <= left:
                names.append(name)
                left -= group
        parts.append(" ".join([status, *names, *(person for person in PEOPLE if person in left)]))
    return " | ".join(parts)
