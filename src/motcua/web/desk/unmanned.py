"""Where tasks wait that nobody may do: the alarm on the desk, and the list with the ways to mend it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from motcua.catalogue import queries as catalogue
from motcua.dossiers import unmanned
from motcua.edge import actors, keys
from motcua.kernel.actor import Actor, Role
from motcua.kernel.errors import Invalid, NotFound
from motcua.organisation import queries as organisation
from motcua.organisation.operations import appointing as operations
from motcua.platform import clock
from motcua.web import components, inputs, refusals, words
from motcua.web.components import Crumb, FieldView, Option
from motcua.web.desk import absence, alarms, pages, rows

URL = alarms.UNMANNED_URL


def notice(actor: Actor) -> dict[str, str] | None:
    """Return the alarm as desk and work list show it; None where every task can be done."""
    today = clock.today()
    found = unmanned.places(actor, today)
    if not found:
        return None
    empty = [row for row in found if row.empty_from <= today]
    told = empty or found
    count = sum(row.count for row in told)
    where = f"vai {words.ROLES.get(told[0].role, told[0].role)} ở {rows.unit_name(told[0].unit_id)}"
    if len({(row.role, row.unit_id) for row in told}) > 1:
        where = f"{where} và nơi khác"
    title = (
        f"{count} việc chưa có người giữ {where}"
        if empty
        else f"Từ ngày {told[0].empty_from:%d/%m/%Y}, {count} việc không còn ai giữ {where}"
    )
    return {
        "kind": "error" if empty else "warn",
        "title": title,
        "text": "Cần giao nhiệm vụ hoặc ủy quyền để hồ sơ không nằm chờ.",
        "url": URL,
    }


@pages.officer
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Show each place without a holder: unit, role, how many tasks, the oldest date, and what can be done."""
    actor, now, today = actors.staff(request), clock.now(), clock.today()
    fields = {choice.code: choice.name for choice in catalogue.fields()}
    context: dict[str, Any] = {
        "rows": [
            {
                "unit": organisation.unit(row.unit_id).name,
                "role": words.ROLES.get(row.role, row.role),
                "field": fields.get(row.field, row.field),
                "count": row.count,
                "oldest": row.oldest_due_at,
                "left": rows.left_text(now, row.oldest_due_at, row.unit_id),
                "mark": rows.mark_of(now, row.oldest_due_at),
                "since": row.since,
                "foreseen": row.empty_from if row.empty_from > today else None,
                "pool": f"/can-bo/don-vi/?{urlencode({'don-vi': row.unit_id, 'nguoi': 'chua-nhan'})}"
                if row.led
                else "",
                "give": f"{URL}giao/?{urlencode({'don-vi': row.unit_id, 'vai': row.role, 'linh-vuc': row.field})}",
            }
            for row in unmanned.places(actor, today)
        ],
        "runs": actor.duty(Role.ADMIN) is not None,
        "tabs": alarms.tabs(actor, now, URL),
        "current": URL,
        "crumbs": [pages.HOME, Crumb("Cảnh báo", alarms.URL), Crumb("Chưa có người giữ việc")],
    }
    return pages.show(request, "desk/unmanned.html", context, section=alarms.URL)


@pages.officer
@require_http_methods(["GET", "HEAD", "POST"])
def appoint(request: HttpRequest) -> HttpResponse:
    """Give a role that has no holder to somebody of the agency: for administrators."""
    actor, today = actors.staff(request), clock.today()
    given = request.POST if request.method == "POST" else request.GET
    wanted = (given.get("don-vi", ""), given.get("vai", ""), given.get("linh-vuc", ""))
    if actor.duty(Role.ADMIN) is None:
        raise NotFound("Trang này dành cho quản trị hệ thống.")
    found = unmanned.places(actor, today)
    row = next((row for row in found if (str(row.unit_id), row.role, row.field) == wanted), None)
    if row is None:
        messages.info(request, "Việc ở đó đã có người giữ, không cần giao nữa.")
        return redirect(URL)
    unit = organisation.unit(row.unit_id)
    attempt = refusals.Attempt()
    if request.method == "POST":
        with attempt:
            staff_id = inputs.number(request.POST.get("nguoi", ""))
            if staff_id is None:
                raise Invalid(errors={"nguoi": "Chọn người được giao."})
            operations.appoint(
                staff_id=staff_id, unit_id=row.unit_id, role=Role(row.role), procedure_field=row.field,
                actor=actor, key=keys.key(request), at=clock.now(),
            )  # fmt: skip
            messages.success(
                request, f"Đã giao nhiệm vụ tại {unit.name}. Người được giao nhận việc ngay hôm nay."
            )
            return redirect(URL)
    people = absence.colleagues(actor, {unit.agency_id})
    field = FieldView(
        "nguoi", "Người được giao", "select", value=request.POST.get("nguoi", ""), required=True,
        error=attempt.errors.get("nguoi", ""), blank="Chọn người",
        options=tuple(Option(str(number), name) for number, name in sorted(people.items(), key=lambda one: one[1])),
    )  # fmt: skip
    context: dict[str, Any] = {
        "unit": unit.name,
        "role": words.ROLES.get(row.role, row.role),
        "field_name": next((one.name for one in catalogue.fields() if one.code == row.field), ""),
        "hidden": [("don-vi", row.unit_id), ("vai", row.role), ("linh-vuc", row.field)],
        "field": field,
        "errors": components.summary([field]),
        "general": refusals.general(attempt.refusal, {"nguoi"}),
        "crumbs": [
            pages.HOME,
            Crumb("Cảnh báo", alarms.URL),
            Crumb("Chưa có người giữ việc", URL),
            Crumb("Giao nhiệm vụ"),
        ],
    }
    return pages.show(request, "desk/appoint.html", context, section=alarms.URL, status=attempt.status)
