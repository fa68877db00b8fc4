"""The open part of the portal: home, catalogue, look-up without sign-in, the demo's sign-in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from motcua.catalogue import queries as catalogue
from motcua.catalogue.nonterritorial import queries as nonterritorial
from motcua.catalogue.queries import Definition
from motcua.documents import queries as papers
from motcua.dossiers import queries as dossiers
from motcua.dossiers.rules import DossierNotFound
from motcua.edge import actors, attempts
from motcua.kernel.errors import NotFound
from motcua.kernel.text import matches
from motcua.organisation import queries as organisation
from motcua.parties import queries as parties
from motcua.parties.rules import AccountKind
from motcua.platform import clock
from motcua.web import words
from motcua.web.components import Crumb
from motcua.web.portal import procedure_page
from motcua.web.portal.forms import ProcedureSearch, TrackForm

PAGE = 20
COUNTED = 200  # as many results are counted; above that the list says "more than"
MOST_FIELDS = 14
FIRST_LISTED, LISTED = 30, 1000  # accounts of the demo that are shown, and that a search looks through
HOME = Crumb("Trang chủ", "/")
MINE = Crumb("Hồ sơ của tôi", "/ho-so-cua-toi/")
# What people come for most, as searches: the catalogue, not this list, says which procedures there are.
COMMON = (
    ("Sinh con", "Khai sinh, thường trú, thẻ bảo hiểm y tế cho trẻ", {"q": "khai sinh"}),
    ("Kết hôn", "Đăng ký kết hôn, xác nhận tình trạng hôn nhân", {"q": "kết hôn"}),
    ("Nhà và đất", "Giấy chứng nhận, chuyển nhượng, biến động", {"linh_vuc": "dat_dai"}),
    ("Mở cửa hàng, hộ kinh doanh", "Đăng ký, thay đổi, tạm ngừng", {"linh_vuc": "ho_kinh_doanh"}),
    ("Chứng thực", "Bản sao, chữ ký, hợp đồng", {"linh_vuc": "chung_thuc"}),
    ("Lái xe", "Đổi, cấp lại giấy phép lái xe", {"q": "giấy phép lái xe"}),
    ("Trợ giúp, chính sách", "Bảo trợ xã hội, người có công", {"linh_vuc": "bao_tro_xa_hoi"}),
    ("Người thân qua đời", "Khai tử, mai táng phí, xóa thường trú", {"q": "khai tử"}),
)


@dataclass(frozen=True, slots=True)
class ResultRow:
    """A procedure in the list of results."""

    code: str
    name: str
    field_name: str
    levels: str
    limit: str
    online_level: str


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Show the front page: search first."""
    counted = catalogue.fields_with_counts(clock.today())
    url = reverse("portal:procedures")
    fields = [
        {"code": item.code, "name": item.name, "count": count}
        for item, count in sorted(counted, key=lambda pair: -pair[1])
    ]
    context = {
        "common": [
            {"title": title, "note": note, "url": f"{url}?{urlencode(query)}"}
            for title, note, query in COMMON
        ],
        "fields": fields[:MOST_FIELDS],
        "more_fields": fields[MOST_FIELDS:],
        "procedure_count": sum(count for _, count in counted),
        "online_count": catalogue.online_count(clock.today()),
        "track_form": TrackForm(),
    }
    return render(request, "portal/home.html", context)


@require_GET
def procedures(request: HttpRequest) -> HttpResponse:
    """Search and filter the catalogue, paged by key."""
    on = clock.today()
    asked = request.GET
    form = ProcedureSearch(
        asked or None,
        fields=[(item.code, item.name) for item, _ in catalogue.fields_with_counts(on)],
        agencies=[*organisation.agency_kinds().items()],
    )
    values: Mapping[str, Any] = form.cleaned_data if form.is_valid() else {}
    found = partial(
        catalogue.search,
        values.get("q", ""),
        on=on,
        field=values.get("linh_vuc") or None,
        level=values.get("cap") or None,
        agency_kind=values.get("co_quan") or None,
        online_level=values.get("muc_do") or None,
    )
    after = asked.get("sau", "")
    from_start = found(limit=COUNTED + 1)
    rows = found(after=after, limit=PAGE + 1) if after else from_start[: PAGE + 1]
    kept, kept_query = rows[:PAGE], {name: value for name, value in values.items() if value}
    url = reverse("portal:procedures")
    context = {
        "form": form,
        "filtered": bool(kept_query),
        "total": min(len(from_start), COUNTED),
        "more": len(from_start) > COUNTED,
        "rows": [_row(row) for row in kept],
        "first_url": f"{url}?{urlencode(kept_query)}" if after else "",
        "next_url": f"{url}?{urlencode({**kept_query, 'sau': kept[-1].key})}" if len(rows) > PAGE else "",
        "procedures_url": url,
        **({} if rows else _instead(values, url, on)),
        "section": "procedures",
        "crumbs": [HOME, Crumb("Thủ tục hành chính")],
    }
    return render(request, "portal/procedures.html", context)


def _instead(values: Mapping[str, Any], url: str, on: date) -> dict[str, Any]:
    """Return what helps where nothing was found: the same words without filters, and names that sound alike."""
    text = str(values.get("q", ""))
    if not text:
        return {}
    without = len(catalogue.search(text, on=on, limit=COUNTED)) if len(values) > 1 else 0
    return {
        "query": text,
        "without_count": without,
        "without_url": f"{url}?{urlencode({'q': text})}" if without else "",
        "alike": [] if without else catalogue.alike(text, on),
    }


def _row(row: catalogue.ProcedureRow) -> ResultRow:
    body = catalogue.definition(row.version_id).body
    return ResultRow(
        row.code,
        row.name,
        row.field_name,
        procedure_page.levels_text(row.levels),
        procedure_page.limit_text(body["time_limit"]),
        row.online_level,
    )


def names() -> dict[str, dict[str, str]]:
    """Return the words of the codes that a procedure's record uses, by scheme."""
    schemes = ("databases", "receiving_places", "applicant_kinds")
    found = {scheme: {item.code: item.name for item in catalogue.terms(scheme)} for scheme in schemes}
    found["agency_kinds"] = organisation.agency_kinds()
    found["unit_kinds"] = {kind.code: kind.name for kind in organisation.tree().kinds.values()}
    found["result_types"] = {code: kind.name for code, kind in catalogue.result_types().items()}
    found["fee_exemption_groups"] = {item.code: item.name for item in catalogue.exemption_groups()}
    return found


def shown(of: Definition) -> procedure_page.ProcedureView:
    """Return the page of a definition."""
    related = {}
    for code in of.body.get("related_procedures") or ():
        try:
            related[code] = catalogue.current(code, clock.today()).name
        except NotFound:
            continue
    return procedure_page.present(of.body, names(), related)


@require_GET
def procedure(request: HttpRequest, code: str) -> HttpResponse:
    """Show a procedure: papers, limits, fees, steps, form, result, legal bases."""
    of = catalogue.current(code, clock.today())
    page = shown(of)
    listed = nonterritorial.listing_of(of.code, clock.today())
    context = {
        "p": page,
        "anywhere": listed,
        "section": "procedures",
        "crumbs": [
            HOME,
            Crumb("Thủ tục hành chính", reverse("portal:procedures")),
            Crumb(
                page.field_name, f"{reverse('portal:procedures')}?{urlencode({'linh_vuc': page.field_code})}"
            ),
            Crumb(page.name),
        ],
    }
    return render(request, "portal/procedure.html", context)


@require_http_methods(["GET", "POST"])
def track(request: HttpRequest, code: str = "") -> HttpResponse:
    """
    Tell anybody with code and check value how far the dossier is, no more (facts-lifecycle.md 2.9).

    Slips name the address with the code in it; then only the check value is left to type. The QR of a result names
    both, so whoever holds the result sees whether it still counts.
    """
    form = TrackForm(
        request.POST or None, initial={"code": code, "check_value": request.GET.get("ma", "")[:8]}
    )
    result, status = None, 200
    if request.method == "POST" and form.is_valid():
        pair = form.cleaned_data["code"], form.cleaned_data["check_value"]
        try:
            with attempts.guarded(request, attempts.TRACKING, pair[0], (DossierNotFound,)):
                found = dossiers.track(*pair)
        except DossierNotFound as refusal:
            form.add_error(None, refusal.message)
        else:
            at = "supplement_requested" if found.awaited and found.state == "submitted" else found.state
            (percent, _), (_, message) = words.COMPLETION[found.state], words.COMPLETION[at]
            result = {
                "code": found.code,
                "percent": percent,
                "message": message,
                "correcting": found.correcting,
                "replaced_at": found.replaced_at,
                "signed": [] if found.correcting else papers.of_result(found.subject),
            }
    if form.errors:
        status = 422
    context = {
        "form": form,
        "result": result,
        "section": "track",
        "action": reverse("portal:track"),
        "crumbs": [HOME, Crumb("Tra cứu hồ sơ")],
    }
    return render(request, "portal/track.html", context, status=status)


@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Let a person of the demo sign in; in production the identity provider does (without it: a notice)."""
    target = request.POST.get("next") or request.GET.get("tiep") or reverse("portal:my_dossiers")
    if not url_has_allowed_host_and_scheme(target, allowed_hosts=None):
        target = reverse("portal:my_dossiers")
    if request.method == "POST":
        if not settings.DEMO:
            raise Http404
        username = request.POST.get("username", "")
        with attempts.guarded(request, attempts.SIGNING_IN, username, (NotFound,)):
            account = parties.account_for_sign_in(username, AccountKind.CITIZEN)
            if account is None or not account.demo:
                raise NotFound("Không có tài khoản trình diễn này.")
        actors.sign_in(request, account)
        return redirect(target)
    query = request.GET.get("q", "")
    context = {
        "heading": "Đăng nhập",
        "lead": "Đăng nhập để nộp hồ sơ, xem hồ sơ của mình và nhận kết quả.",
        "demo": settings.DEMO,
        "query": query,
        "groups": _accounts(query) if settings.DEMO else [],
        "next": target,
        "action": reverse("portal:sign_in"),
        "other_url": "/can-bo/dang-nhap/",
        "other_label": "Bạn là cán bộ? Đăng nhập tại đây",
        "crumbs": [HOME, Crumb("Đăng nhập")],
    }
    return render(request, "web/signin.html", context)


def _accounts(query: str) -> list[dict[str, Any]]:
    """Return the demo's citizens as one group, narrowed to the names that fit the query."""
    people = [
        {"username": row.username, "name": row.display_name, "note": row.username}
        for row in parties.demo_citizens(LISTED if query else FIRST_LISTED)
        if matches(query, f"{row.display_name} {row.username}")
    ]
    return [{"title": "Công dân", "accounts": people}] if people else []


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the citizen's session."""
    actors.sign_out(request)
    messages.success(request, "Bạn đã đăng xuất.")
    return redirect("portal:home")
