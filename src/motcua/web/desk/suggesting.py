"""A suggested case: what is on record behind it, to open a case or to leave it with the reason (R-189)."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from motcua.catalogue import queries as catalogue
from motcua.dossiers.hardship import HARDSHIPS, HardshipKind
from motcua.edge import actors, keys
from motcua.organisation import queries as organisation
from motcua.platform import clock
from motcua.steering.discipline import operations, queries, rules
from motcua.steering.discipline.rules import HINTS, Ground, PeriodKind
from motcua.web import components, inputs, refusals
from motcua.web.components import Crumb, FieldView
from motcua.web.desk import pages, rows
from motcua.web.desk.discipline import HOME, URL

HERE: Final = f"{URL}goi-y/"


@pages.officer
@require_http_methods(["GET", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """Show what a suggestion rests on; or leave it with the reason."""
    actor, now = actors.staff(request), clock.now()
    typed = request.POST if request.method == "POST" else request.GET
    unit_id, staff_id = inputs.number(typed.get("don-vi", "")), inputs.number(typed.get("nguoi", ""))
    chosen = typed.get("noi-dung", "")
    if unit_id is None or staff_id is None or chosen not in set(Ground):
        raise rules.NotToBeSeen
    if not queries.stands_over(actor, unit_id) or staff_id == actor.staff_id:
        raise rules.NotTheHead
    ground = Ground(chosen)
    attempt = refusals.Attempt()
    if request.method == "POST":
        with attempt:
            operations.leave(
                ground=ground, unit_id=unit_id, staff_id=staff_id, reason=request.POST.get("reason", ""), actor=actor,
                key=keys.key(request), at=now,
            )  # fmt: skip
            messages.success(request, "Đã ghi lý do không mở vụ việc. Có việc mới thì hệ thống gợi ý lại.")
            return redirect(URL)
    found = queries.suggestion(actor, unit_id, staff_id, ground, now)
    names = catalogue.names(clock.today())
    field = FieldView(
        "reason", "Lý do không mở vụ việc", "textarea", required=True, maxlength=2000,
        value=request.POST.get("reason", ""), error=attempt.errors.get("reason", ""),
        help="Đã xem hồ sơ, đã hỏi ai, vì sao thấy đúng. Nội dung này chỉ người đứng đầu và cán bộ kiểm soát xem được.",
    )  # fmt: skip
    context = {
        "name": organisation.staff_names([staff_id]).get(staff_id, ""),
        "unit": rows.unit_name(unit_id),
        "ground": HINTS[ground],
        "why": found.why if found else "",
        "rows": [
            {
                "what": _what(one.what, one.name),
                "code": one.code,
                "url": rows.dossier_url(one.code) if one.code else "",
                "procedure": names.get(one.procedure_code, one.procedure_code),
                "at": one.at,
            }
            for one in queries.behind(actor, unit_id, staff_id, ground, now)
        ],
        "field": field,
        "hidden": {"don-vi": unit_id, "nguoi": staff_id, "noi-dung": ground.value},
        "here": HERE,
        "open_url": f"{URL}vu-viec/moi/?"
        + urlencode(
            {
                "don-vi": unit_id,
                "nguoi": staff_id,
                "ky": PeriodKind.LAST_MONTH.value,
                "noi-dung": ground.value,
            }
        ),
        "errors": components.summary([field]),
        "general": [] if attempt.errors else attempt.general,
        "crumbs": [pages.HOME, HOME, Crumb("Căn cứ của gợi ý")],
    }
    return pages.show(request, "desk/case_hint.html", context, section=URL, status=attempt.status)


def _what(kind: str, name: str) -> str:
    if kind in set(HardshipKind):
        return HARDSHIPS[HardshipKind(kind)]
    return f"Yêu cầu giấy tờ ngoài danh mục: {name}" if kind == "demand" else "Hồ sơ quá hạn"
