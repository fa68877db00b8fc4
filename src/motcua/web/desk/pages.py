"""What every staff page has: who is here, under which duty, the menu, the search box, the idle lock."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers

from motcua.dossiers.pauserecords import looks_into
from motcua.edge import actors, attempts, keys
from motcua.evaluation.mining import queries as mining
from motcua.kernel.actor import Actor, DutyRef, Role
from motcua.kernel.calendar import LOCAL, WorkingCalendar
from motcua.kernel.errors import NotFound
from motcua.organisation import queries as organisation
from motcua.organisation.tree import UnitRef
from motcua.parties import queries as parties
from motcua.platform import clock
from motcua.web import words
from motcua.web.components import Crumb
from motcua.web.desk import lock

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]

HOME: Final = Crumb("Bàn làm việc", "/can-bo/")
UNLOCK: Final = "_unlock"
SHARING: Final = (Role.DIVISION_HEAD, Role.AGENCY_HEAD, Role.OFFICE_HEAD)
LEADING: Final = (Role.AGENCY_HEAD, Role.OFFICE_HEAD, Role.PROVINCE_LEADER, Role.KSTT)


class UnitNeeded(NotFound):
    """The page is for the people of a one-stop unit."""

    code = "one_stop_unit_needed"
    message = "Trang này dành cho cán bộ tiếp nhận của Bộ phận Một cửa."


def officer(view: View[P], *, counts: bool = True) -> View[P]:
    """
    Open a page to staff only, under the idle lock, never kept by a cache.

    `counts`: a request for it shows that somebody is there (a page that reloads itself does not).
    """

    @wraps(view)
    def run(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        actor = actors.staff(request)
        opened = False
        if lock.is_locked(request):
            opened = request.method == "POST" and UNLOCK in request.POST and knows(request, actor)
            if not opened:
                return _locked(request, actor)
            if "_wanted" in request.POST:
                response = HttpResponse(status=303, headers={"Location": request.get_full_path()})
                lock.stamp(request, response, always=True)
                return response
        response = view(request, *args, **kwargs)
        add_never_cache_headers(response)
        if counts:
            lock.stamp(request, response, always=opened)
        return response

    return cast("View[P]", run)


def knows(request: HttpRequest, actor: Actor) -> bool:
    """
    Tell whether the person at the locked page is the one who signed in; the demo asks no password.

    :raises TooMany: wrong passwords, here or at the sign-in page, too often.
    """
    if settings.DEMO:
        return True
    account = parties.account(actor.account_id)
    try:
        with attempts.guarded(request, attempts.SIGNING_IN, account.username, (attempts.WrongPassword,)):
            if not account.check_password(request.POST.get("password", "")):
                raise attempts.WrongPassword
    except attempts.WrongPassword:
        return False
    return True


def _locked(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Ask who is there; what was being sent waits in the page and goes on afterwards."""
    held = [
        (name, value)
        for name, values in request.POST.lists()
        if name not in ("csrfmiddlewaretoken", "password", UNLOCK)
        for value in values
    ]
    context = {
        "held": held,
        "reading": request.method != "POST",
        "wrong": UNLOCK in request.POST,
        "demo": settings.DEMO,
        "minutes": lock.minutes(),
        "name": actor.name,
    }
    response = render(request, "desk/locked.html", context, status=401)
    add_never_cache_headers(response)
    return response


def show(
    request: HttpRequest, template: str, context: Mapping[str, Any], *, section: str = "", status: int = 200
) -> HttpResponse:
    """Draw a staff page."""
    actor = actors.actor(request)
    groups = menu(actor)
    values = {
        "staff": {"name": actor.name, "duty": duty_text(actor)},
        "menu": groups,
        "section": section or _section(groups, request.path),
        "search_url": "/can-bo/tim/",
        "search_value": "",
        "home_url": "/can-bo/",
        "sign_out_url": "/can-bo/dang-xuat/",
        "key": keys.new(),
        "crumbs": [],
        **context,
    }
    return render(request, template, values, status=status)


def _section(groups: Sequence[Mapping[str, Any]], path: str) -> str:
    """Return the entry of the menu that an address lies under, the nearest one; itself where there is none."""
    known = {entry["url"] for group in groups for entry in group["entries"]} - {HOME.url}
    return max((url for url in known if path.startswith(url)), key=len, default=path)


def duty_text(actor: Actor) -> str:
    """Return what the person is here: role and unit of the first duty, and how many more there are."""
    if not actor.duties:
        return "Chưa được giao nhiệm vụ"
    duty = actor.duties[0]
    unit = organisation.unit(duty.unit_id)
    return f"{words.ROLES.get(duty.role.value, duty.role.value)}, {unit.short_name or unit.name}"


def menu(actor: Actor) -> list[dict[str, Any]]:
    """Return the menu for the actor's duties; it asks nothing of the database."""
    counter = bool(counters(actor))
    groups = [
        _group(
            "",
            ("Việc hôm nay", "/can-bo/"),
            ("Việc của tôi", "/can-bo/viec/"),
            ("Hồ sơ", "/can-bo/ho-so/"),
            ("Cảnh báo", "/can-bo/canh-bao/"),
            ("Chờ ký số", "/can-bo/cho-ky-so/"),
            ("Cho ý kiến", "/can-bo/y-kien/"),
            ("Đính chính kết quả", "/can-bo/dinh-chinh-ket-qua/"),
            ("Xác minh thực địa", "/can-bo/xac-minh/"),
            ("Giải trình chậm", "/can-bo/giai-trinh/"),
        )
    ]
    if counter:
        groups.append(
            _group(
                "Tại quầy",
                ("Tiếp nhận", "/can-bo/tiep-nhan/"),
                ("Hướng dẫn", "/can-bo/huong-dan/"),
                ("Nhận thay, chuyển đến", "/can-bo/phi-dia-gioi/"),
                ("Trả nhiều kết quả", "/can-bo/tra-ket-qua/"),
                ("Kết quả chưa nhận", "/can-bo/ket-qua-chua-nhan/"),
                ("Cuối ngày", "/can-bo/cuoi-ngay/"),
                ("Sổ theo dõi", "/can-bo/so-theo-doi/"),
                ("Sổ đã chốt", "/can-bo/so-da-chot/"),
                ("Nhập sau sự cố", "/can-bo/nhap-sau-su-co/"),
                ("Hoàn phí, lệ phí", "/can-bo/hoan-phi/"),
            )
        )
    shared = [
        ("Bàn giao việc", "/can-bo/ban-giao/"),
        ("Phiếu bàn giao hồ sơ", "/can-bo/phieu-ban-giao/"),
        ("Ủy quyền khi vắng", "/can-bo/uy-quyen/"),
    ]
    if actor.duty(*SHARING) is not None:
        shared.insert(0, ("Việc của đơn vị", "/can-bo/don-vi/"))
        if actor.duty(Role.KSTT) is None:
            shared.append(("Bước tự động lỗi", "/can-bo/buoc-tu-dong/"))
    groups.append(_group("Phân công", *shared))
    groups.append(
        _group(
            "Liên lạc",
            ("Báo cho bạn", "/can-bo/bao-tin/"),
            ("Tin chưa đến", "/can-bo/tin-nhan/"),
            ("Báo lỗi, góp ý", "/can-bo/bao-loi/"),
        )
    )
    if actor.duty(Role.KSTT) is not None:
        groups.append(
            _group(
                "Kiểm soát thủ tục",
                ("Quy trình điện tử", "/can-bo/quy-trinh/"),
                ("Bước tự động lỗi", "/can-bo/buoc-tu-dong/"),
                ("Tiết giảm nhờ dữ liệu", "/can-bo/quy-trinh/tiet-giam/"),
                ("Quy trình thực tế", "/can-bo/quy-trinh/thuc-te/"),
                ("Tái cấu trúc quy trình", "/can-bo/quy-trinh/tai-cau-truc/"),
                ("Luân chuyển điện tử", "/can-bo/quy-trinh/luan-chuyen/"),
                ("Thử trước khi áp dụng", "/can-bo/thu-truoc/"),
                ("Thời gian tạm dừng", "/can-bo/tam-dung/"),
                ("Giấy tờ ngoài danh mục", "/can-bo/ngoai-danh-muc/"),
                ("Hồ sơ ngoài phần mềm", "/can-bo/ngoai-phan-mem/"),
                ("Lịch làm việc", "/can-bo/lich-lam-viec/"),
                ("Sắp xếp tổ chức", "/can-bo/sap-xep/"),
                ("Phi địa giới hành chính", "/can-bo/quy-trinh/phi-dia-gioi/"),
                ("Phạm vi phục vụ", "/can-bo/quy-trinh/pham-vi-phuc-vu/"),
                ("Kết nối bộ, ngành", "/can-bo/ket-noi/"),
            )
        )
    if actor.duty(Role.ADMIN) is not None:
        groups.append(
            _group(
                "Quản trị",
                ("Sự cố hệ thống", "/can-bo/su-co/"),
                ("Kết nối bộ, ngành", "/can-bo/ket-noi/"),
                ("Ki-ốt", "/can-bo/ki-ot/"),
                ("Chứng thư số", "/can-bo/chung-thu-so/"),
            )
        )
    if actor.duty(*LEADING) is not None or actor.province_wide:
        leading = [("Số liệu hôm nay", "/lanh-dao/")]
        if looks_into(actor):
            leading.append(("Nhắc nhở, vụ việc", "/can-bo/ky-cuong/"))
        if actor.duty(Role.KSTT) is None and looks_into(actor):
            leading.append(("Hồ sơ ngoài phần mềm", "/can-bo/ngoai-phan-mem/"))
        if not counter:
            leading.append(("Sổ đã chốt", "/can-bo/so-da-chot/"))
            leading.append(("Nhập sau sự cố", "/can-bo/nhap-sau-su-co/"))
        if actor.duty(Role.KSTT) is None and mining.may_look(actor):
            leading.append(("Quy trình thực tế", "/can-bo/quy-trinh/thuc-te/"))
            leading.append(("Tái cấu trúc quy trình", "/can-bo/quy-trinh/tai-cau-truc/"))
            leading.append(("Luân chuyển điện tử", "/can-bo/quy-trinh/luan-chuyen/"))
        groups.append(_group("Điều hành", *leading))
    return groups


def _group(title: str, *entries: tuple[str, str]) -> dict[str, Any]:
    return {
        "title": title,
        "entries": [{"label": label, "url": url, "count": None, "late": False} for label, url in entries],
    }


def counters(actor: Actor) -> list[UnitRef]:
    """Return the one-stop units in force where the actor receives dossiers, each once."""
    on = clock.today()
    found: dict[int, UnitRef] = {}
    for duty in actor.duties:
        if duty.role is Role.ONE_STOP_OFFICER:
            try:
                unit = organisation.unit_in_force(duty.unit_id, on)
            except NotFound:
                continue
            found.setdefault(unit.id, unit)
    return list(found.values())


def counter(actor: Actor, asked: str = "") -> UnitRef:
    """
    Return the one-stop unit to work at: the one asked for, if it is the actor's, else the first.

    :raises UnitNeeded: the actor receives nowhere.
    """
    units = counters(actor)
    if not units:
        raise UnitNeeded
    return next((unit for unit in units if str(unit.id) == asked), units[0])


def counter_duty(actor: Actor, unit_id: int) -> DutyRef | None:
    """Return the duty under which the actor receives at a unit."""
    return actor.duty(Role.ONE_STOP_OFFICER, unit_id=unit_id)


def end_of_today(actor: Actor, now: datetime) -> datetime:
    """Return the end of the working day for the actor's unit; of the calendar day where nobody works."""
    day = now.astimezone(LOCAL).date()
    calendar = calendar_of(actor)
    if calendar.is_working(day):
        return calendar.end_of_day(day)
    return datetime.combine(day, datetime.max.time(), tzinfo=LOCAL)


def calendar_of(actor: Actor) -> WorkingCalendar:
    """Return the calendar of the actor's first unit, else the province's."""
    return organisation.calendar(actor.duties[0].unit_id if actor.duties else 0)


def plain_errors(errors: Mapping[str, str]) -> Sequence[str]:
    """Return the sentences of a refusal, each once."""
    return list(dict.fromkeys(errors.values()))


def sent(request: HttpRequest, actor: Actor, code: str) -> dict[str, Any]:
    """Return what every act on a dossier takes, of a form that was sent."""
    return {
        "code": code, "actor": actor, "key": keys.key(request), "at": clock.now(), "seen": keys.seen(request),
    }  # fmt: skip
